"""Who did something and when, and who recorded it and when."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from befreg_reserv.acts.refused import BadTime
from befreg_reserv.clock import TOLERANCE

if TYPE_CHECKING:  # a higher layer, whose acts have events too
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
        """Return the event, recorded no later than ``clock``, the time on the database's clock.

        If a server's clock is ahead by more than TOLERANCE, its time would stay in history, and the
        outage could only end after it. The handout isn't refused: an emergency can't wait for that.
        """
        if self.recorded_at <= clock + TOLERANCE:
            return self
        at = clock if self.at == self.recorded_at else self.at
        return replace(self, at=at, recorded_at=clock)

    def after(self, earliest: datetime) -> "Event":
        """Return the event with its time moved to ``earliest`` if it lies before.

        People type minutes, so a typed time is moved only within the same minute or TOLERANCE.
        Raises BadTime when it lies before that, or in the future. What happens now is always moved
        and never refused: a clock may have been set back, or differ from another server's.
        """
        typed = self.at != self.recorded_at
        if typed and self.at > self.recorded_at + TOLERANCE:
            raise BadTime(_("The time lies in the future."))
        if typed and precedes(self.at, earliest):
            raise BadTime(_("The time lies before the step that it follows."))
        at = max(min(self.at, self.recorded_at), earliest)
        return replace(self, at=at, recorded_at=max(self.recorded_at, at))

    def within(self, start: datetime, end: datetime | None) -> "Event":
        """Return the event with its time between an outage's ``start`` and its ``end``, if any.

        Moves the time and raises BadTime as ``after`` does.
        """
        if end is None:
            return self.after(start)
        if not lies_within(self.at, start, end):
            raise BadTime(_("The time lies outside of the outage."))
        return replace(self, at=min(self.at, end)).after(start)


@dataclass(frozen=True)
class Unattended:
    """What a command or the server does by itself, without a signed-in person.

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
    """Tell whether a typed time lies before ``earliest``, its minute and TOLERANCE allowed for."""
    minute = earliest.replace(second=0, microsecond=0)
    return at < min(minute, earliest - TOLERANCE)


def lies_within(at: datetime, start: datetime, end: datetime) -> bool:
    """Tell whether a typed time lies between two others, with the tolerance of ``precedes``."""
    return not precedes(at, start) and at <= end + TOLERANCE
