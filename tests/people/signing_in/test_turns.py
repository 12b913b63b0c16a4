"""A right password comes in at an unknown workstation, however many strangers try meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.forms import SignInForm
from befreg_reserv.people.models import SignInTries, User
from befreg_reserv.people.signing_in import hashing, throttle, turns
from tests.cast import Cast
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import PASSWORD, acts, browser, type_in, with_password

AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.one_database("decisions")]


@pytest.fixture(autouse=True)
def none_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_spent", type(turns._spent)())


@scene
def tilda(cast: Cast) -> User:
    return with_password(cast.tilda)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def tried(seconds: float, password: str = PASSWORD, **more: Any) -> SignInForm:
    """Return the form of a try at that time, looked at."""
    data = {"username": "tilda", "password": password}
    form = SignInForm(HttpRequest(), data, at=later(seconds), **more)
    form.is_valid()
    return form


def guess(seconds: float, count: int = 1) -> None:
    for _ in range(count):
        tried(seconds, "wrong")


def comes_in_after(guesses: int) -> int | None:
    """Return how long the right password takes while strangers guess so often in each second."""
    guess(0, throttle.FREE_TRIES)
    turn, again = "", 0
    for second in range(60):
        guess(second, guesses)
        if second >= again:
            form = tried(second, turn=turn)
            if form.is_valid():
                return second
            turn, again = form.turn, second + form.wait
    return None


def test_the_right_password_comes_in_within_a_minute(tilda: User) -> None:
    assert comes_in_after(guesses=5) == 30


def test_without_turns_it_never_would(tilda: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "left", lambda *_given: None)
    assert comes_in_after(guesses=5) is None


def a_minute_each(turn: str = "") -> Iterator[bool]:
    """Yield whether the right password comes in, one guess a minute, through nine hours."""
    guess(-60, throttle.FREE_TRIES + 10)
    for minute in range(540):
        SignInTries.objects.update(failures=12, last_at=later(60 * minute))  # as one guess leaves
        form = tried(60 * minute + 1, turn=turn)
        yield form.is_valid()
        turn = form.turn


def test_one_guess_a_minute_shuts_nobody_out(tilda: User) -> None:
    seen = a_minute_each()
    assert [next(seen), next(seen)] == [False, True]


def test_a_turn_is_one_passwords_of_one_person_at_its_time() -> None:
    turn = turns.give("tilda", PASSWORD, AT)
    assert turns.left(turn, "tilda", PASSWORD, AT) == 30
    assert turns.left(turn, "tilda", PASSWORD, later(29.5)) == 1
    assert turns.left(turn, "tilda", PASSWORD, later(30)) == 0
    assert turns.left(turn, "tilda", PASSWORD, later(329)) == 0
    assert turns.left(turn, "tilda", PASSWORD, later(331)) is None
    assert turns.left(turn, "tilda", "another", later(30)) is None
    assert turns.left(turn, "wilma", PASSWORD, later(30)) is None
    assert turns.left(turn, "tilda", PASSWORD, later(-3600)) is None


@pytest.mark.parametrize("made", ["", ".", "1", "x.y", "9" * 5000, "-1.0", "\0", "²."])
def test_a_turn_of_ones_own_making_is_none(made: str) -> None:
    assert turns.left(made, "tilda", PASSWORD, AT) is None
    begins, _, sealed = turns.give("tilda", PASSWORD, AT).partition(".")
    earlier = f"{int(begins) - 30}.{sealed}"
    assert turns.left(earlier, "tilda", PASSWORD, AT) is None


def test_a_turn_says_nothing_of_its_password() -> None:
    assert PASSWORD not in turns.give("tilda", PASSWORD, AT)


def test_a_wrong_password_has_its_turn_once(tilda: User, monkeypatch: pytest.MonkeyPatch) -> None:
    guess(0, throttle.FREE_TRIES)
    turn = tried(0, "wrong").turn
    made: list[int] = []
    monkeypatch.setattr(hashing.Argon2, "verify", lambda *_given: made.append(1))
    again = [tried(30, "wrong", turn=turn).wait for _ in range(3)]
    assert again == [0, 30, 30]
    assert len(made) == 1


def test_a_turn_that_spends_time_waiting_for_a_place_isnt_lost(
    tilda: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    guess(0, throttle.FREE_TRIES)
    turn = tried(0).turn
    monkeypatch.setattr(hashing, "OF_TURNS", hashing.Places(room=1))
    with hashing.OF_TURNS.one():
        form = tried(30, turn=turn)
    assert (form.crowded, form.turn) == (True, turn)
    assert tried(35, turn=turn).is_valid()


def test_who_found_no_place_has_a_turn_soon(tilda: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "OF_STRANGERS", hashing.Places(room=1))
    with hashing.OF_STRANGERS.one():
        turn = tried(0).turn
        assert tried(5, turn=turn).is_valid()


def test_the_browser_keeps_its_turn(tilda: User) -> None:
    for _ in range(throttle.FREE_TRIES):
        type_in(browser(), "tilda", "wrong")
    client = browser()
    cookie = type_in(client, "tilda").cookies["turn"]
    assert cookie["httponly"]
    passed = turns.give("tilda", PASSWORD, datetime.now(UTC) - timedelta(seconds=31))
    client.cookies["turn"] = passed
    answer = type_in(client, "tilda")
    assert answer.status_code == 302
    assert answer.cookies["turn"].value == ""


# --- what guesses leave behind --------------------------------------------------------------


def test_while_guesses_must_wait_they_write_nothing(tilda: User) -> None:
    guess(0, throttle.FREE_TRIES)
    tried(0)  # the log tells of it once
    with CaptureQueriesContext(connection) as captured:
        guess(1, 3)
    assert {query["sql"].split()[0] for query in captured} == {"SELECT"}


def test_whatever_is_typed_the_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SHARED_ROWS", 4)
    for number in range(30):
        throttle.count_try(f"x{number}", "", later(number), in_turn=True)
    assert SignInTries.objects.count() <= 4


def test_the_log_tells_of_many_failures_in_one_line(tilda: User) -> None:
    told = []
    for minute in range(40):
        at = later(60 * minute)
        throttle.count_try("tilda", "", at, in_turn=True)
        told.append(throttle.tells("tilda", "", at))
    assert [tries for tries in told if tries] == [1, 1, 1, 1, 1, 1, 15, 15]


def test_the_line_says_of_how_many(tilda: User) -> None:
    guess(0, throttle.FREE_TRIES)
    SignInTries.objects.update(failures=25, told_at=AT, told_failures=6, last_at=AT)
    assert not tried(1000, "wrong").is_valid()
    assert acts(tilda) == ["sign_in_failed"] * 6
    assert LogEntry.objects.latest("pk").changes == {"tries": ["None", "20"]}
