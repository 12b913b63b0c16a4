"""Who waits is served first come, first served; or withdrawn, or settled after the outage."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist

from befreg_reserv.acts.refused import ReasonMissing
from custody.calls import callers, taking, waiting
from custody.calls.refusals import CallerKnown, OthersWaitLonger, OutageGoesOn
from custody.checks import consistency
from custody.handouts import closing, missing_sheet
from custody.handouts.refusals import NoneLeft, NoOutage
from custody.ledger import calls
from custody.ledger.refusals import NotWaiting
from custody.models import Handout, Patient
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn

pytestmark = [pytest.mark.usefixtures("outage"), pytest.mark.one_database("decisions")]


def waits(cast: Cast, sex: str = "K", **changes: Any) -> Patient:
    """Take a call while the binder is empty; return its first patient."""
    taken = taking.take(scenes.call(cast, sex=sex, **changes), scenes.now(cast.tilda)).row
    return taken.call.patients.order_by("position")[0]


def serve(cast: Cast, patient: Patient, **how: str) -> Handout:
    return waiting.serve(patient.pk, scenes.now(cast.tilda), **how).row


def fill(*tails: str) -> None:
    scenes.lay_in("Pärm", [f"20000101{tail}" for tail in tails], training=False)


def test_as_soon_as_a_number_is_there_it_is_served(cast: Cast) -> None:
    patient = waits(cast)
    fill("K064")
    handout = serve(cast, patient)
    patient.refresh_from_db()
    assert (handout.patient, handout.number.last_four, patient.state) == (patient, "K064", "served")
    assert patient.ended_at == handout.handed_out_at
    assert list(consistency.findings()) == []


def test_pressed_twice_it_is_one_number(cast: Cast) -> None:
    patient = waits(cast)
    fill("K064", "K080")
    assert serve(cast, patient) == serve(cast, patient)
    assert Handout.objects.count() == 1


def test_while_there_is_none_the_patient_goes_on_waiting(cast: Cast) -> None:
    patient = waits(cast)
    with pytest.raises(NoneLeft):
        serve(cast, patient)
    assert scenes.who_waits() == [patient]


def test_who_waits_longer_comes_first(cast: Cast) -> None:
    first, second = waits(cast), waits(cast)
    fill("K064")
    with pytest.raises(OthersWaitLonger) as asked:
        serve(cast, second)
    assert asked.value.patients == [first]
    assert serve(cast, second, before_others="bleeds").steps.get().reason == "bleeds"
    assert scenes.who_waits() == [first]


def test_with_enough_for_both_nobody_is_asked(cast: Cast) -> None:
    _first, second = waits(cast), waits(cast)
    fill("K064", "K080")
    assert serve(cast, second).number.last_four == "K064"


def test_another_sex_keeps_nobody_waiting(cast: Cast) -> None:
    waits(cast)
    man = waits(cast, "M")
    fill("M078")
    assert serve(cast, man).number.last_four == "M078"


@pytest.mark.parametrize("sex", ["K", "X"])
def test_a_number_of_another_sex_is_given_by_choice_for_a_reason(cast: Cast, sex: str) -> None:
    patient = waits(cast, sex)
    fill("M078")
    with pytest.raises(ReasonMissing):
        serve(cast, patient, sex="M")
    handout = serve(cast, patient, sex="M", other_sex_reason="can't wait")
    assert (handout.number.sex, handout.patient_sex) == ("M", sex)
    assert handout.other_sex_reason == "can't wait"


def test_and_not_before_a_man_who_waits_for_it(cast: Cast) -> None:
    man, woman = waits(cast, "M"), waits(cast)
    fill("M078")
    with pytest.raises(OthersWaitLonger) as asked:
        serve(cast, woman, sex="M", other_sex_reason="can't wait")
    assert asked.value.patients == [man]


def test_while_others_wait_for_the_own_sex_another_may_do(cast: Cast) -> None:
    waits(cast)
    woman = waits(cast)
    fill("K064", "M078")
    given = serve(cast, woman, sex="M", other_sex_reason="can't wait")
    assert given.number.last_four == "M078"


def test_after_the_outage_nobody_is_served_but_in_the_next(cast: Cast, outage: Outage) -> None:
    patient = waits(cast)
    fill("K064")
    lifecycle.end(outage, scenes.now(cast.tilda))
    with pytest.raises(NoOutage):
        serve(cast, patient)
    again = scenes.begin(cast.tilda)
    assert serve(cast, patient).outage == again


def test_a_real_patient_never_gets_a_training_number(
    cast: Cast, training_binder: object, drill: Outage
) -> None:
    with pytest.raises(NoneLeft):
        serve(cast, waits(cast))


def test_a_withdrawn_patient_is_kept_with_the_reason(cast: Cast) -> None:
    patient = waits(cast)
    with pytest.raises(ReasonMissing):
        waiting.withdraw(patient.pk, scenes.now(cast.tilda), reason="")
    first, again = (
        waiting.withdraw(patient.pk, scenes.now(cast.tilda), reason="had a card") for _ in range(2)
    )
    assert (first.new, again.new, first.row.reason) == (True, False, "had a card")
    fill("K064")
    with pytest.raises(NotWaiting):
        serve(cast, patient)
    assert scenes.who_waits() == []


def test_a_patient_is_settled_after_the_outage_alone(cast: Cast, outage: Outage) -> None:
    patient = waits(cast)
    with pytest.raises(OutageGoesOn):
        waiting.settle(patient.pk, scenes.now(cast.adele), reason="in Befreg")
    lifecycle.end(outage, scenes.now(cast.tilda))
    assert list(waiting.still_waiting(outage)) == [patient]
    waiting.settle(patient.pk, scenes.now(cast.adele), reason="in Befreg")
    assert list(waiting.still_waiting(outage)) == []
    with pytest.raises(NotWaiting):
        waiting.withdraw(patient.pk, scenes.now(cast.tilda), reason="had a card")


def test_when_the_last_sheet_is_missing_the_patient_waits_again(cast: Cast) -> None:
    fill("K064")
    missing = scenes.handed_out(cast)
    with pytest.raises(NoneLeft):
        missing_sheet.give_next(missing.pk, scenes.now(cast.tilda))
    assert scenes.who_waits() == [missing.patient]
    scenes.lay_in("Pärm 2", ["20000101K080"], training=False)
    assert serve(cast, missing.patient).instead_of == missing
    assert list(consistency.findings()) == []


def test_and_since_when_the_first_wait_began(cast: Cast) -> None:
    patient = waits(cast)
    fill("K064")
    with pytest.raises(NoneLeft):
        missing_sheet.give_next(serve(cast, patient).pk, scenes.now(cast.tilda))
    (again,) = scenes.who_waits()
    assert (again, again.waiting_since) == (patient, patient.waiting_since)


def test_instead_of_a_missing_one_nobody_gets_the_number_of_who_asked_before(cast: Cast) -> None:
    first, second = waits(cast), waits(cast)
    fill("M078")
    man = serve(cast, second, sex="M", other_sex_reason="bleeds")
    scenes.lay_in("Pärm 2", ["20000101K064"], training=False)
    with pytest.raises(NoneLeft):
        missing_sheet.give_next(man.pk, scenes.now(cast.tilda))
    assert serve(cast, first).number.last_four == "K064"


def test_unless_the_till_has_said_why_that_patient_comes_first(cast: Cast) -> None:
    first, second = waits(cast), waits(cast)
    fill("K064")
    missing = serve(cast, second, before_others="bleeds")
    scenes.lay_in("Pärm 2", ["20000101K080"], training=False)
    given = missing_sheet.give_next(missing.pk, scenes.now(cast.tilda)).row
    assert (given.patient, scenes.who_waits()) == (second, [first])


def test_a_later_handout_of_a_call_has_a_key_that_follows_from_the_calls(cast: Cast) -> None:
    patients = waits(cast, "KK").call.patients.order_by("position")
    fill("K064", "K080")
    keys = [serve(cast, patient).request_key for patient in patients]
    assert keys == [calls.handout_key(patient) for patient in patients]
    assert keys[0] == patients[0].call.request_key != keys[1]


# --- one of two is stopped, even with a look that is old ------------------------------------------


def test_an_old_look_serves_nobody_who_was_withdrawn(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = waits(cast)
    fill("K064")
    before = calls.lock(patient.pk)
    waiting.withdraw(patient.pk, scenes.now(cast.tilda), reason="had a card")
    monkeypatch.setattr(calls, "lock", lambda _pk: before)
    with pytest.raises(ObjectDoesNotExist):
        serve(cast, patient)
    assert not Handout.objects.exists()


# --- a caller who didn't know ---------------------------------------------------------------------


def test_who_called_is_found_out_once(cast: Cast) -> None:
    call = waits(cast, caller="", caller_name="Anna").call
    assert list(callers.unknown()) == [call]
    assert callers.find_out(call.pk, "annan", scenes.now(cast.adele)).new
    assert not callers.find_out(call.pk, "annan", scenes.now(cast.adele)).new
    with pytest.raises(CallerKnown):
        callers.find_out(call.pk, "vera1", scenes.now(cast.adele))
    assert list(callers.unknown()) == []


def test_who_called_stands_on_the_numbers_too(cast: Cast) -> None:
    fill("K064", "M078")
    details = scenes.call(cast, sex="KM", caller="", caller_name="Anna")
    first, second = taking.take(details, scenes.now(cast.tilda)).row.handouts
    closing.void(second.pk, scenes.now(cast.wilma), reason="never used")
    callers.find_out(first.patient.call_id, "annan", scenes.now(cast.adele))
    assert [row.caller for row in Handout.objects.order_by("pk")] == ["annan", ""]
    assert first.steps.get(act="correct").recorded_by == cast.adele
    assert list(consistency.findings()) == []


def test_a_handout_that_is_void_leaves_its_patient_served(cast: Cast) -> None:
    fill("K064")
    handout = scenes.handed_out(cast)
    closing.void(handout.pk, scenes.now(cast.wilma), reason="never used")
    assert scenes.who_waits() == []


# --- from one outage to the next ------------------------------------------------------------------


@pytest.fixture
def old(cast: Cast, outage: Outage, monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A woman who waits from an outage that ended well before the ongoing one."""
    # The next one begins an hour before the former ends, and that must count as long after.
    monkeypatch.setattr(calls, "BREAK", timedelta(hours=-2))
    patient = waits(cast)
    lifecycle.end(outage, scenes.now(cast.tilda))
    scenes.begin(cast.tilda)
    return patient


