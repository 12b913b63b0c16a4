"""Plans that the tests of planned outages begin from."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from outage.models import Plan, PlanChange, PlanMail
from outage.plans import mails, planning
from outage.plans.planning import Terms
from tests.cast import Cast

WHY = "Uppgradering av Befreg"


def terms(*wards: Ward, begins: timedelta = timedelta(days=1), hours: float = 4) -> Terms:
    """Return a window that begins so long from now, to the minute."""
    start = (timezone.now() + begins).replace(second=0, microsecond=0)
    return Terms(start, start + timedelta(hours=hours), wards)


def announce(cast: Cast, *wards: Ward, drill: bool = False, reason: str = WHY, **when: Any) -> Plan:
    """Announce an outage for these wards, or for all; an overdue one was announced in time."""
    announced = terms(*wards, **when)
    at = min(timezone.now(), announced.start - timedelta(days=7))
    plan, _new = planning.announce(announced, Event.now(cast.adele, at), drill=drill, reason=reason)
    return plan


def change(cast: Cast, plan: Plan, new: Terms, reason: str = "senare") -> bool:
    """Change a plan, now; tell whether anything differed."""
    event = Event.now(cast.adele, timezone.now())
    return planning.change(plan.pk, new, event, reason=reason).new


def cancel(cast: Cast, plan: Plan, reason: str = "behövs inte") -> None:
    """Cancel a plan, now."""
    planning.cancel(plan.pk, Event.now(cast.adele, timezone.now()), reason=reason)


def mails_in_vain(plan: Plan, ward: Ward) -> None:
    """Give the ward an address, and the plan as many failed mails to it as are tried."""
    ward.email = "wrong@example.org"
    ward.save(update_fields=["email"])
    for sequence in range(1, mails.MOST + 1):
        PlanMail.objects.create(
            change=plan.changes.get(),
            ward=ward,
            kind=PlanMail.Kind.ANNOUNCED,
            sequence=sequence,
            to=ward.email,
            claimed_at=timezone.now() - timedelta(hours=mails.MOST + 1 - sequence),
            failure="no such mailbox",
        )


def said(plan: Plan) -> list[tuple[str, str, str, datetime]]:
    """Return the history: act, who, why, and the end that held then."""
    return [
        (each.act, each.by.username, each.reason, each.planned_end)
        for each in PlanChange.objects.filter(plan=plan).select_related("by")
    ]


def of_wards(plan: Plan) -> dict[str, bool]:
    """Return the wards with a row in the plan, and whether it concerns them."""
    return {need.ward.name: need.concerned for need in plan.needs.select_related("ward")}
