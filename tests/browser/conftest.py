"""A real Chromium, and people who sit down in front of it."""

import os
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, Literal, Protocol

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect, sync_playwright

from befreg_reserv.people.models import User
from tests.browser.chromium import LAUNCH_ARGS, require
from tests.browser.visit import BARE, WIDE, Window, in_scheme, resize
from tests.browser.watch import Watch
from tests.conftest import ARGON2_AS_SERVED
from tests.served import Served, session_of
from tests.tooling import wanted

PASSWORD = "korrekt häst batteri 7"
PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process."""
    if lacking := wanted.for_browser():
        (pytest.fail if wanted.required() else pytest.skip)(wanted.line(lacking))
    # Playwright runs an event loop in this thread; the ORM is used between its calls only.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
        yield running
        running.close()


class Sit(Protocol):
    """Opens a workstation of one's own; see ``sit_down``."""

    def __call__(
        self,
        user: User | None,
        *,
        by_hand: bool = False,
        javascript: bool = True,
        width: int = 1366,
        height: int = 768,
        scheme: Literal["light", "dark"] = "light",
        language: Literal["", "sv", "en"] = "",
        expecting: Collection[str] = (),
    ) -> Page: ...


def opened(
    browser: Browser, served: Served, *, expecting: Collection[str] = (), **options: Any
) -> tuple[BrowserContext, Watch]:
    """Return a browser context with nothing of anybody in it, and what watches it.

    ``options`` are Playwright's; ``expecting``: words of faults that the test means to see.
    """
    context = browser.new_context(base_url=served.url, **options)
    context.set_default_timeout(PATIENCE_MS)
    return context, Watch(context, served.url, expected=expecting)


@pytest.fixture
def sit_down(browser: Browser, served: Served) -> Iterator[Sit]:
    """Open a workstation and sign in: sit_down(cast.tilda, width=390, scheme="dark").

    The page stands at the person's own door; a stranger's (None) at the sign-in page. The session
    is given, unless ``by_hand`` types vgr-id and password: everybody's is PASSWORD. ``language``
    becomes the person's own. Afterwards the test fails on any fault that ``tests.browser.watch``
    names and no word of ``expecting`` does.
    """
    workstations: list[tuple[BrowserContext, Watch]] = []

    def sit(
        user: User | None,
        *,
        by_hand: bool = False,
        javascript: bool = True,
        width: int = 1366,
        height: int = 768,
        scheme: Literal["light", "dark"] = "light",
        language: Literal["", "sv", "en"] = "",
        expecting: Collection[str] = (),
    ) -> Page:
        context, watch = opened(
            browser,
            served,
            expecting=expecting,
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
        )
        workstations.append((context, watch))
        if language:
            speak(context, served, language, user)
        if user:
            give_password(user)
        if user and not by_hand:
            give_session(context, served, user)
        page = context.new_page()
        page.goto("/")
        if user and by_hand:
            sign_in_by_hand(page, user)
        return page

    yield sit
    for context, _watch in workstations:
        context.close()
    for _context, watch in workstations:
        watch.check()


def give_session(context: BrowserContext, served: Served, user: User) -> None:
    """Sign the person in by the cookie that signing in would have left."""
    _set_cookie(context, served, settings.SESSION_COOKIE_NAME, session_of(user))


def speak(context: BrowserContext, served: Served, language: str, user: User | None) -> None:
    """Let pages come in this language: before sign-in, and as the person's own choice."""
    _set_cookie(context, served, settings.LANGUAGE_COOKIE_NAME, language)
    if user:
        User.objects.filter(pk=user.pk).update(language=language)


def _set_cookie(context: BrowserContext, served: Served, name: str, value: str) -> None:
    context.add_cookies([{"name": name, "value": value, "url": served.url}])


def give_password(user: User) -> None:
    """Let PASSWORD be the person's."""
    user.password = _hashed()
    User.objects.filter(pk=user.pk).update(password=user.password)


@cache
def _hashed() -> str:
    """Return PASSWORD as the server would keep it, or signing in would make it anew.

    And with a new one, every other session of that person ends.
    """
    hasher = type("AsServed", (Argon2PasswordHasher,), ARGON2_AS_SERVED)()
    hashed: str = hasher.encode(PASSWORD, hasher.salt())
    return hashed


def sign_in_by_hand(page: Page, user: User) -> None:
    """Type vgr-id and password, as anybody does."""
    page.locator("[name=username]").fill(user.username)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.fixture(scope="module")
def window_context(browser: Browser, server: Served) -> Iterator[tuple[BrowserContext, Watch]]:
    """Where the windows of a module's tests are opened: its cache keeps the static files."""
    expecting = [
        "status of 500",
        "status of 503",
        "favicon.ico",
    ]  # asked for by pages without our own icon
    media = {"color_scheme": "light", "reduced_motion": "reduce"}
    context, watch = opened(browser, server, expecting=expecting, viewport=WIDE, **media)
    yield context, watch
    context.close()


@pytest.fixture(scope="module")
def window_page(window_context: tuple[BrowserContext, Watch]) -> Page:
    """The one page of a module's windows: each new one would start a process."""
    return window_context[0].new_page()


@pytest.fixture
def window(
    window_context: tuple[BrowserContext, Watch], window_page: Page, served: Served
) -> Iterator[Window]:
    """A window for states: wide, light, and with nobody in it."""
    before = window_page.url
    yield Window(window_page, served)
    if window_page.url != before:
        window_page.goto(BARE)  # nothing of this test's asks the server from now on
        in_scheme(window_page, "light")
        resize(window_page, WIDE)
    window_context[1].check()


@pytest.fixture(scope="module")
def letters(window_page: Page) -> CDPSession:
    """The browser's own setting of the size of letters."""
    return window_page.context.new_cdp_session(window_page)
