"""Is it only us? Tries each configured address once, within limits, and stores what it saw.

Run by a timer (``manage.py probe``), never inside a request. Whatever a server does, a try takes
no more time and bytes than its ``Limits``, raises nothing, and leaves one Reading.
"""

import html
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, transaction

from befreg_reserv.elsewhere import fetch
from befreg_reserv.elsewhere.fetch import Limits, Response
from befreg_reserv.environment import watched
from befreg_reserv.environment.watched import WITH_BODY, Target
from befreg_reserv.text import clean_line
from outage.models import Reading
from outage.signals import feed
from outage.signals.seen import FEED

Result = Reading.Result

REDIRECTS = range(300, 400)
UNAUTHORIZED, CLIENT_ERROR = 401, 400
DETAIL = 200
# Up to the next "<" only: a page of nothing but such tags would otherwise take half a minute.
PASSWORD_FIELD = re.compile(rb"""<input\b[^<>]*\btype\s*=\s*["']?password\b""", re.IGNORECASE)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """What a try saw.

    ``body``: all of an answer's, or empty. ``charset``: what its header says, or empty.
    """

    result: Reading.Result
    status: int | None = None
    detail: str = ""
    milliseconds: int = 0
    body: bytes = b""
    charset: str = ""


def configured() -> dict[str, Target]:
    """Return the targets in the settings by name, including the feed."""
    targets = {name: watched.target(text) for name, text in settings.PROBE_TARGETS.items()}
    if settings.PROBE_FEED:
        targets[FEED] = Target(settings.PROBE_FEED)
    return targets


def probe(at: datetime) -> list[Reading]:
    """Try every configured target and the feed; return the readings, stored, as of ``at``.

    Raises only what the database raises.
    """
    limits = Limits(settings.PROBE_TIMEOUT_SECONDS, settings.PROBE_MAX_BYTES)
    looks = look(configured(), limits)
    with transaction.atomic():
        if FEED in looks and looks[FEED].result == Result.ANSWERED:
            looks[FEED] = _keep_news(looks[FEED], at)
        return Reading.objects.bulk_create(
            Reading(
                target=target,
                at=at,
                result=seen.result,
                status=seen.status,
                milliseconds=seen.milliseconds,
                detail=seen.detail,
            )
            for target, seen in looks.items()
        )


def _keep_news(seen: Look, at: datetime) -> Look:
    """Store the items of the feed; return its look. A fault here loses no other reading."""
    try:
        with transaction.atomic():
            feed.keep(feed.parse(seen.body, at, seen.charset), at)
    except feed.NotAFeed as error:
        return replace(seen, result=Result.NONSENSE, detail=_detail(error))
    except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        logger.exception("The news can't be kept.")
        return replace(seen, result=Result.FAULT, detail=_detail(error))
    return seen


def look(targets: Mapping[str, Target], limits: Limits) -> dict[str, Look]:
    """Try all targets at the same time; return by name what was seen. Raises nothing.

    Each try ends in time by itself; they wait for their servers at the same time.
    """
    began, done = monotonic(), SimpleQueue[tuple[str, Look]]()
    for name, target in targets.items():
        args = (name, target, limits, done)
        Thread(target=_try_and_put, args=args, name=f"probe-{name}", daemon=True).start()
    looks: dict[str, Look] = {}
    try:
        while len(looks) < len(targets):
            name, seen = done.get(timeout=max(0, began + limits.seconds - monotonic()))
            looks[name] = seen
    except Empty:
        late = Look(Result.TIMEOUT, milliseconds=round(limits.seconds * 1000))
        looks |= dict.fromkeys(targets.keys() - looks.keys(), late)
    return {name: looks[name] for name in targets}


def _try_and_put(
    name: str, target: Target, limits: Limits, done: "SimpleQueue[tuple[str, Look]]"
) -> None:
    done.put((name, try_once(target, limits)))


def try_once(target: Target, limits: Limits) -> Look:
    """Try one target; return what was seen. Raises nothing."""
    began = monotonic()
    try:
        seen = _judge(fetch.get(target.url, limits, read=target.statuses), target)
    except TimeoutError:
        seen = Look(Result.TIMEOUT)
    except OSError as error:
        seen = Look(Result.UNREACHABLE, detail=_detail(error))
    except (HTTPException, ValueError, fetch.TooMuch) as error:
        seen = Look(Result.NONSENSE, detail=_detail(error))
    except Exception as error:
        # A fault of ours says nothing of the server, and must not lose the other readings.
        logger.exception("The probe of %s failed.", target.url)
        seen = Look(Result.FAULT, detail=_detail(error))
    return replace(seen, milliseconds=round((monotonic() - began) * 1000))


def _judge(answer: Response, target: Target) -> Look:
    """Return how an answer counts.

    Only what the target should show counts as answered: pages about maintenance and sign-in pages
    come from working servers too. A redirect is never followed: only configured addresses are
    tried.
    """
    status = answer.status
    if status not in target.statuses:
        return Look(_refused(status), status, _elsewhere(answer.location))
    if status in WITH_BODY and not answer.body.strip():
        return Look(Result.EMPTY, status)
    if wrong := _another_page(answer.body, target):
        return replace(wrong, status=status)
    if not answer.whole:
        return Look(Result.TOO_LARGE, status)
    return Look(Result.ANSWERED, status, body=answer.body, charset=answer.charset)


def _another_page(body: bytes, target: Target) -> Look | None:
    """Return why a page isn't the one that is watched, or None."""
    missing = next((word for word in target.has if not holds(body, word)), "")
    if (missing or not target.has) and PASSWORD_FIELD.search(body):
        return Look(Result.SIGN_IN, detail=_detail(f"“{missing}” is missing") if missing else "")
    if missing:
        return Look(Result.NO_WORD, detail=_detail(f"“{missing}” is missing"))
    wrong = next((word for word in target.hasnot if holds(body, word)), "")
    return Look(Result.OTHER, detail=_detail(f"“{wrong}” stands there")) if wrong else None


def _refused(status: int) -> Reading.Result:
    if status == UNAUTHORIZED:
        return Result.SIGN_IN
    if status in REDIRECTS:
        return Result.REDIRECTED
    return Result.ERROR if status >= CLIENT_ERROR else Result.OTHER


def holds(body: bytes, word: str) -> bool:
    """Tell whether a page holds a word, in any case and with any blanks.

    Read as UTF-8 and as Latin-1, because the encoding that a server declares may be wrong.
    """
    wanted = " ".join(word.split()).casefold()
    for encoding in ("utf-8", "latin-1"):
        text = html.unescape(body.decode(encoding, "replace"))
        if wanted in " ".join(text.split()).casefold():
            return True
    return False


def _elsewhere(location: str) -> str:
    """Return the host that a redirect points at: its path and query may hold secrets."""
    try:
        return _detail(urlsplit(location).hostname or "")
    except ValueError:
        return ""


def _detail(what: object) -> str:
    """Return ``what`` in few words, cleaned, because a server may have written it."""
    text = clean_line(str(what))
    kind = f"{type(what).__name__}: " if isinstance(what, Exception) else ""
    return (kind + text)[:DETAIL]
