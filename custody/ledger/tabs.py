"""When a number left its tab: ``take_out`` and ``put_back`` are the only writers of ``taken_at``.

Callers hold a transaction and the locks of the numbers.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.sql import hot
from custody.logged import Logged
from custody.models import ReserveNumber


def take_out(
    numbers: Collection[ReserveNumber], left_at: datetime, event: AnyEvent
) -> list[LogEntry]:
    """Take numbers out of their binders. Returns the log's entries, for the caller to write.

    Raises IntegrityError when one of them has left already; within ``batch.at_once`` at its end.
    """
    keys = [number.pk for number in numbers]
    _take_out(expected=len(keys), keys=keys, left_at=left_at)
    changes = record.said(taken_at=left_at)
    return [record.entry(number, Logged.LEAVE_BINDER, event, changes) for number in numbers]


@hot.change({"taken_at": "left_at"}, keys=BigIntegerField(), left_at=DateTimeField())
def _take_out(keys: list[Any], left_at: Any) -> QuerySet[ReserveNumber]:
    return ReserveNumber.objects.filter(pk__in=keys, taken_at=None)


def put_back(number: ReserveNumber, event: AnyEvent) -> None:
    """Put the number of an undone handout back, and log it.

    Raises IntegrityError when the tab holds another number.
    """
    record.change(number, Logged.RETURN_TO_BINDER, event, {"taken_at": None})
