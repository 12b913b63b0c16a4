"""Starting, noting and ending an outage; and what the database itself refuses."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.clock import TOLERANCE
from outage import lifecycle
from outage.models import Outage, TimelineEntry
from outage.refusals import BadWindow
from tests import scenes
from tests.cast import Cast

pytestmark = pytest.mark.one_database("decisions")

OUTAGES = Outage._meta.db_table
TIMELINE = TimelineEntry._meta.db_table


def acts(outage: Outage) -> list[tuple[str, str, str]]:
    return [(entry.act, entry.by, entry.text) for entry in outage.timeline.all()]


def row(**changes: Any) -> Outage:
    """Return an ongoing outage that nobody's Python has looked at."""
    fields = {"kind": "unplanned", "drill": False, "started_at": timezone.now()}
    return Outage(**(fields | changes))


def run(statement: str) -> None:
    """Run SQL in a savepoint, so that a refusal leaves the test's transaction whole."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_start_is_told_in_the_timeline(cast: Cast) -> None:
    now = timezone.now()
    outage, new = lifecycle.start(Event.now(cast.tilda, now), text="Befreg answers 503")
    assert (new, outage.ongoing, outage.started_at) == (True, True, now)
    assert acts(outage) == [("started", "tilda", "Befreg answers 503")]


def test_a_second_start_comes_to_the_same_outage_and_is_told(cast: Cast, outage: Outage) -> None:
    again, new = lifecycle.start(scenes.now(cast.adele), text="here too")
    assert (again, new, Outage.objects.count()) == (outage, False, 1)
    assert acts(outage)[1:] == [("also_reported", "adele", "here too")]


def test_it_may_have_begun_before_it_is_recorded(cast: Cast) -> None:
    now = timezone.now()
    began = now - timedelta(hours=3)
    outage, _new = lifecycle.start(Event.now(cast.tilda, now), since=began)
    told = outage.timeline.get()
    assert outage.started_at == told.at == began
    assert (told.by, told.recorded_at, told.recorded_by) == ("tilda", now, cast.tilda)


@pytest.mark.parametrize(
    ("since", "refused"),
    [
        (-TOLERANCE - timedelta(seconds=1), True),
        (-TOLERANCE, False),
        (timedelta(0), False),
        (timedelta(days=7), False),
        (timedelta(days=7, seconds=1), True),
    ],
)
def test_not_in_the_future_and_not_longer_ago_than_a_week(
    cast: Cast, since: timedelta, *, refused: bool
) -> None:
    now = timezone.now()
    with pytest.raises(BadWindow) if refused else nullcontext():
        lifecycle.start(Event.now(cast.tilda, now), since=now - since)
    assert Outage.objects.exists() is not refused


def test_nor_before_the_last_one_of_its_kind_ended(cast: Cast, outage: Outage) -> None:
    now = timezone.now()
    ended = lifecycle.end(outage, Event.now(cast.tilda, now - timedelta(minutes=30))).row.ended_at
    assert ended
    minute = ended.replace(second=0, microsecond=0)
    before = minute - timedelta(minutes=1)
    with pytest.raises(BadWindow):
        lifecycle.start(Event.now(cast.tilda, now), since=before)
    drill, _new = lifecycle.start(Event.now(cast.tilda, now), since=before, drill=True)
    again, _new = lifecycle.start(Event.now(cast.tilda, now), since=minute)
    assert (drill.started_at, again.started_at) == (before, ended)


def test_a_report_that_comes_second_keeps_since_when(cast: Cast, outage: Outage) -> None:
    now = timezone.now()
    began = now - timedelta(hours=2)
    again, new = lifecycle.start(Event.now(cast.adele, now), since=began, text="here too")
    assert (again.started_at, new) == (outage.started_at, False)
    assert outage.timeline.get(act="also_reported").at == began


def test_a_drill_may_go_on_beside_the_real_one(outage: Outage, drill: Outage) -> None:
    assert (outage.drill, drill.drill) == (False, True)
    assert Outage.objects.filter(ended_at__isnull=True).count() == 2


def test_a_new_one_may_start_after_the_end(cast: Cast, outage: Outage) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    assert scenes.begin(cast.tilda, ago=timedelta(0)) != outage


def test_notes_are_kept_during_and_after(cast: Cast, outage: Outage) -> None:
    lifecycle.note(outage, scenes.now(cast.adele), text="called support")
    lifecycle.end(outage, scenes.now(cast.tilda), text="answers again")
    lifecycle.note(outage, scenes.now(cast.adele), text="a full disk")
    assert [act for act, _by, _text in acts(outage)] == ["started", "noted", "ended", "noted"]


def test_end_twice_is_told_once(cast: Cast, outage: Outage) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    assert lifecycle.end(outage, scenes.now(cast.adele)) == (outage, False)
    assert [act for act, _by, _text in acts(outage)] == ["started", "ended"]


def test_a_clock_set_back_still_lets_it_end(cast: Cast, outage: Outage) -> None:
    ended = lifecycle.end(outage, Event.now(cast.tilda, outage.started_at - timedelta(days=1))).row
    assert ended.ended_at == outage.started_at


def test_the_database_refuses_an_end_before_the_start(outage: Outage) -> None:
    with pytest.raises(IntegrityError, match="outage_ends_after_start"), transaction.atomic():
        Outage.objects.update(ended_at=outage.started_at - timedelta(seconds=1))
    Outage.objects.update(ended_at=outage.started_at)


@pytest.mark.parametrize("drill", [False, True])
def test_the_database_allows_one_ongoing_of_each(db: None, *, drill: bool) -> None:
    row(drill=drill).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        row(drill=drill).save()
    Outage.objects.update(ended_at=timezone.now())
    row(drill=drill).save()


def test_the_database_knows_two_kinds(db: None) -> None:
    with pytest.raises(IntegrityError, match="outage_kind_known"), transaction.atomic():
        row(kind="weather").save()
    row(kind="planned").save()


@pytest.mark.parametrize("change", ["kind = 'planned'", "drill = NOT drill"])
def test_what_kind_it_was_and_whether_a_drill_never_changes(outage: Outage, change: str) -> None:
    with pytest.raises(IntegrityError, match="never change"):
        run(f"UPDATE {OUTAGES} SET {change}")  # noqa: S608  our own words


def test_the_other_columns_may(outage: Outage) -> None:
    run(f"UPDATE {OUTAGES} SET kind = kind, drill = drill, ended_at = started_at")  # noqa: S608


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TIMELINE} SET text = 'never happened'",  # noqa: S608
        f"DELETE FROM {TIMELINE}",  # noqa: S608
        f"DELETE FROM {OUTAGES}",  # noqa: S608
    ],
)
def test_history_neither_changes_nor_goes(outage: Outage, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        run(statement)


def test_nor_is_a_line_of_it_written_over(outage: Outage) -> None:
    entry = outage.timeline.get()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        TimelineEntry.objects.filter(pk=entry.pk).update(text="never happened")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        entry.delete()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="no other database replaces rows")
def test_sqlite_does_not_replace_it_either(outage: Outage) -> None:
    with pytest.raises(IntegrityError, match=f"UNIQUE constraint failed: {TIMELINE}.id"):
        run(f"INSERT OR REPLACE INTO {TIMELINE} SELECT * FROM {TIMELINE}")  # noqa: S608


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite knows no TRUNCATE")
@pytest.mark.parametrize("table", [TIMELINE, f"{OUTAGES} CASCADE"])
def test_postgresql_does_not_truncate_it(outage: Outage, table: str) -> None:
    connection.check_constraints()  # with deferred checks pending PostgreSQL refuses it anyway
    with pytest.raises(IntegrityError, match="append-only"):
        run(f"TRUNCATE {table}")


def test_an_entry_is_not_recorded_before_it_happened(cast: Cast, outage: Outage) -> None:
    now = timezone.now()
    entry = TimelineEntry(
        outage=outage,
        act="noted",
        at=now,
        by="x",
        recorded_at=now - timedelta(seconds=1),
        recorded_by=cast.tilda,
    )
    with pytest.raises(IntegrityError, match="timeline_recorded_after_event"):
        entry.save()
