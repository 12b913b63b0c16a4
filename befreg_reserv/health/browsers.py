"""What browsers say they refused on our pages: counted, and bounded whoever sends it.

Anybody may send such a report, and say in it what they like. So no address and no sample of a page
is kept, since either may hold a patient's number; strangers' reports are kept apart from those of
people who are signed in; and neither kind has more than MOST rows.
"""

import json
import re
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import Resolver404, resolve

from befreg_reserv.health.models import BrowserReport

MOST = 200  # rows of each kind
MOST_BYTES = 64 * 1024
MOST_AT_ONCE = 10  # of one request: a browser sends what it has gathered
A_MINUTE = 30  # requests of each kind that one process writes; it drops the others
KEPT_FOR = timedelta(days=90)  # since the last of its kind
RULES = {*settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "script-src-elem", "script-src-attr"} | {
    *("style-src-elem", "style-src-attr", "font-src", "frame-src", "worker-src", "object-src"),
    *("media-src", "manifest-src"),
}
WORDS = {"inline", "eval", "wasm-eval", "data", "blob", "trusted-types-policy"} | {
    "trusted-types-sink"
}
HOST = re.compile(r"[a-z0-9.:-]{1,100}")
OTHER = "?"


class Refused(NamedTuple):
    """One thing that a browser refused: by which rule, what, on which page."""

    rule: str
    blocked: str
    page: str


def read(body: bytes) -> list[Refused]:
    """Return what a report says, of the older form and the newer; nothing for any other text."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return []
    several = said if isinstance(said, list) else [said]
    found = (_read(each) for each in several[:MOST_AT_ONCE])
    return [each for each in found if each]


def _read(said: Any) -> Refused | None:
    if not isinstance(said, dict):
        return None
    older, newer = said.get("csp-report"), said.get("body")
    if isinstance(older, dict):
        rule = older.get("effective-directive") or older.get("violated-directive")
        return _refused(rule, older.get("blocked-uri"), older.get("document-uri"))
    if isinstance(newer, dict) and said.get("type") == "csp-violation":
        where = newer.get("documentURL")
        return _refused(newer.get("effectiveDirective"), newer.get("blockedURL"), where)
    return None


def _refused(rule: Any, blocked: Any, page: Any) -> Refused | None:
    named = str(rule).partition(" ")[0]
    return Refused(named, _blocked(blocked), _page(page)) if named in RULES else None


def _blocked(address: Any) -> str:
    text = str(address or "inline")
    if text in WORDS:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return OTHER
    if parts.scheme in {"data", "blob"}:
        return parts.scheme
    if parts.scheme.endswith("-extension"):
        return "extension"
    return parts.netloc if HOST.fullmatch(parts.netloc) else OTHER


def _page(address: Any) -> str:
    try:
        return resolve(urlsplit(str(address)).path).view_name or OTHER
    except (Resolver404, ValueError):
        return OTHER


@transaction.atomic
def note(found: Iterable[Refused], at: datetime, *, known: bool) -> None:
    """Count each. The oldest of the same kind goes where there would be more than MOST."""
    rows = BrowserReport.objects.filter(known=known)
    for each in found:
        same = rows.filter(**each._asdict())
        if not same.update(times=F("times") + 1, last_at=at):
            stay = rows.order_by("-last_at", "-pk").values_list("pk", flat=True)[: MOST - 1]
            rows.exclude(pk__in=list(stay)).delete()
            new = BrowserReport(known=known, **each._asdict(), first_at=at, last_at=at)
            BrowserReport.objects.bulk_create([new], ignore_conflicts=True)  # two at once


def of_people(since: datetime) -> int:
    """Return how many kinds people who were signed in have met since then."""
    return BrowserReport.objects.filter(known=True, last_at__gte=since).count()


def old(at: datetime) -> QuerySet[BrowserReport]:
    """Return the rows that nobody needs any more, the oldest first."""
    return BrowserReport.objects.filter(last_at__lt=at - KEPT_FOR).order_by("pk")


class Gate:
    """Lets through so many requests a minute, of this process."""

    def __init__(self, a_minute: int) -> None:
        self._most, self._lock = a_minute, threading.Lock()
        self._minute, self._passed = 0, 0

    def passes(self) -> bool:
        """Count one, and tell whether it may be written."""
        with self._lock:
            minute = int(time.monotonic() // 60)
            if minute != self._minute:
                self._minute, self._passed = minute, 0
            self._passed += 1
            return self._passed <= self._most


# By whether somebody is signed in: strangers take no place of those who are.
gates = {known: Gate(A_MINUTE) for known in (True, False)}
