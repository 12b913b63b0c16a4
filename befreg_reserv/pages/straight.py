"""Answers a form with the page that it leads to: a trip less than by a redirect, on a slow line.

Only a browser whose script then shows the page's own address (``static/befreg.js``) asks for that:
a reload asks for the page again, and sends nothing. All others are redirected; so is everybody when
the page is anything but the plain page.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import Resolver404, resolve
from django.utils.datastructures import MultiValueDict

from befreg_reserv import deadline
from befreg_reserv.addresses import own_address
from befreg_reserv.people.access import sent
from befreg_reserv.people.middleware import LanguageMiddleware
from befreg_reserv.people.signing_in.idle import IdleLockMiddleware

View = TypeVar("View", bound=Callable[..., Any])

ASKED: Final = "straight"  # the field that the script adds to a form
COMES: Final = "comes_straight"  # on views
CAME: Final = "came_straight"  # on the request, for views and templates
MOST_HOPS: Final = 2  # the front door leads on to a person's own
LEAST_SECONDS: Final = 1.0  # less is no time for a second page
FOUND, OK = 302, 200


def comes_straight(view: View) -> View:
    """Mark a view whose page may be the answer to a form. It must be no ``long_work``."""
    setattr(view, COMES, True)
    return view


def came_straight(request: HttpRequest) -> bool:
    """Tell whether this page is the answer to a form: whether it arrives, nobody knows yet."""
    return getattr(request, CAME, False)


class StraightMiddleware:
    """Follows a form's redirect itself. Must be the last but ``OnceMoreMiddleware``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # Whoever has just signed in or unlocked has a language, and a time until the lock.
        self._answer: Callable[[HttpRequest], HttpResponse] = LanguageMiddleware(
            IdleLockMiddleware(get_response)  # type: ignore[arg-type]  # it answers no stream
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; with the page instead of a redirect if that was asked for and works."""
        answer = self.get_response(request)
        # A form that no view has read isn't read here: a stranger may send an enormous one.
        was_read = hasattr(request, "_post")
        form = sent(request) if was_read and answer.status_code == FOUND else None
        wanted = form is not None and ASKED in form
        return (self._page(request, answer) if wanted else None) or answer

    def _page(self, request: HttpRequest, redirected: HttpResponse) -> HttpResponse | None:
        page = redirected
        for _hop in range(MOST_HOPS):
            if not (isinstance(page, HttpResponseRedirect) and _may_come(request, page.url)):
                return None
            with _asking_for(request, page.url):
                page = self._answer(request)
            if page.status_code == OK:
                page.cookies.update(redirected.cookies)
                return page
        return None


def _may_come(request: HttpRequest, address: str) -> bool:
    path = own_address(address).partition("?")[0]
    # With a fragment the browser must scroll, and below a prefix we don't know our own paths.
    if not path or "#" in address or request.path != request.path_info:
        return False
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return getattr(view, COMES, False) and deadline.left() > LEAST_SECONDS


@contextmanager
def _asking_for(request: HttpRequest, address: str) -> Iterator[None]:
    """Let the request ask for this page, in the name of whoever it is by now.

    It is the same object, so that session, messages and the form's token are the same ones.
    """
    path, _mark, query = address.partition("?")
    headers = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query}
    asked: dict[str, Any] = {
        "method": "GET",
        "path": path,
        "path_info": path,
        "GET": QueryDict(query),
        "_post": QueryDict(),
        "_files": MultiValueDict(),
        "resolver_match": None,
        CAME: True,
    }
    with _replaced(vars(request), asked), _replaced(request.META, headers):
        yield


@contextmanager
def _replaced(values: dict[str, Any], others: dict[str, Any]) -> Iterator[None]:
    """Let these names have other values, and afterwards those, or none, that they had."""
    before = {name: values[name] for name in others if name in values}
    values.update(others)
    try:
        yield
    finally:
        for name in others:
            del values[name]
        values.update(before)
