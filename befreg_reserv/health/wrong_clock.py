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

    ``recorded``: ``other`` is the time of the log's latest entry; otherwise the database's clock.
    """

    server: datetime
    other: datetime
    recorded: bool = False


def found() -> Disagreement | None:
    """Return how this server's clock is contradicted, or None; at most two statements.

    SQLite has no clock but this machine's, so only a clock that was set back is found: it lies
    before the latest entry. Nothing in the file shows that a clock is ahead.
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

    ``/ready`` then answers 503, so that requests go to a server with the right clock. A server that
    is asked for a number all the same hands it out, at the database's time.
    """
    disagreement = found()
    if disagreement is None:
        return ""
    other = "the log's latest entry" if disagreement.recorded else "the database's clock"
    server, shown = _utc(disagreement.server), _utc(disagreement.other)
    return f"this server's clock shows {server}, {other} {shown}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
