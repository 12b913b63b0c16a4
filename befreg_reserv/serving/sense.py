"""Requests that Django can't even begin with, answered before it meets them.

Django reads the charset of a body before any middleware is called, and reads the query by it too:
one that is no encoding of text ("hex", "idna", "undefined") ended in an error that no page of ours
could answer. We speak UTF-8.
"""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.template import engines

READ = {"utf-8", "ascii", "iso8859-1"}  # as Python calls them
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def sensible(application: Application) -> Application:
    """Return the WSGI application ``application``, asked only what it can read; 400 for the rest.

    That answer holds nothing of the request, and asks nothing of database, session or language.
    """

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _can_be_read(environ):
            return application(environ, start_response)
        page = engines["django"].get_template("unreadable.html").render().encode()
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
        start_response("400 Bad Request", [*headers, ("Content-Length", str(len(page)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [page]

    return answer


def _can_be_read(environ: Environ) -> bool:
    """Tell whether Django can make a request of it, in an encoding that we read."""
    try:
        int(environ.get("CONTENT_LENGTH") or 0)
        request = WSGIRequest(dict(environ))  # reads the headers, and nothing of the body
        return not request.encoding or codecs.lookup(request.encoding).name in READ
    except (LookupError, ValueError, SuspiciousOperation):
        return False
