"""How a page fits a narrow window and large letters, and shows where the focus is; its weight.

``test_every_state`` asks it of every state.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, ViewportSize

from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.visit import WIDE, Window, resize
from tests.browser.watch import Watch
from tests.browser.weight import weigh
from tests.cast import Cast

SOURCE = Path(__file__).with_name("layout.js")
NARROWEST: ViewportSize = {"width": 360, "height": 740}
ORDINARY = {"standard": 16, "fixed": 13}
TWICE = {name: 2 * size for name, size in ORDINARY.items()}
MOST_BYTES, MOST_REQUESTS = 60_000, 8
TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}


@pytest.fixture(autouse=True, scope="module")
def _with_source(window_context: tuple[BrowserContext, Watch]) -> None:
    window_context[0].add_init_script(path=SOURCE)


def as_it_is(page: Page) -> Iterator[str]:
    """Yield what is wrong with the page in the window it is in."""
    for ask in ("sideways", "small"):
        yield from (f"{ask}: {each}" for each in page.evaluate(f"layout.{ask}()"))


def complaints(page: Page, letters: CDPSession) -> Iterator[str]:
    """Yield what is wrong with the page, which is wide and in small letters afterwards."""
    resize(page, WIDE)
    yield from (f"small: {each}" for each in page.evaluate("layout.small()"))
    resize(page, NARROWEST)
    for ask, where in {"sideways": "360 px", "small": "360 px, small"}.items():
        yield from (f"{where}: {each}" for each in page.evaluate(f"layout.{ask}()"))
    resize(page, WIDE)
    yield from in_large_letters(page, letters)
    yield from (f"focus: {each}" for each in unseen_focus(page, letters))


def in_large_letters(page: Page, letters: CDPSession) -> Iterator[str]:
    """Yield what doesn't fit when letters are twice as large."""
    letters.send("Page.setFontSizes", {"fontSizes": TWICE})
    yield from (f"large letters: {each}" for each in page.evaluate("layout.sideways()"))
    if page.evaluate("getComputedStyle(document.body).fontSize") != f"{TWICE['standard']}px":
        yield "large letters: not every letter is large"
    letters.send("Page.setFontSizes", {"fontSizes": ORDINARY})


def unseen_focus(page: Page, keys: CDPSession) -> list[str]:
    """Press Tab from the beginning to the end; return where the focus isn't to be seen."""
    for _stop in range(page.evaluate("layout.watchFocus()") + 1):
        # The press alone moves the focus. Playwright's own also lets go, at thrice the time.
        keys.send("Input.dispatchKeyEvent", TAB)
    found: list[str] = page.evaluate("layout.unseenFocus()")
    return found


# --- that it would be found ---------------------------------------------------------------------


@pytest.fixture
def page(window: Window) -> Page:
    window.page.goto("/sign-in/")
    return window.page


PLANTS = {
    "main { min-width: 2000px }": "360 px: the page is 2",
    "main { min-width: 90rem }": "large letters: the page is 2",
    "main { overflow-x: auto } form { width: 2000px }": "360 px: scrolls by itself: main",
    "main button { min-height: 0 !important; height: 20px; padding: 0 }": "small: ",
    "main button:focus-visible { outline: none !important; box-shadow: none }": "focus: has focus",
    "body { font-size: 16px !important }": "large letters: not every letter",
}


@pytest.mark.parametrize("css", PLANTS)
def test_a_fault_is_found(page: Page, letters: CDPSession, css: str) -> None:
    assert not [each for each in complaints(page, letters) if each.startswith(PLANTS[css])]
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [sheet]; }",
        css,
    )
    assert [each for each in complaints(page, letters) if each.startswith(PLANTS[css])]


def test_what_tab_does_not_reach_is_found(page: Page, letters: CDPSession) -> None:
    page.evaluate(
        "document.querySelector('main').addEventListener('keydown', (event) => {"
        " if (event.key === 'Tab') event.preventDefault(); })"
    )
    assert [each for each in unseen_focus(page, letters) if each.startswith("is never reached: ")]


# --- weight -------------------------------------------------------------------------------------


def test_the_till_is_light(sit_down: Sit) -> None:
    people: Cast = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    for _ in range(5):
        scenes.handed_out(people)
    weight = weigh(sit_down(people.tilda).context, "/till/")
    assert weight.transferred <= MOST_BYTES, str(weight)
    assert weight.requests <= MOST_REQUESTS, str(weight)
