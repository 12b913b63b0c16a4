"""How fast a drill should go: the one writer of its targets. A drill keeps those it began with."""

from collections.abc import Mapping

from befreg_reserv.acts import record, seen
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from outage.logged import Logged
from outage.models import DrillTargets

COLUMNS = ("call_to_number_seconds", "close_out_minutes")


def present() -> DrillTargets:
    """Return the targets; a migration has made their row."""
    return DrillTargets.objects.get()


def mark(targets: DrillTargets) -> str:
    """Return the mark of what the page shows."""
    return seen.mark(targets, COLUMNS)


@act
def change(columns: Mapping[str, int], event: Event, *, shown: str = "") -> Done[DrillTargets]:
    """Set the targets of drills to come. ``shown``: their page's mark. Raises ChangedSince."""
    locked = DrillTargets.objects.select_for_update().get()
    differing = seen.differing(locked, columns)
    if not differing:
        return Done(locked, new=False)
    seen.check(shown, mark(locked), locked)
    record.change(locked, Logged.CHANGE_TARGETS, event, differing)
    return Done(locked)
