"""What the database keeps of calls and patients by itself: raw rows, past the Python."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from custody.calls import taking
from custody.models import Call, Handout, Patient, ReserveNumber
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.custody.ledger.test_invariants import copy_of, refused, update


@pytest.fixture
def waits(cast: Cast, outage: Outage) -> Patient:
    """A woman who waits: there is no binder."""
    return taking.take(scenes.call(cast), scenes.now(cast.tilda)).row.call.patients.get()


def test_a_call_is_answered_once(waits: Patient) -> None:
    with refused("call_key_once|call.request_key"):
        copy_of(waits.call)


@pytest.mark.parametrize(
    "changes",
    [
        {"caller_name": "Anna"},
        {"callback": "1"},
        {"drill": True},
        {"late": True},
        {"outage": None},
        {"begun_at": "2026-01-01T00:00Z"},
        {"taken_by": "adele"},
        {"caller": "vera1"},
    ],
)
def test_it_stays_as_it_was_said(waits: Patient, changes: dict[str, Any]) -> None:
    with refused("never change|filled in once"):
        update(waits.call, **changes)


def test_a_caller_is_known_by_vgr_id_or_by_name_and_telephone(waits: Patient) -> None:
    for said in ({"caller_name": ""}, {"caller_name": "Anna", "callback": ""}):
        with refused("call_has_caller"), transaction.atomic():
            copy_of(waits.call, request_key=uuid4(), caller="", **said)


@pytest.mark.parametrize("model", [Call, Patient])
def test_nothing_of_it_is_deleted(waits: Patient, model: type[Call | Patient]) -> None:
    with refused("append-only"):
        model._base_manager.all()._raw_delete("default")


@pytest.mark.parametrize(
    "columns",
    [
        {"position": 1},
        {"position": 0},
        {"position": 21},
        {"position": 2, "sex": "Z"},
        {"position": 2, "age_group": "old"},
        {"position": 2, "state": "served"},
        {"position": 2, "waiting_since": None},
        {"position": 2, "state": "withdrawn", "ended_at": timezone.now(), "ended_by": "tilda"},
    ],
)
def test_a_patient_has_the_shape_of_the_state(waits: Patient, columns: dict[str, Any]) -> None:
    with refused("patient_|patient.call_id"):
        copy_of(waits, **columns)


@pytest.mark.parametrize("changes", [{"sex": "M"}, {"age_group": "child"}, {"place": "Sal 4"}])
def test_a_patient_stays_as_was_said(waits: Patient, changes: dict[str, Any]) -> None:
    with refused("never change"):
        update(waits, **changes)


def test_what_ended_a_wait_stays(waits: Patient) -> None:
    ended = {"ended_at": timezone.now(), "ended_by": "tilda", "reason": "had a card"}
    update(waits, state="withdrawn", **ended)
    served = {"state": "served", "reason": ""}
    again = {"state": "waiting", "ended_at": None, "ended_by": "", "reason": ""}
    for changes in (served, again, {"reason": "died"}, {"ended_by": "adele"}):
        with refused("waits again only without a number"), transaction.atomic():
            update(waits, **changes)


def test_whoever_has_a_number_does_not_wait_for_one(handout: Handout) -> None:
    again = {"state": "waiting", "ended_at": None, "ended_by": "", "waiting_since": timezone.now()}
    with refused("waits again only without a number"):
        update(handout.patient, **again)


def test_a_handout_stays_its_patients(handout: Handout, waits: Patient) -> None:
    with refused("never change"):
        update(handout, patient=waits)


def test_a_number_instead_of_another_is_for_the_same_patient(
    cast: Cast, handout: Handout, waits: Patient
) -> None:
    other = scenes.handed_out(cast, sex="M")
    free = ReserveNumber.objects.filter(taken_at=None).first()
    with refused("for the same patient"):
        copy_of(other, request_key=uuid4(), instead_of=handout, number=free)
