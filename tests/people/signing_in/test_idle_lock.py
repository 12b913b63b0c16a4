"""An idle session asks for the password again, and behind the lock nothing can be done."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.hashers import make_password
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from befreg_reserv.people.models import SignInTries, User
from befreg_reserv.people.signing_in import idle
from custody.models import Binder, Handout
from outage.models import Outage
from tests import scenes
from tests.addresses import ARGUMENT, WRITTEN_OUT, walk
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.handouts.test_statements import form_of
from tests.every_page.rights import RIGHTS, address
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import (
    ELSEWHERE_SECONDS,
    JUST_IDLE,
    PASSWORD,
    TILL_SECONDS,
    acts,
    browser,
    leave_alone,
    locked,
    type_in,
    with_password,
)
from tests.serving.test_settings import Settings

pytestmark = pytest.mark.one_database("sign-in")

ROUTES = dict(walk(get_resolver().url_patterns, registers=True))
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/till/?outage=3"}


@scene
def tilda(cast: Cast) -> User:
    return with_password(cast.tilda)


@scene
def till(tilda: User) -> Client:
    """The till's workstation, signed in."""
    client = browser()
    assert type_in(client, "tilda").status_code == 302
    return client


@pytest.fixture
def idle_till(till: Client) -> Client:
    """The same, left alone for too long."""
    leave_alone(till, TILL_SECONDS + JUST_IDLE + 1)
    return till


def unlock(client: Client, vgr_id: str = "tilda", password: str = PASSWORD, **more: str) -> Any:
    return type_in(client, vgr_id, password, "/locked/", **more)


# --- when it locks ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seconds"), [("tilda", TILL_SECONDS), ("wilma", ELSEWHERE_SECONDS)]
)
def test_locks_after_the_time_of_the_role(
    sign_in: SignIn, cast: Cast, name: str, seconds: int
) -> None:
    client = sign_in(getattr(cast, name))
    leave_alone(client, seconds)
    assert not locked(client)
    leave_alone(client, seconds + JUST_IDLE + 1)
    assert locked(client)


def test_the_time_is_a_setting_and_zero_is_never(till: Client, settings: Any) -> None:
    leave_alone(till, 40)
    settings.IDLE_LOCK_SECONDS = 0
    assert not locked(till)
    settings.IDLE_LOCK_SECONDS = 30
    assert locked(till)


@pytest.mark.parametrize("name", ["IDLE_LOCK_SECONDS", "IDLE_LOCK_SECONDS_ELSEWHERE"])
def test_a_time_below_zero_stops_the_start(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ImproperlyConfigured, match="IDLE_LOCK_SECONDS"):
        Settings(monkeypatch, tmp_path)(**{name: "-1"})


def test_what_a_human_does_keeps_it_open(till: Client) -> None:
    for _ in range(5):
        leave_alone(till, TILL_SECONDS)
        assert not locked(till)


def test_a_page_that_a_script_asks_for_beforehand_is_not_activity(till: Client) -> None:
    leave_alone(till, TILL_SECONDS - 30)
    till.get("/till/call/", headers={"X-Ahead": "1"})
    leave_alone(till, 30 + JUST_IDLE + 1)
    assert locked(till)


@pytest.mark.parametrize("path", ["/till/live/", "/still-here/"])
def test_what_the_page_does_by_itself_keeps_it_not(till: Client, path: str) -> None:
    leave_alone(till, TILL_SECONDS)
    assert till.get(path).status_code == 200
    leave_alone(till, JUST_IDLE + 1)
    assert locked(till)


