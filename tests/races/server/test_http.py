"""The running server under many callers at once: every answer is a handout, and each only once."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from custody.models import Handout
from tests.cast import Cast
from tests.races import pool
from tests.races.server.clients import Answer, Workstation, calls_in_a_row
from tests.races.together import together
from tests.served import Served, session_of

CLIENTS = 16
CALLS = [2, pytest.param(25, marks=pytest.mark.long)]
SUBMISSIONS = [20, pytest.param(200, marks=pytest.mark.long)]

pytestmark = pytest.mark.usefixtures("outage")


@pytest.mark.parametrize("calls", CALLS)
def test_sixteen_workstations_get_a_number_of_their_own_for_each_call(
    served: Served, cast: Cast, calls: int
) -> None:
    numbers = pool.lay_in_women(CLIENTS * calls)
    workstations = [Workstation(served, session_of(cast.tilda)) for _ in range(CLIENTS)]
    answers = together([partial(calls_in_a_row, one, calls) for one in workstations])
    told = Counter(answer.handout for of_one in answers for answer in of_one)
    assert told == Counter(Handout.objects.values_list("pk", flat=True))
    assert sorted(pool.handed_out()) == sorted(numbers)
    pool.assert_complete(CLIENTS * calls)


@pytest.mark.parametrize("submissions", SUBMISSIONS)
def test_many_submissions_of_one_form_get_one_handout(
    served: Served, cast: Cast, submissions: int
) -> None:
    pool.lay_in_women(submissions)
    workstation = Workstation(served, session_of(cast.tilda))
    submit: Callable[[], Answer] = partial(workstation.call_until_answered, uuid4())
    answers = together([submit] * submissions)
    assert [answer.handout for answer in answers] == [Handout.objects.get().pk] * submissions
    pool.assert_complete(1)
