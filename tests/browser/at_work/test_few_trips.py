"""A call on a slow line: what is asked of the server, and what waits for it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from befreg_reserv.audit.models import LogEntry
from custody.logged import Logged
from custody.models import Handout
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.hands import ready, until
from tests.browser.watch import STRAIGHT
from tests.cast import Cast

BOARD, FORM, NUMBER = "/till/", "/till/call/", "/till/hand-out/"


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    return people


@contextmanager
def asked_for(page: Page) -> Iterator[list[str]]:
    """Yield the pages that are asked for within the block, by a script too: method and path."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request() or STRAIGHT in (request.post_data or ""):
            found.append(f"{request.method} {re.sub(r'^https?://[^/]+|[?].*', '', request.url)}")

    page.on("request", note)
    yield found
    page.remove_listener("request", note)


def at_the_board(page: Page) -> None:
    """Wait until the form of the next call has come."""
    with page.expect_response(lambda answer: FORM in answer.url) as answered:
        page.goto(BOARD)
    answered.value.finished()
    # The script has yet to be given what came: pressed before, N goes for the form itself after a
    # while, as it should.
    page.wait_for_load_state("networkidle")


def fill_in(page: Page) -> None:
    """Fill in the form of a call by hand, for a woman."""
    ready(page, "sex")
    page.keyboard.press("k")
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("Anestesikliniken / IVA")


