"""What is wrong with the routine now: nobody has decided on it, it is too old, nobody answers."""

from dataclasses import dataclass
from datetime import date

from outage.calling.contacts import WhomToCall
from outage.models import Contact, Routine
from outage.routine import text
from outage.routine.text import Moment, Text

# Whom a step tells people to call.
NAMED = {
    Moment.SUPPORT: Contact.Purpose.FAULT,
    Moment.URGENT: Contact.Purpose.TILL,
    Moment.NONE_LEFT: Contact.Purpose.ADMIN,
}


@dataclass(frozen=True)
class Worries:
    """What the administrator must see to. ``silent``: whom the routine names without an answer."""

    routine: Routine
    undecided: bool
    past: bool
    silent: tuple[Contact.Purpose, ...]

    def __bool__(self) -> bool:
        return self.undecided or self.past or bool(self.silent)


def worries(day: date, calls: WhomToCall) -> Worries:
    """Return what is wrong on a local day; one statement. ``calls``: whom to call now."""
    version = text.in_force(day)
    return Worries(
        routine=version.routine,
        undecided=version.routine.is_undecided,
        past=version.routine.is_past(day),
        silent=_silent(version, calls),
    )


def _silent(version: Text, calls: WhomToCall) -> tuple[Contact.Purpose, ...]:
    answers = {
        Contact.Purpose.FAULT: calls.fault,
        Contact.Purpose.TILL: calls.till,
        Contact.Purpose.ADMIN: calls.admin,
    }
    named = (NAMED[moment] for moment in NAMED if version.at.get(moment.value))
    return tuple(purpose for purpose in named if answers[purpose].line is None)
