"""The one writer of a handout's state: every step goes through ``begin`` or ``advance``.

Callers hold the row's lock and a transaction. A step, the state it leads to and the audit rows
are written together or not at all.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from auditlog.context import disable_auditlog
from django.utils.translation import gettext as _

from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.clock import TOLERANCE
from befreg_reserv.people.models import User
from custody.models import Handout, HandoutStep
from custody.refusals import BadTime, IllegalStep, ReasonMissing
from custody.states import NEEDS_REASON, STEPS, Act


@dataclass(frozen=True)
class Event:
    """Who did something and when, and who recorded it and when.

    ``by`` is a vgr-id, since whoever did it may have no account; ``recorded_by`` has one.
    """

    at: datetime
    by: str
    recorded_at: datetime
    recorded_by: User

    @classmethod
    def now(cls, user: User, at: datetime) -> "Event":
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


def precedes(at: datetime, earliest: datetime) -> bool:
    """Tell whether a typed time lies before ``earliest``: by more than minutes and clocks do."""
    minute = earliest.replace(second=0, microsecond=0)
    return at < min(minute, earliest - TOLERANCE)


def lies_within(at: datetime, start: datetime, end: datetime) -> bool:
    """Tell whether a typed time lies between two others, give or take as in ``precedes``."""
    return not precedes(at, start) and at <= end + TOLERANCE


def lock(handout_id: int) -> Handout:
    """Return the handout, re-read under lock with all that its rules need.

    Raises Handout.DoesNotExist.
    """
    rows = Handout.objects.select_related("number__binder", "outage", "ward__clinic")
    return rows.select_for_update(of=("self",)).get(pk=handout_id)


def lock_for(handout_id: int, act: Act, event: Event) -> tuple[Handout, Event]:
    """Return the locked handout and the event, in order after the handout's last step.

    Raises IllegalStep when the handout isn't where ``act`` starts from, BadTime for a typed
    time out of order, Handout.DoesNotExist.
    """
    handout = lock(handout_id)
    if handout.state != STEPS[act].source:
        raise IllegalStep(handout, act)
    last = handout.steps.order_by("sequence").last()
    return handout, event.after(last.at if last else handout.handed_out_at)


def begin(handout: Handout, event: Event, *, reason: str = "") -> LogEntry:
    """Insert a new handout and its first step. Returns the audit entry, for the caller to write.

    ``reason``: why it could be so, where that had to be asked.
    """
    with disable_auditlog():  # one entry of ours instead of a diff of every column
        handout.save(force_insert=True)
    _record(handout, Act.HAND_OUT, event, 1, reason)
    return trail.entry(
        handout,
        Act.HAND_OUT.value,
        actor=event.recorded_by,
        at=event.recorded_at,
        changes={"state": (None, handout.state), "caller": (None, handout.caller)}
        | ({"reason": (None, reason)} if reason else {}),
        action=LogEntry.Action.CREATE,
    )


def advance(
    handout: Handout,
    act: Act,
    event: Event,
    *,
    reason: str = "",
    identity: str = "",
    **columns: Any,
) -> None:
    """Take a locked handout one step further.

    ``columns`` are the handout's columns that change with it; ``identity`` is the real number
    the step is about. Raises IllegalStep or ReasonMissing.
    """
    if act in NEEDS_REASON and not reason:
        raise ReasonMissing
    columns["state"] = STEPS[act].target.value
    changes = _write(handout, act, columns) | ({"reason": (None, reason)} if reason else {})
    _record(handout, act, event, handout.steps.count() + 1, reason, identity)
    trail.record(handout, act.value, actor=event.recorded_by, at=event.recorded_at, changes=changes)


def _write(handout: Handout, act: Act, columns: dict[str, Any]) -> trail.Changes:
    """Change the handout's columns if it still stands where the act starts; return the diff."""
    standing = Handout.objects.filter(pk=handout.pk, state=STEPS[act].source)
    if handout.state != STEPS[act].source or not standing.update(**columns):
        raise IllegalStep(handout, act)
    changes = {name: (getattr(handout, name), value) for name, value in columns.items()}
    for name, value in columns.items():
        setattr(handout, name, value)
    return changes


def _record(
    handout: Handout, act: Act, event: Event, sequence: int, reason: str = "", identity: str = ""
) -> None:
    source, target = STEPS[act]
    HandoutStep.objects.create(
        handout=handout,
        sequence=sequence,
        act=act,
        source=source,
        target=target,
        at=event.at,
        by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        reason=reason,
        identity=identity,
    )
