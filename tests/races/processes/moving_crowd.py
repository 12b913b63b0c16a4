"""One of many processes that move the same numbers to another ward, or void them."""

import inspect
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from django.db import IntegrityError
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User, Ward
from custody.handouts import closing, correcting
from custody.handouts.refusals import SameWard
from custody.ledger import steps
from custody.ledger.refusals import IllegalStep
from custody.models import HandoutStep
from tests.races.processes import unlocked
from tests.races.processes.forked import meet
from tests.races.together import patiently

MOVED, VOIDED, TOO_LATE, REFUSED = "moved", "voided", "too late", "refused by the database"


@dataclass(frozen=True)
class Moving:
    """The handouts, in order, and what one person does with each: move it there, or void it."""

    handouts: list[int]
    user: int
    ward: int | None = None
    locked: bool = True


def move_or_void(job: Moving) -> list[str]:
    """Do it with each handout; return what the person was told."""
    if not job.locked:
        _unlock()
    user = User.objects.get(pk=job.user)
    ward = Ward.objects.get(pk=job.ward) if job.ward else None
    with patiently():
        return [_end(handout, user, ward) for handout in job.handouts]


def _end(handout: int, user: User, ward: Ward | None) -> str:
    event = Event.now(user, timezone.now())
    try:
        if ward:
            correcting.transfer(handout, ward, event, reason="went to theatre")
            return MOVED
        closing.void(handout, event, reason="never used")
    except SameWard:
        return MOVED
    except IllegalStep:
        return TOO_LATE
    except IntegrityError:
        return REFUSED
    except Exception as error:  # noqa: BLE001  the test says that there must be none
        return repr(error)
    return VOIDED


def _unlock() -> None:
    """Let this process do it as naive code would: all have read before any of them writes."""
    unlocked.unlock_reads()
    patch.object(correcting, "transfer", inspect.unwrap(correcting.transfer)).start()
    patch.object(closing, "void", inspect.unwrap(closing.void)).start()
    patch.object(steps, "_step", _step_of_all).start()


def _step_of_all(*read: Any, **columns: Any) -> HandoutStep:
    meet()
    return _step(*read, **columns)


_step = steps._step
