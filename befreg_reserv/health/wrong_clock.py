"""Whether this server's clock and the database's agree."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from befreg_reserv import clock
from befreg_reserv.audit.models import LogEntry


@dataclass(frozen=True)
class Disagreement:
    """What this server's clock shows, and what contradicts it.

    ``recorded``: that is the latest entry of the log; otherwise it is the database's clock.
    """

    server: datetime
    other: datetime
    recorded: bool = False


def found() -> Disagreement | None:
    """Return how this server's clock is contradicted, or None; at most two statements.

    SQLite has no clock but this machine's, so that only one that was set back can be seen: it lies
    before what is recorded. That it is ahead nothing in the file can tell.
    """
    server, shared = timezone.now(), clock.database_now()
    if not clock.agree(server, shared):
        return Disagreement(server, shared)
    if connection.vendor != "sqlite":
        return None
    latest = LogEntry.objects.order_by().aggregate(at=Max("timestamp"))["at"]
    if latest and latest > server + clock.TOLERANCE:
        return Disagreement(server, latest, recorded=True)
    return None


def for_ready() -> str:
    """Return what is wrong, for ``/ready``: "" when the clocks agree.

    It answers 503, so that a server with the right clock is asked for numbers instead; one that is
    asked all the same hands them out, at the database's time.
    """
    wrong = found()
    if wrong is None:
        return ""
    other = "the log's latest entry" if wrong.recorded else "the database's clock"
    return f"this server's clock shows {_utc(wrong.server)}, {other} {_utc(wrong.other)}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
