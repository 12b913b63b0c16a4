"""What a hand does in a page, and what the eyes wait for before it does the next thing."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.ground import patience


def follow(page: Page, target: Locator) -> None:
    """Click what leads to a page, and wait until that has come: its address may be the same.

    Playwright's own click goes on as soon as it is done, in the page that is about to leave.
    """
    with page.expect_navigation():
        target.click()


def send(page: Page) -> None:
    """Send the form in which the focus is, and wait for the page that answers."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def ready(page: Page, field: str) -> None:
    """Wait, as a hand does that looks first, until the page has put the focus into a field."""
    expect(page.locator(f"[name={field}]:focus")).to_have_count(1)


def until(page: Page, happens: Callable[[], bool]) -> None:
    """Wait until the server has done what the page told it, as on leaving; the page goes on."""
    patience.until(happens, between=lambda: page.wait_for_timeout(50))
