"""No violation of WCAG 2.2 AA in any state: in both languages, wide and narrow, light and dark.

Swedish pages are looked at in ``test_every_state``, where the same visit serves the layout too.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize

from tests import cast as casting
from tests.browser import axe
from tests.browser.states import GROUPS, Group
from tests.browser.visit import Window
from tests.browser.watch import Watch
from tests.served import ROOT

WIDE: ViewportSize = {"width": 1366, "height": 768}
NARROW: ViewportSize = {"width": 390, "height": 844}
Found = Iterator[tuple[str, axe.Violation]]
PLANT = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.fixture(autouse=True, scope="module")
def _with_axe(window_context: tuple[BrowserContext, Watch]) -> None:
    axe.install(window_context[0])


def in_every_light(
    page: Page, *, dark: bool = True, sizes: Sequence[ViewportSize] = (WIDE, NARROW)
) -> Found:
    """Yield what is wrong with the page, wide and narrow, in the light and in the dark."""
    # As it happens to be, and then the other way: laying out anew takes its time.
    for size in sorted(sizes, key=lambda size: size != page.viewport_size):
        page.set_viewport_size(size)
        where = f"{size['width']} px"
        in_scheme(page, "light")
        yield from ((f"{where}, light", each) for each in axe.violations(page))
        if dark:
            yield from ((f"{where}, dark", each) for each in in_the_dark(page, axe.shape(page)))


def in_the_dark(page: Page, shape: str) -> list[axe.Violation]:
    """Ask the rules about colour again; and every other, if more than colours changed."""
    in_scheme(page, "dark")
    return axe.violations(page, colour_only=axe.shape(page) == shape)


def in_scheme(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


@pytest.mark.parametrize("sizes", [(WIDE,), pytest.param((NARROW,), marks=pytest.mark.long)])
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_nothing_is_wrong_in_english_with(
    group: Group, sizes: Sequence[ViewportSize], window: Window
) -> None:
    places = group.situation(casting.assemble())
    found: dict[str, list[str]] = {}
    for state in group.states:
        window.show(state, places, "en")
        # Whether a word can be read in the dark doesn't hang on the language; see below.
        for where, violation in in_every_light(window.page, dark=False, sizes=sizes):
            found.setdefault(str(violation), []).append(f"{state.name} ({where})")
    assert not found, report(found)


def report(found: dict[str, list[str]]) -> str:
    """Return each violation once, with the states it is in."""
    lines = (f"  {violation}\n      in: {'; '.join(states)}" for violation, states in found.items())
    return "\n".join([f"{len(found)} violations", *lines])


def test_no_style_hangs_on_the_language() -> None:
    sheets = [path.read_text(encoding="utf-8") for path in (ROOT / "static").rglob("*.css")]
    assert sheets
    assert not [sheet for sheet in sheets if re.search(r":lang\b|\[lang\b", sheet)]


# --- that it would be found ---------------------------------------------------------------------


@pytest.fixture
def page(window: Window) -> Page:
    window.page.goto("/sign-in/")
    return window.page


def rules(page: Page) -> set[tuple[str, str]]:
    return {(violation.rule, where) for where, violation in in_every_light(page)}


def test_axe_is_the_one_that_is_vendored(page: Page) -> None:
    assert page.evaluate("axe.version") == axe.VERSION


def test_a_picture_without_words_is_found(page: Page) -> None:
    page.evaluate("document.querySelector('main').append(new Image(9, 9))")
    page.evaluate("document.querySelector('main img').src = '/static/icon.svg'")
    assert {("image-alt", "1366 px, light"), ("image-alt", "390 px, light")} <= rules(page)


def test_pale_text_is_found_where_it_is_pale(page: Page) -> None:
    page.evaluate(PLANT, "@media (prefers-color-scheme: dark) { h1 { color: #444 !important } }")
    pale = {where for rule, where in rules(page) if rule == "color-contrast"}
    assert pale == {"1366 px, dark", "390 px, dark"}


def test_what_is_only_there_in_the_dark_is_looked_at_in_full(page: Page) -> None:
    page.evaluate("document.querySelector('h1').append(document.createElement('button'))")
    page.evaluate(PLANT, "@media (prefers-color-scheme: light) { h1 button { display: none } }")
    unnamed = {where for rule, where in rules(page) if rule == "button-name"}
    assert unnamed == {"1366 px, dark", "390 px, dark"}
