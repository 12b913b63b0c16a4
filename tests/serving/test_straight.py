"""A form is answered with the page that it leads to, if its browser asks for that."""

from typing import Any

import pytest
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.pages import straight
from befreg_reserv.people.models import User
from custody.logged import Logged
from custody.models import Handout
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.handouts.test_statements import form_of
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import browser, type_in, with_password

pytestmark = pytest.mark.one_database("sign-in")

STRAIGHT = {"straight": "1"}


@scene
def form(cast: Cast) -> dict[str, Any]:
    outage = scenes.begin(cast.tilda)
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    return form_of(cast, outage)


@pytest.fixture
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def looks() -> list[str]:
    acts = [Logged.NUMBER_SENT, Logged.NUMBER_SHOWN]
    return list(LogEntry.objects.filter(act__in=acts).order_by("pk").values_list("act", flat=True))


def test_the_number_comes_with_its_own_address(till: Client, form: dict[str, Any]) -> None:
    answer = till.post("/till/hand-out/", form | STRAIGHT)
    (handout,) = Handout.objects.all()
    assert answer.status_code == 200
    assert f'data-address="/till/handouts/{handout.pk}/"' in answer.content.decode()
    assert handout.number.last_four in answer.content.decode()


def test_without_the_scripts_word_it_is_a_redirect(till: Client, form: dict[str, Any]) -> None:
    answer = till.post("/till/hand-out/", form)
    assert answer.status_code == 302
    assert "data-address" not in till.get(answer.headers["Location"]).content.decode()


def test_a_number_counts_as_shown_when_the_page_says_so(till: Client, form: dict[str, Any]) -> None:
    till.post("/till/hand-out/", form | STRAIGHT)
    assert looks() == ["number_sent"]
    assert "som du inte har sett" in till.get("/till/call/").content.decode()
    assert till.post(f"/till/handouts/{Handout.objects.get().pk}/shown/").status_code == 204
    assert looks() == ["number_sent", "number_shown"]
    assert "som du inte har sett" not in till.get("/till/call/").content.decode()


def test_the_same_form_again_gives_the_same_number(till: Client, form: dict[str, Any]) -> None:
    first, second = (till.post("/till/hand-out/", form | STRAIGHT) for _ in range(2))
    assert Handout.objects.get().number.last_four in first.content.decode()
    assert first.status_code == second.status_code == 200


def test_without_time_for_the_page_it_is_a_redirect(
    till: Client, form: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(straight, "LEAST_SECONDS", 1_000_000)
    assert till.post("/till/hand-out/", form | STRAIGHT).status_code == 302


@pytest.mark.parametrize("back", ["/binder/", "/no/such/page/", "/till/#live"])
def test_other_pages_are_redirected_to(till: Client, back: str) -> None:
    answer = till.post("/language/", {"language": "en", "next": back} | STRAIGHT)
    assert answer.status_code == 302


def test_a_refusal_is_the_answer_that_it_was(till: Client, form: dict[str, Any]) -> None:
    assert till.post("/till/hand-out/", form | STRAIGHT | {"sex": ""}).status_code == 400


@pytest.fixture
def english(cast: Cast) -> User:
    with_password(cast.tilda)
    cast.tilda.language = "en"
    cast.tilda.save()
    return cast.tilda


def test_signing_in_leads_straight_to_ones_own_page(english: User) -> None:
    answer = type_in(Client(), english.username, straight="1")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-address="/till/"' in page
    assert "data-idle-seconds" in page
    assert answer.headers["Content-Language"] == "en"
    assert {"sessionid", "workstation"} <= answer.cookies.keys()


def test_so_does_unlocking(english: User) -> None:
    client = browser()
    type_in(client, english.username)
    client.post("/lock/", {"next": "/till/"})
    answer = type_in(client, english.username, page="/locked/?next=/till/", straight="1")
    assert answer.status_code == 200
    assert 'data-address="/till/"' in answer.content.decode()
    assert client.get("/till/").status_code == 200
