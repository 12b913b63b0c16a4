"""The ward field as people use it: three letters, an arrow, Enter; and whatever goes wrong."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.wards import register
from tests import cast as casting
from tests.browser.conftest import Sit
from tests.browser.hands import follow, until
from tests.cast import Cast

SEARCH = "**/wards/known/**"
SLOW_SECONDS = 0.6


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    for clinic, name in (("Barnkliniken", "Ögon"), ("Kirurgkliniken", "Avdelning 5")):
        casting.ward(clinic, name)
    register.keep_typed_in(register.typed_in("Tältet"))
    return people


def field(page: Page) -> Locator:
    return page.get_by_label("Ward", exact=True)


def at_the_wards(sit_down: Sit, user: User, **how: Any) -> Page:
    """Open the administrator's page, with one ward that waits, and stand in its field."""
    page = sit_down(user, language="en", **how)
    page.goto("/wards/")
    field(page).focus()
    return page


@pytest.fixture
def page(people: Cast, sit_down: Sit) -> Page:
    return at_the_wards(sit_down, people.adele)


def options(page: Page) -> list[str]:
    return page.get_by_role("option").all_inner_texts()


def active(page: Page) -> str:
    """Return the option that a screen reader reads out."""
    chosen = field(page).get_attribute("aria-activedescendant")
    if not chosen:
        assert page.locator("[aria-selected=true]").count() == 0
        return ""
    assert page.locator("[aria-selected=true]").get_attribute("id") == chosen
    return page.locator(f"#{chosen}").inner_text()


def settled() -> Ward | None:
    return Ward.objects.get(name="Tältet").same_as


def test_three_letters_an_arrow_and_enter_choose(people: Cast, page: Page) -> None:
    page.keyboard.type("ogo")
    expect(page.get_by_role("option")).to_have_count(2)
    assert options(page) == ["Barnkliniken / Ögon", "Ögonkliniken / Ögonmottagning"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("Ögonkliniken / Ögonmottagning")
    expect(page.get_by_role("option")).to_have_count(0)
    button = page.get_by_role("button", name="It is this ward")
    expect(button).to_be_focused()
    assert settled() is None  # chosen, not sent
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Ögonmottagning")
    assert settled() == people.eye


def test_a_hand_faster_than_the_server_chooses_rightly(page: Page) -> None:
    def slowly(route: Route) -> None:
        time.sleep(SLOW_SECONDS)
        route.continue_()

    page.keyboard.type("avd")
    expect(page.get_by_role("option")).to_have_count(1)
    page.route(SEARCH, slowly)
    field(page).fill("")
    page.keyboard.type("iva")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("Anestesikliniken / IVA")
    assert page.url.endswith("/wards/")


def test_arrows_go_round(page: Page) -> None:
    page.keyboard.type("ogo")
    expect(page.get_by_role("option")).to_have_count(2)
    seen = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
        seen.append(active(page).split(" / ")[1])
    assert seen == ["Ögon", "Ögonmottagning", "Ögon", "Ögonmottagning", "Ögon"]


@pytest.mark.long
def test_the_arrow_up_begins_at_the_end(page: Page) -> None:
    page.keyboard.type("ogo")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowUp")
    assert active(page) == "Ögonkliniken / Ögonmottagning"


def test_what_a_screen_reader_is_told(page: Page) -> None:
    combobox = page.get_by_role("combobox", name="Ward")
    expect(combobox).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.keyboard.type("ogo")
    expect(combobox).to_have_attribute("aria-expanded", "true")
    listbox = page.get_by_role("listbox", name="2 wards fit.")
    expect(listbox).to_have_attribute("id", combobox.get_attribute("aria-controls") or "")
    expect(page.locator("[aria-live=polite]").filter(has_text="2 wards fit.")).to_have_count(1)
    page.keyboard.type("xyz")
    said = page.locator("[aria-live=polite]").filter(has_text="no such ward")
    expect(said).to_be_visible()
    expect(combobox).to_have_attribute("aria-expanded", "false")


@pytest.mark.long
def test_typing_on_chooses_nothing(page: Page) -> None:
    page.keyboard.type("ogo")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.type("n")
    assert active(page) == ""


def test_escape_closes_and_the_text_stays(page: Page) -> None:
    page.keyboard.type("ogo")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(field(page)).to_have_value("ogo")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_count(2)


def test_tab_leaves_and_chooses_nothing(page: Page) -> None:
    page.keyboard.type("ogo")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(field(page)).to_have_value("ogo")
    expect(page.get_by_role("button", name="It is this ward")).to_be_focused()


def test_enter_without_a_choice_sends_the_form(page: Page) -> None:
    page.keyboard.type("ogo")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio")).to_have_count(2)
    assert settled() is None


@pytest.mark.long
def test_the_mouse_chooses(page: Page) -> None:
    page.keyboard.type("ogo")
    page.get_by_role("option", name="Ögonmottagning").click()
    expect(field(page)).to_have_value("Ögonkliniken / Ögonmottagning")
    expect(page.get_by_role("button", name="It is this ward")).to_be_focused()


def test_an_answer_that_comes_late_is_dropped(page: Page) -> None:
    def late_for_the_first(route: Route) -> None:
        if route.request.url.endswith("ward=ogo"):
            time.sleep(SLOW_SECONDS)
        route.continue_()

    page.route(SEARCH, late_for_the_first)
    with page.expect_request("**ward=ogo"):
        page.keyboard.type("ogo")
    field(page).fill("")
    page.keyboard.type("iva")
    page.wait_for_timeout(SLOW_SECONDS * 2_000)
    until(page, lambda: options(page) == ["Anestesikliniken / IVA"])


def signed_out(page: Page) -> None:
    page.context.clear_cookies()


def broken(page: Page) -> None:
    page.route(SEARCH, lambda route: route.fulfill(status=500, body="<li role='option'>x</li>"))


def unreachable(page: Page) -> None:
    page.route(SEARCH, lambda route: route.abort())


@pytest.mark.parametrize(
    "fail",
    [unreachable, *(pytest.param(each, marks=pytest.mark.long) for each in (signed_out, broken))],
)
def test_a_failing_server_leaves_a_field_to_write_in(
    people: Cast, sit_down: Sit, fail: Callable[[Page], None]
) -> None:
    page = at_the_wards(sit_down, people.adele, expecting=["/wards/known/"])
    fail(page)
    page.keyboard.type("Anestesikliniken / IVA")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(SLOW_SECONDS * 1_000)
    assert options(page) == []
    with page.expect_request("**/merge/") as sent:
        page.keyboard.press("Enter")
    assert "IVA" in (sent.value.post_data or "")


@pytest.mark.long
def test_on_a_narrow_screen_the_list_keeps_inside(people: Cast, sit_down: Sit) -> None:
    page = at_the_wards(sit_down, people.adele, width=360)
    page.keyboard.type("ogo")
    expect(page.get_by_role("option")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.long
def test_without_script_the_form_asks(people: Cast, sit_down: Sit) -> None:
    page = at_the_wards(sit_down, people.adele, javascript=False)
    field(page).fill("ögonm")
    follow(page, page.get_by_role("button", name="It is this ward"))
    page.get_by_role("radio", name="Ögonkliniken / Ögonmottagning").check()
    follow(page, page.get_by_role("button", name="It is this ward"))
    expect(page.get_by_role("status")).to_contain_text("Ögonmottagning")
    assert settled() == people.eye
