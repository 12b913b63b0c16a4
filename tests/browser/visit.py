"""A window in which one page in one state is shown after the other."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from typing import Any, Literal
from unittest.mock import patch

from django.conf import settings
from django.db import transaction
from django.template import Context, Template
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils.safestring import SafeString
from playwright.sync_api import Page, Response, Route, ViewportSize

from befreg_reserv.people.models import User
from tests.browser.markup import Markup
from tests.browser.situations import Places
from tests.browser.states import Group, State
from tests.served import Served, session_of

# The one secret of cookie and form: who has both is believed. As long as Django wants it.
TOKEN = "t" * 32
LOCK = "/lock/"
BAD_FORM = 400
# An address of ours that asks nothing of anybody, for a form to be sent from.
BARE = "/live"
WIDE: ViewportSize = {"width": 1366, "height": 768}
SEND = """([address, fields]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: address });
  for (const [name, value] of Object.entries(fields)) {
    const field = Object.assign(document.createElement("textarea"), { name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""
# Nothing may fade in while it is looked at; what is folded is looked at, too. Style sheets made
# by script are let through by the content security policy.
SETTLE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { transition: none !important; animation: none !important }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  for (const folded of document.querySelectorAll("details")) folded.open = true;
}"""


def resize(page: Page, size: ViewportSize) -> None:
    """Let the window be of this size; laying out anew takes its time."""
    if page.viewport_size != size:
        page.set_viewport_size(size)


def in_scheme(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Let the person prefer this scheme."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


class Window:
    """Shows states in one page, which is wide and light until a test makes it otherwise."""

    def __init__(self, page: Page, served: Served) -> None:
        self.page = page
        self._served = served
        self._seated: tuple[str, str] | None = None  # who sits here, and in which language

    def show(self, state: State, places: Places, language: str = "sv") -> None:
        """Bring the page into the state; raises AssertionError when it can't be reached."""
        if self._seated != (state.who, language):
            self._become(state.who, language)
        answer = self._open(state, places)
        # Behind the lock nobody gets any further.
        self._seated = None if state.path == LOCK else (state.who, language)
        assert answer, f"{state.name}: no answer"
        assert answer.status == state.status, f"{state.name}: {answer.status}"
        if state.then:
            state.then(self.page)
        self.page.evaluate(SETTLE)

    def _become(self, vgr_id: str, language: str) -> None:
        """Sit down as that person, or as a stranger, with nothing left of the one before."""
        cookies = cookies_of(vgr_id, language)
        context = self.page.context
        context.clear_cookies()
        context.add_cookies(
            [
                {"name": name, "value": value, "url": self._served.url}
                for name, value in cookies.items()
            ]
        )

    def _open(self, state: State, places: Places) -> Response | None:
        address = state.path.format(**places)
        if state.instead:
            answer = state.instead()

            def fulfil(route: Route) -> None:
                route.fulfill(status=answer.status_code, body=answer.content)

            self.page.route(f"**{address}", fulfil, times=1)
        if state.fields is None:
            return self.page.goto(address)
        return self._send(address, fields_of(state, places))

    def _send(self, address: str, fields: Mapping[str, str]) -> Response | None:
        """Send a form as the page of the person would, past what its script might do."""
        if not self.page.url.startswith(self._served.url):
            self.page.goto(BARE)
        with self.page.expect_navigation() as navigation:
            self.page.evaluate(SEND, [address, fields])
        return navigation.value


@dataclass(frozen=True)
class Sent:
    """The page of a state as it is sent, without a browser, and the templates that made it."""

    state: State
    language: str
    markup: Markup
    templates: frozenset[str]

    @property
    def kinds(self) -> set[str]:
        """What of it Chromium should have shown once."""
        return {*self.markup.kinds(), *self.templates, self.markup.language()}

    def faults(self) -> list[str]:
        """Return what is wrong with the page, and whether it is in the language asked for.

        What is answered in the server's place knows no language.
        """
        foreign = self.markup.language() != self.language and not self.state.instead
        return [*self.markup.faults(), *([f"isn't in {self.language}"] if foreign else [])]


def pages_sent(states: Iterable[State], places: Places, language: str) -> Iterator[Sent]:
    """Yield the page of each state of one person; what a form does is undone before the next.

    Raises AssertionError as ``Window.show`` does.
    """
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    cookies: dict[str, str] = {}
    for state in states:
        cookies = cookies or cookies_of(state.who, language)
        client.cookies = SimpleCookie(cookies)
        with transaction.atomic(), templates_rendered() as templates:
            answer = state.instead() if state.instead else sent_by(client, state, places)
            transaction.set_rollback(True)
        assert answer.status_code == state.status, f"{state.name}: {answer.status_code}"
        yield Sent(state, language, Markup(answer.content.decode()), frozenset(templates))


@contextmanager
def templates_rendered() -> Iterator[set[str]]:
    """Yield the names of the templates that are rendered within the block."""
    names: set[str] = set()
    render = Template.render

    def noted(template: Template, context: Context) -> SafeString:
        names.add(str(template.name))
        return render(template, context)

    with patch.object(Template, "render", noted):
        yield names


def cookies_of(vgr_id: str, language: str) -> dict[str, str]:
    """Return the cookies of a person, or a stranger, who has just sat down."""
    cookies = {settings.CSRF_COOKIE_NAME: TOKEN, settings.LANGUAGE_COOKIE_NAME: language}
    if vgr_id:
        User.objects.filter(username=vgr_id).update(language=language)
        user = User.objects.get(username=vgr_id)
        cookies[settings.SESSION_COOKIE_NAME] = session_of(user)
    return cookies


def fields_of(state: State, places: Places) -> dict[str, str]:
    """Return what the form of the state is sent with."""
    fields = {
        name.format(**places): value.format(**places)
        for name, value in (state.fields or {}).items()
    }
    return {"csrfmiddlewaretoken": TOKEN} | fields


def sent_by(client: Client, state: State, places: Places) -> Any:
    """Return the answer in which asking for the state ends."""
    address = state.path.format(**places)
    if state.fields is None:
        return client.get(address, follow=True)
    return client.post(address, fields_of(state, places), follow=True)


def route_of(state: State) -> str:
    """Return the address of the state as the resolver knows it, or nothing when it doesn't."""
    path = re.sub(r"{\w+}", "1", state.path).partition("?")[0]
    try:
        return resolve(path).route
    except Resolver404:
        return ""


def page_of(state: State) -> tuple[str, int]:
    """Return the page that the state shows: its address, and whether it is refused, and how."""
    return route_of(state), state.status


def one_of_each_page(groups: Collection[Group]) -> list[Group]:
    """Return the groups with the first state of each page alone; without those that have none."""
    states = [(group, state) for group in groups for state in group.states]
    first = {page_of(state): state for _group, state in reversed(states)}
    chosen = set(map(id, first.values()))
    return only(groups, lambda state: id(state) in chosen)


def only(groups: Collection[Group], wanted: Callable[[State], bool]) -> list[Group]:
    """Return the groups with the wanted states alone; without those that have none."""
    fewer = [replace(group, states=tuple(filter(wanted, group.states))) for group in groups]
    return [group for group in fewer if group.states]


def leaves_all_as_it_was(state: State) -> bool:
    """Tell whether another state can follow that is reached the same way: nothing was sent, or it
    was refused.
    """
    return state.fields is None or state.status >= BAD_FORM
