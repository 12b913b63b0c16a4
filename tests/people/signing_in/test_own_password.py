"""A password of one's own; and the one-time password that somebody else has set."""

from typing import Any

import pytest
from django.contrib.auth import get_user
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Unattended
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import passwords
from custody.models import Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.every_page.rights import RIGHTS, address, methods
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.people.signing_in.workstations import (
    JUST_IDLE,
    PASSWORD,
    TILL_SECONDS,
    acts,
    browser,
    leave_alone,
    type_in,
    with_password,
)

pytestmark = pytest.mark.one_database("decisions")

OWN = "fyra gula ankor flyger"
ONE_TIME = "kmpt-3h7n-xs8r"
ELSEWHERE = ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)", "x"]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/till/"}


def change(client: Client, new: str = OWN, old: str = PASSWORD, **more: str) -> Any:
    """Send the form; a browser that was given a one-time password shows no field for the old."""
    fields = {"old_password": old, "new_password1": new, "new_password2": new, **more}
    return client.post("/password/", fields)


def given_one_time(user: User, password: str = ONE_TIME) -> User:
    """Let an administrator set the person's password."""
    passwords.set_one_time(user, password, Unattended(timezone.now(), "adele"))
    return user


@scene
def tilda(cast: Cast) -> User:
    return with_password(cast.tilda)


@scene
def till(tilda: User) -> Client:
    """The till's workstation, signed in with a password of the person's own."""
    client = browser()
    type_in(client, "tilda")
    return client


@scene
def newcomer(cast: Cast) -> Client:
    """The same, signed in with a one-time password."""
    given_one_time(cast.tilda)
    client = browser()
    type_in(client, "tilda", ONE_TIME)
    return client


def own(user: User, password: str = OWN) -> bool:
    """Tell whether the person has that password, and need not change it."""
    user.refresh_from_db()
    return user.check_password(password) and not user.must_change_password


# --- one's own ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tilda", "wilma", "adele", "gunde", "noone"])
def test_everybody_changes_their_own(cast: Cast, sign_in: SignIn, name: str) -> None:
    user = with_password(getattr(cast, name))
    client = sign_in(user)
    assert 'href="/account/"' in client.get("/", follow=True).content.decode()
    assert 'href="/password/"' in client.get("/account/").content.decode()
    assert change(client).headers["Location"] == "/"
    assert own(user)
    assert get_user(client) == user


@pytest.mark.both_databases
def test_other_sessions_of_the_person_end_and_nobody_elses(
    till: Client, tilda: User, cast: Cast, sign_in: SignIn
) -> None:
    other, wilma = sign_in(tilda), sign_in(cast.wilma)
    before = till.session.session_key
    change(till)
    assert get_user(other).is_anonymous
    assert get_user(wilma) == cast.wilma
    assert till.session.session_key != before


@pytest.mark.parametrize("old", ["wrong", "", PASSWORD.upper(), f"{PASSWORD} "])
def test_without_the_present_one_nothing_is_changed(till: Client, tilda: User, old: str) -> None:
    answer = change(till, old=old)
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"old_password"}
    assert own(tilda, PASSWORD)


def test_a_wrong_one_is_waited_for_as_at_sign_in(till: Client, tilda: User) -> None:
    wrong = [change(till, old="wrong").status_code for _ in range(6)]
    assert wrong == [400] * 5 + [429]
    answer = change(till)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert "Wait 30 seconds" in text_of(answer)
    assert own(tilda, PASSWORD)


def test_a_right_one_begins_to_count_anew(till: Client) -> None:
    for _ in range(2):
        assert [change(till, old="wrong").status_code for _ in range(4)] == [400] * 4
        assert change(till, new="short").status_code == 400


@pytest.mark.parametrize("new", ["kort", "password1234", "123456789012345", ""])
def test_a_weak_one_is_refused_beside_its_field(till: Client, tilda: User, new: str) -> None:
    answer = change(till, new=new)
    assert answer.status_code == 400
    assert "new_password1" in answer.context["form"].errors
    assert 'id="id_new_password1_error"' in answer.content.decode()
    assert own(tilda, PASSWORD)


def test_the_same_again_is_refused(till: Client) -> None:
    answer = change(till, new=PASSWORD)
    assert "This is the password you have" in text_of(answer)


def test_to_whoever_doesnt_know_the_present_one_the_same_again_tells_nothing(till: Client) -> None:
    answer = change(till, new=PASSWORD, old="wrong")
    assert "This is the password you have" not in text_of(answer)


def test_two_that_differ_are_refused(till: Client, tilda: User) -> None:
    answer = change(till, new_password2="fyra gula ankor flyter")
    assert answer.context["form"].errors.keys() == {"new_password2"}
    assert own(tilda, PASSWORD)


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_reading_changes_nothing(till: Client, tilda: User, method: str) -> None:
    query = f"?old_password={PASSWORD}&new_password1={OWN}&new_password2={OWN}"
    getattr(till, method)(f"/password/{query}")
    assert own(tilda, PASSWORD)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_leads_to_no_other_site(till: Client, target: str) -> None:
    assert "example.org" not in text_of(till.get("/password/", {"next": target}))
    assert change(till, next=target).headers["Location"] == "/"


def test_leads_back_to_the_page_asked_for(till: Client) -> None:
    shown = till.get("/password/", {"next": "/outage/?page=2"}).content.decode()
    assert 'name="next" value="/outage/?page=2"' in shown
    assert change(till, next="/outage/?page=2").headers["Location"] == "/outage/?page=2"