def test_whoever_waits_in_this_outage_comes_first(cast: Cast, old: Patient) -> None:
    new = waits(cast)
    assert [(row, row.from_before) for row in waiting.queue(drill=False)] == [
        (new, False),
        (old, True),
    ]
    fill("K064")
    with pytest.raises(OthersWaitLonger) as asked:
        serve(cast, old)
    assert asked.value.patients == [new]
    assert serve(cast, new).patient == new


def test_a_new_call_doesnt_wait_for_the_old_one(cast: Cast, old: Patient) -> None:
    fill("K064", "M078")
    assert scenes.handed_out(cast).patient != old
    man = waits(cast, "M")
    assert man.state == "served"


def test_the_old_one_keeps_no_number_from_whose_sheet_is_missing(cast: Cast, old: Patient) -> None:
    fill("K064", "K080")
    missing = scenes.handed_out(cast)
    instead = missing_sheet.give_next(missing.pk, scenes.now(cast.tilda)).row
    assert (instead.patient, instead.instead_of) == (missing.patient, missing)


def test_nobody_of_the_other_sex_waits_for_the_old_one(cast: Cast, old: Patient) -> None:
    man = waits(cast, "M")
    fill("K064")
    assert serve(cast, man, sex="K", other_sex_reason="can't wait").patient == man


