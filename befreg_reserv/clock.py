"""The one clock that all servers share is the database's: what is recorded goes by it.

A server's own clock is used as long as the two agree. The application can't know which of them is
wrong, but history needs one order, and an emergency can't wait until somebody has set a clock.
"""

from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

# Two clocks never agree exactly, and people read minutes off the wall. The database's rules
# against times in the future use it too: see ``befreg_reserv.audit.triggers``.
TOLERANCE = timedelta(minutes=2)

READ = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
}
Row = TypeVar("Row", bound=models.Model)


def database_now() -> datetime:
    """Return what the database's clock shows; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(READ[connection.vendor])
        (shown,) = cursor.fetchone()
    if isinstance(shown, datetime):
        return shown
    return datetime.fromisoformat(shown).replace(tzinfo=UTC)  # SQLite has no type for times


def agree(one: datetime, other: datetime) -> bool:
    """Tell whether two clocks differ by TOLERANCE at most."""
    return abs(one - other) <= TOLERANCE


def now() -> datetime:
    """Return the time for what is recorded: the server's, or the database's where they disagree.

    One statement.
    """
    own, shared = timezone.now(), database_now()
    return own if agree(own, shared) else shared


def read_with(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Let the statement that reads these rows read the database's clock too, for ``read_of``."""
    return cast("QuerySet[Row]", rows.annotate(database_clock=Now()))  # its rows are the same


def read_of(row: models.Model) -> datetime:
    """Return what the database's clock showed when the row was read through ``read_with``."""
    shown: datetime = vars(row)["database_clock"]
    return shown
