"""How planned outages are shown, and which of them on a start page."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from befreg_reserv.templatetags.manners import tag
from befreg_reserv.times import clock, duration, moment
from outage.models import Need, Plan, PlanChange
from outage.plans import planning
from outage.plans.planning import PlanState

register = template.Library()

KINDS = {
    PlanState.ANNOUNCED: "planned",
    PlanState.LATE_TO_START: "overdue",
    PlanState.ONGOING: "ongoing",
    PlanState.LATE_TO_END: "overdue",
    PlanState.ENDED: "done",
    PlanState.CANCELLED: "ended",
}


@register.filter
def window(planned: Plan | PlanChange) -> str:
    """Return a window as ``2026-11-22 22:00–23:30``, with a second date only if it differs."""
    start, end = moment(planned.planned_start), moment(planned.planned_end)
    same_day = start.partition(" ")[0] == end.partition(" ")[0]
    until = f"–{end.partition(' ')[2]}" if same_day else f" – {end}"
    return start + until


@register.filter
def length_of(plan: Plan) -> str:
    """Return how long a planned outage lasts, ``2 h 0 min``."""
    return duration(plan.planned_end - plan.planned_start)


@register.filter
def needed(need: Need) -> str:
    """Return in words what a ward has answered."""
    counted = {"women": need.women, "men": need.men}
    said = [
        _("%(women)d women's and %(men)d men's numbers") % counted
        if need.women or need.men
        else "",
        _("registers patients afterwards") if need.registers_late else "",
    ]
    return ", ".join(filter(None, said)) or _("needs no numbers")


@register.simple_tag
def plan_tag(plan: Plan) -> SafeString:
    """Return the plan's state as a tag; if it is late, with the planned time."""
    state = planning.state_of(plan, timezone.now())
    words = str(state.label)
    if state == PlanState.LATE_TO_START:
        words = _("Should have begun %(time)s") % {"time": clock(plan.planned_start)}
    elif state == PlanState.LATE_TO_END:
        words = _("Should have ended %(time)s") % {"time": clock(plan.planned_end)}
    return tag(KINDS[state], words)


@register.inclusion_tag("outage/_announced.html", takes_context=True)
def announced(
    context: template.Context, due: Iterable[tuple[Plan, Any]] = ()
) -> dict[str, list[planning.Notice]]:
    """Show the plans that concern the person; only pages with this tag run its statements.

    A page of a drill has those of drills, and no other page has any.

    ``due``: plans that the page already shows, each with its form; they are left out.
    """
    shown = [plan for plan, _form in due]
    notices = planning.announced_for(context["user"], timezone.now())
    drill = bool(context.get("drill"))
    of_kind = (notice for notice in notices if notice.plan.drill == drill)
    return {"notices": [notice for notice in of_kind if notice.plan not in shown]}
