"""The language: Swedish, unless a person or a cookie says otherwise."""

import pytest
from django.test import Client

from befreg_reserv.people.models import User
from tests.cast import Cast
from tests.conftest import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("words")]


def language(client: Client, **headers: str) -> str:
    return client.get("/language/", headers=headers).headers["Content-Language"]


def choose(client: Client, code: str, **more: str) -> str:
    return client.post("/language/", {"language": code, **more}).headers["Location"]


def test_swedish_first_whatever_the_browser_asks(client: Client) -> None:
    assert language(client, accept_language="en") == "sv"


def test_before_sign_in_a_cookie_keeps_the_choice(client: Client) -> None:
    choose(client, "en")
    assert language(client) == "en"
    assert language(Client()) == "sv"


def test_a_person_keeps_the_choice_on_every_workstation(sign_in: SignIn, cast: Cast) -> None:
    choose(sign_in(cast.tilda), "en")
    assert language(sign_in(User.objects.get(pk=cast.tilda.pk))) == "en"
    assert language(sign_in(cast.wilma)) == "sv"


def test_a_persons_choice_goes_before_the_workstations(sign_in: SignIn, cast: Cast) -> None:
    client = sign_in(cast.tilda)
    choose(client, "sv")
    client.cookies["django_language"] = "en"
    assert language(client) == "sv"


@pytest.mark.parametrize("junk", ["de", "", "../../etc", "s\x00v", "x" * 10_000])
def test_an_unknown_language_changes_nothing(client: Client, junk: str) -> None:
    choose(client, junk)
    assert language(client) == "sv"
    client.cookies["django_language"] = junk.replace("\x00", "")
    assert language(client) == "sv"


def test_comes_back_to_the_page(client: Client) -> None:
    assert choose(client, "en", next="/till/?outage=1") == "/till/?outage=1"


# "till" and "till:board": without a slash Django would look for a view of that name.
@pytest.mark.parametrize(
    "target",
    [
        *("https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)"),
        *("till", "till:board", "a.b", "http://[::1", "\x00", ""),
    ],
)
def test_never_leads_elsewhere(client: Client, target: str) -> None:
    assert choose(client, "en", next=target) == "/"


def test_is_chosen_by_post_alone(client: Client) -> None:
    assert client.get("/language/?language=en").status_code == 405
