"""The running server under many callers at once: every answer is a handout, and each only once."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest

from custody.models import Handout
from tests.cast import Cast
from tests.races import pool
from tests.races.clients import Answer, Workstation, calls_in_a_row
from tests.races.together import together
from tests.served import Served, session_of

CLIENTS = 16
CALLS = 25
SUBMISSIONS = 200

pytestmark = pytest.mark.usefixtures("outage")


def test_sixteen_workstations_get_a_number_of_their_own_for_each_call(
    served: Served, cast: Cast
) -> None:
    numbers = pool.lay_in_women(CLIENTS * CALLS)
    workstations = [Workstation(served, session_of(cast.tilda)) for _ in range(CLIENTS)]
    answers = together([partial(calls_in_a_row, one, CALLS) for one in workstations])
    told = Counter(answer.handout for of_one in answers for answer in of_one)
    assert told == Counter(Handout.objects.values_list("pk", flat=True))
    assert pool.handed_out() == numbers
    pool.assert_complete(CLIENTS * CALLS)


def test_two_hundred_submissions_of_one_form_get_one_handout(served: Served, cast: Cast) -> None:
    pool.lay_in_women(SUBMISSIONS)
    workstation = Workstation(served, session_of(cast.tilda))
    submit: Callable[[], Answer] = partial(workstation.call, uuid4())
    answers = together([submit] * SUBMISSIONS)
    assert [answer.handout for answer in answers] == [Handout.objects.get().pk] * SUBMISSIONS
    pool.assert_complete(1)
