"""Writes an outage's state: start, note, end, and enter a past one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet
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
MOST_BACK = timedelta(days=7)  # how long before it is recorded an outage may have begun


# From apps of a higher layer: the time of their last event in an outage, which must end after it.
LastEvent = Callable[[Outage], datetime | None]
_last_events: list[LastEvent] = []


def end_after(last_event: LastEvent) -> None:
    """Register a function that returns a time before which an outage must not end, or None."""
    _last_events.append(last_event)


def _also_reported(
    event: Event,
    *,
    since: datetime | None = None,
    drill: bool = False,
    text: str = "",
    plan: Plan | None = None,
    checked: Collection[str] = (),
) -> Outage | None:
    """Add the report to the ongoing outage's timeline: somebody else has started it."""
    ongoing = Outage.objects.filter(drill=drill, ended_at__isnull=True).first()
    if ongoing:
        begun = _begun(since, drill=drill, at=event.recorded_at)
        said = doubt.in_words(checked, text)
        _add_entry(ongoing, Act.ALSO_REPORTED, replace(event, at=begun), said)
    return ongoing


@act(on_conflict=_also_reported)
def start(
    event: Event,
    *,
    since: datetime | None = None,
    drill: bool = False,
    text: str = "",
    plan: Plan | None = None,
    checked: Collection[str] = (),
) -> Done[Outage]:
    """Start an outage, unplanned or the one that ``plan`` announced; or a drill of one.

    ``since``: when it began, if that was earlier, so that numbers handed out on paper since then
    belong to it. Raises BadWindow if it can't have begun then. ``checked``: points of the checklist
    that the same form ticks.

    If one is ongoing, returns it as not new, and its timeline gets the report. Two who start at
    the same moment get one outage, because the database allows no second. The ticks of the open
    checklist become part of its story.
    """
    begun = _begun(since, drill=drill, at=event.recorded_at)
    kind = Outage.Kind.PLANNED if plan else Outage.Kind.UNPLANNED
    outage = Outage.objects.create(kind=kind, drill=drill, started_at=begun, plan=plan)
    doubt.close_with(outage, event, checked)
    _add_entry(outage, Act.STARTED, replace(event, at=begun), text)
    return Done(outage)


def _begun(since: datetime | None, *, drill: bool, at: datetime) -> datetime:
    """Return when it began. People type minutes: in the minute of the last end, that end.

    Raises BadWindow for a time in the future, too far back, or before the last end.
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

    ``by``: the vgr-id of the person who ran it on paper; ``plan``: its announcement, if any.
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

    If one with exactly this window exists, returns it as not new. Raises NotPast if it isn't over
    or ends before it starts; TooLongAgo for a mistyped year, since no outage can be deleted.
    """
    if not past.started_at <= past.ended_at <= event.recorded_at:
        raise NotPast
    if past.started_at < event.recorded_at - OLDEST:
        raise TooLongAgo
    # A double press waits here for the first.
    User.objects.select_for_update(no_key=True).get(pk=event.recorded_by.pk)
    window = {"drill": past.drill, "started_at": past.started_at, "ended_at": past.ended_at}
    if twin := Outage.objects.filter(**window).first():
        return Done(twin, new=False)
    outage = Outage.objects.create(
        kind=past.kind, plan=past.plan, **window, **_targets(drill=past.drill)
    )
    _add_entry(outage, Act.STARTED, replace(event, at=past.started_at, by=past.by), past.text)
    _add_entry(outage, Act.ENDED, replace(event, at=past.ended_at, by=past.by))
    return Done(outage)


def note_signed_off(outage: Outage, at: datetime) -> None:
    """Write on a locked outage when it was signed off, unless it was before."""
    Outage.objects.filter(pk=outage.pk, signed_off_at__isnull=True).update(signed_off_at=at)


def unsigned(*, drill: bool) -> QuerySet[Outage]:
    """Return the outages, or drills, that are over and were never signed off, the oldest first."""
    # As a list of one: SQLite looks into no index for a bare boolean.
    over = Outage.objects.filter(drill__in=[drill], ended_at__isnull=False)
    return over.filter(signed_off_at__isnull=True).order_by("ended_at", "pk")


def overlapping(outage: Outage) -> list[Outage]:
    """Return the other outages, or drills if it is one, that overlap with this one."""
    others = Outage.objects.filter(drill=outage.drill).exclude(pk=outage.pk)
    if outage.ended_at:
        others = others.filter(started_at__lt=outage.ended_at)
    return list(others.exclude(ended_at__lte=outage.started_at))


# The acts that ``note`` takes: what people add to the timeline in words, at any time.
NOTES = (Act.NOTED, Act.CAUSE, Act.WENT_WRONG)


@act
def note(
    outage: Outage, event: Event, *, text: str, act: TimelineEntry.Act = Act.NOTED
) -> Done[TimelineEntry]:
    """Add one of NOTES to the timeline: a note, the cause, or what went wrong.

    Allowed after the end too, for what was learned later. The latest cause counts.
    """
    return Done(_add_entry(outage, act, event, text))


@act
def end(outage: Outage, event: Event, *, text: str = "") -> Done[Outage]:
    """End an outage: Befreg answers again. Wards still have to close their open handouts.

    Waits for a handout under way. If the outage has ended already, nothing changes.
    """
    locked = Outage.objects.select_for_update().get(pk=outage.pk)
    if locked.ended_at:
        return Done(locked, new=False)
    # The clock was read before the wait for the lock, or was set back: move the end after all that
    # happened in the outage. But ignore times too far ahead, which a wrong clock has written: an
    # end in the future could never be corrected.
    events = filter(None, (last_event(locked) for last_event in _last_events))
    happened = [at for at in events if at <= event.at + TOLERANCE]
    event = event.after(max(event.at, locked.started_at, *happened))
    columns = {"ended_at": event.at, **_targets(drill=locked.drill)}
    _add_entry(locked, Act.ENDED, event, text, columns)
    return Done(locked)


def _targets(*, drill: bool) -> dict[str, int]:
    """Return the columns in which a drill keeps its targets, as they are now."""
    if not drill:
        return {}
    targets = DrillTargets.objects.get()
    return {
        "call_to_number_seconds": targets.call_to_number_seconds,
        "close_out_minutes": targets.close_out_minutes,
    }


def _add_entry(
    outage: Outage,
    act: TimelineEntry.Act,
    event: Event,
    text: str = "",
    columns: Mapping[str, Any] | None = None,
) -> TimelineEntry:
    """Set ``columns`` of the outage, and write the act to its timeline and to the log."""
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
