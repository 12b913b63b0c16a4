"""What a ward has asked for before a planned outage goes on at its successors."""

from collections.abc import Sequence

from django.utils.translation import ngettext

from befreg_reserv.acts import record
from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.changes.following import Kind, Thing
from befreg_reserv.times import moment
from outage.logged import Logged
from outage.models import Need
from outage.plans.planning import waiting

ASKED = ("women", "men", "registers_late")


def found(ward: Ward) -> list[Thing]:
    """Return the rows of a ward in plans that wait for their start."""
    needs = Need.objects.filter(ward=ward, concerned=True, plan__in=waiting().order_by())
    return [
        Thing(need.pk, moment(need.plan.planned_start), drill=need.plan.drill)
        for need in needs.select_related("plan").order_by("pk")
    ]


def move(key: int, wards: Sequence[Ward], event: AnyEvent, reason: str) -> None:
    """Let these wards be concerned in place of one; a single one has its answer too.

    Two answers that come together are added up. Callers hold a transaction.
    """
    need = Need.objects.select_for_update(of=("self",)).get(pk=key)
    for ward in wards:
        there = Need.objects.filter(plan=need.plan_id, ward=ward).first()
        other = there or Need.objects.create(plan_id=need.plan_id, ward=ward)
        columns = {"concerned": True} | (_added_up(other, need) if len(wards) == 1 else {})
        record.change(other, Logged.STATE_NEED, event, columns, record.said(reason=reason))
    because = record.said(reason=reason)
    record.change(need, Logged.STATE_NEED, event, {"concerned": False}, because)


def _added_up(need: Need, other: Need) -> dict[str, object]:
    """Return the answer of ``need`` with that of ``other`` beside it."""
    if other.answered_at is None:
        return {}
    by = {"answered_at": other.answered_at, "answered_by": other.answered_by}
    if need.answered_at is None or not need.concerned:
        return by | {name: getattr(other, name) for name in ASKED}
    return {
        "women": need.women + other.women,
        "men": need.men + other.men,
        "registers_late": need.registers_late or other.registers_late,
    }


def _counted(count: int) -> str:
    return ngettext(
        "%(count)d answer about a planned outage",
        "%(count)d answers about planned outages",
        count,
    ) % {"count": count}


KIND = Kind("needs", _counted, found, move, shared=True, stays=False)
