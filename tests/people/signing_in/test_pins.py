"""A PIN unlocks the same person's screen, at an enrolled workstation, within the shift."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from befreg_reserv.people.models import Pin, SignInTries, User, Workstation
from befreg_reserv.people.signing_in import allowed, enrolled, passwords, pins
from befreg_reserv.people.workstations import keeping
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import (
    PASSWORD,
    acts,
    browser,
    locked,
    type_in,
    with_password,
)
from tests.serving.test_settings import Settings

PIN = "739205"
pytestmark = pytest.mark.one_database("sign-in")


@scene
def tilda(cast: Cast) -> User:
    pins.choose(with_password(cast.tilda), make_password(PIN), scenes.now(cast.tilda))
    return cast.tilda


@scene
def till(cast: Cast, tilda: User) -> Client:
    """An enrolled workstation whose screen is locked; Tilda typed her password there."""
    client = browser()
    secret = enrolled.secret_of(scenes.enrolled(cast).request_key)
    client.cookies[enrolled.COOKIE] = secret
    assert type_in(client, "tilda").status_code == 302
    client.post("/lock/")
    return client


def unlock(client: Client, typed: str = PIN, vgr_id: str = "tilda") -> Any:
    return type_in(client, vgr_id, typed, "/locked/")


def change(client: Client, **values: Any) -> None:
    session = client.session
    session.update(values)
    session.save()


def test_it_unlocks_the_same_persons_screen(till: Client, tilda: User) -> None:
    assert "Password or PIN" in till.get("/locked/").content.decode()
    assert unlock(till).headers["Location"] == "/"
    assert get_user(till) == tilda
    assert not locked(till)
    assert acts(tilda) == ["pin_chosen", "sign_in", "locked", "unlocked_by_pin"]


def test_so_does_the_password_as_ever(till: Client) -> None:
    assert unlock(till, PASSWORD).headers["Location"] == "/"


def test_it_opens_nothing_where_the_password_doesnt(
    till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowed, "_reasons", {"x": lambda _user: "Inte du"})
    answer = unlock(till)
    assert answer.status_code == 400
    assert "Inte du" in answer.content.decode()
    assert locked(till)


def test_three_wrong_ones_leave_the_password_alone(till: Client, tilda: User) -> None:
    told = [unlock(till, wrong).content.decode() for wrong in ("111111", "222222", "333333")]
    assert ["2 tries are left" in told[0], "the password alone" in told[2]] == [True, True]
    assert unlock(till).status_code == 400
    assert locked(till)
    assert acts(tilda).count("pin_wrong") == 3
    assert unlock(till, PASSWORD).status_code == 302
    till.post("/lock/")
    assert unlock(till).status_code == 302


def test_wrong_ones_are_counted_before_they_are_looked_at(till: Client) -> None:
    change(till, **{pins.WRONG: pins.MOST_WRONG - 1})
    unlock(till, "111111")
    assert unlock(till).status_code == 400


def test_wrong_pins_keep_nobody_from_the_password(till: Client) -> None:
    for _ in range(3):
        unlock(till, "111111")
    assert SignInTries.objects.get().failures == 0


@pytest.mark.parametrize("hours", [9.9, 10.1])
def test_it_ends_with_the_shift(till: Client, hours: float) -> None:
    typed_at = timezone.now() - timedelta(hours=hours)
    change(till, **{pins.TYPED_AT: typed_at.timestamp()})
    assert (unlock(till).status_code == 302) is (hours < 10)


def test_a_pin_doesnt_lengthen_the_shift(till: Client) -> None:
    before = till.session[pins.TYPED_AT]
    unlock(till)
    assert till.session[pins.TYPED_AT] == before


def test_the_shift_is_a_setting_and_zero_is_never(till: Client, settings: Any) -> None:
    settings.PIN_HOURS = 0
    assert "PIN" not in till.get("/locked/").content.decode()
    assert unlock(till).status_code == 400


def test_hours_below_zero_stop_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="PIN_HOURS"):
        Settings(monkeypatch, tmp_path)(PIN_HOURS="-1")


def test_nowhere_else_and_at_no_withdrawn_workstation(till: Client, cast: Cast) -> None:
    secret = till.cookies.pop(enrolled.COOKIE).value
    assert unlock(till).status_code == 400
    till.cookies[enrolled.COOKIE] = secret
    keeping.withdraw(Workstation.objects.get(), scenes.now(cast.adele))
    assert unlock(till).status_code == 400


def test_at_another_enrolled_workstation_the_password_comes_first(till: Client, cast: Cast) -> None:
    other = scenes.enrolled(cast, "Kassa 2")
    till.cookies[enrolled.COOKIE] = enrolled.secret_of(other.request_key)
    assert unlock(till).status_code == 400


def test_it_is_no_password_and_nobody_elses(till: Client, cast: Cast) -> None:
    with_password(cast.wilma)
    assert unlock(till, vgr_id="wilma").status_code == 400
    till.post("/sign-out/")
    assert type_in(till, "tilda", PIN).status_code == 400


def test_another_persons_unlock_is_a_change_of_user(till: Client, cast: Cast) -> None:
    pins.choose(with_password(cast.wilma), make_password("947205"), scenes.now(cast.wilma))
    answer = unlock(till, PASSWORD, "wilma")
    assert "Clear-Site-Data" in answer.headers
    assert get_user(till) == cast.wilma
    till.post("/lock/")
    assert unlock(till).status_code == 400
    assert unlock(till, "947205", "wilma").status_code == 302


def test_after_change_user_it_opens_nothing(till: Client) -> None:
    till.post("/lock/", {"change": "1"})
    assert unlock(till).status_code == 400


def test_a_new_password_makes_it_none(till: Client, tilda: User, cast: Cast) -> None:
    assert pins.of(tilda)
    passwords.choose(tilda, "Ett annat långt lösenord", scenes.now(tilda))
    tilda.refresh_from_db()
    assert pins.of(tilda) is None


def test_one_that_was_chosen_while_somebody_set_a_password_is_none(tilda: User) -> None:
    read_before = User.objects.get(pk=tilda.pk)
    passwords.set_one_time(tilda, "kmpt-3h7n-xs8r", scenes.now(tilda))
    pins.choose(read_before, make_password(PIN), scenes.now(tilda))
    assert pins.of(User.objects.get(pk=tilda.pk)) is None


# --- one's own page -----------------------------------------------------------------------------


def ask_for(client: Client, pin: str, password: str = PASSWORD) -> Any:
    return client.post("/pin/", {"password": password, "pin": pin})


@pytest.mark.both_databases
def test_it_is_chosen_with_the_password_and_kept_as_that_is(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(with_password(cast.tilda))
    assert ask_for(client, PIN, "wrong").status_code == 400
    assert ask_for(client, PIN).status_code == 302
    assert ask_for(client, "947205").status_code == 302
    row = Pin.objects.get()
    assert row.hashed.startswith("argon2$")
    assert "947205" not in str(Pin.objects.values().get())
    client.post("/pin/drop/")
    client.post("/pin/drop/")
    assert not Pin.objects.exists()
    assert acts(cast.tilda)[-4:] == ["pin_not_chosen", "pin_chosen", "pin_chosen", "pin_dropped"]


@pytest.mark.parametrize(
    "pin",
    ["111111", "123456", "654321", "890123", "121212", "123123", "112211", "850314", "140385"],
)
def test_what_others_would_guess_is_refused(pin: str) -> None:
    assert pins.is_obvious(pin)


@pytest.mark.parametrize("pin", [PIN, "947205", "305817"])
def test_others_are_not(pin: str) -> None:
    assert not pins.is_obvious(pin)


@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "28064a", "\uff17" * 6, "", "\0" * 6, " 28064"]
)
def test_six_digits_and_nothing_else(cast: Cast, sign_in: SignIn, pin: str) -> None:
    assert ask_for(sign_in(with_password(cast.tilda)), pin).status_code == 400
    assert not Pin.objects.exists()


def test_guesses_at_the_password_wait_there_too(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(with_password(cast.tilda))
    answers = [ask_for(client, PIN, "wrong") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    # There are no turns: the same password, a right one, may wait once more.
    assert "med samma lösenord" not in answers[-1].content.decode()


# --- what the locked screen shows ---------------------------------------------------------------


def test_the_locked_screen_shows_how_it_stands_and_nobodys_number(
    till: Client, cast: Cast, real_binder: Any, outage: Any
) -> None:
    handout = scenes.handed_out(cast)
    page = till.get("/locked/").content.decode()
    assert "Befreg is down" in page
    assert "How it stands" in page
    assert "Whom to call" in page
    assert "call-now" in page
    assert handout.number.value not in page.replace(" ", "")
    till.post("/sign-out/")
    assert "Befreg is down" in till.get("/sign-in/").content.decode()


def test_a_stranger_and_a_ward_see_nothing_of_it(cast: Cast, sign_in: SignIn, outage: Any) -> None:
    client = sign_in(cast.wilma)
    client.cookies["django_language"] = "en"
    client.post("/lock/")
    assert "How it stands" not in client.get("/locked/").content.decode()
    assert "How it stands" not in browser().get("/sign-in/").content.decode()
