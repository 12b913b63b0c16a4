"""Counting a binder: what is compared, and what comes of it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, ReasonMissing
from befreg_reserv.audit.models import LogEntry
from custody.binder import quarantine
from custody.checks import consistency
from custody.counts import count, settle
from custody.counts.count import Found
from custody.counts.refusals import CountKeyReused, ForeignExplained
from custody.handouts import closing
from custody.handouts.refusals import NoneLeft
from custody.models import (
    Binder,
    Count,
    CountLine,
    ForeignSheet,
    Handout,
    Quarantine,
    ReserveNumber,
)
from custody.models.states import State
from custody.numbers.identities import check_digit
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.ground.scenery import scene
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")

REASON = "Räknat två gånger"


def findings(
    binder: Binder,
    *,
    without: Collection[str] = (),
    besides: Collection[str] = (),
    **changes: Any,
) -> Found:
    """Return what is found in a binder in order, but for some tails; and besides it, others."""
    lying = binder.numbers.filter(taken_at=None)
    there = {each.pk for each in lying if each.last_four not in without}
    more = {each.pk for each in binder.numbers.all() if each.last_four in besides}
    fields: dict[str, Any] = {"listed_at": timezone.now(), "numbers": frozenset(there | more)}
    return Found(**(fields | changes))


def counted(cast: Cast, binder: Binder, found: Found, **changes: Any) -> Count:
    fields: dict[str, Any] = {"request_key": uuid4(), "reason": REASON}
    return count.count_binder(binder.pk, found, now(cast.tilda), **(fields | changes)).row


def kinds(of: Count) -> dict[str, str]:
    """Return what each line says, by the number's tail."""
    return {
        line.number.last_four: "missing"
        if line.missing
        else "surplus"
        if line.surplus
        else "meanwhile"
        if line.meanwhile
        else "there"
        if line.found
        else "gone"
        for line in of.lines.select_related("number")
    }


# --- what is compared -----------------------------------------------------------------------------


def test_a_binder_in_order_needs_no_reason(cast: Cast, real_binder: Binder) -> None:
    done = counted(cast, real_binder, findings(real_binder), reason="")
    assert kinds(done) == dict.fromkeys(scenes.TAILS, "there")
    assert (done.by, done.recorded_by, done.reason) == ("tilda", cast.tilda, "")
    assert not Quarantine.objects.exists()


def test_a_reason_for_nothing_is_not_kept(cast: Cast, real_binder: Binder) -> None:
    assert counted(cast, real_binder, findings(real_binder)).reason == ""


def test_what_was_handed_out_need_not_lie_there(
    cast: Cast, real_binder: Binder, handout: Handout
) -> None:
    done = counted(cast, real_binder, findings(real_binder), reason="")
    assert kinds(done) == dict.fromkeys(scenes.TAILS, "there") | {"K064": "gone"}


@pytest.mark.both_databases
def test_a_missing_sheet_is_set_aside(cast: Cast, real_binder: Binder) -> None:
    done = counted(cast, real_binder, findings(real_binder, without={"K064", "M094"}))
    assert [tail for tail, kind in kinds(done).items() if kind == "missing"] == ["K064", "M094"]
    missing = Quarantine.objects.get(number__value="20000101K064")
    assert (missing.count, missing.found_by, missing.found_at) == (done, "tilda", done.at)
    assert set(quarantine.unexplained(training=False)) == set(done.quarantines.all())
    assert list(consistency.findings()) == []


def test_the_record_of_it_speaks_swedish(cast: Cast, real_binder: Binder) -> None:
    counted(cast, real_binder, findings(real_binder, without={"K064"}))
    assert Quarantine.objects.get().reason == "Saknades vid kontrollräkningen"


