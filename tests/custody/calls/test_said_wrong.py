"""A waiting patient's ward, caller or call-back number put right; the place in the queue stays."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.people.wards import register
from custody.calls import callers, said_wrong, taking, unmet, waiting
from custody.calls.refusals import AnotherSexStands, NobodyToCall
from custody.checks import consistency
from custody.handouts import correcting, missing_sheet, read_back
from custody.handouts.refusals import NoneLeft
from custody.ledger.refusals import NotWaiting
from custody.models import Call, Handout, Patient, PatientCorrection
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.test_deviations import everywhere
from tests.custody.afterwards.test_report_pdf import bare
from tests.custody.ledger.test_invariants import copy_of, refused, update
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


@scene
def waits(cast: Cast, outage: Outage) -> Patient:
    """A woman who waits: there is no binder."""
    return taking.take(scenes.call(cast), now(cast.tilda)).row.call.patients.get()


def correct(cast: Cast, patient: Patient, **changes: Any) -> Patient:
    said: dict[str, Any] = {
        "ward": cast.eye,
        "caller": "vera1",
        "callback": "2109",
        "reason": "misheard",
    }
    return said_wrong.correct(patient.pk, event=now(cast.tilda), **(said | changes)).row


def words(row: Patient | Handout | Call) -> tuple[Any, ...]:
    return (row.ward, row.caller, row.callback)


def fresh(patient: Patient) -> Patient:
    return Patient.objects.get(pk=patient.pk)


def test_the_number_has_what_is_right(cast: Cast, waits: Patient) -> None:
    correct(cast, waits)
    scenes.lay_in("Pärm", scenes.REAL, training=False)
    given = waiting.serve(waits.pk, now(cast.tilda)).row
    assert words(given) == words(fresh(waits)) == (cast.eye, "vera1", "2109")
    assert words(given.patient.call) == (cast.iva, "wilma", "2102")
    assert list(consistency.findings()) == []


def test_what_was_there_before_stays(cast: Cast, waits: Patient, outage: Outage) -> None:
    correct(cast, waits)
    correct(cast, waits, callback="2110")
    said = [row.before for row in PatientCorrection.objects.order_by("pk")]
    assert said == [f"{cast.iva}, wilma, 2102, Woman", f"{cast.eye}, vera1, 2109, Woman"]
    assert fresh(waits).waiting_since == waits.waiting_since


def test_the_other_ward_sees_the_patient(cast: Cast, waits: Patient) -> None:
    correct(cast, waits)
    seen = [list(unmet.waiting_for(user)) for user in (cast.wilma, cast.vidar)]
    assert seen == [[], [waits]]


def test_what_is_right_already_changes_nothing(cast: Cast, waits: Patient) -> None:
    correct(cast, waits)
    event, said = now(cast.tilda), {"caller": "vera1", "callback": "2109", "reason": "again"}
    assert not said_wrong.correct(waits.pk, cast.eye, event, **said).new
    assert PatientCorrection.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"reason": ""}, ReasonMissing), ({"caller": ""}, NobodyToCall)],
)
def test_it_has_a_reason_and_somebody_to_call(
    cast: Cast, waits: Patient, changes: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        correct(cast, waits, **changes)
    assert not PatientCorrection.objects.exists()


def test_whoever_waits_no_more_is_left_alone(cast: Cast, waits: Patient) -> None:
    waiting.withdraw(waits.pk, now(cast.tilda), reason="known now")
    with pytest.raises(NotWaiting):
        correct(cast, waits)


def test_a_vgr_id_is_filled_in_the_call(cast: Cast, outage: Outage) -> None:
    details = scenes.call(cast, caller="", caller_name="Anna")
    call = taking.take(details, now(cast.tilda)).row.call
    correct(cast, call.patients.get())
    call.refresh_from_db()
    assert call.caller == "vera1"


def test_who_was_moved_hears_who_called_when_that_is_found_out(cast: Cast, outage: Outage) -> None:
    details = scenes.call(cast, caller="", caller_name="Anna")
    patient = taking.take(details, now(cast.tilda)).row.call.patients.get()
    moved = correct(cast, patient, caller="")
    callers.find_out(moved.call_id, "annan", now(cast.adele))
    assert words(fresh(patient)) == (cast.eye, "annan", moved.callback)


def test_a_mistyped_name_of_the_same_ward_is_no_correction(cast: Cast, outage: Outage) -> None:
    details = scenes.call(cast, ward=register.typed_in("Iwa"))
    patient = taking.take(details, now(cast.tilda)).row.call.patients.get()
    register.merge(patient.ward, cast.iva, now(cast.adele))
    correct(cast, patient, ward=cast.iva, caller="wilma", callback="2102")
    assert not PatientCorrection.objects.exists()


def put_right(cast: Cast, patient: Patient, **changes: str) -> Patient:
    """Correct sex or age alone."""
    return correct(cast, patient, ward=cast.iva, caller="wilma", callback="2102", **changes)


def test_with_the_right_sex_the_place_in_the_queue_stays(cast: Cast, waits: Patient) -> None:
    taking.take(scenes.call(cast, sex="M"), now(cast.tilda))
    put_right(cast, waits, sex="M", age_group="child")
    assert waiting.queue(drill=False)[0] == waits
    scenes.lay_in("Pärm", scenes.REAL, training=False)
    given = waiting.serve(waits.pk, now(cast.tilda)).row
    assert (given.number.sex, given.other_sex_reason) == ("M", "")
    assert (given.patient.sex, given.patient.sex_and_age) == ("K", "Man, Child")
    assert list(consistency.findings()) == []


def test_what_was_said_first_may_be_right_after_all(cast: Cast, waits: Patient) -> None:
    put_right(cast, waits, sex="M")
    again = put_right(cast, waits, sex="K")
    assert (again.corrected_sex, again.corrected_ward) == ("", None)
    assert [row.former_sex for row in PatientCorrection.objects.order_by("pk")] == ["K", "M"]


def test_whoever_has_had_a_number_is_corrected_there(cast: Cast, outage: Outage) -> None:
    scenes.lay_in("Pärm", [scenes.REAL[0]], training=False)
    given = scenes.handed_out(cast)
    with pytest.raises(NoneLeft):
        missing_sheet.give_next(given.pk, now(cast.tilda))
    with pytest.raises(AnotherSexStands):
        put_right(cast, given.patient, sex="M")
    assert put_right(cast, given.patient, age_group="infant").known_age_group == "infant"


# --- a patient whose number can't be used waits where that number was -----------------------------


@pytest.mark.parametrize("moved_first", [True, False])
def test_whoever_was_moved_waits_in_the_new_ward(
    cast: Cast, outage: Outage, *, moved_first: bool
) -> None:
    scenes.lay_in("Pärm", [scenes.REAL[0]], training=False)
    given = scenes.handed_out(cast)
    read_back.confirm_read_back(given.pk, given.number.last_four, now(cast.tilda))
    if moved_first:
        correcting.transfer(given.pk, cast.eye, now(cast.tilda), reason="moved")
    with pytest.raises(NoneLeft):
        missing_sheet.give_next(given.pk, now(cast.tilda))
    if not moved_first:
        correcting.transfer(given.pk, cast.eye, now(cast.tilda), reason="moved")
    assert words(fresh(given.patient)) == (cast.eye, "wilma", "2102")
    assert [row.pk for row in unmet.waiting_for(cast.vidar)] == [given.patient_id]


# --- what the database keeps by itself ------------------------------------------------------------


def test_no_patient_changes_without_the_record(cast: Cast, waits: Patient) -> None:
    with refused("never corrected without a record"), transaction.atomic():
        update(waits, corrected_ward=cast.eye)
    correct(cast, waits)
    with refused("never corrected without a record"):
        update(waits, corrected_callback="2111")


@pytest.mark.both_databases
def test_a_record_says_what_was_there(cast: Cast, waits: Patient) -> None:
    correct(cast, waits)
    with refused("keeps the ward, the caller, sex and age"):
        copy_of(PatientCorrection.objects.get())


@pytest.mark.parametrize("change", [{"corrected_sex": "M"}, {"corrected_age_group": "child"}])
def test_neither_sex_nor_age_changes_without_the_record(
    cast: Cast, waits: Patient, change: dict[str, str]
) -> None:
    with refused("never corrected without a"), transaction.atomic():
        update(waits, **change)
    correct(cast, waits)  # whose record allows that one change alone
    with refused("never corrected without a"):
        update(waits, **change)


def test_a_record_of_the_sex_allows_no_other_ward(cast: Cast, waits: Patient) -> None:
    put_right(cast, waits, sex="X")
    with refused("never corrected without a record"):
        update(waits, corrected_ward=cast.eye)


def test_a_number_that_was_given_keeps_its_sex(cast: Cast, outage: Outage) -> None:
    scenes.lay_in("Pärm", [scenes.REAL[0]], training=False)
    given = scenes.handed_out(cast)
    with pytest.raises(NoneLeft):
        missing_sheet.give_next(given.pk, now(cast.tilda))
    put_right(cast, given.patient, age_group="infant")
    with refused("never corrected without a step"):
        update(given.patient, corrected_sex="M")


def test_a_ward_of_a_drill_has_no_real_patient(cast: Cast, waits: Patient) -> None:
    with refused("invented in a drill"):
        correct(cast, waits, ward=register.typed_in("Tältet", drill=True))


def test_without_a_ward_nothing_is_corrected(waits: Patient) -> None:
    with refused("patient_corrected_with_the_ward|never corrected without a record"):
        update(waits, corrected_callback="2111")


# --- the pages ------------------------------------------------------------------------------------


@pytest.fixture
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def post(client: Client, patient: Patient, **fields: str) -> Any:
    said = {"ward": "Ögonmottagning", "caller": "vera1", "callback": "2109", "reason": "misheard"}
    return client.post(f"/till/patients/{patient.pk}/correct/", said | fields)


def test_the_till_puts_it_right_and_the_board_calls_back_there(
    cast: Cast, waits: Patient, till: Client, outage: Outage
) -> None:
    assert post(till, waits)["Location"] == f"/till/calls/{waits.call_id}/"
    board = till.get("/till/").content.decode()
    assert 'href="tel:2109"' in board
    assert 'href="tel:2102"' not in board
    told = text_of(till.get(f"/outage/{outage.pk}/"))
    assert f"{cast.iva}, wilma, 2102" in told
    assert "misheard" in told


def test_the_report_says_so_on_its_page_in_pdf_and_csv(
    waits: Patient, till: Client, outage: Outage, tmp_path: Path
) -> None:
    post(till, waits, sex="M", age_group="infant", reason="hördes fel")
    for told in everywhere(till, outage, tmp_path):
        for words in ("Rättat medan patienten väntade", "2102, Kvinna", "hördes fel"):
            assert bare(words) in told


def test_a_fault_keeps_the_form_open(waits: Patient, till: Client) -> None:
    page = post(till, waits, reason="")
    assert (page.status_code, page.templates[0].name) == (400, "custody/call_taken.html")
    assert 'value="2109"' in page.content.decode()


def test_an_old_page_brings_nothing_back(cast: Cast, waits: Patient, till: Client) -> None:
    old = said_wrong.shown_of(waits)
    post(till, waits, sex="M")
    page = post(till, waits, ward=str(cast.iva), sex="K", callback="2110", shown=old)
    assert page["Location"] == waits.call.get_absolute_url()
    assert (words(fresh(waits)), fresh(waits).known_sex) == ((cast.eye, "vera1", "2109"), "M")
    assert PatientCorrection.objects.count() == 1


def test_the_page_says_what_it_showed(waits: Patient, till: Client) -> None:
    page = till.get(waits.call.get_absolute_url()).content.decode()
    assert f'name="shown" value="{said_wrong.shown_of(waits)}"' in page


def test_sent_twice_it_is_right_already(waits: Patient, till: Client) -> None:
    old = said_wrong.shown_of(waits)
    for _ in range(2):
        assert post(till, waits, shown=old)["Location"] == waits.call.get_absolute_url()
    assert PatientCorrection.objects.count() == 1


@pytest.mark.parametrize(("name", "status"), [("wilma", 403), ("adele", 403), ("gunde", 403)])
def test_nobody_else_does(
    cast: Cast, waits: Patient, sign_in: SignIn, name: str, status: int
) -> None:
    assert post(sign_in(getattr(cast, name)), waits).status_code == status
    assert not PatientCorrection.objects.exists()
