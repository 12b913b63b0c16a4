"""A PIN of six digits: it unlocks the same person's screen, at an enrolled workstation, this shift.

The password has been typed there within ``PIN_HOURS``, and opens the screen as ever: after a few
wrong PINs only the password does. So whoever finds the screen locked has a few tries of a million.
"""

import itertools
import re
from datetime import datetime, timedelta
from typing import Final, cast

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Pin, User, Workstation
from befreg_reserv.people.signing_in import idle, passwords
from befreg_reserv.people.signing_in.sessions import SessionStore

SHAPE: Final = re.compile(r"[0-9]{6}")
MOST_WRONG: Final = 3
FEWEST_DIGITS: Final = 3  # of different digits
# In the session: at which workstation and when the password was typed, and wrong PINs since.
AT_TILL, TYPED_AT, WRONG = "pin_workstation", "pin_password_at", "pin_wrong"


def is_obvious(pin: str) -> bool:
    """Tell whether somebody who guesses would begin with it, or could know it: a birth date."""
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    repeats = pin[:3] == pin[3:] or pin[:2] == pin[2:4] == pin[4:] or pin == pin[::-1]
    in_a_row = len(steps) == 1
    return len(set(pin)) < FEWEST_DIGITS or in_a_row or repeats or _is_date(pin)


def _is_date(pin: str) -> bool:
    return any(_parses(pin, form) for form in ("%y%m%d", "%d%m%y"))


def _parses(pin: str, form: str) -> bool:
    try:
        datetime.strptime(pin, form)  # noqa: DTZ007  a day alone
    except ValueError:
        return False
    return True


@act
def choose(person: User, hashed: str, event: Event) -> Done[Pin]:
    """Let the person unlock with the PIN of this hash; an earlier one is none any more.

    Hashed before the act begins: that takes its time. It belongs to the password that ``person``
    was read with: if somebody has set another since, it unlocks nothing.
    """
    locked = User.objects.select_for_update().get(pk=person.pk)
    columns = {
        "hashed": hashed,
        "of_password": passwords.mark(person),
        "chosen_at": event.at,
    }
    row, _is_new = Pin.objects.update_or_create(person=locked, defaults=columns)
    record.record(locked, Logged.PIN_CHOSEN, event)
    return Done(row)


@act
def drop(person: User, event: Event) -> Done[User]:
    """Take the person's PIN away; the password alone unlocks."""
    gone, _of_each = Pin.objects.filter(person=person).delete()
    if gone:
        record.record(person, Logged.PIN_DROPPED, event)
    return Done(person, new=bool(gone))


def hours() -> int:
    """Return for how many hours after a password a PIN unlocks; 0: never."""
    return int(settings.PIN_HOURS)


def of(person: User) -> Pin | None:
    """Return the person's PIN, if it was chosen with the password that they have now."""
    pin = Pin.objects.filter(person=person).first()
    return pin if pin and pin.of_password == passwords.mark(person) else None


def note_password(request: HttpRequest, workstation: Workstation | None, at: datetime) -> None:
    """Keep in the session that the password was typed, and at which workstation: a shift begins."""
    session = request.session
    session.pop(WRONG, None)
    if workstation is None:
        session.pop(AT_TILL, None)
        session.pop(TYPED_AT, None)
        return
    session[AT_TILL], session[TYPED_AT] = workstation.pk, at.timestamp()


def unlocks(request: HttpRequest, workstation: Workstation | None, at: datetime) -> User | None:
    """Return whose screen a PIN would unlock here and now, or None: then it takes the password."""
    person, session = idle.named_person(request), request.session
    if person is None or workstation is None or session.get(AT_TILL) != workstation.pk:
        return None
    age = timedelta(seconds=at.timestamp() - float(session.get(TYPED_AT, 0)))
    in_shift = timedelta(0) <= age < timedelta(hours=hours())
    if not in_shift or int(session.get(WRONG, 0)) >= MOST_WRONG:
        return None
    return person if of(person) else None


def is_right(request: HttpRequest, person: User, typed: str, at: datetime) -> bool:
    """Tell whether this is the person's PIN. A wrong one is counted, and stands in the log.

    Counted before it is looked at, under a lock: tries that are sent side by side are no more.
    """
    pin = of(person)
    if pin is None or not _counted(request):
        return False
    if check_password(typed, pin.hashed):
        _forget_wrong(request)
        return True
    act, action = Logged.PIN_WRONG, trail.Action.ACCESS
    trail.record(person, act, actor=None, at=at, action=action)
    return False


def refusal(request: HttpRequest) -> str:
    """Return the message after a wrong PIN: how many tries are left, and that the password does."""
    left = max(0, MOST_WRONG - int(request.session.get(WRONG, 0)))
    if not left:
        return _("The PIN was wrong. Now the password alone unlocks.")
    text = ngettext(
        "The PIN was wrong. %(count)d try is left; the password unlocks too.",
        "The PIN was wrong. %(count)d tries are left; the password unlocks too.",
        left,
    )
    return text % {"count": left}


def unproved() -> str:
    """Return the message to a person whose workstation hasn't shown the key that it has."""
    return _(
        "This computer couldn't show that it is the till's. Write the PIN again or the password."
    )


def _counted(request: HttpRequest) -> bool:
    session = cast("SessionStore", request.session)
    with transaction.atomic():
        if not session.reread() or int(session.get(WRONG, 0)) >= MOST_WRONG:
            return False
        session[WRONG] = int(session.get(WRONG, 0)) + 1
        session.save()
    return True


def _forget_wrong(request: HttpRequest) -> None:
    request.session.pop(WRONG, None)