def test_what_is_missing_is_handed_out_to_nobody(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    counted(cast, real_binder, findings(real_binder, without={"K064"}))
    given = [scenes.handed_out(cast).number.last_four for _ in range(4)]
    assert given == ["K080", "K106", "K122", "K148"]
    with pytest.raises(NoneLeft):
        scenes.handed_out(cast)


def test_it_stays_out_when_it_is_explained(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    counted(cast, real_binder, findings(real_binder, without={"K064"}))
    found = Quarantine.objects.get()
    quarantine.explain(found.pk, now(cast.adele), explanation="bakom skrivaren")
    assert scenes.handed_out(cast).number.last_four == "K080"
    assert list(consistency.findings()) == []


def test_what_leaves_after_the_list_was_made_is_no_variance(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    before = findings(real_binder)
    ticked = scenes.handed_out(cast).number
    gone = scenes.handed_out(cast).number
    found = Found(before.listed_at, before.numbers - {gone.pk})
    done = counted(cast, real_binder, found, reason="")
    said = kinds(done)
    assert said[ticked.last_four] == said[gone.last_four] == "meanwhile"
    assert not Quarantine.objects.exists()


@pytest.mark.parametrize("ticked", [True, False])
def test_nor_is_what_was_undone_after_it(
    cast: Cast, real_binder: Binder, handout: Handout, ticked: bool
) -> None:
    before = findings(real_binder)
    closing.undo(handout.pk, now(cast.adele), reason="Låg kvar")
    found = Found(before.listed_at, before.numbers | ({handout.number_id} if ticked else set()))
    done = counted(cast, real_binder, found, reason="")
    assert kinds(done)["K064"] == "meanwhile"


@pytest.mark.both_databases
def test_nor_is_what_was_laid_in_after_it(cast: Cast, real_binder: Binder) -> None:
    before = findings(real_binder)
    scenes.lay_in("Pärm AKM", scenes.many_numbers(7)[-2:], training=False, at=timezone.now())
    new = real_binder.numbers.filter(tab__gt=10)
    found = Found(before.listed_at, before.numbers | {new[0].pk})
    done = counted(cast, real_binder, found, reason="")
    assert kinds(done)[new[0].last_four] == "meanwhile"
    unseen = done.lines.get(number=new[1])
    assert (unseen.meanwhile, unseen.concerned) == (True, False)


def test_a_sheet_that_should_not_lie_there_waits(
    cast: Cast, real_binder: Binder, handout: Handout
) -> None:
    done = counted(cast, real_binder, findings(real_binder, besides={"K064"}))
    assert kinds(done)["K064"] == "surplus"
    assert [line.number for line in settle.waiting()] == [handout.number]
    handout.refresh_from_db()
    assert handout.state == State.HANDED_OUT  # a person decides
    assert list(consistency.findings()) == []


def test_a_missing_and_a_surplus_sheet_at_once(
    cast: Cast, real_binder: Binder, handout: Handout
) -> None:
    done = counted(cast, real_binder, findings(real_binder, without={"K080"}, besides={"K064"}))
    assert kinds(done)["K064"] == "surplus"
    assert kinds(done)["K080"] == "missing"


@pytest.mark.parametrize(
    "varies", [{"without": {"K080"}}, {"besides": {"K064"}}, {"foreign": ("K999",)}]
)
def test_a_variance_needs_a_reason(
    cast: Cast, real_binder: Binder, handout: Handout, varies: dict[str, Any]
) -> None:
    with pytest.raises(ReasonMissing):
        counted(cast, real_binder, findings(real_binder, **varies), reason="")
    assert not Count.objects.exists()
    assert not Quarantine.objects.exists()


def test_who_counted_may_be_another_than_who_records_it(cast: Cast, real_binder: Binder) -> None:
    at = timezone.now()
    event = Event(at=at, by="vera", recorded_at=at, recorded_by=cast.tilda)
    done = count.count_binder(real_binder.pk, findings(real_binder), event, request_key=uuid4()).row
    assert (done.by, done.recorded_by) == ("vera", cast.tilda)


def test_nobody_counts_before_the_list_was_made(cast: Cast, real_binder: Binder) -> None:
    at = timezone.now()
    early = Event(at - timedelta(hours=1), "vera", recorded_at=at, recorded_by=cast.tilda)
    with pytest.raises(BadTime):
        count.count_binder(real_binder.pk, findings(real_binder), early, request_key=uuid4())


# --- what isn't the binder's ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("20000101K007", "training"),
        ("19450829K088", "reserve"),
        ("191212121212", "identity"),
        ("1212121212", "identity"),
        ("K999", "unknown"),
        ("<B>", "unknown"),
    ],
)
def test_a_sheet_that_is_not_the_binders_has_a_row_of_its_own(
    cast: Cast, real_binder: Binder, value: str, kind: str
) -> None:
    done = counted(cast, real_binder, findings(real_binder, foreign=(value,)))
    sheet = ForeignSheet.objects.get()
    assert (sheet.count, sheet.value, sheet.kind) == (done, value, kind)
    assert done.reason == REASON
    assert LogEntry.objects.get(act="count_binder", number=value).actor == cast.tilda
    assert list(consistency.findings()) == []


@scene
def foreign(cast: Cast, real_binder: Binder) -> ForeignSheet:
    """A training number's sheet, found in the real binder."""
    counted(cast, real_binder, findings(real_binder, foreign=("20000101K007",)))
    return ForeignSheet.objects.get()


@pytest.mark.both_databases
def test_it_waits_until_it_is_explained(cast: Cast, foreign: ForeignSheet) -> None:
    assert list(settle.foreign_waiting()) == [foreign]
    by, at = cast.adele, timezone.now()
    settle.explain_foreign(
        foreign.pk, Event.now(by, at), explanation="övningspärmens, lagt tillbaka"
    )
    assert not settle.foreign_waiting().exists()
    entry = LogEntry.objects.get(act="explain_foreign")
    assert (entry.number, entry.actor) == ("20000101K007", cast.adele)
    with pytest.raises(ForeignExplained):
        settle.explain_foreign(foreign.pk, Event.now(by, at), explanation="nej")


def test_it_is_not_explained_by_nothing(cast: Cast, foreign: ForeignSheet) -> None:
    with pytest.raises(ReasonMissing):
        settle.explain_foreign(foreign.pk, now(cast.adele), explanation="")


EXPLAINED = {"explained_at": timezone.now(), "explained_by": "adele", "explanation": "strimlat"}
PAST_THE_PYTHON = [
    ({}, {"value": "K998"}, "never change"),
    ({}, {"kind": "reserve"}, "never change"),
    ({}, {"explained_by": "adele"}, "explained_by_somebody"),
    ({}, EXPLAINED | {"explanation": ""}, "explained_by_somebody"),
    (EXPLAINED, {"explained_at": timezone.now() + timedelta(days=1)}, "set once"),
    (EXPLAINED, {"explanation": "nej"}, "stays as it was written"),
]


@pytest.mark.parametrize(("first", "change", "rule"), PAST_THE_PYTHON)
def test_what_is_written_of_it_stays(
    foreign: ForeignSheet, first: dict[str, Any], change: dict[str, Any], rule: str
) -> None:
    sheets = ForeignSheet.objects.filter(pk=foreign.pk)
    if first:
        sheets.update(**first)
    with pytest.raises(IntegrityError, match=rule):
        sheets.update(**change)


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({}, r"foreign_sheet_once_in_count|foreignsheet\.count_id"),
        ({"value": ""}, "foreign_sheet_has_value"),
        ({"value": "K998", "kind": "lost"}, "foreign_sheet_kind_known"),
    ],
)
def test_nor_is_there_a_row_that_says_nothing(
    foreign: ForeignSheet, columns: dict[str, Any], rule: str
) -> None:
    fields = {"count": foreign.count, "value": foreign.value, "kind": foreign.kind} | columns
    with pytest.raises(IntegrityError, match=rule):
        ForeignSheet.objects.bulk_create([ForeignSheet(**fields)])


