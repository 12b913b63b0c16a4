"""The rules of this app that the database keeps by trigger."""

from befreg_reserv.audit.triggers import (
    Trigger,
    append_only,
    set_once,
    unchangeable,
    undeletable,
)
from outage.models import (
    Contact,
    Doubt,
    Need,
    Outage,
    Plan,
    PlanChange,
    Reading,
    Tick,
    TimelineEntry,
)

RULES: list[Trigger] = [
    *append_only(TimelineEntry),
    *append_only(PlanChange),
    *append_only(Tick),
    *append_only(Reading),
    *undeletable(Outage),
    unchangeable(Outage, "kind", "drill", "started_at"),
    set_once(Outage, "ended_at"),
    set_once(Outage, "plan"),
    set_once(Outage, "call_to_number_seconds"),
    set_once(Outage, "close_out_minutes"),
    *undeletable(Plan),
    unchangeable(Plan, "drill"),
    set_once(Plan, "cancelled_at"),
    *undeletable(Need),
    unchangeable(Need, "plan", "ward"),
    *undeletable(Doubt),
    unchangeable(Doubt, "drill", "opened_at"),
    set_once(Doubt, "closed_at"),
    *undeletable(Contact),
]
