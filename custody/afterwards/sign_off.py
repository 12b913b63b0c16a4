"""Sign off an outage: an administrator confirms that nothing of it is left to do.

A sign-off is never withdrawn. If something opens again, for instance by a late entry, ``missing``
names it and the outage needs another sign-off; the latest one counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from custody.afterwards.belonging import counts_of, quarantines_of
from custody.afterwards.refusals import NotFinished
from custody.calls.waiting import still_waiting
from custody.counts import schedule, settle
from custody.handouts import doubles, followup
from custody.ledger.refusals import NotSeen
from custody.logged import Logged
from custody.models import DoubledNumber, Handout, Quarantine, SignOff
from custody.models.states import OPEN
from custody.planned import late_registration, prepared
from outage import lifecycle
from outage.models import Outage


class Duty(StrEnum):
    """What must be done before an outage is signed off."""

    END = "end"
    DOUBLED = "doubled"
    HANDOUTS = "handouts"
    WAITING = "waiting"
    PREPARED = "prepared"
    LATE = "late"
    COUNT = "count"
    SHEETS = "sheets"
    SURPLUS = "surplus"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Missing:
    """One duty that isn't done yet, in words."""

    duty: Duty
    text: str


def missing(outage: Outage) -> list[Missing]:
    """Return what is missing before the outage can be signed off; if it is empty, it can be."""
    found = ((duty, describe(outage)) for duty, describe in DUTIES.items())
    return [Missing(duty, text) for duty, text in found if text]


@act
def sign_off(
    outage_id: int, event: Event, *, text: str = "", never_read_back: int = 0
) -> Done[SignOff]:
    """Sign an outage off. Two at the same moment make two rows, which does no harm.

    ``text``: what was learned. ``never_read_back``: how many such numbers the person was shown and
    accepts; they hold nothing up, since nobody may be left to read them back. Raises NotFinished
    with what is missing, NotSeen if there are more or fewer by now, Outage.DoesNotExist.
    """
    # Every handout, also one entered late, locks this row too: none can come in between.
    outage = Outage.objects.select_for_update().get(pk=outage_id)
    waiting = missing(outage)
    if waiting:
        raise NotFinished([item.text for item in waiting], outage)
    unread = followup.never_read_back(outage).count()
    if unread != never_read_back:
        raise NotSeen(about=outage)
    signed = SignOff(
        outage=outage, at=event.at, by=event.recorded_by, text=text, never_read_back=unread
    )
    record.insert(signed)
    lifecycle.note_signed_off(outage, event.at)
    record.record(outage, Logged.SIGN_OFF, event, record.said(text=text, never_read_back=unread))
    return Done(signed)


def unexplained(outage: Outage) -> QuerySet[Quarantine]:
    """Return the missing sheets of an outage, its handouts' and its counts', not explained yet."""
    handouts = Handout.objects.filter(outage=outage)
    missing_sheets = quarantines_of(outage, handouts, with_counts=True)
    return missing_sheets.filter(explained_at__isnull=True)


def _not_ended(outage: Outage) -> str:
    if not outage.ongoing:
        return ""
    return _("The drill hasn't ended.") if outage.drill else _("The outage hasn't ended.")


def _doubled(outage: Outage) -> str:
    number = DoubledNumber.objects.filter(doubles.WAITING, doubles.in_outage(outage)).count()
    return _in_words(
        number,
        ngettext(
            "%(number)d number was given to TWO PATIENTS, and nobody has written what was done.",
            "%(number)d numbers were given to TWO PATIENTS each, and nobody has written what was"
            " done.",
            number,
        ),
    )


def _open_handouts(outage: Outage) -> str:
    number = outage.handouts.filter(state__in=OPEN).count()
    return _in_words(
        number, ngettext("%(number)d number is open.", "%(number)d numbers are open.", number)
    )


def _waiting(outage: Outage) -> str:
    number = still_waiting(outage).count()
    return _in_words(
        number,
        ngettext(
            "%(number)d patient still waits for a number.",
            "%(number)d patients still wait for a number.",
            number,
        ),
    )


def _unmarked(outage: Outage) -> str:
    number = prepared.unaccounted(outage).count()
    return _in_words(
        number,
        ngettext(
            "%(number)d prepared number isn't marked.",
            "%(number)d prepared numbers aren't marked.",
            number,
        ),
    )


def _unregistered(outage: Outage) -> str:
    number = late_registration.still_open(outage).count()
    return _in_words(
        number,
        ngettext(
            "%(number)d patient isn't registered yet.",
            "%(number)d patients aren't registered yet.",
            number,
        ),
    )


def _uncounted(outage: Outage) -> str:
    binders = [] if outage.ongoing else schedule.uncounted_after(outage)
    names = ", ".join(map(str, binders))
    return _("Not counted since the end: %(binders)s.") % {"binders": names} if binders else ""


def _unexplained(outage: Outage) -> str:
    number = unexplained(outage).count()
    return _in_words(
        number,
        ngettext(
            "%(number)d missing sheet isn't explained.",
            "%(number)d missing sheets aren't explained.",
            number,
        ),
    )


def _surplus(outage: Outage) -> str:
    number = settle.waiting().filter(count__in=counts_of(outage).values("pk")).count()
    return _in_words(
        number,
        ngettext(
            "%(number)d sheet lay in the binder though its number was handed out.",
            "%(number)d sheets lay in the binder though their numbers were handed out.",
            number,
        ),
    )


def _foreign(outage: Outage) -> str:
    number = settle.foreign_waiting().filter(count__in=counts_of(outage).values("pk")).count()
    return _in_words(
        number,
        ngettext(
            "%(number)d sheet that doesn't belong in the binder isn't explained.",
            "%(number)d sheets that don't belong in the binder aren't explained.",
            number,
        ),
    )


def _in_words(number: int, words: str) -> str:
    return words % {"number": number} if number else ""


DUTIES: dict[Duty, Callable[[Outage], str]] = {
    Duty.END: _not_ended,
    Duty.DOUBLED: _doubled,
    Duty.HANDOUTS: _open_handouts,
    Duty.WAITING: _waiting,
    Duty.PREPARED: _unmarked,
    Duty.LATE: _unregistered,
    Duty.COUNT: _uncounted,
    Duty.SHEETS: _unexplained,
    Duty.SURPLUS: _surplus,
    Duty.FOREIGN: _foreign,
}