# --- twice ----------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_same_form_sent_twice_is_one_count(cast: Cast, real_binder: Binder) -> None:
    found, key = findings(real_binder, without={"K064"}), uuid4()
    first, again = (counted(cast, real_binder, found, request_key=key) for _ in range(2))
    assert first == again
    assert (Count.objects.count(), Quarantine.objects.count()) == (1, 1)


def test_the_same_form_with_other_findings_is_refused(cast: Cast, real_binder: Binder) -> None:
    key = uuid4()
    first = counted(cast, real_binder, findings(real_binder), request_key=key)
    with pytest.raises(CountKeyReused) as refused:
        counted(cast, real_binder, findings(real_binder, without={"K064"}), request_key=key)
    assert refused.value.back == first.get_absolute_url()
    assert not Quarantine.objects.exists()


@pytest.mark.parametrize("other", [{"foreign": ()}, {"foreign": ("K998",)}])
def test_the_same_form_with_other_strangers_is_refused(
    cast: Cast, real_binder: Binder, other: dict[str, Any]
) -> None:
    key, found = uuid4(), findings(real_binder, foreign=("K999",))
    first = counted(cast, real_binder, found, request_key=key)
    assert counted(cast, real_binder, found, request_key=key) == first
    with pytest.raises(CountKeyReused):
        counted(cast, real_binder, replace(found, **other), request_key=key)


def test_the_same_form_with_another_reason_or_person_is_refused(
    cast: Cast, real_binder: Binder
) -> None:
    key, found = uuid4(), findings(real_binder, without={"K064"})
    counted(cast, real_binder, found, request_key=key)
    with pytest.raises(CountKeyReused):
        counted(cast, real_binder, found, request_key=key, reason="en annan")
    with pytest.raises(CountKeyReused):
        count.count_binder(real_binder.pk, found, now(cast.adele), request_key=key, reason=REASON)


