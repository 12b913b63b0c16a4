"""Passwords: one's own, and the one-time password that an administrator sets.

Whoever sets a password for somebody else knows it, so it opens one page only: the one on which
the person chooses a password of their own. The only writer of ``one_time_at`` and
``one_time_by``.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.crypto import salted_hmac

from befreg_reserv.audit import trail
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import User

# Read out over the telephone: no capitals, and none of those that look or sound alike (i l 1,
# o 0, w, q).
LETTERS = "abcdefghjkmnprstuvxyz23456789"
GROUPS, GROUP_LENGTH = 3, 4  # 58 bits
WRITTEN = ["password", "one_time_at", "one_time_by"]
CHANGES = "changes_password"  # on views

View = TypeVar("View", bound=Callable[..., Any])


class ChangedMeanwhile(Exception):
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
    """Return what tells the present password from any other, and nothing of it."""
    return salted_hmac("befreg_reserv.people.passwords", user.password).hexdigest()


@transaction.atomic
def set_one_time(
    user: User, password: str, *, by: str, at: datetime, actor: User | None = None
) -> None:
    """Save ``user`` with a one-time password. The person's sessions end.

    ``by``: who sets it, as the person is told; ``actor``: the same for the log, None for a
    command. A new person is saved as a whole.
    """
    user.set_password(password)
    user.one_time_at, user.one_time_by = at, by
    user.save(update_fields=WRITTEN if user.pk else None)
    trail.record(user, Logged.ONE_TIME_PASSWORD, actor=actor, at=at)


@transaction.atomic
def choose(user: User, password: str, *, at: datetime) -> None:
    """Save the person's own choice, which ends all their sessions with the former password.

    Raises ChangedMeanwhile when ``user`` was read before somebody else set a password.
    """
    if User.objects.select_for_update().get(pk=user.pk).password != user.password:
        raise ChangedMeanwhile
    user.set_password(password)
    user.one_time_at, user.one_time_by = None, ""
    user.save(update_fields=WRITTEN)
    trail.record(user, Logged.OWN_PASSWORD, actor=user, at=at)
