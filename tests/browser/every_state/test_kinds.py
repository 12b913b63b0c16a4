"""A state is spared a closer look only when its page shows no element of a new kind."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.kinds import Kinds
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
