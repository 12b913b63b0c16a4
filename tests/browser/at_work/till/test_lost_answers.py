"""A call that is sent twice, whose answer is lost, or that was begun and left: no number twice."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Draft
from custody.logged import Logged
from custody.models import Handout
from tests.browser.at_work.till.calls import BOTH, call, filled, last_four, new_call
from tests.browser.conftest import Sit
from tests.browser.hands import follow, send, until
from tests.cast import Cast
from tests.faults.inside import broken


@BOTH
def test_reload_back_and_double_press(people: Cast, sit_down: Sit, javascript: bool) -> None:
    page = sit_down(people.tilda, javascript=javascript)
    new_call(page)
    call(page)
    page.reload()
    page.go_back()
    page.get_by_label("Kvinna").check()
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("Anestesikliniken / IVA")
    page.get_by_role("button", name="Lämna ut ett nummer").dblclick()
    # Pages aren't kept, so back showed a new form, and it may be the same call.
    expect(page.get_by_role("heading", name="Är det samma samtal?")).to_be_visible()
    assert Handout.objects.count() == 1
    page.get_by_role("button", name="Nej, en annan patient").dblclick()
    page.wait_for_url("**/till/handouts/**")
    assert Handout.objects.count() == 2


def cut_answer(route: Route) -> None:
    """Let the server do what was asked, and its answer reach nobody."""
    route.fetch(max_redirects=0)
    route.abort("connectionreset")


def lose_answer(page: Page) -> None:
    """Send a call whose answer is lost, however often; the browser says so on a page of its own."""
    page.route("**/till/hand-out/", cut_answer)
    page.get_by_label("Kvinna").check()
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("Anestesikliniken / IVA")
    page.get_by_role("button", name="Lämna ut ett nummer").click(no_wait_after=True)
    expect(page).to_have_url(re.compile("chrome-error"))
    page.unroute("**/till/hand-out/")


@BOTH
def test_back_after_a_lost_answer_leads_to_the_number(
    people: Cast, sit_down: Sit, javascript: bool
) -> None:
    page = sit_down(people.tilda, javascript=javascript, expecting=["ERR_CONNECTION_RESET"])
    new_call(page)
    lose_answer(page)
    page.go_back()
    expect(page.get_by_role("heading", name="som du inte har sett")).to_be_visible()
    expect(page.get_by_role("link", name="Visa numret")).to_be_focused()
    send(page)
    assert last_four(page) == "K064"
    assert Handout.objects.count() == 1


@pytest.mark.long
@BOTH
def test_the_same_call_typed_again_after_a_lost_answer_is_asked_about(
    people: Cast, sit_down: Sit, javascript: bool
) -> None:
    page = sit_down(people.tilda, javascript=javascript, expecting=["ERR_CONNECTION_RESET"])
    new_call(page)
    lose_answer(page)
    page.goto("/till/")
    page.goto("/till/call/?new=1")
    call(page)
    page.keyboard.press("Enter")  # held a little too long: it answers nothing
    expect(page.get_by_role("heading", name="Är det samma samtal?")).to_be_focused()
    follow(page, page.get_by_role("link", name=re.compile("K064")))
    assert last_four(page) == "K064"
    assert Handout.objects.count() == 1


def test_a_call_without_an_answer_is_sent_again_by_the_page_itself(
    people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda, expecting=["status of 503"])
    new_call(page)
    button, held = filled(page), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/again*", hold)
    # The page counts its seconds only when the database answers again, however long that takes.
    with broken(), page.expect_navigation(wait_until="commit"):
        button.click()
    until(page, lambda: bool(held))
    held[0].continue_()
    page.wait_for_url("**/till/handouts/*/")
    assert last_four(page) == "K064"
    assert Handout.objects.count() == 1


@pytest.mark.long
def test_back_from_a_number_shows_a_form_without_the_former_patients_sex(
    people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    call(page, sex="Man")
    until(page, lambda: LogEntry.objects.filter(act=Logged.NUMBER_SHOWN).exists())
    page.go_back()
    expect(page.get_by_label("vgr-id")).to_have_value("")
    expect(page.locator("[name=sex]:checked")).to_have_count(0)


@pytest.mark.long
def test_a_call_that_was_begun_and_left_is_offered(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    page.get_by_label("vgr-id").fill("wilma")
    follow(page, page.get_by_role("link", name="Tillbaka till kassan"))
    until(page, Draft.objects.exists)
    page.keyboard.press("n")
    expect(page.get_by_role("link", name="Fortsätt med det")).to_be_focused()
    send(page)
    expect(page.get_by_label("vgr-id")).to_have_value("wilma")


def test_a_call_that_never_arrived_comes_back_with_its_key(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda, expecting=["ERR_CONNECTION_RESET"])
    new_call(page)
    key = page.locator("[name=request_key]").input_value()
    page.route("**/till/hand-out/", lambda route: route.abort("connectionreset"))
    page.get_by_label("Kvinna").check()
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("IVA")
    page.get_by_role("button", name="Lämna ut ett nummer").click(no_wait_after=True)
    expect(page).to_have_url(re.compile("chrome-error"))
    page.unroute("**/till/hand-out/")
    page.go_back()
    expect(page.get_by_role("link", name="Fortsätt med det")).to_be_focused()
    send(page)
    expect(page.locator("[name=request_key]")).to_have_value(key)
    follow(page, page.get_by_role("button", name="Lämna ut ett nummer"))
    assert str(Handout.objects.get().request_key) == key
    follow(page, page.get_by_role("link", name=re.compile("Nästa samtal")))
    expect(page.get_by_label("vgr-id")).to_have_value("")


def test_a_begun_call_outlives_its_browser(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    page.keyboard.press("k")
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").focus()
    until(page, lambda: Draft.objects.filter(fields__caller="wilma").exists())
    page.evaluate("window.stop(); navigator.sendBeacon = () => false")  # as when it crashes
    anew = sit_down(people.tilda)
    anew.keyboard.press("n")
    expect(anew.get_by_role("link", name="Fortsätt med det")).to_be_focused()
    send(anew)
    expect(anew.get_by_label("vgr-id")).to_have_value("wilma")
    expect(anew.get_by_label("Kvinna")).to_be_checked()
    follow(anew, anew.get_by_role("button", name="Börja ett nytt samtal"))
    expect(anew.get_by_label("vgr-id")).to_have_value("")
    assert not Draft.objects.exists()
