"""The first doubt: points ticked, skipped, cleared or forgotten; and what the database refuses."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from outage import doubt, lifecycle
from outage.models import Doubt, Outage, Plan, Tick
from outage.plans import planning
from outage.refusals import NoLongerInDoubt
from tests.cast import Cast
from tests.outage.test_lifecycle import run

pytestmark = pytest.mark.one_database("decisions")

DOUBTS = Doubt._meta.db_table
TICKS = Tick._meta.db_table
NOON = datetime.fromisoformat("2026-11-23T12:00+01:00")
MINUTE = timedelta(minutes=1)


def ticks(found: Doubt) -> list[tuple[str, bool, str, str]]:
    """Return the points of a doubt: which, whether skipped, who, what was found."""
    return [(each.item, each.skipped, each.by.username, each.text) for each in found.ticks.all()]


def logged(act: str) -> int:
    found: int = LogEntry.objects.filter(act=act).count()
    return found


def planned(*, drill: bool = False) -> Plan:
    return Plan.objects.create(
        drill=drill,
        planned_start=NOON,
        planned_end=NOON + timedelta(hours=1),
        reason="upgrade",
        all_wards=True,
    )


def test_the_first_tick_opens_the_doubt(cast: Cast) -> None:
    opened = doubt.tick(
        ["news"], Event.now(cast.tilda, NOON), drill=False, text="nothing there"
    ).row
    assert (opened.opened_at, opened.closed_at, opened.outcome) == (NOON, None, "")
    assert ticks(opened) == [("news", False, "tilda", "nothing there")]
    entry = LogEntry.objects.get(act="tick")
    assert (entry.actor, entry.timestamp) == (cast.tilda, NOON)
    assert {field: after for field, (_before, after) in entry.changes.items()} == {
        "doubt": str(opened.pk),
        "item": "news",
        "skipped": "False",
        "text": "nothing there",
    }


def test_the_next_ones_are_points_of_the_same(cast: Cast) -> None:
    first = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    again = doubt.tick(["support"], Event.now(cast.adele, NOON + MINUTE), drill=False).row
    assert again == first == doubt.current(drill=False, at=NOON + MINUTE)
    assert ticks(first) == [("local", False, "tilda", ""), ("support", False, "adele", "")]


def test_twice_is_once_and_the_first_one_counts(cast: Cast) -> None:
    for by, at in ((cast.tilda, NOON), (cast.adele, NOON + MINUTE)):
        found = doubt.tick(["local"], Event.now(by, at), drill=False).row
    assert ticks(found) == [("local", False, "tilda", "")]
    assert logged("tick") == 1


def test_the_same_form_twice_is_once_and_two_tills_lose_nothing(cast: Cast) -> None:
    for by, items, text in (
        (cast.tilda, ["local", "news"], "nothing there"),
        (cast.tilda, ["local", "news"], "nothing there"),
        (cast.adele, ["news", "support"], "3010 is busy"),
        (cast.adele, ["news"], "busy still"),
    ):
        opened = doubt.tick(items, Event.now(by, NOON), drill=False, text=text).row
    assert ticks(opened) == [
        ("local", False, "tilda", ""),
        ("news", False, "tilda", ""),
        ("note", False, "tilda", "nothing there"),
        ("support", False, "adele", "3010 is busy"),
        ("note", False, "adele", "busy still"),
    ]
    assert (logged("tick"), logged("note_doubt")) == (3, 2)


def test_a_note_is_never_a_point_that_was_skipped(cast: Cast) -> None:
    opened = doubt.tick([], Event.now(cast.tilda, NOON), drill=False, text="odd").row
    for text, skipped in (("", False), ("x", True)):
        note = Tick(doubt=opened, item="note", at=NOON, by=cast.tilda, text=text, skipped=skipped)
        with pytest.raises(IntegrityError, match="tick_note_says"), transaction.atomic():
            note.save()


def test_a_point_that_is_none_is_refused(cast: Cast) -> None:
    with pytest.raises(IntegrityError, match="tick_item_known"), transaction.atomic():
        doubt.tick(["coffee"], Event.now(cast.tilda, NOON), drill=False)
    assert not Doubt.objects.exists()


@pytest.mark.parametrize("drill", [False, True])
def test_a_drills_checklist_is_another(cast: Cast, *, drill: bool) -> None:
    doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=drill)
    assert doubt.current(drill=not drill, at=NOON) is None
    other = doubt.tick(["news"], Event.now(cast.tilda, NOON), drill=not drill).row
    lifecycle.start(Event.now(cast.tilda, NOON), drill=drill)
    assert doubt.current(drill=drill, at=NOON) is None
    assert doubt.current(drill=not drill, at=NOON) == other
    assert ticks(other) == [("news", False, "tilda", "")]


# --- forgotten ------------------------------------------------------------------------------------


def test_it_lapses_some_hours_after_the_last_tick(cast: Cast) -> None:
    first = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    later = NOON + timedelta(hours=3)
    doubt.tick(["news"], Event.now(cast.tilda, later), drill=False)
    assert doubt.current(drill=False, at=later + doubt.LAPSES_AFTER) == first
    assert doubt.current(drill=False, at=later + doubt.LAPSES_AFTER + MINUTE) is None


def test_the_next_tick_after_that_begins_anew(cast: Cast) -> None:
    first = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    tomorrow = NOON + timedelta(days=1)
    second = doubt.tick(["local"], Event.now(cast.adele, tomorrow), drill=False).row
    first.refresh_from_db()
    assert (first.outcome, first.closed_at) == ("lapsed", tomorrow)
    assert ticks(second) == [("local", False, "adele", "")]
    assert LogEntry.objects.get(act="doubt_lapsed").actor is None


def test_an_outage_does_not_come_of_a_lapsed_doubt(cast: Cast) -> None:
    first = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    outage, _new = lifecycle.start(Event.now(cast.tilda, NOON + timedelta(days=1)))
    first.refresh_from_db()
    assert first.outcome == "lapsed"
    assert [skipped for _item, skipped, _by, _text in ticks(outage.doubt)] == [True] * 3


def test_a_planned_outage_does_not_come_of_it_either(cast: Cast) -> None:
    first = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    begins = NOON + timedelta(days=1)
    planning.start(planned().pk, Event.now(cast.tilda, begins))
    first.refresh_from_db()
    assert (first.outcome, first.outage) == ("lapsed", None)


def test_a_clock_set_back_closes_it_all_the_same(cast: Cast) -> None:
    opened = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    assert doubt.clear(opened, Event.now(cast.tilda, NOON - MINUTE)).new
    opened.refresh_from_db()
    assert opened.closed_at == NOON


# --- cleared --------------------------------------------------------------------------------------


def test_cleared_once_and_told_once(cast: Cast) -> None:
    opened = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    assert doubt.clear(opened, Event.now(cast.tilda, NOON + MINUTE)).new
    assert not doubt.clear(opened, Event.now(cast.adele, NOON + 2 * MINUTE)).new
    opened.refresh_from_db()
    assert (opened.outcome, opened.closed_at, opened.outage) == ("cleared", NOON + MINUTE, None)
    entry = LogEntry.objects.get(act="doubt_cleared")
    assert (entry.actor, set(entry.changes)) == (cast.tilda, {"closed_at", "outcome"})
    assert doubt.current(drill=False, at=NOON + MINUTE) is None


# --- an outage comes of it ------------------------------------------------------------------------


def test_what_was_not_ticked_is_skipped_by_who_starts(cast: Cast) -> None:
    doubt.tick(["news"], Event.now(cast.tilda, NOON), drill=False, text="nothing there")
    outage, _new = lifecycle.start(Event.now(cast.adele, NOON + MINUTE))
    assert ticks(outage.doubt) == [
        ("news", False, "tilda", "nothing there"),
        ("local", True, "adele", ""),
        ("support", True, "adele", ""),
    ]
    assert (outage.doubt.outcome, outage.doubt.closed_at) == ("started", NOON + MINUTE)


def test_in_a_hurry_all_is_skipped_and_recorded(cast: Cast) -> None:
    outage, _new = lifecycle.start(Event.now(cast.tilda, NOON))
    assert [(item, skipped) for item, skipped, _by, _text in ticks(outage.doubt)] == [
        (item, True) for item in Tick.Item.values
    ]
    assert (logged("tick"), logged("doubt_started")) == (3, 1)


def test_who_comes_second_skips_nothing_more(cast: Cast) -> None:
    for by in (cast.tilda, cast.adele):
        lifecycle.start(Event.now(by, NOON))
    assert (Doubt.objects.count(), Tick.objects.count()) == (1, 3)


@pytest.mark.parametrize("drill", [False, True])
def test_no_point_is_ticked_once_it_has_begun(cast: Cast, *, drill: bool) -> None:
    outage, _new = lifecycle.start(Event.now(cast.tilda, NOON), drill=drill)
    with pytest.raises(NoLongerInDoubt) as refused:
        doubt.tick(["local"], Event.now(cast.adele, NOON + MINUTE), drill=drill)
    assert refused.value.outage == outage
    assert Doubt.objects.count() == 1


def test_a_planned_outage_ends_a_doubt_and_skips_nothing(cast: Cast) -> None:
    opened = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    outage, _new = lifecycle.start(Event.now(cast.tilda, NOON + MINUTE), plan=planned())
    opened.refresh_from_db()
    assert (opened.outcome, opened.outage) == ("started", outage)
    assert ticks(opened) == [("local", False, "tilda", "")]


def test_a_planned_outage_needs_no_doubt(cast: Cast) -> None:
    lifecycle.start(Event.now(cast.tilda, NOON), plan=planned())
    assert not Doubt.objects.exists()


# --- two at once ----------------------------------------------------------------------------------


def test_two_first_ticks_at_once_meet_in_one_doubt(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt.tick(["news"], Event.now(cast.adele, NOON), drill=False)
    theirs = Doubt.objects.get()
    monkeypatch.setattr(doubt, "_locked", answers(None, theirs))
    assert doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row == theirs
    assert {item for item, *_rest in ticks(theirs)} == {"local", "news"}


def test_an_outage_starts_whoever_ticks_at_that_moment(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt.tick(["news"], Event.now(cast.adele, NOON), drill=False)
    theirs = Doubt.objects.get()
    monkeypatch.setattr(doubt, "_locked", answers(None, None, theirs))
    outage, new = lifecycle.start(Event.now(cast.tilda, NOON))
    assert new
    assert outage.doubt == theirs
    assert {item: skipped for item, skipped, *_rest in ticks(theirs)} == {
        "news": False,
        "local": True,
        "support": True,
    }


def test_what_can_never_be_opened_is_not_tried_for_ever(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt.tick(["news"], Event.now(cast.adele, NOON), drill=False)
    monkeypatch.setattr(doubt, "_locked", answers(*[None] * 99))
    with pytest.raises(IntegrityError), transaction.atomic():
        doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False)


def answers(*found: Doubt | None) -> Any:
    """Return a look for the open doubt that finds these, one after the other.

    None stands for the moment before another's insert was committed.
    """
    left = iter(found)
    return lambda *, drill: next(left)


# --- what the database refuses --------------------------------------------------------------------


def row(**changes: Any) -> Doubt:
    """Return an open doubt that nobody's Python has looked at."""
    return Doubt(**({"drill": False, "opened_at": NOON} | changes))


