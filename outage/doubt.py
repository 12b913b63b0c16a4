"""The first doubt: the checklist, point by point, and what came of it."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from befreg_reserv.audit import trail
from befreg_reserv.people.models import User
from outage.models import Doubt, Outage, Tick

Item = Tick.Item
# After so long nobody goes on with somebody else's ticks: the next one begins anew.
LAPSES_AFTER = timedelta(hours=4)


def current(*, drill: bool, at: datetime) -> Doubt | None:
    """Return the open doubt with its ticks, unless it has lapsed."""
    doubt = (
        Doubt.objects.filter(drill=drill, closed_at__isnull=True)
        .prefetch_related("ticks__by")
        .first()
    )
    return None if doubt is None or _has_lapsed(doubt, at) else doubt


@transaction.atomic
def tick(item: str, *, drill: bool, by: User, at: datetime, text: str = "") -> Doubt:
    """Record that a point was looked into. The first tick opens the doubt; twice is once."""
    doubt = _opened(drill=drill, at=at)
    try:
        with transaction.atomic():
            _record(doubt, item, by, at, text, skipped=False)
    except IntegrityError:
        if not doubt.ticks.filter(item=item).exists():
            raise
    return doubt


@transaction.atomic
def clear(doubt: Doubt, *, by: User, at: datetime) -> None:
    """Close the doubt: Befreg works. Nothing happens when it was closed before."""
    _close(doubt, Doubt.Outcome.CLEARED, by, at)


def became(outage: Outage, *, by: User, at: datetime) -> None:
    """Close the doubt with the outage that came of it; what wasn't ticked was skipped.

    Called by ``outage.lifecycle.start``, in its transaction. Raises nothing: an emergency isn't
    kept waiting for its checklist.
    """
    doubt = _opened(drill=outage.drill, at=at)
    for item in Item.values:
        if not doubt.ticks.filter(item=item).exists():
            _record(doubt, item, by, at, "", skipped=True)
    _close(doubt, Doubt.Outcome.STARTED, by, at, outage)


def _opened(*, drill: bool, at: datetime) -> Doubt:
    """Return the open doubt under lock; a lapsed one is closed, and a new one opened."""
    doubt = Doubt.objects.select_for_update().filter(drill=drill, closed_at__isnull=True).first()
    if doubt and _has_lapsed(doubt, at):
        _close(doubt, Doubt.Outcome.LAPSED, None, at)
        doubt = None
    if doubt:
        return doubt
    try:
        with transaction.atomic():
            return Doubt.objects.create(drill=drill, opened_at=at)
    except IntegrityError:  # somebody else ticked at the same moment
        return Doubt.objects.select_for_update().get(drill=drill, closed_at__isnull=True)


def _has_lapsed(doubt: Doubt, at: datetime) -> bool:
    last = max([doubt.opened_at, *(tick.at for tick in doubt.ticks.all())])
    return at - last > LAPSES_AFTER


def _record(doubt: Doubt, item: str, by: User, at: datetime, text: str, *, skipped: bool) -> None:
    Tick.objects.create(doubt=doubt, item=item, skipped=skipped, at=at, by=by, text=text)
    act = "skipped" if skipped else "ticked"
    trail.record(doubt, "tick", actor=by, at=at, changes={item: (None, act)})


def _close(
    doubt: Doubt, outcome: str, by: User | None, at: datetime, outage: Outage | None = None
) -> None:
    closing = Doubt.objects.filter(pk=doubt.pk, closed_at__isnull=True)
    if closing.update(closed_at=max(at, doubt.opened_at), outcome=outcome, outage=outage):
        trail.record(doubt, f"doubt_{outcome}", actor=by, at=at)
