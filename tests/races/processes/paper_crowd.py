"""Processes that enter the same paper log, line by line, while each answers live calls too.

Runs inside ``manage.py shell``, as ``tests.races.processes.crowd``.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from uuid import uuid4

from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User, Ward
from custody.handouts import telephone
from custody.handouts.refusals import NoneLeft
from custody.handouts.telephone import Call
from custody.paper import one_line
from custody.paper.one_line import Entry
from custody.paper.refusals import GivenAlready
from outage.models import Outage
from tests.races.processes.crowd import FORK, _get_ready
from tests.scenes import ANOTHER_PATIENT

PROCESSES = 2
ENTERED, GIVEN, LIVE = "entered", "given", "live"


def main(outage: int, ward: int, user: int, numbers: list[str]) -> None:
    """Enter the numbers in each process; print what each was told, as JSON."""
    start = FORK.Barrier(PROCESSES)
    job = (outage, ward, user, numbers)
    with ProcessPoolExecutor(PROCESSES, FORK, _get_ready, (start,)) as processes:
        told = [answer for own in processes.map(_work, [job] * PROCESSES) for answer in own]
    print(json.dumps(told))


def _work(job: tuple[int, int, int, list[str]]) -> list[tuple[str, str]]:
    outage, ward = Outage.objects.get(pk=job[0]), Ward.objects.get(pk=job[1])
    user = User.objects.get(pk=job[2])
    return [
        answer
        for number in job[3]
        for answer in (_enter(number, outage, ward, user), _hand_out(ward, user))
    ]


def _enter(number: str, outage: Outage, ward: Ward, user: User) -> tuple[str, str]:
    entry = Entry(outage.started_at, "tilda", number, ward, "wilma", "", uuid4())
    try:
        one_line.enter(entry, outage.pk, Event.now(user, timezone.now()))
    except GivenAlready:
        return GIVEN, number
    except Exception as error:  # noqa: BLE001  counted: there must be none
        return repr(error), number
    return ENTERED, number


def _hand_out(ward: Ward, user: User) -> tuple[str, str]:
    try:
        call = Call("K", "wilma", ward, "", uuid4(), other_than=ANOTHER_PATIENT)
        handout = telephone.hand_out(call, Event.now(user, timezone.now())).row
    except NoneLeft:
        return "", ""
    except Exception as error:  # noqa: BLE001  as above
        return repr(error), ""
    return LIVE, handout.number.value
