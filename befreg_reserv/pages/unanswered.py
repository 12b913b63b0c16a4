"""The page for when the database gives no answer: what is known, and the same form once more.

It makes no query, not even for the person: that would wait for the same lock again.
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.template import loader
from django.urls import Resolver404, resolve
from django.utils import translation
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from befreg_reserv.audit import trail
from befreg_reserv.people.access import back_to, sent
from befreg_reserv.postgresql.connection import OutOfTime
from befreg_reserv.sqlite.base import NoTurn

View = TypeVar("View", bound=Callable[..., Any])

# Django wraps the errors of a connection. The pool's own errors have none, and aren't wrapped.
FAULTS = (Error, psycopg.Error)
OF_DATABASES = (psycopg.Error, sqlite3.Error)
UNAVAILABLE = 503
SENT_TWICE = "may_be_sent_twice"
# Fields of this page's own form, beside those of the form that it sends again.
TRIES, DOUBT = "tries", "in_doubt"
NOT_SENT_AGAIN = {"csrfmiddlewaretoken", TRIES, DOUBT}
MOST_TRIES = 99
# The page's script presses the button after so long, if nobody has.
BY_ITSELF_SECONDS = 3
# On other pages, "no number was handed out" would deny the number that the caller already has.
HANDS_OUT = {"till:hand-out", "till:sheet-missing", "till:serve"}

# SQLite refuses these before anything is kept, or takes everything back.
SQLITE_DID_NOTHING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_INTERRUPT,
}
# The request never had a connection, or never sent its COMMIT.
NOTHING_SENT = (
    PoolTimeout,
    PoolClosed,
    TooManyRequests,
    psycopg.errors.ConnectionTimeout,
    OutOfTime,
)
DISK_FULL = "53100"
# The connection was lost, or the server was shut down: a commit under way may have succeeded.
POSTGRESQL_IN_DOUBT = ("08", "57P")


def may_be_sent_twice(view: View) -> View:
    """Mark a view whose form needs no request key: sending it twice does no more than once."""
    setattr(view, SENT_TWICE, True)
    return view


def page(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return the page, 503, for a request that ended in ``error``, one of ``FAULTS``."""
    languages = _languages(request)
    with translation.override(languages[0]):
        text = loader.get_template("unanswered.html").render(_context(request, error, languages))
    headers = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}
    answer = HttpResponse(text, status=UNAVAILABLE, headers=headers)
    answer.headers["Content-Language"] = languages[0]
    return answer


def _context(request: HttpRequest, error: BaseException, languages: list[str]) -> dict[str, Any]:
    _find_view(request)
    was_sent = sent(request) is not None
    again = was_sent and _may_be_sent_again(request)
    full, tries = _is_full(error), _tries(request) if again else 1
    doubt = trail.has_written() or in_doubt(error) or (again and DOUBT in request.POST)
    return {
        "languages": languages,
        "sent": was_sent,
        "again": again,
        "hands_out": _view_name(request) in HANDS_OUT,
        "in_doubt": doubt,
        "full": full,
        "tries": tries,
        # Once only: whoever was sent to paper must not get a number here as well.
        "by_itself": BY_ITSELF_SECONDS if again and tries == 1 and not full else 0,
        "nonce": getattr(request, "csp_nonce", ""),
        "action": request.get_full_path(),
        "fields": _fields(request) if again else [],
        "csrf_token": get_token(request) if again else "",
        "back": back_to(request),
    }


def _languages(request: HttpRequest) -> list[str]:
    """Return every language: first the request's own, or else its cookie's."""
    known = [code for code, _name in settings.LANGUAGES]
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    first = getattr(request, "LANGUAGE_CODE", cookie)
    return sorted(known, key=lambda code: (code != first, code != settings.LANGUAGE_CODE))


def _find_view(request: HttpRequest) -> None:
    """Set the request's view, if the fault came before Django had looked for it."""
    if request.resolver_match is None:
        try:
            request.resolver_match = resolve(request.path_info)
        except Resolver404:
            return


def _view_name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


class _TokenCheck(CsrfViewMiddleware):
    """Django's check of a form's token, without its refusal page, which queries the person."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason, status=403)

    def passes(self, request: HttpRequest) -> bool:
        self.process_request(request)
        return self.process_view(request, page, (), {}) is None


def _may_be_sent_again(request: HttpRequest) -> bool:
    """Tell whether a button may send the form again: it is ours, whole, and never done twice.

    The fault may have come before the token was checked, and a foreign form must not get one.
    """
    match = request.resolver_match
    if not match or not _TokenCheck(lambda _request: HttpResponse()).passes(request):
        return False
    keyed = "request_key" in request.POST or getattr(match.func, SENT_TWICE, False)
    return bool(keyed and not request.FILES)


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, text)
        for name, texts in request.POST.lists()
        for text in texts
        if name not in NOT_SENT_AGAIN
    ]


def _tries(request: HttpRequest) -> int:
    """Return how often the form was sent by now, as its own page counts."""
    before = request.POST.get(TRIES, "")
    return min(int(before[:2]), MOST_TRIES - 1) + 1 if before.isdecimal() else 1


def in_doubt(error: BaseException) -> bool:
    """Tell whether the database may have kept something of what broke.

    Looks at every error that led to this one: after a COMMIT without a reply Django opens a
    connection, and raises what that met instead.
    """
    return any(map(_leaves_doubt, _of_databases(error)))


def _of_databases(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors that a database or its pool raised, on the way to this one."""
    led, seen = [error], set[int]()
    while led:
        each = led.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        led += filter(None, (each.__cause__, each.__context__))
        # Django's own are those of the database, in other words.
        if isinstance(each, OF_DATABASES) or (isinstance(each, Error) and not each.__cause__):
            yield each


def _leaves_doubt(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _code(error) not in SQLITE_DID_NOTHING
    if isinstance(error, (NoTurn, *NOTHING_SENT)):
        return False
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    return state is None or state.startswith(POSTGRESQL_IN_DOUBT)


def _is_full(error: BaseException) -> bool:
    """Tell whether the database's disk is full."""
    return any(
        _code(each) == sqlite3.SQLITE_FULL
        if isinstance(each, sqlite3.Error)
        else getattr(each, "sqlstate", None) == DISK_FULL
        for each in _of_databases(error)
    )


def _code(error: sqlite3.Error) -> int | None:
    """Return SQLite's code, without its extended part."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def may_be_asked_again(request: HttpRequest) -> bool:
    """Tell whether the request's view may be called once more: it reads, or does nothing twice."""
    return sent(request) is None or _may_be_sent_again(request)