def test_the_same_form_for_another_binder_is_refused(
    cast: Cast, real_binder: Binder, training_binder: Binder
) -> None:
    key = uuid4()
    counted(cast, real_binder, findings(real_binder), request_key=key)
    with pytest.raises(CountKeyReused):
        counted(cast, training_binder, findings(training_binder), request_key=key)


# --- what the log and the database keep -----------------------------------------------------------


@pytest.mark.both_databases
def test_each_variance_is_in_the_log_with_its_number(
    cast: Cast, real_binder: Binder, handout: Handout
) -> None:
    counted(cast, real_binder, findings(real_binder, without={"K080"}, besides={"K064"}))
    acts = LogEntry.objects.filter(actor=cast.tilda)
    assert set(acts.filter(number="20000101K080").values_list("act", flat=True)) == {
        "count_binder",
        "create",
        "leave_binder",
    }
    assert acts.filter(number="20000101K064", act="count_binder").exists()
    assert acts.get(act="count_binder", number="").changes["missing"] == ["None", "1"]


RAW: dict[str, tuple[type[Any], dict[str, Any], str]] = {
    "count": (Count, {"reason": "other"}, "append-only"),
    "what a line says": (CountLine, {"found": False}, "never change"),
    "destroyed by nobody": (CountLine, {"destroyed_at": timezone.now()}, "destroyed_by_somebody"),
    "a note without": (CountLine, {"destroyed_note": "x"}, "destroyed_by_somebody"),
}


@pytest.mark.parametrize("name", RAW)
def test_a_count_stays_as_it_was_written(cast: Cast, real_binder: Binder, name: str) -> None:
    counted(cast, real_binder, findings(real_binder))
    model, change, rule = RAW[name]
    with pytest.raises(IntegrityError, match=rule):
        model.objects.update(**change)


@pytest.mark.parametrize("model", [CountLine, ForeignSheet, Count])
def test_nothing_of_it_is_deleted(cast: Cast, real_binder: Binder, model: type[Any]) -> None:
    counted(cast, real_binder, findings(real_binder, foreign=("K999",)))
    with pytest.raises(IntegrityError, match="append-only"):
        model.objects.all()._raw_delete("default")


def test_a_sheet_that_was_not_found_is_not_destroyed(cast: Cast, real_binder: Binder) -> None:
    counted(cast, real_binder, findings(real_binder, without={"K064"}))
    lines = CountLine.objects.filter(found=False)
    with pytest.raises(IntegrityError, match="destroyed_by_somebody"):
        lines.update(destroyed_at=timezone.now(), destroyed_by="adele")


def test_a_number_stands_once_in_a_count(cast: Cast, real_binder: Binder) -> None:
    counted(cast, real_binder, findings(real_binder))
    twin = CountLine.objects.first()
    assert twin
    twin.pk = None
    with pytest.raises(IntegrityError, match=r"number_once_in_count|countline\.count_id"):
        CountLine.objects.bulk_create([twin])


def test_times_are_in_order(cast: Cast, real_binder: Binder) -> None:
    done = counted(cast, real_binder, findings(real_binder))
    done.pk, done.request_key = None, uuid4()
    done.listed_at += timedelta(days=1)
    with pytest.raises(IntegrityError, match="count_times_in_order"):
        Count.objects.bulk_create([done])


def test_a_number_that_left_under_the_lock_stops_the_count(
    cast: Cast, real_binder: Binder, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the lock held nothing: what was read as lying there is given away meanwhile."""

    def read_then_lose(binder: Binder) -> list[ReserveNumber]:
        rows = list(binder.numbers.order_by("tab"))
        scenes.handed_out(cast)
        return rows

    monkeypatch.setattr(count, "_locked", read_then_lose)
    with pytest.raises(IntegrityError, match="under the lock"):
        counted(cast, real_binder, findings(real_binder, without={"K064"}))
    assert not Quarantine.objects.exists()


# --- much of it -----------------------------------------------------------------------------------


def count_cost(cast: Cast, binder: Binder, **varies: Any) -> int:
    found = findings(binder, **varies)
    with CaptureQueriesContext(connection) as captured:
        counted(cast, binder, found)
    return len(captured)


def test_a_count_costs_the_same_whatever_is_missing(cast: Cast, outage: Outage) -> None:
    few = scenes.lay_in(
        "Få", [stem + check_digit(stem) for stem in ("20000102K06", "20000102K08")], training=False
    )
    counted(cast, few, findings(few))  # content types are read once
    one = count_cost(cast, few, without={few.numbers.all()[0].last_four})
    many = scenes.lay_in("Många", scenes.many_numbers(37), training=False)
    most = {each.last_four for each in many.numbers.all()[:12]}
    assert count_cost(cast, many, without=most) == one
