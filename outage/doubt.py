"""The first doubt: the checklist, point by point, and what came of it."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from befreg_reserv.audit import trail
from befreg_reserv.people.models import User
from outage.logged import Logged
from outage.models import Doubt, Outage, Tick

Item = Tick.Item
# After so long nobody goes on with somebody else's ticks: the next one begins anew.
LAPSES_AFTER = timedelta(hours=4)
TRIES = 3  # to open a doubt; a try fails only when others open and close one in that moment


class NoLongerInDoubt(Exception):
    """A tick that came when the outage had been started. Carries that outage."""

    def __init__(self, outage: Outage) -> None:
        super().__init__(f"outage {outage.pk} has been started")
        self.outage = outage


def current(*, drill: bool, at: datetime) -> Doubt | None:
    """Return the open doubt with its ticks, unless it has lapsed; two statements."""
    doubt = (
        Doubt.objects.filter(drill=drill, closed_at__isnull=True)
        .prefetch_related("ticks__by")
        .first()
    )
    return None if doubt is None or _has_lapsed(doubt, at) else doubt


@transaction.atomic
def tick(item: str, *, drill: bool, by: User, at: datetime, text: str = "") -> Doubt:
    """Record that a point was looked into. The first tick opens the doubt; twice is once.

    Raises NoLongerInDoubt, and records nothing, while an outage (or drill) is ongoing.
    """
    doubt = _opened(drill=drill, at=at)
    # Asked under the doubt's lock, which the start of an outage takes too.
    if ongoing := Outage.objects.filter(drill=drill, ended_at__isnull=True).first():
        raise NoLongerInDoubt(ongoing)
    if not doubt.ticks.filter(item=item).exists():
        _record(doubt, item, by, at, text)
    return doubt


@transaction.atomic
def clear(doubt: Doubt, *, by: User, at: datetime) -> bool:
    """Close the doubt: Befreg works. Return False when it was closed before."""
    return _close(doubt, Doubt.Outcome.CLEARED, by, at)


def became(outage: Outage, *, by: User, at: datetime) -> None:
    """Close the doubt with the outage that came of it; what wasn't ticked was skipped.

    A planned outage needs no checklist: a doubt that was open ends with it, and nothing was
    skipped. Called by ``outage.lifecycle.start``, in its transaction.
    """
    if outage.kind == Outage.Kind.PLANNED:
        doubt = _standing(drill=outage.drill, at=at)
        if doubt is None:
            return
    else:
        doubt = _opened(drill=outage.drill, at=at)
        for item in _not_ticked(doubt):
            _record(doubt, item, by, at, skipped=True)
    _close(doubt, Doubt.Outcome.STARTED, by, at, outage)


def _not_ticked(doubt: Doubt) -> list[str]:
    ticked = set(doubt.ticks.values_list("item", flat=True))
    return [item for item in Item.values if item not in ticked]


def _opened(*, drill: bool, at: datetime) -> Doubt:
    """Return the open doubt under lock; a lapsed one is closed, and a new one opened."""
    for _try in range(TRIES - 1):
        try:
            return _open(drill=drill, at=at)
        except IntegrityError:  # somebody else opened one at the same moment: take theirs
            continue
    return _open(drill=drill, at=at)


@transaction.atomic
def _open(*, drill: bool, at: datetime) -> Doubt:
    return _standing(drill=drill, at=at) or Doubt.objects.create(drill=drill, opened_at=at)


def _standing(*, drill: bool, at: datetime) -> Doubt | None:
    """Return the open doubt under lock, or None; a lapsed one is closed."""
    doubt = _locked(drill=drill)
    if doubt and _has_lapsed(doubt, at):
        _close(doubt, Doubt.Outcome.LAPSED, None, at)
        return None
    return doubt


def _locked(*, drill: bool) -> Doubt | None:
    return Doubt.objects.select_for_update().filter(drill=drill, closed_at__isnull=True).first()


def _has_lapsed(doubt: Doubt, at: datetime) -> bool:
    last = max([doubt.opened_at, *(tick.at for tick in doubt.ticks.all())])
    return at - last > LAPSES_AFTER


def _record(
    doubt: Doubt, item: str, by: User, at: datetime, text: str = "", *, skipped: bool = False
) -> None:
    point = Tick.objects.create(doubt=doubt, item=item, skipped=skipped, at=at, by=by, text=text)
    told = {"doubt": doubt.pk, "item": item, "skipped": skipped, "text": text}
    changes: trail.Changes = {field: (None, value) for field, value in told.items()}
    trail.record(point, Logged.TICK, actor=by, at=at, changes=changes, action=trail.Action.CREATE)


def _close(
    doubt: Doubt,
    outcome: Doubt.Outcome,
    by: User | None,
    at: datetime,
    outage: Outage | None = None,
) -> bool:
    closing = Doubt.objects.filter(pk=doubt.pk, closed_at__isnull=True)
    # A clock may have been set back since.
    if not closing.update(closed_at=max(at, doubt.opened_at), outcome=outcome, outage=outage):
        return False
    trail.record(doubt, outcome, actor=by, at=at)
    return True
