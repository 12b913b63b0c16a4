"""Signing in and out."""

from functools import cache

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.hashers import make_password
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene

pytestmark = pytest.mark.one_database("sign-in")

PASSWORD = "Korrekt häst, batteri"
ELSEWHERE = ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)"]


@cache
def hashed() -> str:
    """Return the password as it is kept; once, since hashing is slow on purpose."""
    return make_password(PASSWORD)


@scene
def tilda(cast: Cast) -> User:
    User.objects.filter(pk=cast.tilda.pk).update(password=hashed())
    cast.tilda.refresh_from_db()
    return cast.tilda


def send(client: Client, vgr_id: str, password: str = PASSWORD, **more: str) -> tuple[int, str]:
    """Return the answer's status and where it leads."""
    fields = {"username": vgr_id, "password": password, **more}
    response = client.post("/sign-in/", fields)
    return response.status_code, response.headers.get("Location", "")


def signed_in(client: Client) -> bool:
    return client.get("/").headers.get("Location") != "/sign-in/?next=/"


@pytest.mark.parametrize("vgr_id", ["tilda", " TI LDA\N{ZERO WIDTH SPACE}"])
def test_the_vgr_id_may_be_typed_in_any_case(client: Client, tilda: User, vgr_id: str) -> None:
    assert send(client, vgr_id) == (302, "/")
    assert get_user(client) == tilda


def test_a_wrong_password_and_an_unknown_id_get_the_same_answer(
    client: Client, tilda: User
) -> None:
    answers = [
        client.post("/sign-in/", {"username": name, "password": "wrong"})
        for name in ("tilda", "nobody")
    ]
    errors = {str(answer.context["form"].errors) for answer in answers}
    assert [answer.status_code for answer in answers] == [400, 400]
    assert len(errors) == 1
    assert not signed_in(client)


def test_a_failed_try_is_logged_for_the_known_id_alone(client: Client, tilda: User) -> None:
    for name in ("tilda", "hunter2"):
        send(client, name, "wrong")
    failed = LogEntry.objects.filter(act="sign_in_failed")
    assert [(entry.object_pk, entry.actor) for entry in failed] == [(str(tilda.pk), None)]


def test_who_is_deactivated_cannot_sign_in(client: Client, tilda: User) -> None:
    User.objects.filter(pk=tilda.pk).update(is_active=False)
    assert send(client, "tilda")[0] == 400


def test_who_is_deactivated_is_out_at_once(sign_in: SignIn, tilda: User) -> None:
    client = sign_in(tilda)
    assert signed_in(client)
    User.objects.filter(pk=tilda.pk).update(is_active=False)
    assert not signed_in(client)


def test_a_new_password_ends_the_sessions_of_the_old_one(sign_in: SignIn, tilda: User) -> None:
    client = sign_in(tilda)
    tilda.set_password("another long one")
    tilda.save()
    assert not signed_in(client)


def test_without_a_role_a_page_says_so(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.noone).get("/")
    assert response.status_code == 403
    assert "no_role.html" in [template.name for template in response.templates]


def test_comes_back_to_the_page_asked_for(client: Client, tilda: User) -> None:
    assert client.get("/outage/?page=2").headers["Location"] == "/sign-in/?next=/outage/%3Fpage%3D2"
    assert send(client, "tilda", next="/outage/?page=2") == (302, "/outage/?page=2")


def test_never_leads_to_another_site(client: Client, tilda: User) -> None:
    for target in ELSEWHERE:
        shown = client.get("/sign-in/", {"next": target})
        assert 'name="next" value=""' in shown.content.decode()
    assert send(client, "tilda", next=ELSEWHERE[0]) == (302, "/")


def test_nor_who_is_signed_in_already(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.tilda)
    answers = [client.get("/sign-in/", {"next": target}) for target in ELSEWHERE]
    assert {answer.headers["Location"] for answer in answers} == {"/"}


def test_who_is_signed_in_does_not_go_round_in_circles(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.tilda).get("/sign-in/?next=/sign-in/")
    assert response.headers["Location"] == "/"


def test_sign_out_ends_the_session(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.tilda)
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert not signed_in(client)
    assert LogEntry.objects.filter(act="sign_out", actor=cast.tilda).count() == 1


def test_sign_out_is_not_a_link_that_a_page_could_fetch(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.tilda)
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client)


def test_passwords_are_kept_with_argon2(tilda: User) -> None:
    assert tilda.password.startswith("argon2$argon2id$")
    assert PASSWORD not in tilda.password


def test_pages_are_kept_by_no_browser(sign_in: SignIn, cast: Cast) -> None:
    for response in (Client().get("/sign-in/"), sign_in(cast.tilda).get("/till/")):
        assert "no-store" in response.headers["Cache-Control"]
