"""One of many processes that serve, or withdraw, the same patients who wait."""

import inspect
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from django.db import IntegrityError
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User, Ward
from custody.calls import taking, waiting
from custody.calls.taking import CallDetails, PatientDetails
from custody.ledger import calls, tabs
from custody.ledger.refusals import NotWaiting
from custody.models import Patient
from custody.models.calls import PatientState
from tests import scenes
from tests.races.processes import unlocked
from tests.races.processes.forked import meet
from tests.races.together import patiently

WITHDRAWN, TOO_LATE, REFUSED = "withdrawn", "too late", "refused by the database"


@dataclass(frozen=True)
class Waiting:
    """The patients, in order, and what one person at the till does with each of them."""

    patients: list[int]
    user: int
    withdraws: bool = False
    locked: bool = True


@dataclass(frozen=True)
class TwoPatients:
    """A call about two women of a ward."""

    ward: int
    user: int
    locked: bool = True


def end_waits(job: Waiting) -> list[str]:
    """Serve or withdraw each patient; return what the person was told: the number, or how not."""
    if not job.locked:
        _unlock()
    user = User.objects.get(pk=job.user)
    with patiently():
        return [_end(patient, user, withdraws=job.withdraws) for patient in job.patients]


def _end(patient: int, user: User, *, withdraws: bool) -> str:
    event = Event.now(user, timezone.now())
    try:
        if withdraws:
            waiting.withdraw(patient, event, reason="had a card")
            return WITHDRAWN
        return waiting.serve(patient, event).row.number.value
    except NotWaiting:
        return TOO_LATE
    except IntegrityError:
        return REFUSED
    except Exception as error:  # noqa: BLE001  the test says that there must be none
        return repr(error)


def take_call(job: TwoPatients) -> list[str]:
    """Take the call; return the numbers that the caller was told."""
    if not job.locked:
        unlocked.unlock()
    women = (PatientDetails("K"), PatientDetails("K"))
    ward = Ward.objects.select_related("clinic").get(pk=job.ward)
    call = CallDetails(women, "wilma", ward, "2102", uuid4(), other_than=scenes.ANOTHER_PATIENT)
    taken = taking.take(call, scenes.now(User.objects.get(pk=job.user))).row
    return [handout.number.value for handout in taken.handouts]


def _unlock() -> None:
    """Let this process end waits as naive code would: read, then write, each by itself.

    All processes have read that the patient waits, and chosen, before any of them writes.
    """
    unlocked.unlock_reads()
    patch.object(waiting, "serve", inspect.unwrap(waiting.serve)).start()
    patch.object(waiting, "withdraw", inspect.unwrap(waiting.withdraw)).start()
    patch.object(calls, "end", _end_unseen).start()
    patch.object(calls, "handout_key", _key_of_its_own).start()
    patch.object(tabs, "take_out", unlocked.take_unseen).start()


def _end_unseen(patient: Patient, state: PatientState, event: Any, *, reason: str = "") -> None:
    """Write how a wait ended without looking whether it goes on, when all have come as far."""
    meet()
    columns = {"state": state, "ended_at": event.at, "ended_by": event.by, "reason": reason}
    Patient.objects.filter(pk=patient.pk).update(**columns)


def _key_of_its_own(_patient: Patient) -> UUID:
    return uuid4()
