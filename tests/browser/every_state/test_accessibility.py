"""No violation of WCAG 2.2 AA in any state: in both languages, wide and narrow, light and dark.

Swedish pages are looked at in ``test_every_state``, where the same visit serves the layout too. In
`make test` each that is opened is asked wide what it says; an element of a new kind
(``tests.browser.kinds``) also for its colours, wide in the light and narrow in the dark; and each
page is asked for in English once, as it is shown and as it is refused. The long forms have every
state in every way.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize

from tests import cast as casting
from tests.browser import axe
from tests.browser.kinds import Kinds
from tests.browser.situations import Places
from tests.browser.states import GROUPS, Group, State
from tests.browser.visit import (
    WIDE,
    Window,
    in_scheme,
    leaves_all_as_it_was,
    one_of_each_page,
    only,
    page_of,
    resize,
)
from tests.browser.watch import Watch
from tests.served import ROOT

NARROW: ViewportSize = {"width": 390, "height": 844}
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


class WideAndNarrow:
    """Looks at each page of a test: wide in the light, and narrow in the dark.

    Most rules ask what is to be seen and what it says. A narrow page is asked those only when other
    elements are to be seen in it, once for each: the words that every header leaves out, once.
    """

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def __call__(self, page: Page) -> Found:
        """Yield what is wrong with the page, which is wide and light before and afterwards."""
        yield from in_wide_light(axe.violations(page))
        yield from self._narrow(page)

    def fresh(self, page: Page, kinds: set[str]) -> Found:
        """Yield the same, but ask for colours and measures the elements of new ``kinds`` alone."""
        yield from in_wide_light(axe.violations(page, "words"))
        if kinds:
            yield from in_wide_light(axe.violations(page, "layout", fresh=True))
            yield from self._narrow(page, fresh=True)

    def _narrow(self, page: Page, *, fresh: bool = False) -> Found:
        wide = axe.seen(page)
        lay_out(page, NARROW, "dark")
        if (changed := axe.changed(page, wide)) <= self._asked:
            found = axe.violations(page, "layout", fresh=fresh)
        else:
            found = axe.violations(page)
        self._asked |= changed
        yield from (("390 px, dark", each) for each in found)
        lay_out(page, WIDE, "light")


def in_wide_light(found: Iterable[axe.Violation]) -> Found:
    return (("1366 px, light", each) for each in found)


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
    return axe.violations(page, "colours" if axe.shape(page) == shape else "all")


def wrong_in_english(states: Iterable[State], places: Places, window: Window) -> str:
    """Show the states in English; return what is wrong with their words, or nothing."""
    found: dict[str, list[str]] = {}
    for state in states:
        window.show(state, places, "en")
        # Whether a word can be read doesn't hang on the language; see below.
        for violation in axe.violations(window.page, "words"):
            found.setdefault(str(violation), []).append(state.name)
    return report(found) if found else ""


IN_ENGLISH = one_of_each_page(GROUPS)
# The others are asked for in English on the visit to the Swedish ones, after them.
APART = only(IN_ENGLISH, lambda state: not leaves_all_as_it_was(state))
AFTER = {str(group): group.states for group in only(IN_ENGLISH, leaves_all_as_it_was)}


@pytest.mark.parametrize("group", APART, ids=str)
def test_nothing_is_wrong_in_english_with(group: Group, window: Window) -> None:
    places = group.situation(casting.assemble())
    assert not wrong_in_english(group.states, places, window)


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


def test_every_page_that_has_a_state_is_looked_at_in_english() -> None:
    pages = [page_of(state) for group in GROUPS for state in group.states]
    looked_at = [page_of(state) for group in APART for state in group.states]
    looked_at += [page_of(state) for group in GROUPS for state in AFTER.get(str(group), ())]
    assert sorted(set(pages)) == sorted(looked_at)


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
    return {(violation.rule, where) for where, violation in WideAndNarrow()(page)}


@pytest.mark.parametrize(
    ("scheme", "pale", "where"),
    [("light", "#bbb", "1366 px, light"), ("dark", "#444", "390 px, dark")],
)
def test_pale_text_is_found_in_each_scheme(page: Page, scheme: str, pale: str, where: str) -> None:
    css = f"h1 {{ color: {pale} !important }}"
    page.evaluate(PLANT, f"@media (prefers-color-scheme: {scheme}) {{ {css} }}")
    assert {at for rule, at in found(page) if rule == "color-contrast"} == {where}


@pytest.mark.parametrize(
    ("scheme", "pale", "where"),
    [("light", "#bbb", "1366 px, light"), ("dark", "#444", "390 px, dark")],
)
def test_pale_text_of_a_new_kind_is_found_in_each_scheme(
    page: Page, tmp_path: Path, scheme: str, pale: str, where: str
) -> None:
    kinds = Kinds(tmp_path / "kinds")
    kinds.new(page)
    page.evaluate("document.querySelector('h1').className = 'pale'")
    page.evaluate(PLANT, f"@media (prefers-color-scheme: {scheme}) {{ .pale {{ color: {pale} }} }}")
    found = WideAndNarrow().fresh(page, kinds.new(page))
    assert {at for at, violation in found if violation.rule == "color-contrast"} == {where}


def test_a_target_that_is_small_on_a_narrow_page_alone_is_found(page: Page) -> None:
    close = "<p><button>a</button><button>b</button></p>"
    page.evaluate(
        "html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", close
    )
    page.evaluate(PLANT, SMALL)
    assert {at for rule, at in found(page) if rule == "target-size"} == {"390 px, dark"}


def test_what_is_only_there_on_a_narrow_page_is_looked_at_in_full(page: Page) -> None:
    page.evaluate("document.querySelector('h1').append(document.createElement('button'))")
    page.evaluate(PLANT, "@media (min-width: 1000px) { h1 button { display: none } }")
    assert {at for rule, at in found(page) if rule == "button-name"} == {"390 px, dark"}
