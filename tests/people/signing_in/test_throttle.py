"""Wrong passwords make the next try wait; nobody else, and no known workstation."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import SignInTries, User
from befreg_reserv.people.signing_in import throttle
from befreg_reserv.people.signing_in.throttle import count_try, succeeded
from tests.cast import Cast
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import PASSWORD, acts, browser, type_in, with_password

AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.one_database("decisions")]


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def fail(count: int, vgr_id: str = "tilda", mark: str = "", at: datetime = AT) -> list[int]:
    """Try so often, always wrong; return how long each try has to wait."""
    return [count_try(vgr_id, mark, at) for _ in range(count)]


def waits(count: int) -> Iterator[int]:
    """Yield the waits of somebody who tries again as soon as may be."""
    at = AT
    for _ in range(count):
        wait = count_try("tilda", "", at)
        yield wait
        at += timedelta(seconds=wait)
        if wait:
            assert count_try("tilda", "", at) == 0


def test_five_are_free_and_the_sixth_waits() -> None:
    assert fail(6) == [0, 0, 0, 0, 0, 30]


def test_each_further_failure_doubles_the_wait_to_five_minutes() -> None:
    assert list(waits(11))[5:] == [30, 60, 120, 240, 300, 300]


def test_no_number_of_failures_breaks_the_sum() -> None:
    fail(1)
    SignInTries.objects.update(failures=2**31 - 2)
    assert fail(1) == [300]


def test_to_try_too_early_makes_nobody_wait_longer() -> None:
    fail(5)
    assert [count_try("tilda", "", later(s)) for s in (0, 10, 29.5, 30)] == [30, 20, 1, 0]


def test_a_right_password_begins_anew() -> None:
    fail(5)
    succeeded("tilda", "", AT)
    assert fail(6) == [0, 0, 0, 0, 0, 30]


def test_a_right_password_at_a_known_workstation_begins_anew_there() -> None:
    mark = succeeded("tilda", "", AT)
    fail(5, mark=mark)
    assert succeeded("tilda", mark, AT) == mark
    assert fail(6, mark=mark) == [0, 0, 0, 0, 0, 30]


def test_strangers_harm_no_known_workstation_nor_the_reverse() -> None:
    mark = succeeded("tilda", "", AT)
    assert fail(6)[-1] == 30
    assert fail(5, mark=mark) == [0, 0, 0, 0, 0]
    SignInTries.objects.filter(device="").delete()
    assert fail(1) == [0]


def test_a_mark_is_known_to_those_alone_who_signed_in_there() -> None:
    mark = succeeded("wilma", "", AT)
    assert [*fail(3, mark=mark), *fail(3)] == [0, 0, 0, 0, 0, 30]
    assert succeeded("tilda", mark, AT) == mark
    assert fail(1, mark=mark) == [0]


def test_one_persons_failures_are_no_other_persons() -> None:
    fail(6)
    assert fail(1, "wilma") == [0]


def test_a_clock_put_back_makes_nobody_wait_longer_than_the_wait() -> None:
    fail(5)
    back = AT - timedelta(hours=1)
    assert count_try("tilda", "", back) == 30
    assert count_try("tilda", "", back + timedelta(seconds=30)) == 0


def test_what_was_typed_is_kept_nowhere() -> None:
    fail(1, "hunter2")
    row = SignInTries.objects.values().get()
    assert "hunter2" not in str(row)
    assert len(row["who"]) == 64


@pytest.mark.both_databases
def test_old_failures_of_unknown_workstations_are_forgotten_some_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttle, "MOST_FORGOTTEN", 2)
    mark = succeeded("tilda", "", AT)
    for vgr_id in ("a", "b", "c"):
        fail(1, vgr_id)
    left = []
    for _ in range(2):
        count_try("d", "", AT + timedelta(days=1, seconds=1))
        left.append(SignInTries.objects.filter(device="").count())
    assert left == [2, 1]
    assert SignInTries.objects.filter(device=mark).exists()


def test_those_of_an_enrolled_workstation_are_forgotten_too() -> None:
    till = throttle.mark_of_till(7)
    count_try("mistyped", till, AT)
    count_try("tilda", till, AT + timedelta(days=1, seconds=1))
    assert SignInTries.objects.get().last_at > AT


def test_a_browser_that_keeps_no_cookies_leaves_no_endless_trail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throttle, "MOST_KNOWN", 3)
    marks = [succeeded("tilda", "", later(n)) for n in range(5)]
    kept = SignInTries.objects.order_by("last_at").values_list("device", flat=True)
    assert list(kept) == marks[2:]


# --- on the page --------------------------------------------------------------------------


@scene
def tilda(cast: Cast) -> User:
    return with_password(cast.tilda)


def fill_up(client: Client, vgr_id: str = "tilda", page: str = "/sign-in/") -> None:
    for _ in range(5):
        assert type_in(client, vgr_id, "wrong", page).status_code == 400


def test_who_has_to_wait_is_told_how_long_and_what_else_works(tilda: User) -> None:
    client = browser()
    fill_up(client)
    answer = type_in(client, "tilda", "wrong")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"
    told = answer.content.decode()
    assert "Wait 30 seconds" in told
    assert "Another vgr-id can sign in" in told
    assert "paper binder" in told


@pytest.mark.parametrize(("seconds", "said"), [(1, "1 second "), (61, "2 minutes"), (300, "5 m")])
def test_the_wait_is_told_in_seconds_and_then_in_minutes(seconds: int, said: str) -> None:
    assert f"Wait {said}" in throttle.refusal(seconds)


def test_the_password_isnt_looked_at_meanwhile(tilda: User) -> None:
    client = browser()
    fill_up(client)
    assert type_in(client, "tilda", PASSWORD).status_code == 429
    assert not get_user(client).is_authenticated
    assert acts(tilda) == ["sign_in_failed"] * 5 + ["sign_in_refused"]
    SignInTries.objects.update(last_at=timezone.now() - timedelta(seconds=31))
    assert type_in(client, "tilda", PASSWORD).status_code == 302


def test_a_refused_try_is_logged_for_a_known_person_alone(tilda: User) -> None:
    for vgr_id in ("tilda", "hunter2"):
        fill_up(browser(), vgr_id)
        type_in(browser(), vgr_id, "wrong")
    refused = LogEntry.objects.filter(act="sign_in_refused")
    assert [(entry.object_pk, entry.actor) for entry in refused] == [(str(tilda.pk), None)]


def test_an_unknown_vgr_id_gets_the_very_same_answers(tilda: User) -> None:
    def answers(vgr_id: str) -> list[Any]:
        return [plain(type_in(browser(), vgr_id, "wrong"), vgr_id) for _ in range(7)]

    def plain(answer: Any, vgr_id: str) -> Any:
        page = re.sub(f'{vgr_id}|value="[^"]*"|nonce="[^"]*"', "", answer.text)
        return answer.status_code, answer.get("Retry-After"), page

    assert answers("tilda") == answers("nobody")


def test_behind_one_proxy_others_sign_in_meanwhile(cast: Cast, tilda: User) -> None:
    with_password(cast.wilma)
    fill_up(browser())
    assert type_in(browser(), "wilma").status_code == 302


def sign_in_and_out() -> Client:
    """Return a workstation that the person knows."""
    client = browser()
    assert type_in(client, "tilda").status_code == 302
    client.post("/sign-out/")
    return client


def test_strangers_guesses_dont_lock_the_till_out_of_its_workstation(tilda: User) -> None:
    till = sign_in_and_out()
    fill_up(browser())
    assert type_in(browser(), "tilda").status_code == 429
    assert type_in(till, "tilda").status_code == 302


def test_without_known_workstations_they_would(
    tilda: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = throttle._row
    monkeypatch.setattr(throttle, "_row", lambda who, _mark, at: row(who, "", at))
    till = sign_in_and_out()
    fill_up(browser())
    assert type_in(till, "tilda").status_code == 429


def test_a_known_workstation_waits_too_after_failures_of_its_own(tilda: User) -> None:
    till = sign_in_and_out()
    fill_up(till)
    assert type_in(till, "tilda").status_code == 429
    assert type_in(browser(), "tilda").status_code == 302


def test_the_mark_is_secret_lasting_and_says_nothing_of_anybody(tilda: User, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = type_in(browser(), "tilda").cookies["workstation"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) >= 300 * 24 * 3600
    assert "tilda" not in cookie.value


def test_a_mark_of_ones_own_making_is_none(tilda: User) -> None:
    mark = succeeded("tilda", "", timezone.now())
    client = browser()
    fill_up(client)
    client.cookies["workstation"] = mark  # unsigned
    assert type_in(client, "tilda").status_code == 429
    client.cookies["workstation"] = "x" * 5000
    assert type_in(client, "tilda").status_code == 429


@pytest.mark.parametrize("empty", [{"username": "tilda"}, {"password": "x"}, {}])
def test_an_unfinished_form_is_no_try(tilda: User, empty: dict[str, str]) -> None:
    for _ in range(6):
        assert browser().post("/sign-in/", empty).status_code == 400
    assert not SignInTries.objects.exists()
