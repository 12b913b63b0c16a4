"""Guesses sent side by side are counted one by one."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from threading import Barrier

import pytest
from django.db.models import QuerySet

from befreg_reserv.people.models import SignInTries
from befreg_reserv.people.signing_in import throttle
from tests.races.processes.job import PATIENCE_SECONDS
from tests.races.processes.unlocked import just_select
from tests.races.together import race

AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
GUESSES = 6
ROUNDS = 10
Count = Callable[[str, str, datetime], int]
pytestmark = pytest.mark.django_db(transaction=True)


def leave_free(tries: int) -> None:
    """Let so many more tries get to the password."""
    SignInTries.objects.all().delete()
    for _ in range(throttle.FREE_TRIES - tries):
        throttle.count_try("tilda", "", AT)


def let_through(count: Count) -> int:
    """Return how many of the guesses get to the password."""
    outcomes = race(*[partial(count, "tilda", "", AT)] * GUESSES)
    assert {type(outcome) for outcome in outcomes} == {int}
    return outcomes.count(0)


@pytest.mark.parametrize("free", [1, throttle.FREE_TRIES])
def test_no_guess_slips_through_beside_another(free: int) -> None:
    for _round in range(ROUNDS):
        leave_free(free)
        assert let_through(throttle.count_try) == free
        assert SignInTries.objects.get().failures == throttle.FREE_TRIES


def test_without_the_lock_all_would(monkeypatch: pytest.MonkeyPatch) -> None:
    look, all_have_looked = throttle._row, Barrier(GUESSES, timeout=PATIENCE_SECONDS)

    def look_together(who: str, mark: str, at: datetime) -> SignInTries:
        row = look(who, mark, at)
        all_have_looked.wait()
        return row

    leave_free(1)
    monkeypatch.setattr(QuerySet, "select_for_update", just_select)
    monkeypatch.setattr(throttle, "_row", look_together)
    naive = inspect.unwrap(throttle.count_try)  # without its transaction
    assert let_through(naive) == GUESSES