def test_if_that_counted_an_empty_chair_would_stay_signed_in(
    till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(get_resolver().resolve("/till/live/").func, idle.QUIET)
    leave_alone(till, TILL_SECONDS)
    till.get("/till/live/")
    leave_alone(till, JUST_IDLE + 1)
    assert not locked(till)


def test_activity_is_written_every_20_seconds_in_one_statement(till: Client) -> None:
    def statements(seconds: float) -> int:
        leave_alone(till, seconds)
        with CaptureQueriesContext(connection) as captured:
            till.get("/outage/")
        return len(captured)

    till.get("/outage/")
    seldom = statements(15)
    assert statements(15) == seldom + 1
    assert statements(0) == seldom


def test_a_call_typed_slowly_costs_one_statement_more_than_a_quick_one(
    till: Client, cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    quick, slow = (send_call(till, cast, outage, seconds) for seconds in (0, 60))
    assert slow == quick + 1


def send_call(till: Client, cast: Cast, outage: Outage, seconds: float) -> int:
    """Hand out a number after so long; return how many statements that took."""
    till.post("/till/hand-out/", form_of(cast, outage))  # content types are read once
    leave_alone(till, seconds)
    with CaptureQueriesContext(connection) as captured:  # the session's too
        till.post("/till/hand-out/", form_of(cast, outage))
    return len(captured)


def test_a_clock_put_back_locks_no_later(till: Client) -> None:
    leave_alone(till, -3600)
    till.get("/till/live/")
    leave_alone(till, TILL_SECONDS + JUST_IDLE + 1)
    assert locked(till)


def test_a_session_from_before_there_was_a_lock_begins_now(till: Client) -> None:
    session = till.session
    del session["active_at"]
    session.save()
    till.get("/till/live/")
    leave_alone(till, TILL_SECONDS + JUST_IDLE + 1)
    assert locked(till)


def test_sign_in_begins_the_time_anew(till: Client, tilda: User) -> None:
    assert till.session["active_at"] == pytest.approx(timezone.now().timestamp(), abs=60)


# --- what the lock keeps away -------------------------------------------------------------


def test_every_address_leads_to_the_lock_page(
    sign_in: SignIn, cast: Cast, handout: Handout
) -> None:
    client = sign_in(cast.adele)
    client.post("/lock/")
    pages = [*RIGHTS, "admin/", "admin/people/ward/", "admin/login/", "sign-in/"]
    for path in [*(address(route, handout) for route in pages), "/no-such-page/"]:
        for ask in (client.get, client.post):
            answer = ask(path)
            if answer.status_code != 400:  # the sign-in form takes an empty try
                assert answer.headers["Location"].startswith("/locked/"), path


def test_so_does_every_address_of_the_registers(
    sign_in: SignIn, cast: Cast, handout: Handout
) -> None:
    client = sign_in(cast.adele)
    registers = [route for route in ROUTES if route.startswith("admin/")]
    paths = ["/" + WRITTEN_OUT.get(route, ARGUMENT.sub("1", route)) for route in registers]
    assert len(paths) > 50
    client.post("/lock/")
    answers = {path: client.get(path).headers.get("Location", "") for path in paths}
    assert [path for path, to in answers.items() if not to.startswith("/locked/")] == []


def test_a_page_leads_back_to_itself(idle_till: Client) -> None:
    answer = idle_till.get("/outage/?page=2")
    assert answer.headers["Location"] == "/locked/?next=/outage/%3Fpage%3D2"
    assert unlock(idle_till, next="/outage/?page=2").headers["Location"] == "/outage/?page=2"


def test_it_leads_to_no_other_site(idle_till: Client) -> None:
    locked(idle_till)
    shown = idle_till.get("/locked/?next=https://example.org/").content.decode()
    assert "example.org" not in shown.partition("<main")[2]
    assert unlock(idle_till, next="//example.org/").headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/till/live/", "/outage/"])
def test_htmx_leaves_the_page_and_comes_back_to_it(idle_till: Client, path: str) -> None:
    answer = idle_till.get(path, headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/locked/?next=/till/%3Foutage%3D3"
    assert answer.content == b""


def test_htmx_of_a_stranger_leaves_the_page_too(db: None) -> None:
    answer = Client().get("/till/live/", headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=/till/%3Foutage%3D3"
    elsewhere = HTMX | {"HX-Current-URL": "https://example.org/"}
    answer = Client().get("/till/live/", headers=elsewhere)
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=/"


def test_no_form_is_executed(
    cast: Cast, real_binder: Binder, outage: Outage, idle_till: Client
) -> None:
    handout = scenes.handed_out(cast)
    answer = idle_till.post(f"/till/handouts/{handout.pk}/read-back/", {"typed": "K064"})
    assert answer.headers["Location"] == f"/locked/?next=/till/handouts/{handout.pk}/"
    handout.refresh_from_db()
    assert handout.read_back_at is None


def test_who_sent_one_is_told_after_unlocking(idle_till: Client) -> None:
    idle_till.post("/till/hand-out/", {"x": "y" * 5000})
    unlock(idle_till)
    assert "nothing was sent" in idle_till.get("/outage/").content.decode()
    assert "nothing was sent" not in idle_till.get("/outage/").content.decode()


def test_a_locked_session_has_no_rights_even_where_nobody_looks(
    idle_till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if somebody had marked the board as reachable.
    monkeypatch.setattr(get_resolver().resolve("/till/").func, idle.REACHED, True, raising=False)
    assert idle_till.get("/till/").headers["Location"] == "/sign-in/?next=/till/"


def test_a_message_for_the_person_isnt_shown_on_the_lock_page(idle_till: Client) -> None:
    session = idle_till.session
    message = Message(constants.INFO, "20000101 K 06 4")
    session["_messages"] = MessageEncoder().encode([message])
    session.save()
    idle_till.get("/outage/")
    assert "K 06 4" not in idle_till.get("/locked/").content.decode()


def test_stays_locked_across_restarts_and_whatever_the_clock_says(idle_till: Client) -> None:
    assert locked(idle_till)
    leave_alone(idle_till, -TILL_SECONDS)
    assert locked(idle_till)


def test_who_is_deactivated_meanwhile_is_a_stranger(idle_till: Client, tilda: User) -> None:
    locked(idle_till)
    User.objects.filter(pk=tilda.pk).update(is_active=False)
    assert idle_till.get("/locked/").headers["Location"] == "/sign-in/?next=/"
    assert unlock(idle_till).status_code == 400


# --- the lock page ------------------------------------------------------------------------


def test_says_who_is_signed_in_and_begins_at_the_password(idle_till: Client) -> None:
    locked(idle_till)
    page = idle_till.get("/locked/").content.decode()
    assert "<strong>tilda</strong>" in page
    assert 'value="tilda"' in page
    assert _focused(page) == "password"


def test_shows_nothing_else_of_the_person(idle_till: Client, outage: Outage) -> None:
    locked(idle_till)
    answer = idle_till.get("/locked/")
    assert answer.context["tabs"] == []
    assert outage.get_absolute_url() not in answer.content.decode()


def _focused(page: str) -> str:
    fields = page.partition("<main")[2].split("<input")
    return next(field.split('name="')[1].split('"')[0] for field in fields if "autofocus" in field)


def test_the_same_person_goes_on_under_a_new_key(idle_till: Client, tilda: User) -> None:
    locked(idle_till)
    before = str(idle_till.session.session_key)
    assert unlock(idle_till, next="/outage/").headers["Location"] == "/outage/"
    assert get_user(idle_till) == tilda
    assert idle_till.session.session_key != before
    assert not locked(idle_till)
    idle_till.cookies["sessionid"] = before
    assert idle_till.get("/").headers["Location"] == "/sign-in/?next=/"


def test_goes_on_though_the_password_is_hashed_anew(sign_in: SignIn, tilda: User) -> None:
    tilda.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    tilda.save()
    client = sign_in(tilda)
    client.post("/lock/")
    unlock(client)
    assert User.objects.get(pk=tilda.pk).password.startswith("argon2")
    assert get_user(client) == tilda


def test_locking_and_unlocking_are_in_the_log(idle_till: Client, tilda: User) -> None:
    locked(idle_till)
    unlock(idle_till, password="wrong")
    unlock(idle_till)
    assert acts(tilda) == ["sign_in", "locked", "sign_in_failed", "unlocked"]


def test_another_person_begins_at_the_own_door_with_an_empty_session(
    idle_till: Client, cast: Cast
) -> None:
    with_password(cast.wilma)
    locked(idle_till)
    answer = unlock(idle_till, "wilma", next="/audit/?number=20000101K064")
    assert answer.headers["Location"] == "/"
    assert get_user(idle_till) == cast.wilma
    assert set(idle_till.session.keys()) == {
        *("_auth_user_id", "_auth_user_backend", "_auth_user_hash", "active_at")
    }
    assert acts(cast.wilma) == ["sign_in"]


def test_a_wrong_password_leaves_it_locked(idle_till: Client) -> None:
    locked(idle_till)
    answer = unlock(idle_till, password="wrong")
    assert answer.status_code == 400
    assert "is wrong" in answer.content.decode()
    assert locked(idle_till)


def test_waits_after_five_wrong_ones_like_the_sign_in_page(idle_till: Client) -> None:
    locked(idle_till)
    answers = [unlock(idle_till, password="wrong").status_code for _ in range(5)]
    assert answers == [400] * 5
    answer = unlock(idle_till)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    SignInTries.objects.update(last_at=timezone.now() - timedelta(minutes=1))
    assert unlock(idle_till).status_code == 302


def test_unlocking_twice_is_as_good_as_once(idle_till: Client) -> None:
    locked(idle_till)
    assert [unlock(idle_till).headers["Location"] for _ in range(2)] == ["/", "/"]
    assert not locked(idle_till)


def test_the_sign_in_form_of_another_tab_unlocks_too(idle_till: Client, tilda: User) -> None:
    locked(idle_till)
    assert type_in(idle_till, "tilda").status_code == 302
    assert get_user(idle_till) == tilda
    assert not locked(idle_till)


def test_who_isnt_locked_out_is_sent_on(till: Client) -> None:
    answer = till.get("/locked/?next=/outage/", follow=True)
    assert answer.redirect_chain[-1] == ("/outage/", 302)


def test_a_stranger_gets_the_plain_sign_in_page(db: None) -> None:
    answer = Client().get("/locked/?next=/outage/", follow=True)
    assert answer.redirect_chain == [("/sign-in/?next=/outage/", 302)]
    assert answer.templates[0].name == "people/sign_in.html"


def test_signing_out_of_a_locked_session_is_logged(idle_till: Client, tilda: User) -> None:
    locked(idle_till)
    assert idle_till.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert acts(tilda)[-1] == "sign_out"


def test_the_lock_page_speaks_the_workstations_language(idle_till: Client, tilda: User) -> None:
    User.objects.filter(pk=tilda.pk).update(language="en")
    locked(idle_till)
    idle_till.post("/language/", {"language": "sv", "next": "/locked/"})
    assert idle_till.get("/locked/").headers["Content-Language"] == "sv"
    del idle_till.cookies["django_language"]
    assert idle_till.get("/locked/").headers["Content-Language"] == "en"
    tilda.refresh_from_db()
    assert tilda.language == "en"


# --- locking by hand and by script --------------------------------------------------------


def test_the_top_bar_has_a_button_to_change_user(till: Client) -> None:
    page = till.get("/outage/").content.decode()
    assert 'name="change"' in page
    assert f'data-idle-seconds="{TILL_SECONDS}"' in page


def test_after_change_user_there_is_no_word_of_the_former(till: Client) -> None:
    answer = till.post("/lock/", {"change": "1", "next": "/outage/?page=2"})
    assert answer.headers["Location"] == "/locked/?next=/"
    page = till.get("/locked/").content.decode()
    assert "tilda" not in page
    assert _focused(page) == "username"
    assert till.get("/outage/?page=3").headers["Location"] == "/locked/?next=/"


def test_the_former_user_may_come_back(till: Client, tilda: User) -> None:
    till.post("/lock/", {"change": "1"})
    assert unlock(till).headers["Location"] == "/"
    assert get_user(till) == tilda


def test_an_idle_tab_names_nobody_after_change_user(till: Client) -> None:
    till.post("/lock/", {"change": "1"})
    till.post("/lock/", {"next": "/outage/"})
    assert "tilda" not in till.get("/locked/").content.decode()


def test_change_user_goes_before_an_idle_lock(idle_till: Client) -> None:
    locked(idle_till)
    idle_till.post("/lock/", {"change": "1"})
    assert "tilda" not in idle_till.get("/locked/").content.decode()


def test_the_script_locks_at_once_and_comes_back(till: Client, tilda: User) -> None:
    answer = till.post("/lock/", {"next": "/outage/?page=2"})
    assert answer.headers["Location"] == "/locked/?next=/outage/%3Fpage%3D2"
    assert locked(till)
    assert acts(tilda)[-1] == "locked"


def test_locking_twice_is_logged_once(till: Client, tilda: User) -> None:
    for _ in range(2):
        till.post("/lock/")
    assert acts(tilda) == ["sign_in", "locked"]


def test_lock_is_no_link_and_to_a_stranger_the_sign_in_page(till: Client) -> None:
    assert till.get("/lock/").status_code == 405
    assert not locked(till)
    answer = Client().post("/lock/", follow=True)
    assert answer.templates[0].name == "people/sign_in.html"


def test_still_here_keeps_it_open(till: Client) -> None:
    for _ in range(3):
        leave_alone(till, TILL_SECONDS - 30)
        assert till.post("/still-here/").status_code == 204
    assert not locked(till)


def test_still_here_comes_too_late_for_a_locked_session(idle_till: Client) -> None:
    assert idle_till.post("/still-here/").status_code == 403
    assert locked(idle_till)
    assert Client().post("/still-here/").status_code == 403


def test_still_here_tells_a_page_whose_session_it_is_and_for_how_long(
    till: Client, tilda: User, settings: Any
) -> None:
    leave_alone(till, 100)
    told = till.get("/still-here/").json()
    assert told["person"] == tilda.pk
    assert 100 < told["seconds"] <= 200  # less by what a busy machine took
    settings.IDLE_LOCK_SECONDS = 0
    assert till.get("/still-here/").json() == {"person": tilda.pk, "seconds": None}


def test_still_here_names_the_locked_person_but_not_after_change_user(
    till: Client, tilda: User
) -> None:
    till.post("/lock/")
    assert till.get("/still-here/").json() == {"person": tilda.pk, "seconds": 0}
    till.post("/lock/", {"change": "1"})
    nobody = {"person": None, "seconds": 0}
    assert till.get("/still-here/").json() == Client().get("/still-here/").json() == nobody


def test_a_lock_page_whose_session_another_tab_has_opened_leads_on(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.tilda)
    answer = client.post("/locked/?next=/till/call/", {"password": PASSWORD}, follow=True)
    # Not locked any more, so the page sends on; signed in, so the next one does.
    assert [status for _address, status in answer.redirect_chain] == [302, 302, 302, 302]
    assert answer.request["PATH_INFO"] == "/till/"  # no outage: no call


def test_a_lock_page_without_its_token_still_lets_nobody_in(idle_till: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = idle_till.cookies
    assert strict.post("/locked/", {"password": PASSWORD}).status_code == 403
