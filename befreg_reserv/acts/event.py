"""Who did something and when, and who recorded it and when."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from befreg_reserv.acts.refused import BadTime
from befreg_reserv.clock import TOLERANCE

if TYPE_CHECKING:  # people lie above: their acts have events too
    from befreg_reserv.people.models import User


@dataclass(frozen=True)
class Event:
    """Who did something and when, and who recorded it and when.

    ``by`` is a vgr-id, since whoever did it may have no account; ``recorded_by`` has one.
    """

    at: datetime
    by: str
    recorded_at: datetime
    recorded_by: "User"

    @classmethod
    def now(cls, user: "User", at: datetime) -> "Event":
        """Return the event of a person who records what they do as they do it."""
        return cls(at=at, by=user.username, recorded_at=at, recorded_by=user)

    def not_ahead_of(self, clock: datetime) -> "Event":
        """Return the event recorded no later than ``clock``, the database's, shows.

        The time of a server that is ahead by more than clocks differ would stand there for ever,
        and the outage's end after it. The handout isn't refused: nobody waits for a clock.
        """
        if self.recorded_at <= clock + TOLERANCE:
            return self
        at = clock if self.at == self.recorded_at else self.at
        return replace(self, at=at, recorded_at=clock)

    def after(self, earliest: datetime) -> "Event":
        """Return the event in order after ``earliest``.

        People type minutes, so within the same minute, or the clocks' tolerance, the time is
        moved into order. Raises BadTime when a typed time lies before that, or in the future.
        What happens now is never refused for a clock that was set back or that differs from
        another server's.
        """
        typed = self.at != self.recorded_at
        if typed and self.at > self.recorded_at + TOLERANCE:
            raise BadTime(_("The time lies in the future."))
        if typed and precedes(self.at, earliest):
            raise BadTime(_("The time lies before the step that it follows."))
        at = max(min(self.at, self.recorded_at), earliest)
        return replace(self, at=at, recorded_at=max(self.recorded_at, at))

    def within(self, start: datetime, end: datetime | None) -> "Event":
        """Return the event in order between an outage's ``start`` and its ``end``, if it has one.

        Moved and refused as by ``after``.
        """
        if end is None:
            return self.after(start)
        if not lies_within(self.at, start, end):
            raise BadTime(_("The time lies outside of the outage."))
        return replace(self, at=min(self.at, end)).after(start)


@dataclass(frozen=True)
class Unattended:
    """What a command or the server does by itself: nobody has signed in for it.

    ``by`` says what did it, for people to read.
    """

    at: datetime
    by: str = ""
    recorded_by: None = None

    @property
    def recorded_at(self) -> datetime:
        """Return when it was recorded, which is when it was done."""
        return self.at


AnyEvent = Event | Unattended


def precedes(at: datetime, earliest: datetime) -> bool:
    """Tell whether a typed time lies before ``earliest``: by more than minutes and clocks do."""
    minute = earliest.replace(second=0, microsecond=0)
    return at < min(minute, earliest - TOLERANCE)


def lies_within(at: datetime, start: datetime, end: datetime) -> bool:
    """Tell whether a typed time lies between two others, give or take as in ``precedes``."""
    return not precedes(at, start) and at <= end + TOLERANCE
