"""Passwords: one's own, and the one-time password that an administrator sets.

Whoever sets a password for somebody else knows it, so it opens one page only: the one on which
the person chooses a password of their own. Writes ``one_time_at`` and ``one_time_by``.
"""

import secrets
from collections.abc import Callable
from hashlib import shake_256
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.utils.crypto import salted_hmac

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import User

# Read out over the telephone: no capitals, and none of those that look or sound alike (i l 1,
# o 0, w, q).
LETTERS = "abcdefghjkmnprstuvxyz23456789"
GROUPS, GROUP_LENGTH = 3, 4  # 58 bits
DRAWN_BYTES = 4  # for each letter: no letter is noticeably likelier
WRITTEN = ["password", "one_time_at", "one_time_by"]
CHANGES = "changes_password"  # on views

View = TypeVar("View", bound=Callable[..., Any])


class ChangedMeanwhile(Refused):
    """Somebody set another password after this one was read."""


def changes_password(view: View) -> View:
    """Mark the view that opens with a one-time password too."""
    setattr(view, CHANGES, True)
    return view


class OneTime(NamedTuple):
    """A password that can be read out over the telephone, and what is stored of it."""

    text: str
    hashed: str


def generate() -> str:
    """Return a new password that can be read out over the telephone: ``kmpt-3h7n-xs8r``."""
    return _in_groups(secrets.token_bytes(DRAWN_BYTES * GROUPS * GROUP_LENGTH))


def derived(request_key: UUID, vgr_id: str) -> str:
    """Return the password that this form gives this person: the same however often it is sent.

    Nobody can tell it from the key without the server's secret.
    """
    seed = salted_hmac("befreg_reserv.people.one_time", f"{request_key} {vgr_id}").digest()
    return _in_groups(shake_256(seed).digest(DRAWN_BYTES * GROUPS * GROUP_LENGTH))


def one_time(request_key: UUID, vgr_id: str) -> OneTime:
    """Return the derived password, hashed before its act begins: that takes its time."""
    text = derived(request_key, vgr_id)
    return OneTime(text, make_password(text))


def _in_groups(drawn: bytes) -> str:
    parts = (drawn[at : at + DRAWN_BYTES] for at in range(0, len(drawn), DRAWN_BYTES))
    letters = "".join(LETTERS[int.from_bytes(part, "big") % len(LETTERS)] for part in parts)
    starts = range(0, len(letters), GROUP_LENGTH)
    return "-".join(letters[start : start + GROUP_LENGTH] for start in starts)


def has_one_time(user: User, one_time: OneTime) -> bool:
    """Tell whether the person was given just this password and hasn't chosen one of their own."""
    return user.must_change_password and user.check_password(one_time.text)


def mark(user: User) -> str:
    """Return a mark that changes with the password and reveals nothing of it."""
    return salted_hmac("befreg_reserv.people.passwords", user.password).hexdigest()


@act
def set_one_time(user: User, password: str | OneTime, event: AnyEvent) -> Done[User]:
    """Save ``user`` with a one-time password. The person's sessions end.

    The person sees who set it: ``event.by``. Of a new person all columns are saved.
    """
    user.password = password.hashed if isinstance(password, OneTime) else make_password(password)
    user.one_time_at, user.one_time_by = event.at, event.by
    user.save(update_fields=WRITTEN if user.pk else None)
    record.record(user, Logged.ONE_TIME_PASSWORD, event)
    return Done(user)


@act
def choose(user: User, password: str, event: Event) -> Done[User]:
    """Save the password that the person chose, which ends all their sessions.

    Raises ChangedMeanwhile when ``user`` was read before somebody else set a password.
    """
    if User.objects.select_for_update().get(pk=user.pk).password != user.password:
        raise ChangedMeanwhile
    user.set_password(password)
    user.one_time_at, user.one_time_by = None, ""
    user.save(update_fields=WRITTEN)
    record.record(user, Logged.OWN_PASSWORD, event)
    return Done(user)