def test_the_old_one_is_served_when_nobody_else_waits(cast: Cast, old: Patient) -> None:
    fill("K064")
    assert serve(cast, old).patient == old


def test_a_short_break_is_none_for_who_waits(cast: Cast, outage: Outage) -> None:
    old = waits(cast)
    lifecycle.end(outage, scenes.now(cast.tilda))
    scenes.begin(cast.tilda)
    waits(cast)
    assert waiting.queue(drill=False)[0] == old


@pytest.mark.both_databases
def test_no_drill_makes_a_real_patient_an_old_one(
    cast: Cast, drill: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "BREAK", timedelta(hours=-2))
    waits(cast)
    lifecycle.end(drill, scenes.now(cast.tilda))
    scenes.begin(cast.tilda, drill=True)
    assert [row.from_before for row in waiting.queue(drill=False)] == [False]


@pytest.mark.both_databases
def test_the_board_shows_the_old_one_apart_and_the_ward_settles(
    cast: Cast, old: Patient, sign_in: SignIn
) -> None:
    board = sign_in(cast.tilda).get("/till/")
    assert (board.context["patients"], board.context["from_before"]) == ([], [old])
    assert 'id="from-before"' in board.content.decode()
    ward = sign_in(cast.wilma)
    assert f"/till/patients/{old.pk}/settle/" in ward.get("/ward/").content.decode()
    ward.post(f"/till/patients/{old.pk}/settle/", {"reason": "made in Befreg"})
    assert scenes.who_waits() == []
