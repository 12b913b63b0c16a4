"""The first doubt: its checklist, point by point, and how it ended."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Event, Unattended
from befreg_reserv.audit import trail
from outage.logged import Logged
from outage.models import Doubt, Outage, Tick
from outage.refusals import NoLongerInDoubt

Item = Tick.Item
# After this time without a tick, nobody continues the checklist: the next person begins a new one.
LAPSES_AFTER = timedelta(hours=4)
NOTE_LENGTH = 500
TRIES = 3  # to open a doubt; a try fails only if others open and close one at that moment


def current(*, drill: bool, at: datetime) -> Doubt | None:
    """Return the open doubt with its ticks, unless it has lapsed; two statements."""
    doubt = (
        Doubt.objects.filter(drill=drill, closed_at__isnull=True)
        .prefetch_related("ticks__by")
        .first()
    )
    return None if doubt is None or _has_lapsed(doubt, at) else doubt


@act
def tick(items: Collection[str], event: Event, *, drill: bool, text: str = "") -> Done[Doubt]:
    """Record which points were checked, and what was found. The first opens the doubt.

    What is recorded already, by whomever, stays and isn't new. ``text`` stands with the point if
    just one is new, else by itself. Raises NoLongerInDoubt, and records nothing, while an outage
    (or drill) is ongoing.
    """
    doubt = _opened(drill=drill, at=event.at)
    # Asked under the doubt's lock, which the start of an outage takes too.
    if ongoing := Outage.objects.filter(drill=drill, ended_at__isnull=True).first():
        raise NoLongerInDoubt(ongoing)
    return Done(doubt, new=_add(doubt, items, event, text))


@act
def clear(
    doubt: Doubt, event: Event, *, items: Collection[str] = (), text: str = ""
) -> Done[Doubt]:
    """Close the doubt: Befreg works. If it is closed already, nothing changes.

    ``items`` and ``text``: what the form says too, recorded before.
    """
    if Doubt.objects.select_for_update().filter(pk=doubt.pk, closed_at__isnull=True).first():
        _add(doubt, items, event, text)
    return Done(doubt, new=_close(doubt, Doubt.Outcome.CLEARED, event))


def in_words(items: Collection[str], text: str) -> str:
    """Return in words what a form of the checklist said, for a timeline; at most NOTE_LENGTH."""
    points = ", ".join(str(Item(item).label) for item in items)
    ticked = _("Ticked: %(points)s") % {"points": points} if points else ""
    return "; ".join(filter(None, [ticked, text]))[:NOTE_LENGTH]


def close_with(outage: Outage, event: Event, checked: Collection[str] = ()) -> None:
    """Close the doubt with the outage it led to; points that weren't checked count as skipped.

    ``checked``: points that are ticked by the form that starts the outage.
    A planned outage needs no checklist: it closes an open doubt, and no point counts as skipped.
    Called by ``outage.lifecycle.start``, in its transaction.
    """
    if outage.kind == Outage.Kind.PLANNED:
        doubt = _standing(drill=outage.drill, at=event.at)
        if doubt is None:
            return
    else:
        doubt = _opened(drill=outage.drill, at=event.at)
        for item in _not_ticked(doubt):
            _record(doubt, item, event, skipped=item not in checked)
    _close(doubt, Doubt.Outcome.STARTED, event, outage)


def _not_ticked(doubt: Doubt) -> list[str]:
    ticked = set(doubt.ticks.values_list("item", flat=True))
    return [item for item in Item.values if item not in ticked]


def _opened(*, drill: bool, at: datetime) -> Doubt:
    """Return the open doubt under lock; a lapsed one is closed, and a new one opened."""
    for _try in range(TRIES - 1):
        try:
            return _open(drill=drill, at=at)
        except IntegrityError:  # somebody else opened one at the same moment: read theirs
            continue
    return _open(drill=drill, at=at)


@transaction.atomic
def _open(*, drill: bool, at: datetime) -> Doubt:
    return _standing(drill=drill, at=at) or Doubt.objects.create(drill=drill, opened_at=at)


def _standing(*, drill: bool, at: datetime) -> Doubt | None:
    """Return the open doubt under lock, or None; a lapsed one is closed."""
    doubt = _locked(drill=drill)
    if doubt and _has_lapsed(doubt, at):
        _close(doubt, Doubt.Outcome.LAPSED, Unattended(at))
        return None
    return doubt


def _locked(*, drill: bool) -> Doubt | None:
    return Doubt.objects.select_for_update().filter(drill=drill, closed_at__isnull=True).first()


def _has_lapsed(doubt: Doubt, at: datetime) -> bool:
    last = max([doubt.opened_at, *(tick.at for tick in doubt.ticks.all())])
    return at - last > LAPSES_AFTER


def _add(doubt: Doubt, items: Collection[str], event: Event, text: str) -> bool:
    """Record those of the points and the text that aren't recorded yet; tell whether any was."""
    ticked = set(doubt.ticks.values_list("item", flat=True))
    left = [item for item in items if item not in ticked]
    beside = text if len(left) == 1 else ""
    for item in left:
        _record(doubt, item, event, beside)
    # The same form, sent again, says nothing new.
    written = doubt.ticks.filter(by=event.recorded_by, text=text)
    if not text or beside or written.exists():
        return bool(left)
    _record(doubt, Tick.NOTE, event, text)
    return True


def _record(
    doubt: Doubt, item: str, event: Event, text: str = "", *, skipped: bool = False
) -> None:
    point = Tick.objects.create(
        doubt=doubt, item=item, skipped=skipped, at=event.at, by=event.recorded_by, text=text
    )
    changes = record.said(doubt=doubt.pk, item=item, skipped=skipped, text=text)
    name = Logged.NOTE_DOUBT if item == Tick.NOTE else Logged.TICK
    record.record(point, name, event, changes, action=trail.Action.CREATE)


def _close(
    doubt: Doubt, outcome: Doubt.Outcome, event: AnyEvent, outage: Outage | None = None
) -> bool:
    """Close the doubt; tell whether it was open."""
    # A clock may have been set back since.
    closed = {"closed_at": max(event.at, doubt.opened_at), "outcome": outcome}
    closed |= {"outage": outage} if outage else {}
    try:
        record.change(doubt, outcome, event, closed, only_if={"closed_at": None})
    except ObjectDoesNotExist:
        return False
    return True
