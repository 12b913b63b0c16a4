"""Settle what a count found too many: destroy a sheet, or explain one that isn't the binder's."""

from django.db.models import Exists, OuterRef, QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from custody.counts.count import returns
from custody.counts.refusals import ForeignExplained, SheetSettled
from custody.logged import Logged
from custody.models import (
    CountLine,
    ForeignSheet,
    ReserveNumber,
)

SURPLUS = {"expected": False, "found": True, "meanwhile": False}


def waiting() -> QuerySet[CountLine]:
    """Return the surplus sheets that aren't settled yet.

    A sheet is settled when it was destroyed, or its handout undone since the count. One that
    several counts found is returned once, as the last of them found it.
    """
    undone = returns().filter(
        handout__number=OuterRef("number"), recorded_at__gte=OuterRef("count__recorded_at")
    )
    later = CountLine.objects.filter(number=OuterRef("number"), pk__gt=OuterRef("pk"), **SURPLUS)
    lines = CountLine.objects.filter(destroyed_at__isnull=True, **SURPLUS)
    lines = lines.exclude(Exists(undone)).exclude(Exists(later))
    return lines.select_related("number__binder", "count").order_by(
        "-count_id", "number__tab", "id"
    )


@act
def destroy_sheet(line_id: int, event: Event, *, note: str = "") -> Done[CountLine]:
    """Record that a sheet which shouldn't lie in the binder was destroyed. Its number stays spent.

    Raises SheetSettled if it need not be destroyed (any more), CountLine.DoesNotExist.
    """
    lines = CountLine.objects.select_related("count__binder", "number")
    line = lines.select_for_update(of=("self",)).get(pk=line_id)
    # Lock the number too: otherwise an undo at this moment could put it back.
    ReserveNumber.objects.select_for_update(no_key=True).get(pk=line.number_id)
    if not waiting().filter(pk=line.pk).exists():
        raise SheetSettled(line)
    at = max(event.at, line.count.at)
    columns = {"destroyed_at": at, "destroyed_by": event.by, "destroyed_note": note}
    record.change(line, Logged.DESTROY_SHEET, event, columns)
    return Done(line)


def foreign_waiting() -> QuerySet[ForeignSheet]:
    """Return the sheets that lay in a binder and aren't its own, while they aren't explained."""
    sheets = ForeignSheet.objects.filter(explained_at__isnull=True)
    return sheets.select_related("count__binder").order_by("-count_id", "id")


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
