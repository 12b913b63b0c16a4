"""The only writer of an outage's state: start, note, end, and enter a past one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.clock import TOLERANCE
from befreg_reserv.people.models import User
from befreg_reserv.times import moment
from outage import doubt
from outage.models import DrillTargets, Outage, Plan, TimelineEntry
from outage.refusals import BadWindow, NotPast, TooLongAgo

Act = TimelineEntry.Act
OLDEST = timedelta(days=2 * 366)  # what is entered afterwards began at most two years ago
MOST_BACK = timedelta(days=7)  # so long before it is recorded an outage may have begun


# An app above tells what of its own happened in an outage last, for the end to come after it.
LastEvent = Callable[[Outage], datetime | None]
_last_events: list[LastEvent] = []


def end_after(last_event: LastEvent) -> None:
    """Register what an outage's end must not lie before."""
    _last_events.append(last_event)


def _also_reported(
    event: Event,
    *,
    since: datetime | None = None,
    drill: bool = False,
    text: str = "",
    plan: Plan | None = None,
) -> Outage | None:
    """Keep the report of who came second in the timeline of the outage that is ongoing."""
    ongoing = Outage.objects.filter(drill=drill, ended_at__isnull=True).first()
    if ongoing:
        begun = _begun(since, drill=drill, at=event.recorded_at)
        _tell(ongoing, Act.ALSO_REPORTED, replace(event, at=begun), text)
    return ongoing


@act(on_conflict=_also_reported)
def start(
    event: Event,
    *,
    since: datetime | None = None,
    drill: bool = False,
    text: str = "",
    plan: Plan | None = None,
) -> Done[Outage]:
    """Start an outage, unplanned or the one that ``plan`` announced; or a drill of one.

    ``since``: when it began, if that is known to be before it is recorded: so that what was handed
    out on paper meanwhile lies in it. Raises BadWindow when it can't have.

    The one that is ongoing isn't new: then the report is kept in its timeline. Two who start at
    once get one outage, because the database allows no second. What was ticked of the checklist
    becomes its first chapter.
    """
    begun = _begun(since, drill=drill, at=event.recorded_at)
    kind = Outage.Kind.PLANNED if plan else Outage.Kind.UNPLANNED
    outage = Outage.objects.create(kind=kind, drill=drill, started_at=begun, plan=plan)
    doubt.became(outage, event)
    _tell(outage, Act.STARTED, replace(event, at=begun), text)
    return Done(outage)


def _begun(since: datetime | None, *, drill: bool, at: datetime) -> datetime:
    """Return when it began. People type minutes: that of the last end is moved behind that end.

    Raises BadWindow.
    """
    if since is None:
        return at
    if since > at + TOLERANCE:
        raise BadWindow(_("It can't begin in the future."), field="since")
    if since < at - MOST_BACK:
        raise BadWindow(
            _("It can't be started as of more than %(days)d days ago. Check the date.")
            % {"days": MOST_BACK.days},
            field="since",
        )
    ended = Outage.objects.filter(drill=drill)
    last_end: datetime | None = ended.aggregate(last=Max("ended_at"))["last"]
    if last_end is None or since >= last_end:
        return min(since, at)
    if since < last_end.replace(second=0, microsecond=0):
        raise BadWindow(
            _("The one before it ended %(time)s.") % {"time": moment(last_end)}, field="since"
        )
    return min(last_end, at)


@dataclass(frozen=True)
class Past:
    """An outage that began and ended while this application could not be used.

    ``by``: the vgr-id of who ran it on paper; ``plan``: what it had been announced as.
    """

    kind: str
    drill: bool
    started_at: datetime
    ended_at: datetime
    by: str
    text: str
    plan: Plan | None = None


@act
def enter_past(past: Past, event: Event) -> Done[Outage]:
    """Enter an outage that is over; one that was planned through ``outage.plans.planning``.

    One of exactly this window isn't entered twice. Raises NotPast when it isn't over, or ends
    before it starts; TooLongAgo, since it could never be taken away again.
    """
    if not past.started_at <= past.ended_at <= event.recorded_at:
        raise NotPast
    if past.started_at < event.recorded_at - OLDEST:
        raise TooLongAgo
    # So that a double press comes one after the other.
    User.objects.select_for_update(no_key=True).get(pk=event.recorded_by.pk)
    window = {"drill": past.drill, "started_at": past.started_at, "ended_at": past.ended_at}
    if twin := Outage.objects.filter(**window).first():
        return Done(twin, new=False)
    outage = Outage.objects.create(
        kind=past.kind, plan=past.plan, **window, **_targets(drill=past.drill)
    )
    _tell(outage, Act.STARTED, replace(event, at=past.started_at, by=past.by), past.text)
    _tell(outage, Act.ENDED, replace(event, at=past.ended_at, by=past.by))
    return Done(outage)


def overlapping(outage: Outage) -> list[Outage]:
    """Return the other outages, or other drills, of which a part lies in this one's window."""
    others = Outage.objects.filter(drill=outage.drill).exclude(pk=outage.pk)
    if outage.ended_at:
        others = others.filter(started_at__lt=outage.ended_at)
    return list(others.exclude(ended_at__lte=outage.started_at))


# What people add to the timeline in words, at any time.
SAID = (Act.NOTED, Act.CAUSE, Act.WENT_WRONG)


@act
def note(
    outage: Outage, event: Event, *, text: str, act: TimelineEntry.Act = Act.NOTED
) -> Done[TimelineEntry]:
    """Add to the timeline one of SAID: a note, the cause, or what went wrong.

    Allowed after the end too, for what was learned later. The latest cause is the one that holds.
    """
    return Done(_tell(outage, act, event, text))


@act
def end(outage: Outage, event: Event, *, text: str = "") -> Done[Outage]:
    """End an outage: Befreg answers again. What isn't closed stays for the wards to close.

    Waits for a handout under way. One that has ended stays as it is.
    """
    locked = Outage.objects.select_for_update().get(pk=outage.pk)
    if locked.ended_at:
        return Done(locked, new=False)
    # The clock was read before the lock was waited for, or it was set back: the end lies after
    # all that happened in the outage. What lies further ahead than clocks differ was written by a
    # wrong one, and an end that is to come could never be taken back.
    events = filter(None, (last_event(locked) for last_event in _last_events))
    happened = [each for each in events if each <= event.at + TOLERANCE]
    event = event.after(max(event.at, locked.started_at, *happened))
    columns = {"ended_at": event.at, **_targets(drill=locked.drill)}
    _tell(locked, Act.ENDED, event, text, columns)
    return Done(locked)


def _targets(*, drill: bool) -> dict[str, int]:
    """Return what an ending drill keeps: the targets as they are now."""
    if not drill:
        return {}
    targets = DrillTargets.objects.get()
    return {
        "call_to_number_seconds": targets.call_to_number_seconds,
        "close_out_minutes": targets.close_out_minutes,
    }


def _tell(
    outage: Outage,
    act: TimelineEntry.Act,
    event: Event,
    text: str = "",
    columns: Mapping[str, Any] | None = None,
) -> TimelineEntry:
    """Write an act to the timeline and to the log, with the columns of the outage that it sets."""
    record.change(outage, act, event, columns or {}, record.said(text=text) if text else {})
    return TimelineEntry.objects.create(
        outage=outage,
        act=act,
        at=event.at,
        by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        text=text,
    )
