"""Counting a binder: what lay there is compared with what the register holds.

What was found comes from a person with the list of tabs in hand, and numbers may be handed out
meanwhile: a count never holds that up, and what left the binder after the list was made is no
variance. A sheet that is missing takes its number out of the binder (``quarantine.set_aside``);
one that is there although its number was handed out waits for an administrator, and so does a
sheet that isn't one of the binder's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from custody.binder import quarantine
from custody.logged import Logged
from custody.models import (
    IN_BINDER,
    Binder,
    Count,
    CountLine,
    ForeignSheet,
    Handout,
    HandoutStep,
    LostHandout,
    ReserveNumber,
)
from custody.models.states import Act
from custody.numbers.identities import IdentityError, Kind, parse_identity, stands_in
from custody.refusals import CountKeyReused, ForeignExplained, SheetSettled
from outage.models import Outage

EVER = datetime(1970, 1, 1, tzinfo=UTC)  # where nobody kept when a number was laid in
SURPLUS = {"expected": False, "found": True, "meanwhile": False}


@dataclass(frozen=True)
class Found:
    """What a person found in a binder, by the list made at ``listed_at``.

    ``numbers`` are keys of the binder's numbers; ``foreign`` is what lay there and isn't one of
    them, as it was typed.
    """

    listed_at: datetime
    numbers: frozenset[int]
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """The register beside what was found: a line for each number that the binder ever held."""

    lines: list[CountLine]
    foreign: tuple[str, ...]

    @property
    def missing(self) -> list[ReserveNumber]:
        """Return what should lie there and doesn't."""
        return [line.number for line in self.lines if line.missing]

    @property
    def surplus(self) -> list[ReserveNumber]:
        """Return what lies there and shouldn't."""
        return [line.number for line in self.lines if line.surplus]

    @property
    def varies(self) -> bool:
        """Tell whether register and binder differ."""
        return bool(self.missing or self.surplus or self.foreign)


def was_there(number: ReserveNumber, listed_at: datetime) -> bool:
    """Tell whether a number lay in the binder when the list was made."""
    laid_in = number.laid_in_at is None or number.laid_in_at <= listed_at
    return laid_in and (number.taken_at is None or number.taken_at > listed_at)


def compare(binder: Binder, found: Found) -> Comparison:
    """Say what a count with these findings would show. Writes nothing."""
    return _compared(binder, binder.numbers.order_by("tab", "id"), found)


def _answered(
    binder_id: int, found: Found, event: Event, *, request_key: UUID, reason: str = ""
) -> Count | None:
    """Return the count that this form was answered with before. Raises CountKeyReused."""

    def same(earlier: Count) -> bool:
        its = (earlier.binder_id, earlier.by) == (binder_id, event.by)
        return its and _same_findings(earlier, found) and _same_reason(earlier, reason)

    rows = Count.objects.filter(request_key=request_key)
    return answered(rows, request_key, same, CountKeyReused)


@act(on_conflict=_answered)  # the same key may come at once for another binder
def count_binder(
    binder_id: int, found: Found, event: Event, *, request_key: UUID, reason: str = ""
) -> Done[Count]:
    """Record a count, and set aside the numbers whose sheets are missing.

    The same request key again returns the same count. Raises ReasonMissing for a variance
    without a reason, CountKeyReused for the key of a count with other findings, another reason or
    another person, Binder.DoesNotExist; then nothing was written.
    """
    # One count of a binder at a time.
    binder = Binder.objects.select_for_update(no_key=True).get(pk=binder_id)
    earlier = _answered(binder_id, found, event, request_key=request_key, reason=reason)
    if earlier:
        return Done(earlier, new=False)
    seen = _compared(binder, _locked(binder), found)
    if seen.varies and not reason:
        raise ReasonMissing
    event = event.after(found.listed_at)
    count = Count(
        binder=binder,
        request_key=request_key,
        listed_at=found.listed_at,
        at=event.at,
        by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        reason=reason if seen.varies else "",
    )
    _write(count, seen, event)
    return Done(count)


def _same_findings(earlier: Count, found: Found) -> bool:
    there = set(earlier.lines.filter(found=True).values_list("number_id", flat=True))
    foreign = set(earlier.foreign_sheets.values_list("value", flat=True))
    return there == found.numbers and foreign == set(found.foreign)


def _same_reason(earlier: Count, reason: str) -> bool:
    """Tell whether the reason is the earlier one; a count without variance keeps none."""
    return earlier.reason in {"", reason}


def _locked(binder: Binder) -> Iterable[ReserveNumber]:
    """Return the binder's numbers, locked: each is handed out before this or after, not during."""
    return binder.numbers.select_for_update(no_key=True).order_by("tab", "id")


def _compared(binder: Binder, numbers: Iterable[ReserveNumber], found: Found) -> Comparison:
    listed_at = found.listed_at
    rows = list(numbers)  # locked before the next statement looks for what came back
    undone = _returns().filter(recorded_at__gt=listed_at, handout__number__binder=binder)
    returned = set(undone.values_list("handout__number_id", flat=True))
    lines = [
        CountLine(
            number=number,
            expected=was_there(number, listed_at) or number.pk in returned,
            found=number.pk in found.numbers,
            meanwhile=number.pk in returned or _moved_since(number, listed_at),
        )
        for number in rows
    ]
    return Comparison(lines, found.foreign)


