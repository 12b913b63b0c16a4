"""Passwords: one's own, and the one-time password that somebody else sets.

Whoever sets a password for somebody else knows it, so it opens one page only: the one on which
the person chooses a password of their own. It lets in once, for ONE_TIME_PASSWORD_HOURS, and the
log says that somebody came in by it, and who had set it. The one writer of ``one_time_…``.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from hashlib import shake_256
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import AnyEvent, Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import held
from befreg_reserv.times import moment

# Read out over the telephone: no capitals, and none of those that look or sound alike (i l 1,
# o 0, w, q).
LETTERS = "abcdefghjkmnprstuvxyz23456789"
GROUPS, GROUP_LENGTH = 3, 4  # 58 bits
DRAWN_BYTES = 4  # for each letter: no letter is noticeably likelier
NO_ONE_TIME: dict[str, Any] = {
    "one_time_at": None,
    "one_time_by": "",
    "one_time_until": None,
    "one_time_used_at": None,
}
WRITTEN = ["password", *NO_ONE_TIME]
CHANGES = "changes_password"  # on views

View = TypeVar("View", bound=Callable[..., Any])


class ChangedMeanwhile(Refused):
    """Somebody set another password after this one was read."""

    title = gettext_lazy("The password was changed meanwhile")
    advice = gettext_lazy("Somebody set another password at this moment. Sign in with that one.")


class OneTimeUsed(Refused):
    """A one-time password lets in once: who else had read it would come after the person."""

    title = gettext_lazy("This one-time password has been used")

    def __init__(self, user: User) -> None:
        text = _(
            "This one-time password was used %(at)s, and it works once only. If that wasn't you,"
            " say so. %(ask)s"
        )
        super().__init__(text % {"at": moment(user.one_time_used_at), "ask": whom_to_ask()})


class OneTimeExpired(Refused):
    """A one-time password that lies about is worth nothing after a day."""

    title = gettext_lazy("This one-time password is too old")

    def __init__(self, user: User) -> None:
        text = _("This one-time password was valid until %(until)s. %(ask)s")
        super().__init__(text % {"until": moment(user.one_time_until), "ask": whom_to_ask()})


def whom_to_ask() -> str:
    """Return whom somebody asks who can't come in, and what they do in an emergency."""
    if not settings.RESET_BY_TWO_ROLES:
        return _(
            "Ask the system administrator for a new one. In an emergency, use the paper binder and"
            " the routine beside it."
        )
    return _(
        "Ask the system administrator for a new one, or two colleagues at the till. In an"
        " emergency, use the paper binder and the routine beside it."
    )


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
    user.one_time_until = event.at + timedelta(hours=settings.ONE_TIME_PASSWORD_HOURS)
    user.one_time_used_at = None
    new = user.pk is None
    user.save(update_fields=None if new else WRITTEN)
    if not new:
        held.drop(user)
    record.record(user, Logged.ONE_TIME_PASSWORD, event)
    return Done(user)


@act
def use_one_time(user: User, event: Event) -> Done[User]:
    """Use up the one-time password that was just typed; of two who type it, one comes in.

    Raises OneTimeUsed, OneTimeExpired, and ChangedMeanwhile if ``user`` was read before somebody
    set another password. The log says who had set this one: they know it too.
    """
    present = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if present.password != user.password or not present.must_change_password:
        raise ChangedMeanwhile
    if present.one_time_used_at:
        raise OneTimeUsed(present)
    if present.is_shut_out(event.at):
        raise OneTimeExpired(present)
    record.assign(user, {"one_time_used_at": event.at})
    set_by = record.said(one_time_by=present.one_time_by)
    record.record(user, Logged.ONE_TIME_USED, event, set_by)
    return Done(user)


@act
def choose(user: User, password: str, event: Event, *, here: str = "") -> Done[User]:
    """Save the password that the person chose, which ends all their sessions.

    But for the one with the key ``here``, which its request must write the new password's hash to.
    Raises ChangedMeanwhile when ``user`` was read before somebody else set a password.
    """
    if User.objects.select_for_update().get(pk=user.pk).password != user.password:
        raise ChangedMeanwhile
    user.set_password(password)
    for column, empty in NO_ONE_TIME.items():
        setattr(user, column, empty)
    user.save(update_fields=WRITTEN)
    held.drop(user, but=here)
    record.record(user, Logged.OWN_PASSWORD, event)
    return Done(user)
