"""Guesses sent side by side are counted one by one."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet

from befreg_reserv.people.models import SignInTries
from befreg_reserv.people.signing_in import throttle
from tests.races.together import race

AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
GUESSES = 6
ROUNDS = 10
Count = Callable[[str, str, datetime], int]
pytestmark = pytest.mark.django_db(transaction=True)


def let_through(count: Count, free: int) -> int:
    """Return how many of the guesses get to the password when ``free`` more are."""
    SignInTries.objects.all().delete()
    for _ in range(throttle.FREE_TRIES - free):
        throttle.count_try("tilda", "", AT)
    outcomes = race(*[partial(count, "tilda", "", AT)] * GUESSES)
    assert {type(outcome) for outcome in outcomes} == {int}
    return outcomes.count(0)


@pytest.mark.parametrize("free", [1, throttle.FREE_TRIES])
def test_no_guess_slips_through_beside_another(free: int) -> None:
    for _round in range(ROUNDS):
        assert let_through(throttle.count_try, free) == free
        assert SignInTries.objects.get().failures == throttle.FREE_TRIES


def test_without_the_lock_some_would(monkeypatch: pytest.MonkeyPatch) -> None:
    def just_select(rows: QuerySet[Any], **_how: object) -> QuerySet[Any]:
        return rows

    monkeypatch.setattr(QuerySet, "select_for_update", just_select)
    naive = inspect.unwrap(throttle.count_try)  # without its transaction
    assert any(let_through(naive, 1) > 1 for _round in range(ROUNDS))
