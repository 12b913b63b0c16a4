"""Several tills and those who wait: each patient gets one number, and each number one patient."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection

from befreg_reserv.audit import triggers
from custody.calls import taking, waiting
from custody.calls.taking import Taken
from custody.checks import consistency
from custody.ledger import calls
from custody.ledger.refusals import NotWaiting
from custody.models import Handout, HandoutStep, Patient
from custody.models.calls import PatientState
from tests import scenes
from tests.cast import Cast
from tests.races.processes.unlocked import without_locks
from tests.races.together import race, row_of

TILLS = 6  # as many as the tests have connections for, with their own

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outage")]


def waits(cast: Cast) -> Patient:
    return taking.take(scenes.call(cast), scenes.now(cast.tilda)).row.call.patients.get()


def take(cast: Cast, sexes: str) -> Taken:
    return taking.take(scenes.call(cast, sex=sexes), scenes.now(cast.tilda)).row


def served(cast: Cast, patient: Patient) -> Any:
    return row_of(waiting.serve, patient.pk, scenes.now(cast.tilda))


def withdrawn(cast: Cast, patient: Patient) -> Any:
    return row_of(waiting.withdraw, patient.pk, scenes.now(cast.tilda), reason="had a card")


def test_six_tills_serve_one_patient_with_one_number(cast: Cast, meetings: range) -> None:
    for number in scenes.many_numbers(len(meetings)):
        patient = waits(cast)
        scenes.lay_in("Pärm", [number], training=False)
        outcomes = race(*[served(cast, patient)] * TILLS)
        assert {outcome.pk for outcome in outcomes} == {patient.handouts.get().pk}  # type: ignore[union-attr]
    assert list(consistency.findings()) == []


def test_served_or_withdrawn_never_both(cast: Cast, meetings: range) -> None:
    kinds = set()
    for number in scenes.many_numbers(len(meetings)):
        patient = waits(cast)
        scenes.lay_in("Pärm", [number], training=False)
        outcomes = race(served(cast, patient), withdrawn(cast, patient))
        kinds |= {type(outcome) for outcome in outcomes}
        patient.refresh_from_db()
        assert (patient.state == PatientState.SERVED) is patient.handouts.exists()
    assert NotWaiting in kinds
    assert list(consistency.findings()) == []


def test_two_patients_of_each_of_six_calls_and_few_numbers(cast: Cast) -> None:
    scenes.lay_in("Pärm", scenes.many_numbers(2 * TILLS - 1), training=False)
    taken = race(*[partial(take, cast, "KK")] * TILLS)
    given = [row.number_id for one in taken for row in one.handouts]  # type: ignore[union-attr]
    assert len(given) == len(set(given)) == 2 * TILLS - 1
    assert len(scenes.who_waits()) == 1
    assert list(consistency.findings()) == []


@contextmanager
def unprotected() -> Iterator[None]:
    """Let acts serve as naive code would: no transaction, no lock, no second look."""

    def end(patient: Patient, state: PatientState, event: Any, *, reason: str = "") -> None:
        ended = {"state": state, "ended_at": event.at, "ended_by": event.by, "reason": reason}
        Patient.objects.filter(pk=patient.pk).update(**ended)

    with (
        without_locks(),
        patch.object(waiting, "serve", inspect.unwrap(waiting.serve)),
        patch.object(waiting, "withdraw", inspect.unwrap(waiting.withdraw)),
        patch.object(calls, "end", end),
    ):
        yield


def both_at_once(cast: Cast, patient: Patient) -> None:
    """Withdraw a patient between the look and the writing of whoever serves them."""
    looked = calls.lock

    def look_and_wait(patient_id: int) -> Patient:
        seen = looked(patient_id)
        with patch.object(calls, "lock", looked):
            waiting.withdraw(patient_id, scenes.now(cast.tilda), reason="had a card")
        return seen

    with patch.object(calls, "lock", look_and_wait):
        waiting.serve(patient.pk, scenes.now(cast.tilda))


def test_without_protection_a_withdrawn_patient_gets_a_number(cast: Cast) -> None:
    patient = waits(cast)
    scenes.lay_in("Pärm", scenes.REAL[:1], training=False)
    with triggers.lifted(connection), unprotected():
        both_at_once(cast, patient)
        assert patient.handouts.exists()
        for model in (HandoutStep, Handout):
            model._base_manager.all()._raw_delete("default")


def test_without_the_lock_the_database_refuses_it(cast: Cast) -> None:
    patient = waits(cast)
    scenes.lay_in("Pärm", scenes.REAL[:1], training=False)
    with unprotected(), pytest.raises(IntegrityError, match="waits again only without a number"):
        both_at_once(cast, patient)
    assert not Handout.objects.exists()
