"""Addresses that are watched, each with what counts as its answer behind it.

``befreg=https://befreg.example/?status=200&has=Sök person&hasnot=underhåll``: those three parts of
the query are ours and aren't sent. ``has`` and ``hasnot`` may come several times.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote_plus

from django.core.exceptions import ImproperlyConfigured

from befreg_reserv.environment import env

# Answers with these statuses must have a body; 204 and 205 never have one.
WITH_BODY = frozenset(range(200, 300)) - {204, 205}
LONGEST_WORD = 100
OURS = ("status", "has", "hasnot")
FORMER = ("PROBE_STATUSES", "PROBE_WORDS")


@dataclass(frozen=True)
class Target:
    """An address, and what counts as its answer.

    A status of ``statuses``, every word of ``has`` on the page, and none of ``hasnot``.
    """

    url: str
    statuses: Collection[int] = WITH_BODY
    has: tuple[str, ...] = ()
    hasnot: tuple[str, ...] = ()


def targets(name: str, *, most: int, reserved: set[str]) -> dict[str, str]:
    """Return ``name=address`` parts by name; the names are a-z, 0-9 and -, 40 characters at most.

    Raises ImproperlyConfigured for any other name, for one that is ``reserved`` or given twice, for
    more than ``most``, for what ``target`` refuses, and for the settings that said it before.
    """
    for former in filter(env.text, FORMER):
        text = f"{former} is no setting any more: write ?status=… or ?has=… behind the address."
        raise ImproperlyConfigured(f"{text} See {name}.")
    found = env.by_name(name)
    for label, written in found.items():
        if not re.fullmatch(r"[a-z0-9-]{1,40}", label) or label in reserved:
            raise ImproperlyConfigured(f"{name}: {label!r} can't be a name; write name=address.")
        target(written, f"{name}, {label}")
    if len(found) > most:
        raise ImproperlyConfigured(f"{name}: {most} at most, and not {len(found)}.")
    return found


def target(written: str, name: str = "") -> Target:
    """Return an address with what counts as its answer. Raises ImproperlyConfigured for ``name``.

    A word may have blanks and 100 characters; a comma in it is written %2C, an ampersand %26.
    """
    address, _mark, query = written.partition("?")
    ours: dict[str, list[str]] = {part: [] for part in OURS}
    rest = []
    for part in query.split("&"):
        key, equals, value = part.partition("=")
        if equals and key in ours:
            ours[key].append(unquote_plus(value))
        else:
            rest.append(part)
    sent = "&".join(rest)
    url = env.web_address(name, f"{address}?{sent}" if sent else address)
    statuses = [part for value in ours["status"] for part in value.split() or [""]]
    words = {key: tuple(_word(name, word) for word in ours[key]) for key in ("has", "hasnot")}
    accepted = frozenset().union(*(_statuses(name, part) for part in statuses))
    return Target(url, accepted or WITH_BODY, **words)


def _word(name: str, word: str) -> str:
    if not word.strip() or not word.isprintable() or len(word) > LONGEST_WORD:
        raise ImproperlyConfigured(f"{name}: behind has= and hasnot= write what stands on a page.")
    return word


def _statuses(name: str, part: str) -> range:
    found = re.fullmatch(r"([2-5][0-9]{2})(?:-([2-5][0-9]{2}))?", part)
    span = range(int(found[1]), int(found[2] or found[1]) + 1) if found else range(0)
    if not span:
        raise ImproperlyConfigured(f"{name}: {part!r} is no HTTP status; write 200 or 200-299.")
    return span
