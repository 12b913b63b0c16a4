"""Which outages go on now: each page asks, and the till's board anew every few seconds."""

from datetime import datetime

from django.db.models import QuerySet

from befreg_reserv.sql import hot
from outage.models import Outage


@hot.rows()
def outages() -> QuerySet[Outage]:
    """Return the ongoing outages with their plans, the real one first, then the drill."""
    rows = Outage.objects.filter(ended_at__isnull=True).select_related("plan")
    return rows.order_by("drill")


def last(_now: datetime) -> tuple[datetime, datetime | None] | None:
    """Return when the last outage began and ended, of reality; None if there was none."""
    rows = Outage.objects.filter(drill=False).order_by("-started_at")
    return rows.values_list("started_at", "ended_at").first()
