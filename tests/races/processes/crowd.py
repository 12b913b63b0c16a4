"""One of many processes at the till, all handing out at once."""

import time
from uuid import uuid4

from django.db import IntegrityError
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User, Ward
from custody.calls.taking import CallDetails, PatientDetails
from tests import scenes
from tests.races.processes import unlocked
from tests.races.processes.job import BREATH_SECONDS, Job, Told


def work(job: Job) -> Told:
    """Do the job; return what its callers were told."""
    if not job.locked:
        unlocked.unlock()
    ward = Ward.objects.select_related("clinic").get(pk=job.ward)
    user = User.objects.get(pk=job.user)
    told = Told()
    for _turn in range(job.calls):
        _answer(call_of(ward), user, told)
        time.sleep(BREATH_SECONDS)
    return told


def call_of(ward: Ward) -> CallDetails:
    woman = (PatientDetails("K"),)
    return CallDetails(woman, "wilma", ward, "2102", uuid4(), other_than=scenes.ANOTHER_PATIENT)


def _answer(call: CallDetails, user: User, told: Told) -> None:
    try:
        handout = scenes.hand_out(call, Event.now(user, timezone.now()))
    except IntegrityError:
        told.refused += 1
    except Exception as error:  # noqa: BLE001  counted: there must be none
        told.errors.append(repr(error))
    else:
        told.numbers.append(handout.number.value)