def test_the_log_tells_of_it_and_holds_no_secret(till: Client, tilda: User) -> None:
    change(till, old="wrong password")
    change(till)
    assert acts(tilda)[-3:] == ["own_password_refused", "update", "own_password"]
    kept = str(list(LogEntry.objects.values()))
    assert not [secret for secret in (PASSWORD, OWN, "wrong password", "argon2") if secret in kept]


def test_a_password_set_meanwhile_isnt_written_over(tilda: User) -> None:
    stale = User.objects.get(pk=tilda.pk)
    given_one_time(tilda)
    with pytest.raises(passwords.ChangedMeanwhile):
        passwords.choose(stale, OWN, scenes.now(stale))
    assert User.objects.get(pk=tilda.pk).check_password(ONE_TIME)


def test_the_registers_lead_to_the_same_page(cast: Cast, sign_in: SignIn) -> None:
    adele = sign_in(cast.adele)
    assert adele.get("/admin/password_change/").headers["Location"] == "/password/"


# --- one-time -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tilda", "wilma", "adele", "gunde", "noone"])
def test_no_page_opens_before_it_is_changed(
    sign_in: SignIn, cast: Cast, handout: Handout, name: str
) -> None:
    client = sign_in(given_one_time(getattr(cast, name)))
    paths = [address(route, handout) for route in RIGHTS if "GET" in methods(route)]
    for path in [*(path for path in paths if path != "/password/"), "/admin/"]:
        assert client.get(path).headers["Location"].startswith("/password/?next="), path
    assert change(client).status_code == 302
    assert client.get("/styleguide/").status_code == 200


def test_without_the_middleware_they_would_open(newcomer: Client, settings: Any) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "OwnPassword" not in name]
    client = Client()
    client.cookies = newcomer.cookies
    assert client.get("/till/").status_code == 200


def test_no_form_is_executed_and_it_says_so(newcomer: Client, cast: Cast, handout: Handout) -> None:
    path = f"/till/handouts/{handout.pk}/read-back/"
    assert newcomer.post(path, {"typed": "K064"}).headers["Location"].startswith("/password/?next=")
    change(newcomer, next=f"/till/handouts/{handout.pk}/")
    assert "nothing was sent" in text_of(newcomer.get(f"/till/handouts/{handout.pk}/"))
    handout.refresh_from_db()
    assert handout.read_back_at is None


def test_a_call_that_came_meanwhile_is_there_again(newcomer: Client, outage: Outage) -> None:
    newcomer.post("/till/hand-out/", {"caller": "wilma", "callback": "2102"})
    address = change(newcomer).headers["Location"]
    assert address.startswith("/till/call/?go_on=")
    shown = newcomer.get(address).content.decode()
    assert 'value="2102"' in shown
    assert "nothing was sent" in shown


def test_what_a_page_asks_for_by_itself_leaves_the_page(newcomer: Client) -> None:
    answer = newcomer.get("/till/live/", headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/password/?next=/till/"


def test_it_is_one_short_step(newcomer: Client) -> None:
    page = newcomer.get("/till/", follow=True)
    assert page.context["form"].fields.keys() == {"new_password1", "new_password2"}
    assert page.context["tabs"] == []
    answer = newcomer.post(
        "/password/", {"new_password1": OWN, "new_password2": OWN, "next": "/till/"}
    )
    assert answer.headers["Location"] == "/till/"
    assert newcomer.get("/till/").status_code == 200


def test_the_page_says_who_set_it_and_when(newcomer: Client, cast: Cast) -> None:
    at = timezone.localtime(User.objects.get(pk=cast.tilda.pk).one_time_at)
    assert f"set by adele, {at:%Y-%m-%d %H:%M}" in text_of(newcomer.get("/password/"))


def test_the_one_time_password_again_is_refused(newcomer: Client, cast: Cast) -> None:
    assert change(newcomer, new=ONE_TIME).status_code == 400
    cast.tilda.refresh_from_db()
    assert cast.tilda.must_change_password


def test_language_sign_out_and_change_of_user_go_on(newcomer: Client, cast: Cast) -> None:
    newcomer.post("/language/", {"language": "sv", "next": "/password/"})
    assert newcomer.get("/password/").headers["Content-Language"] == "sv"
    assert newcomer.get("/still-here/").json()["person"] == cast.tilda.pk
    newcomer.post("/lock/", {"change": "1"})
    with_password(cast.wilma)
    type_in(newcomer, "wilma", page="/locked/")
    assert newcomer.get("/ward/").status_code == 200
    assert newcomer.post("/sign-out/").headers["Location"] == "/sign-in/"


def test_the_idle_lock_comes_first(newcomer: Client) -> None:
    leave_alone(newcomer, TILL_SECONDS + JUST_IDLE + 1)
    assert newcomer.get("/password/").headers["Location"] == "/locked/?next=/password/"
    assert change(newcomer).headers["Location"].startswith("/locked/")
    type_in(newcomer, "tilda", ONE_TIME, "/locked/")
    assert newcomer.get("/till/").headers["Location"] == "/password/?next=/till/"


def test_setting_one_ends_the_persons_sessions(till: Client, tilda: User) -> None:
    given_one_time(tilda)
    assert get_user(till).is_anonymous


def test_a_password_from_before_need_not_be_changed(till: Client) -> None:
    assert till.get("/till/").status_code == 200


@pytest.mark.parametrize("half", [{"one_time_by": "adele"}, {"one_time_at": timezone.now()}])
def test_the_database_knows_none_without_who_and_when(cast: Cast, half: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=cast.tilda.pk).update(**half)


def test_a_generated_one_is_strong_and_easy_to_read_out() -> None:
    made = {passwords.generate() for _ in range(50)}
    assert len(made) == 50
    assert {len(word) for word in made} == {14}
    assert set("".join(made)) <= set("abcdefghjkmnprstuvxyz23456789-")
