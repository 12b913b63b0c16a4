"""The page for when the database gives no answer: what is known, and the same form once more.

It makes no query, not even for the person: that would wait for the same lock again.
"""

import sqlite3
from collections.abc import Callable
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

View = TypeVar("View", bound=Callable[..., Any])

# Django wraps the errors of a connection. The pool's own errors have none, and aren't wrapped.
FAULTS = (Error, psycopg.Error)
UNAVAILABLE = 503
SENT_TWICE = "may_be_sent_twice"
# Fields of this page's own form, beside those of the form that it sends again.
TRIES, DOUBT = "tries", "in_doubt"
NOT_SENT_AGAIN = {"csrfmiddlewaretoken", TRIES, DOUBT}
MOST_TRIES = 99
# On other pages, "no number was handed out" would deny the number that the caller already has.
HANDS_OUT = {"till:hand-out", "till:sheet-missing", "till:serve"}

# SQLite refuses these before anything is kept, or takes everything back.
SQLITE_DID_NOTHING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
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
    doubt = trail.has_written() or not _did_nothing(error) or (again and DOUBT in request.POST)
    return {
        "languages": languages,
        "sent": was_sent,
        "again": again,
        "hands_out": _view_name(request) in HANDS_OUT,
        "in_doubt": doubt,
        "tries": _tries(request) if again else 1,
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


def _did_nothing(error: BaseException) -> bool:
    """Tell whether it is certain that the database kept nothing of the transaction."""
    cause = error.__cause__ or error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in SQLITE_DID_NOTHING  # without the extended part
    if isinstance(cause, PoolTimeout | PoolClosed | TooManyRequests):
        return True  # there was no connection, so nothing was sent
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return state is not None and not state.startswith(POSTGRESQL_IN_DOUBT)
