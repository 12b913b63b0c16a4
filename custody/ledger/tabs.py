"""When a number left its tab: ``take_out`` and ``put_back`` are the only writers of ``taken_at``.

Callers hold a transaction and the locks of the numbers.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError

from befreg_reserv.acts import record
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.audit.models import LogEntry
from custody.logged import Logged
from custody.models import ReserveNumber


def take_out(
    numbers: Collection[ReserveNumber], left_at: datetime, event: AnyEvent
) -> list[LogEntry]:
    """Take numbers out of their binders. Returns the log's entries, for the caller to write.

    Raises IntegrityError when one of them has left already.
    """
    lying = ReserveNumber.objects.filter(pk__in=[number.pk for number in numbers], taken_at=None)
    if lying.update(taken_at=left_at) != len(numbers):
        msg = f"one of the numbers {[number.pk for number in numbers]} was taken under the lock"
        raise IntegrityError(msg)
    changes = record.said(taken_at=left_at)
    return [record.entry(number, Logged.LEAVE_BINDER, event, changes) for number in numbers]


def put_back(number: ReserveNumber, event: AnyEvent) -> None:
    """Put the number of an undone handout back, and log it.

    Raises IntegrityError when the tab holds another number.
    """
    record.change(number, Logged.RETURN_TO_BINDER, event, {"taken_at": None})
