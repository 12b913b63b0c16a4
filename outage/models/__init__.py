"""An outage of Befreg from the first doubt to its end, and what is known around it."""

from outage.models.contact import Contact, ContactHours
from outage.models.doubt import Doubt, Tick
from outage.models.outage import DrillTargets, Outage, TimelineEntry
from outage.models.plan import Need, Plan, PlanChange
from outage.models.seen import NewsItem, Reading

__all__ = [
    "Contact",
    "ContactHours",
    "Doubt",
    "DrillTargets",
    "Need",
    "NewsItem",
    "Outage",
    "Plan",
    "PlanChange",
    "Reading",
    "Tick",
    "TimelineEntry",
]
