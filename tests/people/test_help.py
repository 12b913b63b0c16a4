"""Help behind "?": what each page is for. And the tours, which are found there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils.translation import override

from befreg_reserv.pages import help as helping
from befreg_reserv.pages import tour
from befreg_reserv.people.access import METHODS
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of

pytestmark = pytest.mark.one_database("words")

# No pages of their own: pieces, files, and what only leads elsewhere.
NO_PAGES = {
    *("door", "sign-out", "lock", "still-here", "language", "browser-report"),
    *("sign-on:start", "sign-on:back", "sign-on:ended"),
    *("till:live", "wards:search", "wards:known", "making:fetch"),
}


def pages(patterns: list[Any], space: str = "") -> Iterator[str]:
    """Yield the names of the addresses that are opened, without those of Django's admin."""
    for pattern in patterns:
        inner = getattr(pattern, "url_patterns", None)
        if inner is None:
            if pattern.name and "GET" in getattr(pattern.callback, METHODS, ("GET",)):
                yield space + pattern.name
        elif pattern.app_name != "admin":
            yield from pages(inner, f"{pattern.namespace}:" if pattern.namespace else space)


def in_swedish(words: object) -> str:
    with override("sv"):
        return str(words)


@scene
def wilma(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.wilma)


def test_each_page_says_what_it_is_for() -> None:
    """Write in befreg_reserv/pages/help.py what the page that is named here is for."""
    assert set(pages(get_resolver().url_patterns)) - NO_PAGES <= helping.PAGES.keys()


def test_each_room_has_help_for_the_answers_to_its_forms() -> None:
    rooms = {name.partition(":")[0] for name in helping.PAGES if ":" in name}
    assert rooms == helping.ROOMS.keys()


def test_it_is_two_sentences_and_leads_to_the_tours(wilma: Client) -> None:
    page = wilma.get("/ward/done/")
    assert "De nummer som inte kräver något mer av dig, senast först." in text_of(page)
    for who in ("till", "ward", "administrator"):
        assert f'href="/tour/{who}/"' in page.content.decode()


def test_a_form_that_was_wrong_has_the_help_of_its_page(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.tilda).post("/outage/start/", {"since": "x"})
    assert in_swedish(helping.ROOMS["outage"]) in text_of(answer)


def test_a_stranger_has_help_and_no_keys(client: Client, db: None) -> None:
    page = text_of(client.get("/sign-in/"))
    assert "vänd dig till administratören" in page
    assert "Rundtur" not in page
    assert "Ett nummer till den" not in page


def test_an_error_has_no_purpose_and_the_keys(wilma: Client) -> None:
    page = text_of(wilma.get("/nothing-here/"))
    assert "Hjälp Stäng Rundtur:" in page


@pytest.mark.parametrize("who", tour.TOURS)
def test_a_tour_leads_from_panel_to_panel_and_home(who: str, wilma: Client) -> None:
    address = f"/tour/{who}/"
    for number, panel in enumerate(tour.TOURS[who], 1):
        page = wilma.get(address)
        assert f"{number} av {len(tour.TOURS[who])}" in text_of(page)
        assert in_swedish(panel.title) in text_of(page)
        address = f"/tour/{who}/?step={number + 1}"
        assert (f'href="?step={number + 1}">N' in page.content.decode()) == (
            number < len(tour.TOURS[who])
        )
    assert "Till min startsida" in text_of(page)


@pytest.mark.parametrize("step", ["0", "99", "-1", "x", "²", "1" * 9999, "1&step=2"])
def test_a_panel_that_there_is_not_is_the_first_or_one_that_is(step: str, wilma: Client) -> None:
    assert wilma.get(f"/tour/ward/?step={step}").status_code == 200


def test_a_panel_leads_only_where_the_person_may_go(
    cast: Cast, wilma: Client, sign_in: SignIn
) -> None:
    leads = f'href="{reverse("binder:overview")}"'
    assert leads not in wilma.get("/tour/administrator/").content.decode()
    assert leads in sign_in(cast.adele).get("/tour/administrator/").content.decode()


def test_every_panel_names_an_address_that_there_is(cast: Cast, sign_in: SignIn) -> None:
    adele, tilda = sign_in(cast.adele), sign_in(cast.tilda)
    for who, panels in tour.TOURS.items():
        client = tilda if who == "till" else adele
        for number, _panel in enumerate(panels, 1):
            address = client.get(f"/tour/{who}/?step={number}").context["address"]
            assert client.get(address).status_code in {200, 302}, address
