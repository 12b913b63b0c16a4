"""One line of JSON for each request, and for each error with the same id.

No line has a patient's number: no address and no query is in it, no text of an exception (it may
repeat a row), and whatever looks like a number in another message is masked. A formatter of our
own, because the usual library writes messages and exceptions as they are.
"""

import json
import logging
import re
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from befreg_reserv.audit.middleware import correlation_id

logger = logging.getLogger(__name__)

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
# A date of birth, in digits, and up to four characters behind it.
LIKE_A_NUMBER = re.compile(r"\d(?:[ +-]?\d){5,}(?:[ +-]?\w){0,4}")
DEEPEST = 30  # calls that an error's line names, those nearest to the error


class RequestLineMiddleware:
    """Writes a line about each request that gets past /live and /ready, with its answer.

    ``person`` is the vgr-id, if the request asked who it is; ``ms`` are milliseconds.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and write the line."""
        if not logger.isEnabledFor(logging.INFO):
            return self.get_response(request)
        count = Statements()
        begun = time.monotonic()
        with connection.execute_wrapper(count):
            response = self.get_response(request)
        fields = _about(request) | {
            "status": response.status_code,
            "ms": round((time.monotonic() - begun) * 1000, 1),
            "statements": count.sent,
            "person": _person(request),
        }
        logger.info("", extra={"fields": fields})
        return response


class Statements:
    """Counts what a request sends to the database."""

    def __init__(self) -> None:
        self.sent = 0

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """Count one and send it."""
        self.sent += 1
        return execute(*statement)


class JsonLine(logging.Formatter):
    """Makes a line of a log record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return it, without its end."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "id": correlation_id(),
        }
        request, status = getattr(record, "request", None), getattr(record, "status_code", None)
        if fields := getattr(record, "fields", None):
            line |= fields
        elif isinstance(request, HttpRequest) and status:
            # Django's own message has the address.
            line |= {**_about(request), "message": HTTPStatus(status).phrase}
        else:
            line["message"] = LIKE_A_NUMBER.sub("…", record.getMessage())
        if record.exc_info and record.exc_info[1]:
            line |= _error(record.exc_info[1], record.exc_info[2])
        return json.dumps(line)


def _about(request: HttpRequest) -> dict[str, str]:
    match = request.resolver_match
    served = "static" if request.path_info.startswith(settings.STATIC_URL) else "none"
    return {
        "method": request.method if request.method in METHODS else "other",
        "route": match.view_name if match else served,
    }


def _person(request: HttpRequest) -> str:
    """Return the vgr-id, or ""."""
    user = getattr(request, "user", None)  # set once somebody has asked for the person
    return user.get_username() if user else ""


def _error(error: BaseException, at: TracebackType | None) -> dict[str, Any]:
    """Return what is wrong and where, and what the database names, but no text."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    states = [getattr(cause, "sqlstate", None) for cause in causes]
    rules = [getattr(getattr(cause, "diag", None), "constraint_name", None) for cause in causes]
    calls = traceback.extract_tb(at)[-DEEPEST:]
    return {
        "error": [f"{type(cause).__module__}.{type(cause).__qualname__}" for cause in causes],
        "sqlstate": next(filter(None, states), None),
        "constraint": next(filter(None, rules), None),
        "calls": [f"{call.filename}:{call.lineno} {call.name}" for call in calls],
    }
