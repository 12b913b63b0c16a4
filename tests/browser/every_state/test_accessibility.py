"""No violation of WCAG 2.2 AA in any state: in both languages, wide and narrow, light and dark.

Swedish pages are looked at in ``test_every_state``, where the same visit serves the layout too. In
`make test` axe is asked once of each that is opened; the long forms have every state in every way.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal
from zlib import crc32

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize

from tests import cast as casting
from tests.browser import axe
from tests.browser.every_state.test_layout import NARROWEST
from tests.browser.states import GROUPS, Group
from tests.browser.visit import WIDE, Window, in_scheme, one_of_each_page, page_of, resize
from tests.browser.watch import Watch
from tests.served import ROOT

NARROW: ViewportSize = {"width": 390, "height": 844}
WAYS: dict[str, tuple[ViewportSize, Literal["light", "dark"]]] = {
    "1366 px, light": (WIDE, "light"),
    "360 px, dark": (NARROWEST, "dark"),
}
Found = Iterator[tuple[str, axe.Violation]]
SMALL = """@media (max-width: 1000px) { p button {
  all: unset; display: inline-block; width: 9px; height: 9px;
} }"""
PLANT = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.fixture(autouse=True, scope="module")
def _with_axe(window_context: tuple[BrowserContext, Watch]) -> None:
    axe.install(window_context[0])


def lay_out(page: Page, size: ViewportSize, scheme: Literal["light", "dark"]) -> None:
    resize(page, size)
    in_scheme(page, scheme)


def in_every_light(page: Page, *, dark: bool = True) -> Found:
    """Yield what is wrong with the page, wide and narrow, in the light and in the dark."""
    # As it happens to be, and then the other way: laying out anew takes its time.
    for size in sorted((WIDE, NARROW), key=lambda size: size != page.viewport_size):
        resize(page, size)
        where = f"{size['width']} px"
        in_scheme(page, "light")
        yield from ((f"{where}, light", each) for each in axe.violations(page))
        if dark:
            yield from ((f"{where}, dark", each) for each in in_the_dark(page, axe.shape(page)))
            in_scheme(page, "light")


def in_the_dark(page: Page, shape: str) -> list[axe.Violation]:
    """Ask the rules about colour again; and every other, if more than colours changed."""
    in_scheme(page, "dark")
    return axe.violations(page, colours=axe.shape(page) == shape)


def in_one_light(page: Page, where: str) -> Found:
    """Yield what is wrong with the page in one of the WAYS."""
    lay_out(page, *WAYS[where])
    yield from ((where, each) for each in axe.violations(page))


def way_of(name: str) -> str:
    """Return in which of the WAYS a state is looked at in `make test`: in the same each time."""
    return list(WAYS)[crc32(name.encode()) % len(WAYS)]


# Each page once, in the first of its states.
IN_ENGLISH = {str(group): group.states for group in one_of_each_page(GROUPS)}


@pytest.mark.long
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_nothing_is_wrong_in_english_in_any_state_with(group: Group, window: Window) -> None:
    places = group.situation(casting.assemble())
    found: dict[str, list[str]] = {}
    for state in group.states:
        window.show(state, places, "en")
        for where, violation in in_every_light(window.page, dark=False):
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


def test_every_page_that_has_a_state_is_read_in_english() -> None:
    pages = {page_of(state) for group in GROUPS for state in group.states}
    read = [page_of(state) for states in IN_ENGLISH.values() for state in states]
    assert sorted(pages) == sorted(read)


def test_of_the_states_half_are_looked_at_in_each_way() -> None:
    ways = Counter(way_of(state.name) for group in GROUPS for state in group.states)
    assert min(ways[way] for way in WAYS) > ways.total() / 3


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


# --- as a state is looked at in `make test` -------------------------------------------------------


def found(page: Page) -> set[tuple[str, str]]:
    return {(each.rule, where) for way in WAYS for where, each in in_one_light(page, way)}


@pytest.mark.parametrize(
    ("scheme", "pale", "where"),
    [("light", "#bbb", "1366 px, light"), ("dark", "#444", "360 px, dark")],
)
def test_pale_text_is_found_in_each_scheme(page: Page, scheme: str, pale: str, where: str) -> None:
    css = f"h1 {{ color: {pale} !important }}"
    page.evaluate(PLANT, f"@media (prefers-color-scheme: {scheme}) {{ {css} }}")
    assert {at for rule, at in found(page) if rule == "color-contrast"} == {where}


# Two buttons side by side; no page takes a text as elements.
CLOSE = """() => {
    const line = document.createElement("p");
    line.append(...["a", "b"].map(
        name => Object.assign(document.createElement("button"), { textContent: name })));
    document.querySelector("main").append(line);
}"""


def test_a_target_that_is_small_on_a_narrow_page_alone_is_found(page: Page) -> None:
    page.evaluate(CLOSE)
    page.evaluate(PLANT, SMALL)
    assert {at for rule, at in found(page) if rule == "target-size"} == {"360 px, dark"}


def test_what_is_only_there_on_a_narrow_page_is_looked_at_in_full(page: Page) -> None:
    page.evaluate("document.querySelector('h1').append(document.createElement('button'))")
    page.evaluate(PLANT, "@media (min-width: 1000px) { h1 button { display: none } }")
    assert {at for rule, at in found(page) if rule == "button-name"} == {"360 px, dark"}
