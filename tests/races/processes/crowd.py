"""A crowd of operating-system processes at the till, all handing out at once.

Runs inside ``manage.py shell`` and not in the process of the tests, since it forks: so each
process costs no second start of Django, and shares no connection with anybody.
"""

import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing.synchronize import Barrier
from uuid import uuid4

from django.db import IntegrityError, connection
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User, Ward
from custody.handouts import telephone
from custody.handouts.telephone import Call
from tests.races.processes import unlocked
from tests.races.processes.job import BREATH_SECONDS, PATIENCE_SECONDS, Job, Told
from tests.scenes import ANOTHER_PATIENT

FORK = multiprocessing.get_context("fork")


def main(job: Job) -> None:
    """Do the job in its processes; print what all callers were told, as JSON."""
    if not job.locked:
        unlocked.unlock()
    start = FORK.Barrier(job.processes)
    told = Told()
    # Forks all its processes at once, while no connection is open yet.
    with ProcessPoolExecutor(job.processes, FORK, _get_ready, (start,)) as processes:
        for own in processes.map(_work, [job] * job.processes):
            told.add(own)
    print(json.dumps(asdict(told)))


def _get_ready(start: Barrier) -> None:
    connection.ensure_connection()
    start.wait(PATIENCE_SECONDS)


def _work(job: Job) -> Told:
    ward = Ward.objects.select_related("clinic").get(pk=job.ward)
    user = User.objects.get(pk=job.user)
    told = Told()
    for _call in range(job.calls):
        _answer(Call("K", "wilma", ward, "2102", uuid4(), other_than=ANOTHER_PATIENT), user, told)
        time.sleep(BREATH_SECONDS)
    return told


def _answer(call: Call, user: User, told: Told) -> None:
    try:
        handout = telephone.hand_out(call, Event.now(user, timezone.now())).row
    except IntegrityError:
        told.refused += 1
    except Exception as error:  # noqa: BLE001  counted: there must be none
        told.errors.append(repr(error))
    else:
        told.numbers.append(handout.number.value)
