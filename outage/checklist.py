"""The checklist of the first doubt as a page shows it: one form with its points, note and start."""

from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from django.forms import BoundField
from django.utils import timezone

from outage import doubt
from outage.calling import contacts
from outage.calling.contacts import Answer
from outage.forms.doubt import PointsForm
from outage.forms.outages import StartForm
from outage.forms.plans import StartPlanForm
from outage.models import Doubt, Plan, Tick
from outage.plans import planning
from outage.routine import text
from outage.routine.text import Moment

# What the routine asks at each point; above them, the page shows whom to call.
ASKED = {
    Tick.Item.LOCAL: Moment.LOCAL,
    Tick.Item.NEWS: Moment.NEWS,
    Tick.Item.SUPPORT: Moment.SUPPORT,
}


@dataclass(frozen=True)
class Point:
    """One point: what the routine says, its tick if somebody has checked it, and the form's box."""

    advice: str
    tick: Tick | None
    box: BoundField


@dataclass(frozen=True)
class Checklist:
    """The points in the routine's order, whom to call, and the form that ticks them and starts.

    ``due``: the planned outages whose start is due, each with the form that starts it. They come
    first: a planned outage needs no checklist.
    """

    drill: bool
    due: tuple[tuple[Plan, StartPlanForm], ...]
    doubt: Doubt | None
    points: tuple[Point, ...]
    notes: tuple[Tick, ...]
    call: Answer
    form: PointsForm

    @property
    def kind(self) -> str:
        """Return a prefix for ids: one page may have both checklists."""
        return _kind(drill=self.drill)

    @property
    def ticked(self) -> int:
        """Return how many points are ticked."""
        return sum(point.tick is not None for point in self.points)

    @property
    def mark(self) -> str:
        """Return a checksum of what stands in the checklist: if it differs, show it anew."""
        rows = [point.tick and point.tick.pk for point in self.points]
        rows += [note.pk for note in self.notes]
        return f"{crc32(repr((self.doubt and self.doubt.pk, rows)).encode()):x}"


def checklist(
    *, drill: bool, at: datetime, call: Answer | None = None, failed: PointsForm | None = None
) -> Checklist:
    """Return the checklist as it stands at ``at``; six statements, four when ``call`` is known.

    ``failed``: the form that was filled in wrongly, to be shown again.
    """
    opened = doubt.current(drill=drill, at=at)
    recorded = list(opened.ticks.all()) if opened else []
    ticks = {tick.item: tick for tick in recorded}
    said = text.in_force(timezone.localdate(at))
    form = failed or StartForm(initial={"drill": drill}, auto_id=f"{_kind(drill=drill)}-start_%s")
    return Checklist(
        drill=drill,
        due=tuple(
            (plan, StartPlanForm(auto_id=f"plan-{plan.pk}-start_%s"))
            for plan in planning.due(drill=drill, at=at)
        ),
        doubt=opened,
        points=tuple(
            Point(said.at[ASKED[item].value][0].shown, ticks.get(item), form[item.value])
            for item in Tick.Item
        ),
        notes=tuple(tick for tick in recorded if tick.item == Tick.NOTE),
        call=call or contacts.ask(at),
        form=form,
    )


def _kind(*, drill: bool) -> str:
    return "drill" if drill else "real"