def take_call(page: Page) -> None:
    """Fill in the form of a call, and send it."""
    fill_in(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/till/handouts/*/")


def mark_document(page: Page) -> None:
    page.evaluate("document.documentElement.dataset.same = ''")


def same_document(page: Page) -> bool:
    return bool(page.evaluate("'same' in document.documentElement.dataset"))


def shown() -> Any:
    return LogEntry.objects.filter(act=Logged.NUMBER_SHOWN).exists()


def test_a_call_goes_to_the_server_once(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    at_the_board(page)
    with asked_for(page) as pages:
        page.keyboard.press("n")
        take_call(page)
        expect(page.locator(".big .last")).to_be_visible()
    assert pages == [f"POST {NUMBER}"]
    until(page, shown)


def test_reload_and_back_send_nothing_again(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    at_the_board(page)
    page.keyboard.press("n")
    take_call(page)
    until(page, shown)
    number = page.url.removeprefix(page.url[: page.url.index("/till/")])
    with asked_for(page) as pages:
        page.reload()
        page.goto(BOARD)
        page.go_back()
        expect(page.locator(".big .last")).to_be_visible()
        page.go_back()
        ready(page, "sex")
        page.go_back()
        expect(page.locator("#live")).to_be_visible()
        page.go_forward()
        ready(page, "sex")
    assert {each.split()[0] for each in pages} == {"GET"}
    assert pages[:2] == [f"GET {number}", f"GET {BOARD}"]
    assert Handout.objects.count() == 1


def test_the_form_that_lay_ready_begins_now_and_is_kept(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    at_the_board(page)
    asked = page.evaluate("Date.now()")
    page.wait_for_timeout(1500)
    page.keyboard.press("n")
    ready(page, "sex")
    expect(page).to_have_title(re.compile("Nytt samtal"))
    expect(page.locator("[name=ward][role=combobox]")).to_be_visible()
    begun = page.locator("[name=called_at]").evaluate("field => Date.parse(field.value)")
    assert begun > asked
    page.keyboard.press("k")
    page.get_by_label("vgr-id").fill("wilma")
    with page.expect_response(lambda answer: FORM in answer.url):
        page.go_back()
    page.keyboard.press("n")
    expect(page.get_by_role("link", name="Fortsätt med det")).to_be_focused()


def test_a_form_that_is_not_there_is_gone_to(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda, expecting=["ERR_FAILED"])
    page.route("**/till/call/**", lambda route: route.abort(), times=1)
    with page.expect_event("requestfailed"):  # it was asked for beforehand, and not by the key
        page.goto(BOARD)
    page.keyboard.press("n")
    take_call(page)
    assert Handout.objects.count() == 1


def test_the_answer_takes_the_place_of_the_form(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    at_the_board(page)
    mark_document(page)
    for sex in "km":
        page.keyboard.press("n")
        ready(page, "sex")
        page.get_by_label("vgr-id").fill("wilma")
        page.locator("input[name=ward]").fill("Anestesikliniken / IVA")
        page.keyboard.press("Enter")  # the sex is wanted
        expect(page.get_by_role("alert")).to_be_focused()
        page.keyboard.press(sex)
        page.locator("input[name=ward]").focus()
        with page.expect_response(lambda answer: FORM in answer.url) as answered:
            page.keyboard.press("Enter")
            page.wait_for_url("**/till/handouts/*/")
        answered.value.finished()
        ready(page, "typed")
        expect(page).to_have_title(re.compile("Numret"))
        expect(page.locator("header [name=next]").first).to_have_value(urlsplit(page.url).path)
        page.locator(".big").click()  # out of the field
    assert same_document(page)
    assert Handout.objects.count() == 2


def test_the_help_is_that_of_the_page_shown(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    at_the_board(page)
    mark_document(page)
    purpose = page.locator("[data-purpose]")
    expect(purpose).to_contain_text("Kassans startsida")
    page.keyboard.press("n")
    ready(page, "sex")
    expect(purpose).to_contain_text("Här tar du emot ett samtal")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(purpose).to_contain_text("Här tar du emot ett samtal")
    page.keyboard.press("k")
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("Anestesikliniken / IVA")
    page.keyboard.press("Enter")
    ready(page, "typed")
    expect(purpose).to_contain_text("Numret att läsa upp")
    assert same_document(page)


def test_a_reload_at_a_refused_form_offers_what_was_sent(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    at_the_board(page)
    page.keyboard.press("n")
    ready(page, "sex")
    page.get_by_label("vgr-id").fill("wilma")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.reload()
    page.get_by_role("link", name="Fortsätt med det").click()
    expect(page.get_by_label("vgr-id")).to_have_value("wilma")


def test_the_proxys_own_page_is_shown_as_it_is(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda, expecting=["status of 504"])
    at_the_board(page)
    paper = (
        "<!DOCTYPE html><html><head><title>Papper</title></head><body><h1>Till papper</h1></body>"
    )
    sent = list[str]()

    def answer(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(status=504, content_type="text/html; charset=utf-8", body=paper)

    page.route(f"**{NUMBER}", answer)
    page.keyboard.press("n")
    fill_in(page)
    page.keyboard.press("Enter")
    on_paper = page.get_by_role("heading", name="Till papper")
    expect(on_paper).to_be_visible()
    assert sent == ["POST"]
    # Locked meanwhile: nothing of anybody is shown, and whoever reads it needs it.
    locked = {"person": people.tilda.pk, "seconds": 0}
    page.route("**/still-here/", lambda route: route.fulfill(json=locked))
    with page.expect_response("**/still-here/") as answered:
        page.evaluate("new BroadcastChannel('befreg-idle').postMessage('look')")
    answered.value.finished()
    page.wait_for_timeout(100)
    expect(on_paper).to_be_visible()


def test_no_key_changes_what_was_sent_and_waits(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda, expecting=["ERR_FAILED"])
    at_the_board(page)
    sent = list[Route]()

    def hold_the_first(route: Route) -> None:
        sent.append(route)
        if len(sent) > 1:
            route.continue_()

    page.route(f"**{NUMBER}", hold_the_first)
    page.keyboard.press("n")
    fill_in(page)
    page.keyboard.press("Enter")
    until(page, lambda: len(sent) == 1)
    for key in ("m", "+"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    assert len(sent) == 1
    sent[0].abort()
    page.wait_for_url("**/till/handouts/*/")
    assert Handout.objects.get().patient.sex == "K"
