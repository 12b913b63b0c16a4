"""The rows of this app that are sealed: all that are append-only.

But for the probe's readings: they are measurements, many, and are thrown away when they are old.
"""

from collections.abc import Collection

from django.db.models import Model

from outage.models import (
    ContactDay,
    Plan,
    PlanChange,
    Routine,
    RoutineStep,
    Tick,
    TimelineEntry,
)

SEALED = (TimelineEntry, PlanChange, Tick, Routine, RoutineStep)
# What people type in their own words, which may be redacted: see ``audit.redactable``.
FREE: dict[type[Model], Collection[str]] = {
    TimelineEntry: ("text",),
    Tick: ("text",),
    Plan: ("reason",),
    PlanChange: ("reason",),
    ContactDay: ("reason",),
}
