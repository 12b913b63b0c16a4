"""The only writer of an outage's state: start, note, end, and enter a past one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from befreg_reserv.audit import trail
from befreg_reserv.clock import TOLERANCE
from befreg_reserv.people.models import User
from befreg_reserv.times import moment
from outage import doubt
from outage.models import DrillTargets, Outage, Plan, TimelineEntry
from outage.refusals import BadWindow

Act = TimelineEntry.Act
OLDEST = timedelta(days=2 * 366)  # what is entered afterwards began at most two years ago
MOST_BACK = timedelta(days=7)  # so long before it is recorded an outage may have begun


class AlreadyEnded(Exception):
    """The outage was ended before. Carries the outage as it stands."""

    def __init__(self, outage: Outage) -> None:
        super().__init__(f"outage {outage.pk} ended at {outage.ended_at}")
        self.outage = outage


class NotPast(Exception):
    """An outage entered afterwards has begun and ended, in this order, before now."""


class TooLongAgo(Exception):
    """An outage entered afterwards began so long ago that the year must be wrong."""


class AlreadyEntered(Exception):
    """An outage of the same window is there. Carries it."""

    def __init__(self, outage: Outage) -> None:
        super().__init__(f"outage {outage.pk} has the same window")
        self.outage = outage


# An app above tells what of its own happened in an outage last, for the end to come after it.
LastEvent = Callable[[Outage], datetime | None]
_last_events: list[LastEvent] = []


def end_after(last_event: LastEvent) -> None:
    """Register what an outage's end must not lie before."""
    _last_events.append(last_event)


def start(
    *,
    by: User,
    at: datetime,
    since: datetime | None = None,
    drill: bool = False,
    text: str = "",
    plan: Plan | None = None,
) -> tuple[Outage, bool]:
    """Start an outage, unplanned or the one that ``plan`` announced; or a drill of one.

    ``since``: when it began, if that is known to be before ``at``, when it is recorded: so that
    what was handed out on paper meanwhile lies in it. Raises BadWindow when it can't have.

    Returns (outage, True), or (the one already ongoing, False) when somebody was first: then
    the report is kept in its timeline. Two who start at once get one outage, because the
    database allows no second. What was ticked of the checklist becomes its first chapter.
    """
    begun = at if since is None else _begun(since, drill=drill, at=at)
    try:
        with transaction.atomic():
            kind = Outage.Kind.PLANNED if plan else Outage.Kind.UNPLANNED
            outage = Outage.objects.create(kind=kind, drill=drill, started_at=begun, plan=plan)
            doubt.became(outage, by=by, at=at)
            _tell(outage, Act.STARTED, by, at, text, happened_at=begun)
    except IntegrityError:
        ongoing = Outage.objects.filter(drill=drill, ended_at__isnull=True).first()
        if ongoing is None:
            raise
        _tell(ongoing, Act.ALSO_REPORTED, by, at, text, happened_at=begun)
        return ongoing, False
    return outage, True


def _begun(since: datetime, *, drill: bool, at: datetime) -> datetime:
    """Return when it began. People type minutes: that of the last end is moved behind that end.

    Raises BadWindow.
    """
    if since > at + TOLERANCE:
        raise BadWindow(_("It can't begin in the future."))
    if since < at - MOST_BACK:
        raise BadWindow(
            _("It can't be started as of more than %(days)d days ago. Check the date.")
            % {"days": MOST_BACK.days}
        )
    ended = Outage.objects.filter(drill=drill)
    last_end: datetime | None = ended.aggregate(last=Max("ended_at"))["last"]
    if last_end is None or since >= last_end:
        return min(since, at)
    if since < last_end.replace(second=0, microsecond=0):
        raise BadWindow(_("The one before it ended %(time)s.") % {"time": moment(last_end)})
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


@transaction.atomic
def enter_past(past: Past, *, recorded_by: User, recorded_at: datetime) -> Outage:
    """Enter an outage that is over; one that was planned through ``outage.planning``.

    Raises NotPast when it isn't over, or ends before it starts; TooLongAgo, since it could never
    be taken away again; AlreadyEntered when there is one of exactly this window.
    """
    if not past.started_at <= past.ended_at <= recorded_at:
        raise NotPast
    if past.started_at < recorded_at - OLDEST:
        raise TooLongAgo
    # So that a double press comes one after the other.
    User.objects.select_for_update(no_key=True).get(pk=recorded_by.pk)
    window = {"drill": past.drill, "started_at": past.started_at, "ended_at": past.ended_at}
    if twin := Outage.objects.filter(**window).first():
        raise AlreadyEntered(twin)
    outage = Outage.objects.create(
        kind=past.kind, plan=past.plan, **window, **_targets(drill=past.drill)
    )
    for act, at, said in (
        (Act.STARTED, past.started_at, past.text),
        (Act.ENDED, past.ended_at, ""),
    ):
        _tell(outage, act, recorded_by, recorded_at, said, happened_at=at, done_by=past.by)
    return outage


def overlapping(outage: Outage) -> list[Outage]:
    """Return the other outages, or other drills, of which a part lies in this one's window."""
    others = Outage.objects.filter(drill=outage.drill).exclude(pk=outage.pk)
    if outage.ended_at:
        others = others.filter(started_at__lt=outage.ended_at)
    return list(others.exclude(ended_at__lte=outage.started_at))


# What people add to the timeline in words, at any time.
SAID = (Act.NOTED, Act.CAUSE, Act.WENT_WRONG)


def note(
    outage: Outage, *, by: User, at: datetime, text: str, act: TimelineEntry.Act = Act.NOTED
) -> TimelineEntry:
    """Add to the timeline one of SAID: a note, the cause, or what went wrong.

    Allowed after the end too, for what was learned later. The latest cause is the one that holds.
    """
    return _tell(outage, Act(act), by, at, text)


@transaction.atomic
def end(outage: Outage, *, by: User, at: datetime, text: str = "") -> Outage:
    """End an outage: Befreg answers again. What isn't closed stays for the wards to close.

    Waits for a handout under way. Raises AlreadyEnded.
    """
    locked = Outage.objects.select_for_update().get(pk=outage.pk)
    if locked.ended_at:
        raise AlreadyEnded(locked)
    # The clock was read before the lock was waited for, or it was set back: the end lies after
    # all that happened in the outage. What lies further ahead than clocks differ was written by a
    # wrong one, and an end that is to come could never be taken back.
    events = filter(None, (last_event(locked) for last_event in _last_events))
    happened = [event for event in events if event <= at + TOLERANCE]
    ended_at = max(at, locked.started_at, *happened)
    locked.ended_at = ended_at
    targets = _targets(drill=locked.drill)
    for column, target in targets.items():
        setattr(locked, column, target)
    locked.save(update_fields=["ended_at", *targets])
    _tell(locked, Act.ENDED, by, ended_at, text)
    return locked


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
    by: User,
    at: datetime,
    text: str,
    *,
    happened_at: datetime | None = None,
    done_by: str = "",
) -> TimelineEntry:
    changes: trail.Changes = {"text": (None, text)} if text else {}
    trail.record(outage, act, actor=by, at=at, changes=changes)
    return TimelineEntry.objects.create(
        outage=outage,
        act=act,
        at=happened_at or at,
        by=done_by or by.username,
        recorded_at=at,
        recorded_by=by,
        text=text,
    )