@pytest.mark.parametrize("drill", [False, True])
def test_one_open_doubt_of_each_kind(db: None, *, drill: bool) -> None:
    row(drill=drill).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        row(drill=drill).save()
    row(drill=not drill).save()
    Doubt.objects.update(closed_at=NOON, outcome="cleared")
    row(drill=drill).save()


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "cleared"},  # an outcome, and still open
        {"closed_at": NOON},  # closed without one
        {"closed_at": NOON, "outcome": "boredom"},
        {"closed_at": NOON, "outcome": "started"},  # of which no outage came
    ],
)
def test_a_doubt_is_open_or_closed_and_nothing_between(db: None, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="doubt_row_shape"), transaction.atomic():
        row(**changes).save()


@pytest.mark.parametrize("changes", [{}, {"closed_at": NOON, "outcome": "lapsed"}])
def test_only_one_that_became_an_outage_names_it(db: None, changes: dict[str, Any]) -> None:
    other = Outage.objects.create(kind="unplanned", drill=True, started_at=NOON)
    with pytest.raises(IntegrityError, match="doubt_row_shape"), transaction.atomic():
        row(outage=other, **changes).save()


def test_it_closes_after_it_opened(db: None) -> None:
    with pytest.raises(IntegrityError, match="doubt_closed_after_opened"), transaction.atomic():
        row(closed_at=NOON - MINUTE, outcome="cleared").save()


