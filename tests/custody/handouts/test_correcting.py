"""A number in the wrong ward, or under the wrong caller: put right, and nothing is forgotten."""

import pytest

from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import register
from custody.afterwards import deviations, tasks
from custody.afterwards.deviations import DeviationKind
from custody.calls import taking
from custody.handouts import closing, correcting, followup
from custody.handouts.refusals import NobodyToAsk, NothingToCorrect, SameWard
from custody.ledger.refusals import CorrectedMeanwhile, IllegalStep, NamesAPerson
from custody.models import Binder, Call, Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


def move(cast: Cast, handout: Handout, ward: Ward, place: str = "") -> Handout:
    why = "went to theatre"
    return correcting.transfer(handout.pk, ward, now(cast.tilda), reason=why, place=place).row


def correct(cast: Cast, handout: Handout, caller: str = "wilma", callback: str = "2102") -> Handout:
    said = {"caller": caller, "callback": callback, "reason": "misheard"}
    correcting.correct(handout.pk, now(cast.tilda), **said)
    return Handout.objects.get(pk=handout.pk)


# --- the ward --------------------------------------------------------------------------------


def test_the_number_follows_the_patient(cast: Cast, handout: Handout) -> None:
    moved = move(cast, handout, cast.eye, "Sal 3")
    assert (moved.ward, moved.place, moved.state) == (cast.eye, "Sal 3", "handed_out")
    assert moved.steps.get(act="transfer").former_ward == cast.iva
    assert moved.patient.call.ward == cast.iva  # as it was said


def test_the_place_stays_behind(cast: Cast, handout: Handout) -> None:
    move(cast, handout, cast.eye, "Sal 3")
    assert Handout.objects.get(pk=move(cast, handout, cast.iva).pk).place == ""


@pytest.mark.both_databases
def test_both_wards_see_it_and_one_has_it(cast: Cast, handout: Handout) -> None:
    move(cast, handout, cast.eye)
    assert [*followup.moved_from(cast.wilma)] == [*followup.readable_by(cast.wilma)] == [handout]
    assert not followup.open_for(cast.wilma).exists()
    closing.void(handout.pk, now(cast.adele), reason="never used")
    assert followup.ended_for(cast.wilma, drill=False)[:9] == [handout]


@pytest.mark.both_databases
def test_back_in_the_ward_it_is_only_theirs(cast: Cast, handout: Handout) -> None:
    move(cast, handout, cast.eye)
    move(cast, handout, cast.iva)
    assert not followup.moved_from(cast.wilma).exists()
    assert [*followup.open_for(cast.wilma)] == [handout]


def test_reminders_follow(cast: Cast, handout: Handout) -> None:
    move(cast, handout, cast.eye)
    assert tasks.wards(cast.adele, drill=False) == [cast.eye]


def test_it_cant_move_to_where_it_is(cast: Cast, handout: Handout) -> None:
    with pytest.raises(SameWard):
        move(cast, handout, cast.iva)
    assert handout.steps.count() == 1


def test_a_button_pressed_twice_moves_it_once(cast: Cast, handout: Handout) -> None:
    move(cast, handout, cast.eye, "Sal 3")
    assert move(cast, handout, cast.eye, "Sal 3").ward == cast.eye
    assert handout.steps.filter(act="transfer").count() == 1
    with pytest.raises(SameWard):  # somebody else's words
        move(cast, handout, cast.eye, "Sal 4")


def test_a_mistyped_name_is_the_ward_that_was_meant(cast: Cast, handout: Handout) -> None:
    typed = register.keep_typed_in(register.typed_in("ögat"))
    register.merge(typed, cast.eye, now(cast.adele))
    assert move(cast, handout, register.find("ögat") or typed).ward == cast.eye
    with pytest.raises(SameWard):
        move(cast, handout, register.find("ögat") or typed, "Sal 3")


def test_an_unknown_ward_is_taken_as_written(cast: Cast, handout: Handout) -> None:
    assert str(move(cast, handout, register.typed_in("Ambulans 7")).ward) == "Ambulans 7"
    assert [ward.name for ward in register.waiting()] == ["Ambulans 7"]


def test_a_place_is_no_persons_number(cast: Cast, handout: Handout) -> None:
    with pytest.raises(NamesAPerson):
        move(cast, handout, cast.eye, "19121212-1212")


def test_a_voided_one_stays(cast: Cast, handout: Handout) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="never used")
    with pytest.raises(IllegalStep):
        move(cast, handout, cast.eye)


# --- the caller ------------------------------------------------------------------------------


def test_the_caller_is_put_right_and_the_old_one_stays(cast: Cast, handout: Handout) -> None:
    row = correct(cast, handout, "vidar", "2200")
    assert (row.caller, row.callback) == ("vidar", "2200")
    assert row.steps.get(act="correct").before == "wilma, 2102"
    assert Call.objects.get().caller == "wilma"  # as it was said


def test_an_old_page_brings_no_caller_back(cast: Cast, handout: Handout) -> None:
    old = {"shown": correcting.shown_of(handout), "reason": "misheard"}
    correct(cast, handout, "vidar", "2200")
    with pytest.raises(CorrectedMeanwhile):
        correcting.correct(handout.pk, now(cast.tilda), caller="wilma", callback="2300", **old)
    again = {"caller": "vidar", "callback": "2200"} | old
    assert not correcting.correct(handout.pk, now(cast.tilda), **again).new


def test_the_vgr_id_is_filled_in_for_the_whole_call(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    details = scenes.call(cast, sex="KM", caller="", caller_name="Vera")
    first, second = taking.take(details, now(cast.tilda)).row.handouts
    correct(cast, second)
    assert {row.caller for row in Handout.objects.all()} == {"wilma"}
    assert Call.objects.get().caller == "wilma"
    assert [step.before for step in first.steps.filter(act="correct")] == ["2102"]


def test_another_wards_number_of_the_call_stays(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    details = scenes.call(cast, sex="KM")
    first, second = taking.take(details, now(cast.tilda)).row.handouts
    move(cast, second, cast.eye)
    correct(cast, first, callback="2200")
    assert Handout.objects.get(pk=second.pk).callback == "2102"


def test_nothing_changed_is_no_correction(cast: Cast, handout: Handout) -> None:
    with pytest.raises(NothingToCorrect):
        correct(cast, handout)
    assert handout.steps.count() == 1


@pytest.mark.both_databases
def test_a_button_pressed_twice_corrects_once(cast: Cast, handout: Handout) -> None:
    for _press in range(2):
        assert correct(cast, handout, "vidar").caller == "vidar"
    assert handout.steps.filter(act="correct").count() == 1


def test_somebody_must_answer_for_the_call(cast: Cast, handout: Handout) -> None:
    with pytest.raises(NobodyToAsk):
        correct(cast, handout, caller="")


def test_a_correction_has_a_reason(cast: Cast, handout: Handout) -> None:
    with pytest.raises(ReasonMissing):
        correcting.correct(handout.pk, now(cast.tilda), caller="x", callback="", reason="")


def test_the_report_tells_of_both(cast: Cast, handout: Handout) -> None:
    move(cast, handout, cast.eye)
    correct(cast, handout, "vidar")
    found = {row.kind: row for row in deviations.of(handout.outage)}
    assert found[DeviationKind.TRANSFERRED].before == "Anestesikliniken / IVA"
    text = str(found[DeviationKind.CORRECTED])
    assert all(part in text for part in (handout.number.value, "wilma, 2102", "misheard", "tilda"))
