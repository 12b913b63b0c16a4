"""A backup was restored: numbers that left the binder after it was taken don't come back.

The sign is that the register doesn't know the journal's last line. Numbers that are out according
to the journal, and in the binder according to the register, are set aside. Handing out goes on from
the others, and screens show it until somebody has counted the binder.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMinute

from befreg_reserv.acts import record
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.audit import trail
from custody.binder import quarantine
from custody.journal import departures, knowing, marks
from custody.journal.bounded import Unusable
from custody.journal.chain import Line
from custody.journal.knowing import Journals
from custody.logged import Logged
from custody.models import (
    Binder,
    Handout,
    LostHandout,
    Quarantine,
    ReserveNumber,
    Restoration,
)
from custody.models.states import State
from custody.numbers.identities import parse_reserve_number
from outage.models import Outage

LABEL_LENGTH = 250
# Errors that a line edited by hand can cause. No other error of the database is among them: then
# nothing is handed out, since its number might be out already.
MISWRITTEN = (Unusable, KeyError, ValueError, TypeError, AttributeError, IntegrityError, DataError)


@dataclass(frozen=True)
class Restored:
    """What screens show: until when the register is complete, and how many numbers left since."""

    to: datetime | None
    numbers: int
    answered: bool  # the numbers are set aside; else the next handout does it


def look(event: AnyEvent) -> Restoration | None:
    """Set aside what a restored backup has forgotten. Returns what was found just now."""
    # Before the transaction: on a disk that hangs it would hold a lock.
    journals = departures.latest()
    with transaction.atomic():
        return answer(journals, event)


def answer(journals: Journals, event: AnyEvent) -> Restoration | None:
    """Set aside what a restored backup has forgotten, if the register doesn't know a last line.

    Callers hold a transaction. Returns what was found just now: None when no journal can be read
    or they come from another installation.
    """
    if not knowing.unknown(journals):
        return None
    try:
        whole = departures.ours(departures.whole())
        with transaction.atomic():
            return _answer(whole, event)
    except MISWRITTEN:  # edited by hand; /ready names it
        marks.doubt_all(journals)
        return None


def _answer(whole: Journals, event: AnyEvent) -> Restoration | None:
    # What one journal knows is known: each number that any of them says is out is set aside.
    merged, unknown = whole.merged, knowing.unknown(whole)
    # A transaction that found it at the same moment waits here, and then finds it answered.
    lying = _lock([line["number"] for line in departures.lost(merged)])
    lost, to = departures.lost(merged), departures.last_known(merged)
    found = {"found_at": event.recorded_at, "restored_to": to}
    rows = [
        Restoration.objects.get_or_create(line=journal.last_hash, defaults=found)
        for journal in unknown
    ]
    answered = [row for row, new in rows if new]
    if not answered:
        return None
    restoration = answered[0]
    marks.doubt_changed(whole)
    LostHandout.objects.bulk_create(_lost_handout(restoration, line) for line in lost)
    quarantine.set_aside_lost(lying, restoration, event)
    changes = record.said(restored_to=restoration.restored_to, numbers=_numbers(lost))
    for row in answered:  # journals differ if one was out of reach
        record.record(row, Logged.RESTORED, event, changes, action=trail.Action.CREATE)
    departures.keep_others()
    return restoration


def _numbers(lost: list[Line]) -> int:
    return len({line["number"] for line in lost})


def _lock(values: Collection[str]) -> list[ReserveNumber]:
    """Return those of the numbers that lie in the binder, locked in the order of a count."""
    numbers = ReserveNumber.objects.select_for_update(no_key=True)
    return list(numbers.filter(value__in=values, taken_at=None).order_by("binder_id", "tab", "id"))


def _lost_handout(restoration: Restoration, line: Line) -> LostHandout:
    key, outage = line.get("key"), line.get("outage")
    return LostHandout(
        restoration=restoration,
        number=line["number"],
        training=_trains(line),
        request_key=UUID(key) if key else None,
        outage_started_at=datetime.fromisoformat(outage) if outage else None,
        ward=line.get("ward", "")[:LABEL_LENGTH],
        caller=line.get("caller", ""),
        callback=line.get("callback", ""),
        left_at=datetime.fromisoformat(line["at"]),
        left_by=line.get("by", ""),
    )


def forgotten(values: Collection[str]) -> dict[str, Restoration]:
    """Return, for each of these numbers that a restored backup had forgotten, its restoration."""
    lost = LostHandout.objects.filter(number__in=values).select_related("restoration")
    return {row.number: row.restoration for row in lost.order_by("pk")}


# --- what screens show ----------------------------------------------------------------------------


def standing(*, training: bool) -> Restored | None:
    """Return what to show of a restored backup, of real numbers or training numbers; or None.

    Reads only. It is shown until each binder of that kind has been counted after it was found.
    """
    return _unanswered(departures.latest(), training=training) or _answered(training=training)


def _unanswered(journals: Journals, *, training: bool) -> Restored | None:
    if not knowing.unknown(journals):
        return None
    try:
        merged = departures.ours(departures.whole()).merged
        lost = [line for line in departures.lost(merged) if _trains(line) == training]
        to = departures.last_known(merged)
        return Restored(to, _numbers(lost), answered=False) if lost else None
    except MISWRITTEN:
        return None


def _trains(line: Line) -> bool:
    return parse_reserve_number(line["number"]).training


def _answered(*, training: bool) -> Restored | None:
    waiting = [row for row in _with_figures(training=training) if _uncounted(row, training)]
    if not waiting:
        return None
    times = [row.restored_to for row in waiting]
    to = None if None in times else min(time for time in times if time)
    return Restored(to, sum(row.numbers for row in waiting), answered=True)


def _with_figures(*, training: bool) -> QuerySet[Any]:
    """Return the restorations that found lost numbers of a kind; mostly none. One statement."""
    of_kind = Q(lost__training=training)
    numbers = Count("lost__number", filter=of_kind, distinct=True)
    return Restoration.objects.annotate(numbers=numbers).filter(numbers__gt=0).order_by("pk")


def _uncounted(restoration: Restoration, training: bool) -> bool:  # noqa: FBT001
    binders = Binder.objects.filter(training=training, numbers__isnull=False).distinct()
    counted = [binder.last for binder in binders.annotate(last=Max("counts__listed_at"))]
    return not counted or any(last is None or last < restoration.found_at for last in counted)


def lost_handouts() -> QuerySet[Any]:
    """Return all lost handouts, each with what became of it.

    ``held``: it has been entered again. ``waiting``: nobody has entered or explained it.
    ``loaded``: the number is in the register. ``outage_pk``: the outage, if the register has it.
    """
    numbers = ReserveNumber.objects.filter(value=OuterRef("number"))
    standing = Handout.objects.filter(number__value=OuterRef("number")).exclude(state=State.UNDONE)
    again = standing.filter(recorded_at__gte=OuterRef("restoration__found_at"))
    # Of two patients with one number, the handout that says the same, but for the seconds.
    its_own = again.annotate(minute=TruncMinute("handed_out_at")).filter(
        caller=OuterRef("caller"), minute=OuterRef("left_minute")
    )
    others = LostHandout.objects.filter(number=OuterRef("number"), request_key__isnull=False)
    unexplained = Quarantine.objects.filter(number__value=OuterRef("number"), explained_at=None)
    rows = LostHandout.objects.select_related("restoration").annotate(
        left_minute=TruncMinute("left_at"),
        doubled=Exists(others.exclude(pk=OuterRef("pk"))),
        held=Q(doubled=False) & Exists(again) | Exists(its_own),
        # Where another patient's handout holds the number, no sheet waits for an explanation.
        waiting=Exists(unexplained) | (Q(request_key__isnull=False) & Exists(standing)),
        loaded=Exists(numbers),
    )
    outages = Outage.objects.filter(started_at__lte=OuterRef("left_at"), drill=OuterRef("training"))
    outages = outages.filter(Q(ended_at=None) | Q(ended_at__gte=OuterRef("left_at")))
    rows = rows.annotate(outage_pk=Subquery(outages.order_by("-started_at").values("pk")[:1]))
    return rows.order_by("-restoration", "left_at", "id")


def waiting_lost(key: str) -> LostHandout | None:
    """Return the lost handout that a page's address names, while it waits to be entered again."""
    rows = lost_handouts().filter(held=False, request_key__isnull=False)
    found: LostHandout | None = None
    if key.isdecimal():
        found = rows.filter(pk=int(key[:18])).first()
    return found
