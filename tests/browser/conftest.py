"""A real Chromium, and people who sit down in front of it."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from befreg_reserv.people.models import User
from tests.browser.chromium import LAUNCH_ARGS, find, require, required
from tests.served import Served

PASSWORD = "korrekt häst batteri 7"
Sit = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process."""
    if not find() and not required():
        pytest.skip("No Chromium; with CI=true this fails.")
    # Playwright runs an event loop in this thread; the ORM is used between its calls only.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
        yield running
        running.close()


@pytest.fixture
def sit_down(browser: Browser, served: Served) -> Iterator[Sit]:
    """Open a workstation of one's own and sign in by hand."""
    contexts: list[BrowserContext] = []

    def sit(user: User, *, javascript: bool = True) -> Page:
        user.set_password(PASSWORD)
        user.save()
        context = browser.new_context(
            base_url=served.url,
            java_script_enabled=javascript,
            viewport={"width": 1366, "height": 768},
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.goto("/")
        page.get_by_label("vgr-id").fill(user.username)
        page.get_by_label("Lösenord").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    yield sit
    for context in contexts:
        context.close()
