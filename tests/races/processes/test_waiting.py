"""Eight tills and those who wait: none is served twice or lost, as some are without protection."""

from collections import Counter

import pytest

from custody.calls import taking
from custody.checks import consistency
from custody.models import Handout, Patient, ReserveNumber
from custody.models.calls import PatientState
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.forked import in_processes
from tests.races.processes.unlocked import without_constraint
from tests.races.processes.waiting_crowd import (
    TOO_LATE,
    WITHDRAWN,
    TwoPatients,
    Waiting,
    end_waits,
    take_call,
)

TILLS = 8
PATIENTS = [6, pytest.param(60, marks=pytest.mark.long)]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outage")]


def who_wait(cast: Cast, count: int) -> list[int]:
    """Take a call for each of so many women while there is no number; return the patients."""
    for _ in range(count):
        taking.take(scenes.call(cast), scenes.now(cast.tilda))
    return [patient.pk for patient in scenes.who_waits()]


def at_eight_tills(
    cast: Cast, patients: list[int], *, withdraw: int = 0, locked: bool = True
) -> list[tuple[str, ...]]:
    """End the waits at eight tills, so many of which withdraw; return each patient's answers."""
    jobs = [
        Waiting(patients, cast.tilda.pk, withdraws=till < withdraw, locked=locked)
        for till in range(TILLS)
    ]
    return list(zip(*in_processes(end_waits, jobs), strict=True))


@pytest.mark.parametrize("count", PATIENTS)
def test_eight_tills_serve_each_who_waits_with_one_number(cast: Cast, count: int) -> None:
    patients = who_wait(cast, count)
    numbers = pool.lay_in_women(count + 1)
    answers = at_eight_tills(cast, patients)
    given = [answer for answer, *_others in answers]
    assert answers == [(number,) * TILLS for number in given]
    assert len(given) == len(set(given)) == count
    assert set(given) <= set(numbers)
    assert sorted(pool.handed_out()) == sorted(given)
    pool.assert_complete(count)


@pytest.mark.parametrize("count", PATIENTS)
def test_a_patient_is_served_or_withdrawn_and_each_till_is_told_so(cast: Cast, count: int) -> None:
    patients = who_wait(cast, count)
    pool.lay_in_women(count)
    for patient, answers in zip(patients, at_eight_tills(cast, patients, withdraw=4), strict=True):
        given = list(
            Handout.objects.filter(patient=patient).values_list("number__value", flat=True)
        )
        wanted = [*[TOO_LATE] * 4, *given * 4] if given else [*[WITHDRAWN] * 4, *[TOO_LATE] * 4]
        assert list(answers) == wanted
        assert (Patient.objects.get(pk=patient).state == PatientState.SERVED) is bool(given)
    assert ReserveNumber.objects.exclude(taken_at=None).count() == Handout.objects.count()
    assert list(consistency.findings()) == []


def test_without_protection_eight_tills_give_one_patient_eight_handouts(cast: Cast) -> None:
    patients = who_wait(cast, 1)
    numbers = pool.lay_in_women(2)
    with without_constraint():
        ((number, *others),) = at_eight_tills(cast, patients, locked=False)
        assert number in numbers
        assert others == [number] * (TILLS - 1)
        assert Handout.objects.filter(patient__in=patients).count() == TILLS


def test_without_protection_a_withdrawn_patient_has_a_number(cast: Cast) -> None:
    patients = who_wait(cast, 1)
    (number,) = pool.lay_in_women(1)
    with without_constraint():
        (answers,) = at_eight_tills(cast, patients, withdraw=4, locked=False)
        assert Counter(answers) == {WITHDRAWN: 4, number: 4}


def two_of_each_call(cast: Cast, *, locked: bool = True) -> list[list[str]]:
    jobs = [TwoPatients(cast.iva.pk, cast.tilda.pk, locked=locked)] * TILLS
    return in_processes(take_call, jobs)


@pytest.mark.parametrize("left", [1, TILLS + 1])
def test_two_patients_of_each_of_eight_calls_against_the_last_numbers(
    cast: Cast, left: int
) -> None:
    numbers = pool.lay_in_women(left)
    told = two_of_each_call(cast)
    assert sorted(number for call in told for number in call) == sorted(numbers)
    assert sorted(pool.handed_out()) == sorted(numbers)
    assert len(scenes.who_waits()) == 2 * TILLS - left
    pool.assert_complete(left)


def test_without_protection_eight_calls_have_the_last_number(cast: Cast) -> None:
    (last,) = pool.lay_in_women(1)
    with without_constraint():
        assert two_of_each_call(cast, locked=False) == [[last]] * TILLS
        assert pool.handed_out() == [last] * TILLS
