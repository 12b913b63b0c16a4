"""The checklist of the first doubt as a page shows it: its points, and the start below them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outage import doubt
from outage.calling import contacts
from outage.calling.contacts import Answer
from outage.forms.doubt import TickForm
from outage.forms.outages import StartForm
from outage.forms.plans import StartPlanForm
from outage.models import Doubt, Plan, Tick
from outage.plans import planning

# What the routine asks at each point; beside the support, the page shows whom to call.
ADVICE = {
    Tick.Item.LOCAL: _("Make sure that it isn't the caller's own workstation or ward only."),
    Tick.Item.NEWS: _("Look in the IT news on the intranet."),
    Tick.Item.SUPPORT: _("Nothing there? Call the support."),
}


@dataclass(frozen=True)
class Point:
    """One point: its tick, if somebody has checked it, and the form to tick it."""

    item: Tick.Item
    tick: Tick | None
    form: TickForm

    @property
    def advice(self) -> Promise:
        """Return what is to be done."""
        return ADVICE[self.item]

    @property
    def is_a_call(self) -> bool:
        """Tell whether somebody is to be called."""
        return self.item is Tick.Item.SUPPORT


@dataclass(frozen=True)
class Checklist:
    """The points in the routine's order, whom to call, and the form that starts the outage.

    ``due``: the planned outages whose start is due, each with the form that starts it. They come
    first: a planned outage needs no checklist.
    """

    drill: bool
    due: tuple[tuple[Plan, StartPlanForm], ...]
    doubt: Doubt | None
    points: tuple[Point, ...]
    call: Answer
    start_form: StartForm

    @property
    def ticked(self) -> int:
        """Return how many points are ticked."""
        return sum(point.tick is not None for point in self.points)


def checklist(
    *,
    drill: bool,
    at: datetime,
    call: Answer | None = None,
    failed: TickForm | StartForm | None = None,
) -> Checklist:
    """Return the checklist as it stands at ``at``; five statements, three when ``call`` is known.

    ``failed``: the form that was filled in wrongly, to be shown again in its place.
    """
    opened = doubt.current(drill=drill, at=at)
    ticks = {tick.item: tick for tick in opened.ticks.all()} if opened else {}
    forms = {item: _tick_form(item, drill=drill) for item in Tick.Item}
    start_form = StartForm(initial={"drill": drill}, auto_id=f"{_kind(drill=drill)}-start_%s")
    if isinstance(failed, StartForm):
        start_form = failed
    elif failed:
        forms[failed["item"].value()] = failed
    return Checklist(
        drill=drill,
        due=tuple(
            (plan, StartPlanForm(auto_id=f"plan-{plan.pk}-start_%s"))
            for plan in planning.due(drill=drill, at=at)
        ),
        doubt=opened,
        points=tuple(Point(item, ticks.get(item), forms[item]) for item in Tick.Item),
        call=call or contacts.ask(at),
        start_form=start_form,
    )


def _tick_form(item: Tick.Item, *, drill: bool) -> TickForm:
    initial = {"item": item.value, "drill": drill}
    return TickForm(initial=initial, auto_id=f"{_kind(drill=drill)}-{item.value}_%s")


def _kind(*, drill: bool) -> str:
    """Return a prefix for field ids: one page may have both checklists."""
    return "drill" if drill else "real"
