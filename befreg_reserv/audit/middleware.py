"""Which headers about a client's address are believed.

django-auditlog believes X-Forwarded-For and the correlation id of any client, and junk in them
makes the save fail. Here forwarding headers are kept only from a configured proxy and only when
they make sense; the correlation id is always our own.
"""

import ipaddress
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from auditlog.cid import set_cid
from auditlog.context import _set_extra_data, auditlog_value
from auditlog.middleware import AuditlogMiddleware
from django.conf import settings
from django.db.models import Model
from django.db.models.signals import pre_save
from django.http import HttpRequest, HttpResponse

FORWARDING = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_FORWARDED",
)
OF_REQUESTS = "of requests"
# On a request: the fingerprint of the client's certificate, or "".
CERTIFICATE = "client_certificate"
FINGERPRINT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # SHA-1, as nginx says it, or SHA-256
_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def correlation_id() -> str | None:
    """Return the id that all audit rows of the current request share; None outside a request."""
    return _correlation_id.get()


class TrustedProxyMiddleware:
    """Cleans forwarding headers, and gives each request a correlation id of our own making."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with clean headers."""
        client = _client_address(request)
        proto = request.META.get("HTTP_X_FORWARDED_PROTO") if _from_proxy(request) else None
        certificate = request.META.get(_of_certificate(), "") if _from_proxy(request) else ""
        for header in (*FORWARDING, _of_certificate()):
            request.META.pop(header, None)
        setattr(request, CERTIFICATE, _fingerprint(certificate))
        if proto:
            request.META["HTTP_X_FORWARDED_PROTO"] = proto
        # A Unix socket gives no address at all; an unreadable one must not break a save.
        request.META["REMOTE_ADDR"] = client or ""
        token = _correlation_id.set(uuid.uuid4().hex)
        try:
            return self.get_response(request)
        finally:
            _correlation_id.reset(token)
            # django-auditlog leaves its context set; the thread's next request must not inherit it.
            auditlog_value.set({})


class WhoActsMiddleware(AuditlogMiddleware):  # type: ignore[misc]  # ships no types
    """Says who acts and from where, as django-auditlog's own does.

    That one connects a receiver in each request, and Django then finds out anew, for each model,
    who listens. Ours is connected once.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer within that context, which ``TrustedProxyMiddleware`` ends."""
        set_cid(request)
        auditlog_value.set({**self.get_extra_data(request), "signal_duid": OF_REQUESTS})
        response: HttpResponse = self.get_response(request)
        return response


def connect(entries: type[Model]) -> None:
    """Let each entry of the log that is saved within a request say who acts, and from where."""
    pre_save.connect(_fill_in, sender=entries, dispatch_uid=OF_REQUESTS)


def _fill_in(sender: type[Model], instance: Model, **_kwargs: Any) -> None:
    if auditlog_value.get({}).get("signal_duid") == OF_REQUESTS:
        entry: Any = instance
        _set_extra_data(sender, entry, signal_duid=OF_REQUESTS)
        entry.note_standing()


def _of_certificate() -> str:
    """Return under which name a request keeps the header of the certificate; "" for none."""
    name = settings.CLIENT_CERTIFICATE_HEADER.upper().replace("-", "_")
    return f"HTTP_{name}" if name else ""


def _fingerprint(text: str) -> str:
    plain = text.strip().lower().replace(":", "")
    return plain if FINGERPRINT.fullmatch(plain) else ""


def _from_proxy(request: HttpRequest) -> bool:
    return _is_trusted(_address(request.META.get("REMOTE_ADDR", "")))


def _is_trusted(address: str | None) -> bool:
    if address is None:
        return False
    known = ipaddress.ip_address(address)
    return any(known in network for network in settings.TRUSTED_PROXIES)


def _client_address(request: HttpRequest) -> str | None:
    """Return the nearest address that isn't a proxy of ours, or None.

    Read from the right: the last untrusted address may have written everything to its left.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    if _from_proxy(request):
        hops = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), *hops]
    for hop in reversed(hops):
        address = _address(hop.strip())
        if address is None or not _is_trusted(address):
            return address
    return _address(hops[0].strip())


@lru_cache(256)  # few workstations and proxies ask, each for ever
def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address).partition("%")[0]
