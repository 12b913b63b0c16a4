"""The rows of this app that are sealed: all that are append-only.

But for the probe's readings: they are measurements, many, and are thrown away when they are old.
"""

from outage.models import PlanChange, Routine, RoutineStep, Tick, TimelineEntry

SEALED = (TimelineEntry, PlanChange, Tick, Routine, RoutineStep)
