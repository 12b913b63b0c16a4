"""The sessions that a person has: where somebody is signed in under their name, and an end to each.

A row for each sign-in says whose the session is, since when, and on what. When a password is
changed or an account deactivated, the sessions that must end are deleted: an old hash in them would
open nothing, but would come back to life with the old password.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import PersonSession, User

MOST = 50  # of a list; all end together
ACTIVE_AT = "active_at"  # in the session: see ``idle``
# As they call themselves in User-Agent, the more particular before those whose name they borrow.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "CrOS": "ChromeOS",
    "Macintosh": "Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class Held:
    """A session in force. ``seen_at``: when a human last did something, to half a minute."""

    row: PersonSession
    seen_at: datetime
    here: bool


def device(agent: str) -> str:
    """Return a User-Agent in words, "Edge · Windows"; "" if nothing of it is known."""
    kinds = (BROWSERS, SYSTEMS)
    found = [next((name for word, name in kind.items() if word in agent), "") for kind in kinds]
    return " · ".join(filter(None, found))


def begin(user: User, key: str, agent: str, at: datetime) -> None:
    """Note whose the session ``key`` is, from its sign-in on."""
    values = {"user": user, "began_at": at, "device": device(agent)}
    if not PersonSession.objects.filter(session_key=key).update(**values):  # signed in again
        PersonSession.objects.create(session_key=key, **values)


def renamed(before: str, key: str) -> None:
    """Follow a session that has got another key, as at each sign-in and change of a password."""
    PersonSession.objects.filter(session_key=before).update(session_key=key)


def forget(key: str) -> None:
    """Forget a session that its person has ended."""
    PersonSession.objects.filter(session_key=key).delete()


def forget_ended(at: datetime) -> None:
    """Forget the sessions that are no more, or are too old."""
    PersonSession.objects.exclude(session_key__in=_alive(at)).delete()


def _alive(at: datetime) -> QuerySet[Session, Any]:
    return Session.objects.filter(expire_date__gt=at).values("session_key")


def of(user: User, at: datetime, here: str | None = None) -> list[Held]:
    """Return the sessions in which the person is signed in at ``at``, the latest MOST first.

    ``here``: the key of the session that asks.
    """
    rows = list(PersonSession.objects.filter(user=user, session_key__in=_alive(at))[:MOST])
    kept = Session.objects.filter(session_key__in=[row.session_key for row in rows])
    stored = {session.session_key: session.get_decoded() for session in kept}
    return [
        Held(row, _seen_at(row, data), row.session_key == here)
        for row in rows
        if _opens(user, data := stored.get(row.session_key, {}))
    ]


def _opens(user: User, data: dict[str, Any]) -> bool:
    return constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def _seen_at(row: PersonSession, data: dict[str, Any]) -> datetime:
    seen = data.get(ACTIVE_AT)
    return datetime.fromtimestamp(seen, UTC) if seen else row.began_at


@act
def end(user: User, session: int, event: Event) -> Done[int]:
    """End one of the person's sessions, by the key of its row; return how many ended.

    Another person's isn't found, and one that has ended already isn't either.
    """
    return _ended(user, user.sessions.filter(pk=session), event)


@act
def end_others(user: User, here: str, event: Event) -> Done[int]:
    """End all the person's sessions but the one with the key ``here``; return how many ended."""
    return _ended(user, user.sessions.exclude(session_key=here), event)


def drop(user: User, *, but: str = "") -> None:
    """Delete the person's sessions, but for one, within an act whose entry says it."""
    for _gone in _deleted(user.sessions.exclude(session_key=but)):
        pass


def _ended(user: User, rows: "QuerySet[PersonSession]", event: Event) -> Done[int]:
    devices = list(_deleted(rows))
    if devices:
        said = record.said(sessions=", ".join(each or "?" for each in devices))
        record.record(user, Logged.SESSION_ENDED, event, said)
    return Done(len(devices), new=bool(devices))


def _deleted(rows: "QuerySet[PersonSession]") -> Iterator[str]:
    """Delete sessions with their rows, and yield the device of each."""
    found = list(rows.order_by("pk").select_for_update())
    Session.objects.filter(session_key__in=[row.session_key for row in found]).delete()
    for row in found:
        row.delete()
        yield row.device
