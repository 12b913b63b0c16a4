"""The only writer of an outage's state: start, note, end."""

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction

from befreg_reserv.audit import trail
from befreg_reserv.people.models import User
from outage.models import Outage, TimelineEntry

Act = TimelineEntry.Act


class AlreadyEnded(Exception):
    """The outage was ended before. Carries the outage as it stands."""

    def __init__(self, outage: Outage) -> None:
        super().__init__(f"outage {outage.pk} ended at {outage.ended_at}")
        self.outage = outage


# An app above tells what of its own happened in an outage last, for the end to come after it.
LastEvent = Callable[[Outage], datetime | None]
_last_events: list[LastEvent] = []


def end_after(last_event: LastEvent) -> None:
    """Register what an outage's end must not lie before."""
    _last_events.append(last_event)


def start(*, by: User, at: datetime, drill: bool = False, text: str = "") -> tuple[Outage, bool]:
    """Start an unplanned outage, or a drill of one.

    Returns (outage, True), or (the one already ongoing, False) when somebody was first: then
    the report is kept in its timeline. Two who start at once get one outage, because the
    database allows no second.
    """
    try:
        with transaction.atomic():
            outage = Outage.objects.create(kind=Outage.Kind.UNPLANNED, drill=drill, started_at=at)
            _tell(outage, Act.STARTED, by, at, text)
    except IntegrityError:
        ongoing = Outage.objects.filter(drill=drill, ended_at__isnull=True).first()
        if ongoing is None:
            raise
        _tell(ongoing, Act.ALSO_REPORTED, by, at, text)
        return ongoing, False
    return outage, True


def note(outage: Outage, *, by: User, at: datetime, text: str) -> TimelineEntry:
    """Add a note to the timeline; allowed after the end too, for what was learned later."""
    return _tell(outage, Act.NOTED, by, at, text)


@transaction.atomic
def end(outage: Outage, *, by: User, at: datetime, text: str = "") -> Outage:
    """End an outage: Befreg answers again. What isn't closed stays for the wards to close.

    Waits for a handout under way. Raises AlreadyEnded.
    """
    locked = Outage.objects.select_for_update().get(pk=outage.pk)
    if locked.ended_at:
        raise AlreadyEnded(locked)
    # The clock was read before the lock was waited for, or it was set back: the end lies after
    # all that happened in the outage.
    events = [last_event(locked) for last_event in _last_events]
    ended_at = max(at, locked.started_at, *filter(None, events))
    locked.ended_at = ended_at
    locked.save(update_fields=["ended_at"])
    _tell(locked, Act.ENDED, by, ended_at, text)
    return locked


def _tell(outage: Outage, act: str, by: User, at: datetime, text: str) -> TimelineEntry:
    changes: trail.Changes = {"text": (None, text)} if text else {}
    trail.record(outage, f"outage_{act}", actor=by, at=at, changes=changes)
    return TimelineEntry.objects.create(
        outage=outage, act=act, at=at, by=by.username, recorded_at=at, recorded_by=by, text=text
    )
