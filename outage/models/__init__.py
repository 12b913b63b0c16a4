"""An outage of Befreg, its plan and first doubt, the routine, whom to call, what the probe saw."""

from outage.models.contact import Contact, ContactDay, ContactHours
from outage.models.doubt import Doubt, Tick
from outage.models.mail import PlanMail
from outage.models.outage import DrillTargets, Outage, TimelineEntry
from outage.models.plan import Need, Plan, PlanChange
from outage.models.routine import Routine, RoutineStep
from outage.models.seen import NewsItem, Reading

__all__ = [
    "Contact",
    "ContactDay",
    "ContactHours",
    "Doubt",
    "DrillTargets",
    "Need",
    "NewsItem",
    "Outage",
    "Plan",
    "PlanChange",
    "PlanMail",
    "Reading",
    "Routine",
    "RoutineStep",
    "Tick",
    "TimelineEntry",
]
