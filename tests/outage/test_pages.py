"""The outage's pages."""

import pytest
from django.utils import timezone

from befreg_reserv.acts.event import Event
from outage import lifecycle
from outage.models import Outage
from tests.cast import Cast
from tests.conftest import SignIn

pytestmark = pytest.mark.one_database("words")

NOTE = {"act": "noted", "text": "called support"}


@pytest.mark.parametrize("name", ["tilda", "adele"])
def test_till_and_administrator_start_one(sign_in: SignIn, cast: Cast, name: str) -> None:
    response = sign_in(getattr(cast, name)).post("/outage/start/", {"text": "no answer"})
    outage = Outage.objects.get()
    assert response.headers["Location"] == outage.get_absolute_url()
    assert (outage.kind, outage.drill, outage.timeline.get().by) == ("unplanned", False, name)


@pytest.mark.parametrize("name", ["wilma", "gunde"])
def test_ward_and_auditor_may_not(sign_in: SignIn, cast: Cast, name: str) -> None:
    assert sign_in(getattr(cast, name)).post("/outage/start/").status_code == 403
    assert not Outage.objects.exists()


def test_a_drill_is_started_by_its_tick_alone(sign_in: SignIn, cast: Cast) -> None:
    sign_in(cast.tilda).post("/outage/start/", {"drill": "on"})
    assert Outage.objects.get().drill


def test_who_comes_second_is_told_so(sign_in: SignIn, cast: Cast, outage: Outage) -> None:
    response = sign_in(cast.adele).post("/outage/start/", {"text": "here too"}, follow=True)
    assert response.redirect_chain == [(outage.get_absolute_url(), 302)]
    assert len(response.context["messages"]) == 1
    assert "here too" in response.content.decode()


def test_comes_back_to_the_page_the_form_was_on(sign_in: SignIn, cast: Cast) -> None:
    response = sign_in(cast.tilda).post("/outage/start/", {"next": "/till/"})
    assert response.headers["Location"] == "/till/"


@pytest.mark.parametrize(
    "target",
    ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)", "till"],
)
def test_never_leads_elsewhere(sign_in: SignIn, cast: Cast, target: str) -> None:
    response = sign_in(cast.tilda).post("/outage/start/", {"next": target})
    assert response.headers["Location"] == Outage.objects.get().get_absolute_url()


def test_a_note_is_shown(sign_in: SignIn, cast: Cast, outage: Outage) -> None:
    url = outage.get_absolute_url()
    response = sign_in(cast.tilda).post(f"{url}note/", NOTE, follow=True)
    assert response.redirect_chain == [(url, 302)]
    assert "called support" in response.content.decode()


def test_an_empty_note_is_asked_for_again(sign_in: SignIn, cast: Cast, outage: Outage) -> None:
    response = sign_in(cast.tilda).post(f"{outage.get_absolute_url()}note/", {**NOTE, "text": " "})
    assert response.status_code == 400
    assert response.context["form"].errors
    assert outage.timeline.count() == 1


def test_end_and_end_again(sign_in: SignIn, cast: Cast, outage: Outage) -> None:
    client, url = sign_in(cast.tilda), outage.get_absolute_url()
    first = client.post(f"{url}end/", {"text": "answers"}, follow=True)
    again = client.post(f"{url}end/", {"text": "answers"}, follow=True)
    assert (len(first.context["messages"]), len(again.context["messages"])) == (0, 1)
    assert outage.timeline.count() == 2


def test_every_page_says_that_befreg_is_down(
    sign_in: SignIn, cast: Cast, outage: Outage, drill: Outage
) -> None:
    page = sign_in(cast.wilma).get("/ward/").content.decode()
    assert page.index("data-outage") < page.index("data-drill")


def test_no_page_of_an_ended_one_offers_to_end_it(
    sign_in: SignIn, cast: Cast, outage: Outage
) -> None:
    client, url = sign_in(cast.tilda), outage.get_absolute_url()
    assert f"{url}end/" in client.get(url).content.decode()
    lifecycle.end(outage, Event.now(cast.tilda, timezone.now()))
    assert f"{url}end/" not in client.get(url).content.decode()


@pytest.mark.parametrize("path", ["/outage/0/", "/outage/99999999999999999999/", "/outage/-1/"])
def test_an_outage_that_is_not_there(sign_in: SignIn, cast: Cast, path: str) -> None:
    assert sign_in(cast.tilda).get(path).status_code == 404
