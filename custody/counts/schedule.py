"""When a binder is to be counted: after each outage, and at least as often as is set."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from custody.binder.contents import lying
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
    forgotten = Binder.objects.filter(
        training__in=LostHandout.objects.order_by().values("training")
    )
    found = []
    binders = _with_counts(
        lying().values("binder"),
        _given_last(drill=False),
        _given_last(drill=True),
        forgotten.order_by().values("pk"),
    ).annotate(ended=latest, restored=restored)
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
    given = Handout.objects.filter(outage=outage).order_by().values("number__binder")
    binders = _with_counts(lying().values("binder"), given).filter(training=outage.drill)
    return [row for row in binders if outage.ongoing or _uncounted(row, outage.ended_at)]


def last_count(binder: Binder) -> Count | None:
    """Return the binder's last count."""
    return binder.counts.order_by("-listed_at", "-id").first()


def last_counts(binders: Collection[Binder]) -> dict[int, Count]:
    """Return the last count of each of these binders that was ever counted, by its key."""
    counts = Count.objects.filter(binder=OuterRef("pk")).order_by("-listed_at", "-id")
    shown = Binder.objects.filter(pk__in=[binder.pk for binder in binders]).order_by()
    last = shown.annotate(last=Subquery(counts.values("pk")[:1])).values("last")
    return {count.binder_id: count for count in Count.objects.filter(pk__in=last)}


def _given_last(*, drill: bool) -> QuerySet[Any, Any]:
    """Return the keys of the binders of which the outage that ended last took numbers."""
    # As a list of one: SQLite looks into no index for a bare boolean.
    of_kind = Outage.objects.filter(drill__in=[drill], ended_at__isnull=False)
    last = of_kind.order_by("-ended_at").values("ended_at")[:1]
    ended = of_kind.filter(ended_at=Subquery(last)).order_by().values("pk")
    return Handout.objects.filter(outage__in=ended).order_by().values("number__binder")


def _with_counts(keys: QuerySet[Any, Any], *others: QuerySet[Any, Any]) -> QuerySet[Any]:
    """Return the binders with these keys that ever held numbers: ``filled``, ``last``, ``holds``.

    ``filled``: when the first number was laid in. ``last``: when the list of the last count was
    made, since what left later was not looked at. ``holds``: whether a number lies there now.
    """
    counts = Count.objects.filter(binder=OuterRef("pk")).order_by("-listed_at")
    numbers = ReserveNumber.objects.filter(binder=OuterRef("pk")).order_by().values("binder")
    first = numbers.annotate(filled=Min(Coalesce("laid_in_at", Value(LONG_AGO))))
    return (
        Binder.objects.filter(pk__in=keys.union(*others))
        .annotate(
            filled=Subquery(first.values("filled")),
            last=Subquery(counts.values("listed_at")[:1]),
            holds=Exists(ReserveNumber.objects.filter(IN_BINDER, binder=OuterRef("pk"))),
        )
        .filter(filled__isnull=False)
    )


def _uncounted(binder: Any, ended_at: datetime | None) -> bool:
    """Tell whether a binder that was there at an outage's end has not been counted since."""
    if ended_at is None or binder.filled > ended_at:
        return False
    return binder.last is None or binder.last < ended_at
