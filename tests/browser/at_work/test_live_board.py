"""The live board: it shows what others do, and says when it has lost the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from outage import doubt, lifecycle
from outage.models import Outage, Tick
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import give_session, opened
from tests.cast import Cast
from tests.served import Server, serving, wait_until_idle

# A refresh comes every second here; a lost server may hold one for eight before it is given up.
PATIENCE_MS = 20_000


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    return people


@pytest.fixture(scope="module")
def server(django_db_setup: None, server_var: Path) -> Iterator[Server]:
    with serving(server_var, {"BOARD_REFRESH_SECONDS": "1"}) as running:
        yield running


@pytest.fixture
def board(browser: Browser, server: Server, people: Cast) -> Iterator[Page]:
    context, watch = opened(browser, server, expecting=("ERR_CONNECTION", "htmx"))
    give_session(context, server, people.tilda)
    page = context.new_page()
    page.goto(f"{server.url}/till/")
    yield page
    context.close()
    wait_until_idle(server)
    assert not watch.faults


def test_it_survives_a_restart_and_says_when_it_is_stale(
    board: Page, server: Server, people: Cast
) -> None:
    stale = board.get_by_role("alert")
    expect(stale).to_be_hidden()
    heard = board.locator("[data-heard]").get_attribute("data-heard")
    server.stop()
    expect(stale).to_contain_text("Ingen kontakt med servern", timeout=PATIENCE_MS)
    expect(stale).to_contain_text(str(board.locator("[data-heard]").get_attribute("data-heard")))
    scenes.handed_out(people)
    server.start()
    expect(board.get_by_role("link", name="20000101 K 06 4")).to_be_visible(timeout=PATIENCE_MS)
    expect(stale).to_be_hidden()
    assert board.locator("[data-heard]").get_attribute("data-heard") != heard


@pytest.fixture
def at_rest(board: Page, people: Cast) -> Page:
    """The board with its checklist: no outage goes on."""
    lifecycle.end(Outage.objects.get(), scenes.now(people.tilda))
    expect(board.get_by_role("button", name="Befreg går inte att nå: starta")).to_be_visible(
        timeout=PATIENCE_MS
    )
    return board


def test_anothers_tick_comes_while_somebody_writes(at_rest: Page, people: Cast) -> None:
    field = at_rest.locator("#real-start_text")
    field.press_sequentially("säger inget")
    doubt.tick(["local"], scenes.now(people.adele), drill=False)
    expect(at_rest.get_by_text("adele")).to_be_visible(timeout=PATIENCE_MS)
    expect(field).to_have_value("säger inget")
    expect(field).to_be_focused()


def test_a_tick_is_saved_as_it_is_made_and_keeps_focus_note_and_scroll(at_rest: Page) -> None:
    at_rest.set_viewport_size({"width": 1366, "height": 400})
    at_rest.locator("#real-start_text").fill("säger inget")
    box = at_rest.locator("#real-start_news")
    box.focus()
    scrolled = at_rest.evaluate("scrollY")
    at_rest.keyboard.press("Space")
    expect(at_rest.locator("#real-points")).to_contain_text("tilda")
    expect(box).to_be_focused()
    assert at_rest.evaluate("scrollY") == scrolled
    assert at_rest.locator("#real-start_text").input_value() == "säger inget"
    assert Tick.objects.get(skipped=False).item == "news"


@pytest.mark.long
def test_a_start_is_not_held_up_by_what_waits(at_rest: Page, people: Cast) -> None:
    at_rest.locator("#real-start_text").press_sequentially("inget svar")
    scenes.begin(people.adele)
    expect(at_rest.locator("#waiting")).to_be_visible(timeout=PATIENCE_MS)
    at_rest.get_by_role("button", name="Befreg går inte att nå: starta").click()
    expect(at_rest.get_by_role("link", name="Nytt samtal")).to_be_visible()
    outage = Outage.objects.get(ended_at=None)
    assert outage.timeline.get(act="also_reported").text == "inget svar"
