"""A list that has changed behind a form: what was ticked on the one is nobody's word for the other.

A real Chromium, since it is the browser that puts ticks back.
"""

import re

import pytest
from playwright.sync_api import Page, Route

from custody.models import Binder, Count
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.hands import follow
from tests.cast import Cast

NAME = re.compile(r'name="found-\d+"')


@pytest.fixture
def people(transactional_db: None) -> Cast:
    return casting.assemble()


@pytest.fixture
def real_binder(people: Cast) -> Binder:
    scenes.begin(people.tilda)
    return scenes.lay_in("Pärm AKM", scenes.REAL, training=False)


def ticked(page: Page) -> list[str]:
    """Return the last four of what stands ticked."""
    words = page.locator(".ticks li:has(:checked)").all_inner_texts()
    return ["".join(each.split())[-4:] for each in words]


def tick_two_and_come_back(page: Page, binder: Binder, people: Cast) -> None:
    """Tick the second and third sheet, leave, and come back by the button; one left meanwhile."""
    page.goto(f"/binder/{binder.pk}/count/")
    for tail in ("K 08 0", "K 10 6"):
        page.locator(".ticks li", has_text=tail).locator("input").check()
    assert ticked(page) == ["K080", "K106"]
    page.goto("/till/")
    scenes.handed_out(people)  # the first sheet: every other moves up
    page.go_back()
    page.locator(".ticks").first.wait_for()


def test_back_on_a_list_that_has_changed_ticks_nothing(
    people: Cast, real_binder: Binder, sit_down: Sit
) -> None:
    page = sit_down(people.tilda, expecting=["status of 400"])
    tick_two_and_come_back(page, real_binder, people)
    assert ticked(page) == []
    page.locator("[name=typed]").fill("M078")
    follow(page, page.locator("main form button[type=submit]"))
    assert ticked(page) == ["M078"]
    assert not Count.objects.exists()


def test_without_names_of_their_own_ticks_come_back_beside_other_sheets(
    people: Cast, real_binder: Binder, sit_down: Sit
) -> None:
    def unprotected(route: Route) -> None:
        answer = route.fetch()
        page = NAME.sub('name="found"', answer.text()).replace('autocomplete="off"', "")
        route.fulfill(response=answer, body=page)

    page = sit_down(people.tilda)
    page.route("**/count/", unprotected)
    tick_two_and_come_back(page, real_binder, people)
    assert ticked(page) == ["K106", "K122"]


@pytest.mark.long
def test_ticks_of_another_list_are_refused_and_the_new_list_is_shown(
    people: Cast, real_binder: Binder, sit_down: Sit
) -> None:
    page = sit_down(people.tilda, expecting=["status of 409"], language="en")
    page.goto(f"/binder/{real_binder.pk}/count/")
    page.locator(".ticks input").nth(1).check()
    # As an extension might, or a browser to come: the hidden fields are the new list's.
    page.evaluate("document.querySelector('[name=listed_at]').value = new Date().toISOString()")
    page.locator("[name=typed]").fill("K064")
    follow(page, page.locator("main form button[type=submit]"))
    assert page.locator("[role=alert]").inner_text().startswith("The ticks were made on another")
    assert (ticked(page), page.locator("[name=typed]").input_value()) == ([], "K064")
    assert not Count.objects.exists()
