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

EVER = datetime(1970, 1, 1, tzinfo=UTC)  # where nobody kept when a number was laid in


@dataclass(frozen=True)
class Due:
    """A binder that wants counting: after an outage that ended then, or since too long.

    Or since a restored backup was found: then numbers had left that the register knew nothing of.
    """

    binder: Binder
    ended_at: datetime | None
    last: datetime | None  # null: never counted
    restored_at: datetime | None = None


def due(now: datetime) -> list[Due]:
    """Return the binders that want counting. Asked for, never demanded: nothing waits for it.

    After each ended outage of a binder's kind, and when its last count is older than the
    interval (COUNT_INTERVAL_DAYS; 0: after outages only). One whose numbers have all left is asked
    for only after an outage that took some of them. Before all that: when a restored backup had
    forgotten numbers of its kind. One statement.
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

    While it goes on, all of them. Without those whose numbers had all left before: nothing lies
    there to be counted.
    """
    given = Handout.objects.filter(number__binder=OuterRef("pk"), outage=outage)
    binders = _with_counts().filter(training=outage.drill).annotate(used=Exists(given))
    binders = binders.filter(Q(holds=True) | Q(used=True))
    return [each for each in binders if outage.ongoing or _uncounted(each, outage.ended_at)]


def last_count(binder: Binder) -> Count | None:
    """Return the binder's last count."""
    return binder.counts.order_by("-listed_at", "-id").first()


def last_counts() -> dict[int, Count]:
    """Return the last count of each binder that was ever counted. One statement."""
    counts = Count.objects.filter(binder=OuterRef("binder")).order_by("-listed_at", "-id")
    last = Count.objects.filter(pk=Subquery(counts.values("pk")[:1]))
    return {count.binder_id: count for count in last}


def _with_counts() -> QuerySet[Any]:
    """Return the binders with ``filled``, when the first number came in, and ``last``, the count.

    And ``holds``: whether any number lies there. A count is as old as its list: what left after
    that was not looked at.
    """
    counts = Count.objects.filter(binder=OuterRef("pk")).order_by("-listed_at")
    return Binder.objects.filter(numbers__isnull=False).annotate(
        filled=Min(Coalesce("numbers__laid_in_at", Value(EVER))),
        last=Subquery(counts.values("listed_at")[:1]),
        holds=Exists(ReserveNumber.objects.filter(IN_BINDER, binder=OuterRef("pk"))),
    )


def _uncounted(binder: Any, ended_at: datetime | None) -> bool:
    """Tell whether a binder that was there at an outage's end has not been counted since."""
    if ended_at is None or binder.filled > ended_at:
        return False
    return binder.last is None or binder.last < ended_at
