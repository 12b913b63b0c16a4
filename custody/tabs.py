"""When a number left its tab: ``take_out`` and ``put_back`` are the only writers of ``taken_at``.

Callers hold a transaction and the locks of the numbers.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError

from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.logged import Logged
from custody.models import ReserveNumber


def take_out(
    numbers: Collection[ReserveNumber], left_at: datetime, *, by: User | None, at: datetime
) -> list[LogEntry]:
    """Take numbers out of their binders. Returns the log's entries, for the caller to write.

    ``by`` and ``at``: who recorded it and when; nobody when the server did it by itself. Raises
    IntegrityError when one of them doesn't lie there.
    """
    lying = ReserveNumber.objects.filter(pk__in=[each.pk for each in numbers], taken_at=None)
    if lying.update(taken_at=left_at) != len(numbers):
        msg = f"one of the numbers {[each.pk for each in numbers]} was taken under our lock"
        raise IntegrityError(msg)
    changes: trail.Changes = {"taken_at": (None, left_at)}
    return [
        trail.entry(each, Logged.LEAVE_BINDER, actor=by, at=at, changes=changes) for each in numbers
    ]


def put_back(number: ReserveNumber, *, by: User, at: datetime) -> None:
    """Put a number back, whose handout was undone, and log it.

    Raises IntegrityError when the tab was refilled: it holds one number.
    """
    ReserveNumber.objects.filter(pk=number.pk).update(taken_at=None)
    changes: trail.Changes = {"taken_at": (number.taken_at, None)}
    trail.record(number, Logged.RETURN_TO_BINDER, actor=by, at=at, changes=changes)
