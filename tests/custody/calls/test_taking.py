"""A call is a record, whatever comes of it, and one call gives several patients their numbers."""

from typing import Any
from uuid import uuid4

import pytest

from custody.calls import taking
from custody.calls.taking import PatientDetails, Taken
from custody.checks import consistency
from custody.handouts import closing, read_back
from custody.journal import chain, departures
from custody.ledger.refusals import CallKeyReused
from custody.models import Call, Handout, Patient, ReserveNumber
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast

pytestmark = pytest.mark.one_database("decisions")

SIX = "KMKMKK"


@pytest.fixture
def ready(cast: Cast, real_binder: object, outage: Outage) -> Cast:
    return cast


def take(cast: Cast, sex: str = "K", **changes: Any) -> Taken:
    return taking.take(scenes.call(cast, sex=sex, **changes), scenes.now(cast.tilda)).row


def last_fours(taken: Taken) -> list[str]:
    return [handout.number.last_four for handout in taken.handouts]


def test_a_call_is_kept_as_it_was_said(ready: Cast, outage: Outage) -> None:
    child = (PatientDetails("M", "child", "Sal 3"),)
    begun = scenes.now(ready.tilda).at
    call = take(ready, patients=child, callback="2102", called_at=begun).call
    assert (call.outage, call.ward, call.caller, call.callback) == (
        outage,
        ready.iva,
        "wilma",
        "2102",
    )
    assert (call.taken_by, call.begun_at, call.late) == ("tilda", begun, False)
    patient = call.patients.get()
    assert (patient.sex, patient.age_group, patient.place) == ("M", "child", "Sal 3")
    assert (patient.state, patient.waiting_since) == ("served", None)


def test_each_patient_gets_a_number_in_one_press(ready: Cast) -> None:
    taken = take(ready, SIX)
    numbers = last_fours(taken)
    assert [number[0] for number in numbers] == [*SIX]
    assert len(set(numbers)) == len(SIX)
    assert [handout.patient.position for handout in taken.handouts] == [1, 2, 3, 4, 5, 6]
    assert list(consistency.findings()) == []


def test_as_many_as_there_are_get_one_and_the_rest_waits(ready: Cast) -> None:
    taken = take(ready, "KKKKKKM")
    assert len(taken.handouts) == 6
    (waits,) = scenes.who_waits()
    assert (waits.position, waits.call, waits.waiting_since) == (6, taken.call, taken.call.taken_at)


def test_twenty_at_most(ready: Cast) -> None:
    assert take(ready, "K" * 20).call.patients.count() == 20


@pytest.mark.both_databases
def test_the_same_form_again_is_the_same_call(ready: Cast) -> None:
    details = scenes.call(ready, sex="KKKKKKK")
    first, again = (taking.take(details, scenes.now(ready.tilda)) for _ in range(2))
    assert (again.new, again.row.call) == (False, first.row.call)
    assert again.row.handouts == first.row.handouts
    assert (Call.objects.count(), Patient.objects.count(), Handout.objects.count()) == (1, 7, 5)


@pytest.mark.parametrize("sex", ["KM", "MK"])
def test_also_when_some_of_them_wait(cast: Cast, outage: Outage, sex: str) -> None:
    scenes.lay_in("Pärm AKM", ["20000101M078"], training=False)
    details = scenes.call(cast, sex=sex)
    first, again = (taking.take(details, scenes.now(cast.tilda)) for _ in range(2))
    assert (again.new, again.row.call) == (False, first.row.call)


def test_and_when_all_wait_a_number_laid_in_meanwhile_changes_nothing(
    cast: Cast, outage: Outage
) -> None:
    details = scenes.call(cast)
    taking.take(details, scenes.now(cast.tilda))
    scenes.lay_in("Pärm", scenes.REAL, training=False)
    assert taking.take(details, scenes.now(cast.tilda)).row.handouts == []
    assert Call.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"sex": "KM"},
        {"patients": (PatientDetails("K", "child"),)},
        {"patients": (PatientDetails("K", "", "Sal 3"),)},
        {"caller": "", "caller_name": "Anna"},
    ],
)
def test_the_same_key_with_other_patients_is_refused(ready: Cast, other: dict[str, Any]) -> None:
    key = uuid4()
    take(ready, request_key=key)
    with pytest.raises(CallKeyReused):
        take(ready, **({"request_key": key} | other))
    assert Call.objects.count() == 1


