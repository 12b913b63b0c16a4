"""Answers requests that Django can't handle, or must not, before they reach it.

Django reads the body's charset before it calls any middleware, and decodes the query by it too: a
charset that is no text encoding ("hex", "idna", "undefined") caused an error that no page of ours
could answer. We use UTF-8.
"""

import codecs
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.template import engines

from befreg_reserv.audit.middleware import FORWARDING

logger = logging.getLogger(__name__)

FORWARDED = (*FORWARDING, "HTTP_VIA", "HTTP_X_REAL_IP")
READ = {"utf-8", "ascii", "iso8859-1"}  # as Python calls them
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def sensible(application: Application) -> Application:
    """Return ``application``, called only with what it can read; anything else gets 400.

    That answer contains nothing of the request, and needs no database, session or language.
    """

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _can_be_read(environ):
            return application(environ, start_response)
        return _answer(environ, start_response, "400 Bad Request", "unreadable.html")

    return answer


def no_proxy_in_development(application: Application) -> Application:
    """Return ``application``, which in development answers no request that a proxy forwards: 503.

    Development serves cookies that any line may carry, and a proxy shows that others come.
    """

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if settings.PRODUCTION or not any(header in environ for header in FORWARDED):
            return application(environ, start_response)
        logger.error("A proxy forwards requests, but BEFREG_ENV isn't production: set it")
        return _answer(environ, start_response, "503 Service Unavailable", "behind_a_proxy.html")

    return answer


def _answer(
    environ: Environ, start_response: Callable[..., Any], status: str, template: str
) -> Iterable[bytes]:
    page = engines["django"].get_template(template).render().encode()
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
    start_response(status, [*headers, ("Content-Length", str(len(page)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [page]


def _can_be_read(environ: Environ) -> bool:
    """Tell whether Django can make a request of it, in one of the encodings in READ."""
    try:
        int(environ.get("CONTENT_LENGTH") or 0)
        request = WSGIRequest(dict(environ))  # reads the headers, and nothing of the body
        return not request.encoding or codecs.lookup(request.encoding).name in READ
    except (LookupError, ValueError, SuspiciousOperation):
        return False
