"""Rows of the log, written as quickly as a test needs them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User

NOON = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)  # 12:00 in Stockholm
TABLE = LogEntry._meta.db_table


def entry(**values: Any) -> LogEntry:
    """Write one entry about nobody in particular."""
    return entries(1, **values)[0]


def entries(
    count: int, *, begin: datetime = NOON, apart: timedelta = timedelta(0), **values: Any
) -> list[LogEntry]:
    """Write ``count`` entries, the oldest first."""
    shared: dict[str, Any] = {
        "act": "update",
        "action": LogEntry.Action.UPDATE,
        "object_pk": "1",
        "object_repr": "thing",
        "content_type": ContentType.objects.get_for_model(User),
        "changes": {"language": ["sv", "en"]},
    }
    written = [LogEntry(**shared | values, timestamp=begin + turn * apart) for turn in range(count)]
    LogEntry.objects.bulk_create(written)
    return written


def last() -> LogEntry:
    """Return the entry written last."""
    found: LogEntry = LogEntry.objects.order_by("id").last()
    return found


def run(sql: str, *values: Any) -> None:
    """Run a statement past the Python, and every check that waits for the commit."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    connection.check_constraints()
