"""A state is spared a closer look only when its page shows no element of a new kind."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.kinds import Kinds, of_markup
from tests.browser.visit import Window

NEW = [
    "main.classList.add('another')",
    "main.hidden = true",
    "document.querySelector('input').type = 'search'",
    "main.append(document.querySelector('label'))",
    "document.documentElement.classList.add('another')",
    "main.tabIndex = 0",
    "main.dataset.color = 'danger'",
]


@pytest.fixture
def kinds(tmp_path: Path) -> Kinds:
    return Kinds(tmp_path / "kinds")


@pytest.fixture
def page(window: Window, kinds: Kinds) -> Page:
    window.page.goto("/sign-in/")
    assert kinds.new(window.page)
    return window.page


def test_other_words_are_no_new_kind(page: Page, kinds: Kinds) -> None:
    page.evaluate("document.querySelector('h1').textContent = 'other'; document.title = 'other'")
    assert kinds.new(page) == set()


def test_what_no_style_sheet_asks_for_is_no_new_kind(page: Page, kinds: Kinds) -> None:
    page.evaluate("document.querySelector('main').dataset.another = 'other'")
    assert kinds.new(page) == set()


def test_an_element_is_new_by_what_its_attribute_says(page: Page, kinds: Kinds) -> None:
    for colour in ("danger", "warning"):
        page.evaluate(f"document.querySelector('h1').dataset.color = '{colour}'")
        assert kinds.new(page)
        assert page.evaluate("fresh.map(({ localName }) => localName)") == ["h1"]


@pytest.mark.parametrize("script", NEW)
def test_an_element_of_a_new_kind_is_new_once(page: Page, kinds: Kinds, script: str) -> None:
    page.evaluate(f"const main = document.querySelector('main'); {script}")
    assert kinds.new(page)
    assert kinds.new(page) == set()


def test_what_another_process_has_met_is_known(page: Page, tmp_path: Path) -> None:
    assert Kinds(tmp_path / "kinds").new(page) == set()


# --- of pages as they are sent --------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html lang="sv"><body><main><h1>Till</h1><h2 id="a">One</h2>
<label for="b">Sex</label><input id="b"><p><a href="/">Home</a></p><img alt="A picture">
<section aria-labelledby="a"></section></main></body></html>"""
NOTHING_NEW = {
    "other words": ("One", "Another"),
    "more of the same": ("<p>", "<p><a href='/other/'>Other</a></p><p>"),
    "another id": ('id="b"', 'id="c"', 'for="b"', 'for="c"'),
}
OUGHT_TO_BE_ASKED = {
    "a link without words": (">Home<", "><"),
    "a picture without words": (' alt="A picture"', ""),
    "a picture whose words are empty": ("A picture", ""),
    "a field without a label": ('for="b"', 'for="a"'),
    "a name that is nowhere": ('aria-labelledby="a"', 'aria-labelledby="d"'),
    "a heading left out": ("h2", "h3"),
    "an id twice": ("<p>", '<p id="b">'),
    "two landmarks of one name": ("<section", "<section aria-labelledby='a'></section><section"),
    "another language": ('lang="sv"', 'lang="en"'),
    "a word that may not fit": ("Home", "Home" * 7),
    "a role": ("<p>", "<p role='alert'>"),
}


def changed(*what: str) -> str:
    page = PAGE
    for old, new in zip(what[::2], what[1::2], strict=True):
        assert old in page
        page = page.replace(old, new)
    return page


def opened(window: Window, kinds: Kinds, *pages: str) -> list[str]:
    """Return which of the pages, named by their places, must be opened."""
    return kinds.to_open(of_markup(window.page, {str(at): page for at, page in enumerate(pages)}))


@pytest.mark.parametrize("what", NOTHING_NEW)
def test_a_page_that_says_something_else_is_not_opened(
    window: Window, kinds: Kinds, what: str
) -> None:
    assert opened(window, kinds, PAGE) == ["0"]
    assert opened(window, kinds, changed(*NOTHING_NEW[what])) == []


@pytest.mark.parametrize("what", OUGHT_TO_BE_ASKED)
def test_a_page_is_opened_once_for(window: Window, kinds: Kinds, what: str) -> None:
    assert opened(window, kinds, PAGE) == ["0"]
    other = changed(*OUGHT_TO_BE_ASKED[what])
    assert opened(window, kinds, other) == ["0"]
    assert opened(window, kinds, other) == []


def test_every_kind_is_opened_in_some_page(window: Window, kinds: Kinds) -> None:
    pages = [PAGE, changed("h2", "h3"), changed("<p>", "<p role='alert'>"), PAGE]
    shown = of_markup(window.page, {str(at): page for at, page in enumerate(pages)})
    chosen = kinds.to_open(shown)
    of_chosen = set[str]().union(*(shown[each] for each in chosen))
    assert of_chosen == set[str]().union(*shown.values())
    assert len(chosen) == len(set(pages))