def test_a_caller_who_does_not_know_the_vgr_id_is_kept_by_name(ready: Cast) -> None:
    taken = take(ready, caller="", caller_name="Anna på natten")
    assert taken.call.caller_words == taken.handouts[0].caller_words == "Anna på natten"


def test_no_call_is_refused_for_a_place_that_says_who_it_is(ready: Cast) -> None:
    taken = take(ready, patients=(PatientDetails("K", "", "Sal 3, 19121212-1212"),))
    assert taken.handouts[0].place == "Sal 3, 19121212-1212"


@pytest.mark.parametrize("drill", [False, True])
def test_without_an_outage_the_call_is_kept_too(cast: Cast, *, drill: bool) -> None:
    ended = scenes.begin(cast.tilda, drill=drill)
    lifecycle.end(ended, scenes.now(cast.tilda))
    call = take(cast, outage_id=ended.pk).call
    assert (call.outage, call.drill) == (None, drill)
    assert [patient.call for patient in scenes.who_waits()] == [call]


def test_a_number_that_somebody_waits_for_is_nobody_elses(cast: Cast, outage: Outage) -> None:
    first = take(cast)
    scenes.lay_in("Pärm", scenes.REAL[:2], training=False)
    second, third = take(cast), take(cast)
    assert (last_fours(second), last_fours(third)) == (["K064"], [])
    assert [patient.call for patient in scenes.who_waits()] == [first.call, third.call]


def test_a_drills_patient_keeps_no_real_number_back(
    ready: Cast, drill: Outage, training_binder: object
) -> None:
    take(ready, "K" * 6, outage_id=drill.pk)
    assert len(take(ready, "K" * 5).handouts) == 5


def test_an_undone_number_of_a_call_is_the_next_calls(ready: Cast) -> None:
    taken = take(ready, "KK")
    closing.undo(taken.handouts[0].pk, scenes.now(ready.adele), reason="wrong button")
    assert last_fours(take(ready)) == ["K064"]


def test_a_number_of_several_is_read_back_by_itself(ready: Cast) -> None:
    first, second = take(ready, "KK").handouts
    assert not read_back.confirm_read_back(second.pk, "K064", scenes.now(ready.tilda)).row.right
    assert read_back.confirm_read_back(first.pk, "K064", scenes.now(ready.tilda)).row.right


@pytest.mark.django_db(transaction=True)
def test_all_numbers_of_a_call_are_in_the_journal(
    cast: Cast, real_binder: object, outage: Outage, settings: Any
) -> None:
    numbers = [handout.number.value for handout in take(cast, SIX).handouts]
    kept = chain.read(settings.CUSTODY_JOURNAL)
    assert [line["number"] for line in kept.lines[-6:]] == numbers
    chain.verify(kept)


@pytest.mark.both_databases
def test_if_one_number_cant_be_given_none_is(ready: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(departures, "keep", broken)
    with pytest.raises(RuntimeError):
        take(ready, SIX)
    assert not Call.objects.exists()
    assert not ReserveNumber.objects.exclude(taken_at=None).exists()


def test_paper_is_a_call_of_one_patient_of_whom_the_paper_says_no_more(
    ready: Cast, outage: Outage
) -> None:
    handout = scenes.from_paper(ready, outage)
    patient, call = handout.patient, handout.patient.call
    assert (call.late, call.begun_at, call.taken_by) == (True, None, "tilda")
    assert (call.taken_at, call.request_key) == (handout.handed_out_at, handout.request_key)
    assert (patient.sex, patient.age_group, patient.place) == ("K", "", "")
