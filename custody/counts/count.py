"""Count a binder: compare the sheets that lie there with what the register holds.

A person goes through the binder with a list of its tabs. Numbers may be handed out meanwhile: what
left the binder after the list was made is no variance. A missing sheet takes its number out of the
binder (``quarantine.set_aside``). A sheet whose number was handed out waits for an administrator,
and so does one that isn't the binder's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from custody.binder import quarantine
from custody.counts.refusals import CountKeyReused
from custody.logged import Logged
from custody.models import (
    Binder,
    Count,
    CountLine,
    ForeignSheet,
    Handout,
    HandoutStep,
    ReserveNumber,
)
from custody.models.states import Act, State
from custody.numbers.identities import IdentityError, Kind, contains_identity, parse_identity


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
        """Return the numbers whose sheets should lie there and don't."""
        return [line.number for line in self.lines if line.missing]

    @property
    def surplus(self) -> list[ReserveNumber]:
        """Return the numbers whose sheets lie there and shouldn't."""
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
    """Return what a count with these findings would show. Writes nothing."""
    return _compared(binder, binder.numbers.order_by("tab", "id"), found)


def _answered(
    binder_id: int, found: Found, event: Event, *, request_key: UUID, reason: str = ""
) -> Count | None:
    """Return the count that this form was answered with before. Raises CountKeyReused."""

    def same(earlier: Count) -> bool:
        same_origin = (earlier.binder_id, earlier.by) == (binder_id, event.by)
        return same_origin and _same_findings(earlier, found) and _same_reason(earlier, reason)

    rows = Count.objects.filter(request_key=request_key)
    return answered(rows, request_key, same, CountKeyReused)


@act(on_conflict=_answered)  # the same key may be sent at the same moment for another binder
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
    comparison = _compared(binder, _locked(binder), found)
    if comparison.varies and not reason:
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
        reason=reason if comparison.varies else "",
    )
    _write(count, comparison, event)
    return Done(count)


def _same_findings(earlier: Count, found: Found) -> bool:
    numbers = set(earlier.lines.filter(found=True).values_list("number_id", flat=True))
    foreign = set(earlier.foreign_sheets.values_list("value", flat=True))
    return numbers == found.numbers and foreign == set(found.foreign)


def _same_reason(earlier: Count, reason: str) -> bool:
    """Tell whether the reason is the earlier one; a count without variance keeps none."""
    return earlier.reason in {"", reason}


def _locked(binder: Binder) -> Iterable[ReserveNumber]:
    """Return the binder's numbers, locked: none is handed out while the count is written."""
    return binder.numbers.select_for_update(no_key=True).order_by("tab", "id")


def _compared(binder: Binder, numbers: Iterable[ReserveNumber], found: Found) -> Comparison:
    listed_at = found.listed_at
    rows = list(numbers)  # locks them before the next statement looks for returns
    undone = returns().filter(recorded_at__gt=listed_at, handout__number__binder=binder)
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


def returns() -> QuerySet[HandoutStep]:
    """Return the undo steps that put a number back.

    One that was ever set aside stays out, and so does one that another patient was given on paper.
    """
    earlier = HandoutStep.objects.filter(
        handout=OuterRef("pk"), target=State.UNDONE, pk__lt=OuterRef(OuterRef("pk"))
    )
    others = Handout.objects.filter(
        number=OuterRef("handout__number"), recorded_at__lte=OuterRef("recorded_at")
    ).exclude(pk=OuterRef("handout"))
    steps = HandoutStep.objects.filter(act=Act.UNDO, handout__number__quarantines=None)
    return steps.exclude(Exists(others.exclude(Exists(earlier))))


def _moved_since(number: ReserveNumber, listed_at: datetime) -> bool:
    times = (number.laid_in_at, number.taken_at)
    return any(at is not None and at > listed_at for at in times)


def _write(count: Count, comparison: Comparison, event: Event) -> None:
    record.insert(count)
    for line in comparison.lines:
        line.count = count
    lines = CountLine.objects.bulk_create(comparison.lines)
    quarantine.set_aside(comparison.missing, event, count=count)
    variances = [line for line in lines if line.missing or line.surplus]
    foreign = ForeignSheet.objects.bulk_create(
        ForeignSheet(count=count, value=value, kind=_kind(value)) for value in comparison.foreign
    )
    trail.write(
        _count_entry(count, comparison, event),
        *(_entry(line, event, (line.expected, line.found)) for line in variances),
        *(_entry(sheet, event, (False, True)) for sheet in foreign),
    )


def _kind(value: str) -> str:
    """Return the kind of a number that isn't the binder's, as far as it can be read."""
    kinds = ForeignSheet.Kind
    try:
        identity = parse_identity(value)
    except IdentityError:
        return kinds.IDENTITY if contains_identity(value) else kinds.UNKNOWN
    if identity.kind != Kind.RESERVE:
        return kinds.IDENTITY
    return kinds.TRAINING if identity.training else kinds.RESERVE


def _count_entry(count: Count, comparison: Comparison, event: Event) -> LogEntry:
    figures = record.said(
        found=sum(line.found for line in comparison.lines),
        missing=len(comparison.missing),
        surplus=len(comparison.surplus),
        foreign=len(comparison.foreign),
        reason=count.reason,
    )
    return record.entry(count, Logged.COUNT_BINDER, event, figures, action=trail.Action.CREATE)


def _entry(line: CountLine | ForeignSheet, event: Event, found: tuple[bool, bool]) -> LogEntry:
    name, action = Logged.COUNT_BINDER, trail.Action.CREATE
    return record.entry(line, name, event, {"found": found}, action=action)
