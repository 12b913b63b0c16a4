"""Faults that no person sees are noted, so that a test of anything else fails on them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.watch import Watch
from tests.served import Served

INLINE = (
    "document.body.append(Object.assign(document.createElement('style'), {textContent: 'a{}'}))"
)
FAULTS = {
    "console.error('a word of mine')": "console: a word of mine",
    "setTimeout(() => { throw new Error('not caught') })": "uncaught: not caught",
    "fetch('/nothing-here/')": "status of 404",
    INLINE: "Content Security Policy",
}


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(base_url=served.url)
    yield context.new_page()
    context.close()


def noted(watch: Watch, page: Page, script: str) -> list[str]:
    """Run the script and return what is noted in a moment."""
    page.evaluate(f"() => {{ {script} }}")
    for _moment in range(100):
        if watch.faults:
            break
        page.wait_for_timeout(20)
    return watch.faults


@pytest.mark.parametrize("script", FAULTS)
def test_a_fault_is_noted(page: Page, served: Served, script: str) -> None:
    watch = Watch(page.context, served.url)
    page.goto("/sign-in/")
    assert watch.faults == []
    assert FAULTS[script] in noted(watch, page, script)[0]


def test_nobody_asks_another_host(page: Page, served: Served) -> None:
    watch = Watch(page.context, served.url)
    # On a page of no server's, since ours forbids it and nothing would be sent.
    asks = "fetch('http://example.org/').catch(() => 0)"
    assert noted(watch, page, asks)[0] == "request to another host: http://example.org/"


def test_what_a_test_expects_is_no_fault(page: Page, served: Served) -> None:
    watch = Watch(page.context, served.url, expected=["status of 404"])
    page.goto("/sign-in/")
    script = "fetch('/nothing-here/').then(() => console.error('another'))"
    assert ["another" in fault for fault in noted(watch, page, script)] == [True]


def test_nor_is_a_page_that_refuses(page: Page, served: Served) -> None:
    watch = Watch(page.context, served.url)
    answer = page.goto("/nothing-here/")
    assert answer
    assert (answer.status, watch.faults) == (404, [])
