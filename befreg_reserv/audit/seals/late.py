"""Whether sealing keeps up: what a check at the start, /metrics and screens tell of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import checks
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from prometheus_client.core import GaugeMetricFamily, Metric

from befreg_reserv.audit.models import Leaf, LogEntry
from befreg_reserv.to_do.waiting import Asked, Waiting

LATE_AFTER = timedelta(minutes=10)  # ten runs of the timer were missed


def unsealed_since(now: datetime) -> timedelta | None:
    """Return for how long the log's oldest unsealed entry has waited; None: nothing waits.

    Two statements, each of one row of an index.
    """
    last = Leaf.objects.filter(table=LogEntry._meta.db_table).aggregate(row=Max("row"))["row"]
    first = LogEntry.objects.filter(pk__gt=last or 0).order_by("pk").first()
    return max(now - first.timestamp, timedelta(0)) if first else None


def is_late(now: datetime) -> bool:
    """Tell whether somebody should look why nothing is sealed."""
    waits = unsealed_since(now)
    return waits is not None and waits > LATE_AFTER


def to_see_to(asked: Asked) -> Iterator[Waiting]:
    """Yield that sealing is late, in production alone: elsewhere no timer seals."""
    waits = unsealed_since(asked.now) if settings.PRODUCTION else None
    if waits is not None and waits > LATE_AFTER:
        text = _("What is done is no longer sealed. Tell whoever runs this server.")
        owner, since = _("Whoever runs the server"), asked.now - waits
        yield Waiting(_("Seals"), owner, text, since, color="overdue")


def gauges() -> Iterator[Metric]:
    """Yield what /metrics shows of the seals."""
    waits = unsealed_since(timezone.now()) or timedelta(0)
    yield GaugeMetricFamily(
        "befreg_unsealed_seconds",
        "How long the oldest entry of the log has waited to be sealed.",
        value=waits.total_seconds(),
    )


def seals_are_chosen(app_configs: Any, **_options: Any) -> list[checks.CheckMessage]:
    """Warn if nothing is sealed, or if the seals are kept in the database alone."""
    found: list[checks.CheckMessage] = []
    if not settings.SEAL_KEY:
        hint = "Set SEAL_KEY, and make the key with manage.py seal_key --new FILE."
        found.append(checks.Warning("SEAL_KEY is not set.", hint=hint, id="audit.W001"))
    if not settings.SEAL_ANCHORS:
        hint = "Set SEAL_ANCHORS to an absolute path on another host's share."
        found.append(checks.Warning("SEAL_ANCHORS is not set.", hint=hint, id="audit.W002"))
    return found