def _returns() -> QuerySet[HandoutStep]:
    """Return the steps by which a number came back; one whose sheet a count missed doesn't."""
    return HandoutStep.objects.filter(act=Act.UNDO, handout__number__quarantines=None)


def _moved_since(number: ReserveNumber, listed_at: datetime) -> bool:
    times = (number.laid_in_at, number.taken_at)
    return any(at is not None and at > listed_at for at in times)


def _write(count: Count, seen: Comparison, event: Event) -> None:
    record.insert(count)
    for line in seen.lines:
        line.count = count
    lines = CountLine.objects.bulk_create(seen.lines)
    quarantine.set_aside(seen.missing, event, count=count)
    variances = [line for line in lines if line.missing or line.surplus]
    foreign = ForeignSheet.objects.bulk_create(
        ForeignSheet(count=count, value=value, kind=_kind(value)) for value in seen.foreign
    )
    trail.write(
        _count_entry(count, seen, event),
        *(_entry(line, event, (line.expected, line.found)) for line in variances),
        *(_entry(sheet, event, (False, True)) for sheet in foreign),
    )


def _kind(value: str) -> str:
    """Return what a number that isn't the binder's may be, as far as it tells."""
    kinds = ForeignSheet.Kind
    try:
        identity = parse_identity(value)
    except IdentityError:
        return kinds.IDENTITY if stands_in(value) else kinds.UNKNOWN
    if identity.kind != Kind.RESERVE:
        return kinds.IDENTITY
    return kinds.TRAINING if identity.training else kinds.RESERVE


def _count_entry(count: Count, seen: Comparison, event: Event) -> LogEntry:
    figures = record.said(
        found=sum(line.found for line in seen.lines),
        missing=len(seen.missing),
        surplus=len(seen.surplus),
        foreign=len(seen.foreign),
        reason=count.reason,
    )
    return record.entry(count, Logged.COUNT_BINDER, event, figures, action=trail.Action.CREATE)


def _entry(line: CountLine | ForeignSheet, event: Event, found: tuple[bool, bool]) -> LogEntry:
    name, action = Logged.COUNT_BINDER, trail.Action.CREATE
    return record.entry(line, name, event, {"found": found}, action=action)


# --- sheets that shouldn't lie there --------------------------------------------------------------


def waiting() -> QuerySet[CountLine]:
    """Return the sheets that lay there though they shouldn't, each until it is settled.

    Settled means: the sheet was destroyed, or the handout undone since. A sheet found at several
    counts waits once, as the last of them has it.
    """
    undone = _returns().filter(
        handout__number=OuterRef("number"), recorded_at__gte=OuterRef("count__recorded_at")
    )
    later = CountLine.objects.filter(number=OuterRef("number"), pk__gt=OuterRef("pk"), **SURPLUS)
    lines = CountLine.objects.filter(destroyed_at__isnull=True, **SURPLUS)
    lines = lines.exclude(Exists(undone)).exclude(Exists(later))
    return lines.select_related("number__binder", "count").order_by("count", "number__tab", "id")


@act
def destroy_sheet(line_id: int, event: Event, *, note: str = "") -> Done[CountLine]:
    """Record that a sheet which shouldn't lie in the binder was destroyed. Its number stays spent.

    Raises SheetSettled when it doesn't wait for that (any more), CountLine.DoesNotExist.
    """
    lines = CountLine.objects.select_related("count__binder", "number")
    line = lines.select_for_update(of=("self",)).get(pk=line_id)
    # The number as well: its handout may be undone at this moment, and it would lie there again.
    ReserveNumber.objects.select_for_update(no_key=True).get(pk=line.number_id)
    if not waiting().filter(pk=line.pk).exists():
        raise SheetSettled(line)
    at = max(event.at, line.count.at)
    columns = {"destroyed_at": at, "destroyed_by": event.by, "destroyed_note": note}
    record.change(line, Logged.DESTROY_SHEET, event, columns)
    return Done(line)


# --- sheets that aren't the binder's --------------------------------------------------------------


def foreign_waiting() -> QuerySet[ForeignSheet]:
    """Return what lay in a binder and isn't its, until somebody wrote what became of it."""
    sheets = ForeignSheet.objects.filter(explained_at__isnull=True)
    return sheets.select_related("count__binder").order_by("count", "id")


@act
def explain_foreign(sheet_id: int, event: Event, *, explanation: str) -> Done[ForeignSheet]:
    """Record where a sheet that isn't the binder's came from, and what became of it.

    Raises ForeignExplained, ReasonMissing, ForeignSheet.DoesNotExist.
    """
    sheets = ForeignSheet.objects.select_related("count__binder")
    sheet = sheets.select_for_update(of=("self",)).get(pk=sheet_id)
    if sheet.explained_at:
        raise ForeignExplained(sheet)
    if not explanation:
        raise ReasonMissing
    at = max(event.at, sheet.count.at)
    columns = {"explained_at": at, "explained_by": event.by, "explanation": explanation}
    record.change(sheet, Logged.EXPLAIN_FOREIGN, event, columns)
    return Done(sheet)


# --- when to count --------------------------------------------------------------------------------


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
