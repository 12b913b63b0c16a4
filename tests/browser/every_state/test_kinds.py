"""A page is opened in Chromium for each new kind of element or template, and only then."""

from pathlib import Path

import pytest
from django.template import engines

from tests.browser.kinds import Kinds
from tests.browser.markup import Markup
from tests.browser.states import State
from tests.browser.visit import Sent, templates_rendered

PAGE = """<!DOCTYPE html><html lang="sv"><body><main><h1>Till</h1><h2 id="a">One</h2>
<label for="b">Sex</label><input id="b"><p><a href="/">Home</a></p><button class="big">Go</button>
</main></body></html>"""
NOTHING_NEW = {
    "other words": ("One", "Another"),
    "more of the same": ("<p>", "<p><a href='/other/'>Other</a></p><p>"),
    "another id": ('id="b"', 'id="c"', 'for="b"', 'for="c"'),
    "what no sheet asks for": ("<p>", "<p data-another='other'>"),
}
NEW = {
    "an element": ("<p>", "<aside></aside><p>"),
    "a class": ("<p>", "<p class='another'>"),
    "a type": ("<input", "<input type='search'"),
    "what an attribute says that a sheet asks for": ("<p>", "<p data-color='danger'>"),
    "a place among the stops of the Tab key": ("<p>", "<p tabindex='0'>"),
    "something hidden": ("<p>", "<p hidden>"),
    "a role": ("<p>", "<p role='alert'>"),
    "a language": ('lang="sv"', 'lang="en"'),
}


@pytest.fixture
def kinds(tmp_path: Path) -> Kinds:
    return Kinds(tmp_path / "kinds")


def changed(*what: str) -> str:
    page = PAGE
    for old, new in zip(what[::2], what[1::2], strict=True):
        assert old in page
        page = page.replace(old, new)
    return page


def sent(page: str, *templates: str) -> Sent:
    return Sent(State("any", "", "/"), "sv", Markup(page), frozenset(templates))


def opened(kinds: Kinds, *pages: str) -> list[str]:
    """Return which of the pages, named by their places, must be opened."""
    return [*kinds.to_open({str(at): sent(page).kinds for at, page in enumerate(pages)})]


@pytest.mark.parametrize("what", NOTHING_NEW)
def test_a_page_that_says_something_else_is_not_opened(kinds: Kinds, what: str) -> None:
    assert opened(kinds, PAGE) == ["0"]
    assert opened(kinds, changed(*NOTHING_NEW[what])) == []


@pytest.mark.parametrize("what", NEW)
def test_a_page_is_opened_once_for(kinds: Kinds, what: str) -> None:
    assert opened(kinds, PAGE) == ["0"]
    assert opened(kinds, changed(*NEW[what])) == ["0"]
    assert opened(kinds, changed(*NEW[what])) == []


def test_a_page_is_opened_for_a_template_that_no_page_had(kinds: Kinds) -> None:
    kinds.to_open({"a": sent(PAGE, "board.html").kinds})
    new = kinds.to_open({"b": sent(PAGE, "board.html", "_strip.html").kinds})
    assert new == {"b": {"_strip.html"}}


def test_what_another_process_has_met_is_known(kinds: Kinds, tmp_path: Path) -> None:
    opened(kinds, PAGE)
    assert opened(Kinds(tmp_path / "kinds"), PAGE) == []


def test_every_kind_is_opened_in_some_page(kinds: Kinds) -> None:
    pages = [PAGE, changed("h2", "h3"), changed("<p>", "<p role='alert'>")]
    shown = {str(at): sent(page).kinds for at, page in enumerate(pages)}
    chosen = kinds.to_open(shown)
    of_chosen = set[str]().union(*(shown[each] for each in chosen))
    assert of_chosen == set[str]().union(*shown.values())
    assert [*chosen] == ["2", "1"]  # the first has nothing that these haven't


def test_templates_are_noted_with_those_inside_of_them() -> None:
    with templates_rendered() as names:
        engines["django"].from_string("{% include '_errors.html' %}").render({})
    assert "_errors.html" in names
