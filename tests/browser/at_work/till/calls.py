"""A call as the hand takes it, with script or without."""

import re

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.hands import follow

# Without script, what a form does is what Django's client sees too.
BOTH = pytest.mark.parametrize(
    "javascript",
    [True, pytest.param(False, marks=pytest.mark.long)],
    ids=["javascript", "no javascript"],
)


def call(page: Page, **said: str) -> None:
    """Take a call by hand, in any browser."""
    follow(page, filled(page, **said))


def filled(
    page: Page, ward: str = "Anestesikliniken / IVA", sex: str = "Kvinna", caller: str = "wilma"
) -> Locator:
    """Fill in the form of a call; return its button."""
    page.get_by_label(sex).check()
    page.get_by_label("vgr-id").fill(caller)
    page.locator("input[name=ward]").fill(ward)
    return page.get_by_role("button", name="Lämna ut ett nummer")


def new_call(page: Page) -> None:
    follow(page, page.get_by_role("link", name=re.compile("Nytt samtal")))


def last_four(page: Page) -> str:
    return page.locator(".last").inner_text().replace("\n", "")
