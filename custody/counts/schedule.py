"""When a binder is to be counted: after each outage, and at least as often as is set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from custody.models import (
    IN_BINDER,
    Binder,
    Count,
    Handout,
    LostHandout,
    ReserveNumber,
)
from outage.models import Outage

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # when a number was laid in, if that is not known


@dataclass(frozen=True)
class Due:
    """A binder that is due for a count, and why; without either time, its last count is too old."""

    binder: Binder
    ended_at: datetime | None  # when the outage ended that it wasn't counted after
    last: datetime | None  # None: never counted
    restored_at: datetime | None = None  # when a backup was found that had forgotten handouts


def due(now: datetime) -> list[Due]:
    """Return the binders that are due for a count. This is a reminder: it blocks nothing.

    A binder is due after each ended outage of its kind, and when its last count is older than
    COUNT_INTERVAL_DAYS (0: after outages only). An empty binder is due only after an outage that
    took numbers of it. A restored backup that had forgotten numbers of its kind comes before all
    other reasons.
    """
    interval = timedelta(days=settings.COUNT_INTERVAL_DAYS)
    ended = Outage.objects.filter(drill=OuterRef("training"), ended_at__isnull=False)
    latest = Subquery(ended.order_by("-ended_at").values("ended_at")[:1])
    given = Handout.objects.filter(
        number__binder=OuterRef("pk"), outage__ended_at=OuterRef("ended")
    )
    lost = LostHandout.objects.filter(training=OuterRef("training"))
    restored = Subquery(lost.order_by("-restoration").values("restoration__found_at")[:1])
    found = []
    binders = _with_counts().annotate(ended=latest, restored=restored)
    for binder in binders.annotate(used=Exists(given)):
        if binder.restored and (binder.last is None or binder.last < binder.restored):
            found.append(Due(binder, None, binder.last, binder.restored))
        elif (binder.holds or binder.used) and _uncounted(binder, binder.ended):
            found.append(Due(binder, binder.ended, binder.last))
        elif interval and binder.holds and now - (binder.last or binder.filled) > interval:
            found.append(Due(binder, None, binder.last))
    return found


def uncounted_after(outage: Outage) -> list[Binder]:
    """Return the binders of an outage's kind that nobody has counted since it ended.

    While it is ongoing, all of them. Not those that were empty before: there is nothing to count.
    """
    given = Handout.objects.filter(number__binder=OuterRef("pk"), outage=outage)
    binders = _with_counts().filter(training=outage.drill).annotate(used=Exists(given))
    binders = binders.filter(Q(holds=True) | Q(used=True))
    return [row for row in binders if outage.ongoing or _uncounted(row, outage.ended_at)]


def last_count(binder: Binder) -> Count | None:
    """Return the binder's last count."""
    return binder.counts.order_by("-listed_at", "-id").first()


def last_counts() -> dict[int, Count]:
    """Return the last count of each binder that was ever counted, by the binder's key."""
    counts = Count.objects.filter(binder=OuterRef("binder")).order_by("-listed_at", "-id")
    last = Count.objects.filter(pk=Subquery(counts.values("pk")[:1]))
    return {count.binder_id: count for count in last}


def _with_counts() -> QuerySet[Any]:
    """Return the binders that ever held numbers, with ``filled``, ``last`` and ``holds``.

    ``filled``: when the first number was laid in. ``last``: when the list of the last count was
    made, since what left later was not looked at. ``holds``: whether a number lies there now.
    """
    counts = Count.objects.filter(binder=OuterRef("pk")).order_by("-listed_at")
    return Binder.objects.filter(numbers__isnull=False).annotate(
        filled=Min(Coalesce("numbers__laid_in_at", Value(LONG_AGO))),
        last=Subquery(counts.values("listed_at")[:1]),
        holds=Exists(ReserveNumber.objects.filter(IN_BINDER, binder=OuterRef("pk"))),
    )


def _uncounted(binder: Any, ended_at: datetime | None) -> bool:
    """Tell whether a binder that was there at an outage's end has not been counted since."""
    if ended_at is None or binder.filled > ended_at:
        return False
    return binder.last is None or binder.last < ended_at
