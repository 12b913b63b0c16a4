"""Two people use the same number at the same moment, in whatever way: one gets it."""

from functools import partial
from uuid import uuid4

import pytest

from custody.checks import consistency
from custody.ledger.refusals import BadIdentity, SamePerson
from custody.models import LateRegistration, PreparedNumber
from custody.numbers.identities import check_digit
from custody.planned import late_registration, prepared
from custody.planned.prepared import NumbersRefused
from outage.models import Outage, Plan
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.together import race, row_of
from tests.scenes import now

NUMBERS = [f"201102{day:02}K06{check_digit(f'201102{day:02}K06')}" for day in range(1, 11)]

pytestmark = pytest.mark.django_db(transaction=True)


def enter(plan: Plan, number: str, cast: Cast) -> list[PreparedNumber]:
    return prepared.enter(plan, cast.iva, number, now(cast.adele)).row


def register(row: LateRegistration, number: str, cast: Cast) -> LateRegistration:
    return late_registration.register(row.pk, number, now(cast.wilma)).row


def test_a_number_is_prepared_for_one_of_two_outages(cast: Cast, meetings: range) -> None:
    plans = [scenes.planned(cast), scenes.planned(cast, ahead=2)]
    for number in NUMBERS[: len(meetings)]:
        outcomes = race(*[partial(enter, plan, number, cast) for plan in plans])
        assert {type(outcome) for outcome in outcomes} == {list, NumbersRefused}


def test_a_number_is_registered_for_one_of_two_patients(
    cast: Cast, outage: Outage, meetings: range
) -> None:
    for number in NUMBERS[: len(meetings)]:
        rows = [scenes.treated_without(cast, outage) for _ in range(2)]
        outcomes = race(*[partial(register, row, number, cast) for row in rows])
        assert {type(outcome) for outcome in outcomes} == {LateRegistration, BadIdentity}


def test_a_number_is_prepared_or_a_patients_and_never_both(
    cast: Cast, outage: Outage, meetings: range
) -> None:
    plan = scenes.planned(cast)
    pool.lay_in_women(len(meetings))
    for number in NUMBERS[: len(meetings)]:
        row, handout = scenes.treated_without(cast, outage), scenes.handed_out(cast)
        outcomes = race(
            partial(enter, plan, number, cast),
            partial(register, row, number, cast),
            row_of(scenes.replaced, handout.pk, number, now(cast.wilma)),
        )
        refused = [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(refused) == 2
        assert set(refused) <= {NumbersRefused, BadIdentity, SamePerson}
    assert list(consistency.findings()) == []


def test_one_form_sent_twice_lists_one_patient(cast: Cast, outage: Outage, meetings: range) -> None:
    for _meeting in meetings:
        treated = partial(scenes.treated_without, cast, outage, request_key=uuid4())
        first, second = race(treated, treated)
        assert first == second
    assert LateRegistration.objects.count() == len(meetings)
