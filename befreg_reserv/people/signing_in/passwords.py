"""Passwords: one's own, and the one-time password that an administrator sets.

Whoever sets a password for somebody else knows it, so it opens one page only: the one on which
the person chooses a password of their own. Writes ``one_time_at`` and ``one_time_by``.
"""

import secrets
from collections.abc import Callable
from typing import Any, TypeVar

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
WRITTEN = ["password", "one_time_at", "one_time_by"]
CHANGES = "changes_password"  # on views

View = TypeVar("View", bound=Callable[..., Any])


class ChangedMeanwhile(Refused):
    """Somebody set another password after this one was read."""


def changes_password(view: View) -> View:
    """Mark the view that opens with a one-time password too."""
    setattr(view, CHANGES, True)
    return view


def generate() -> str:
    """Return a new password that can be read out over the telephone: ``kmpt-3h7n-xs8r``."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def mark(user: User) -> str:
    """Return a mark that changes with the password and reveals nothing of it."""
    return salted_hmac("befreg_reserv.people.passwords", user.password).hexdigest()


@act
def set_one_time(user: User, password: str, event: AnyEvent) -> Done[User]:
    """Save ``user`` with a one-time password. The person's sessions end.

    The person sees who set it: ``event.by``. Of a new person all columns are saved.
    """
    user.set_password(password)
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