def test_an_outage_comes_of_one_doubt(outage: Outage) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        row(closed_at=NOON, outcome="started", outage=outage).save()


def test_a_point_once(cast: Cast) -> None:
    opened = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    again = Tick(doubt=opened, item="local", skipped=True, at=NOON, by=cast.adele)
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (f"UPDATE {TICKS} SET text = 'never found'", "append-only"),  # noqa: S608  our own words
        (f"DELETE FROM {TICKS}", "append-only"),  # noqa: S608
        (f"DELETE FROM {DOUBTS}", "append-only"),  # noqa: S608
        (f"UPDATE {DOUBTS} SET drill = NOT drill", "never change"),  # noqa: S608
        (f"UPDATE {DOUBTS} SET opened_at = '2020-01-01'", "never change"),  # noqa: S608
        (f"UPDATE {DOUBTS} SET closed_at = NULL, outcome = ''", "set once"),  # noqa: S608
        (f"UPDATE {DOUBTS} SET outcome = 'lapsed'", "never changes"),  # noqa: S608
    ],
)
def test_history_neither_changes_nor_goes(cast: Cast, statement: str, why: str) -> None:
    opened = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    doubt.clear(opened, Event.now(cast.tilda, NOON))
    with pytest.raises(IntegrityError, match=why):
        run(statement)


def test_nor_does_which_outage_came_of_it(cast: Cast) -> None:
    first, _new = lifecycle.start(Event.now(cast.tilda, NOON))
    lifecycle.end(first, Event.now(cast.tilda, NOON))
    other = Outage.objects.create(kind="unplanned", drill=False, started_at=NOON)
    with pytest.raises(IntegrityError, match="never changes"):
        run(f"UPDATE {DOUBTS} SET outage_id = {other.pk}")  # noqa: S608  our own words


def test_nothing_is_ticked_once_it_is_closed(cast: Cast) -> None:
    closed = doubt.tick(["local"], Event.now(cast.tilda, NOON), drill=False).row
    doubt.clear(closed, Event.now(cast.tilda, NOON))
    late = Tick(doubt=closed, item="news", skipped=False, at=NOON, by=cast.tilda)
    with pytest.raises(IntegrityError, match="once a doubt is closed"), transaction.atomic():
        late.save()
