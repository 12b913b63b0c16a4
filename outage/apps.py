"""Outages of Befreg: planned, unplanned, and drills."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutageConfig(AppConfig):
    """Connects roles, the audit log and the append-only timeline."""

    name = "outage"
    verbose_name = _("Outages")

    def ready(self) -> None:
        """Register what this app adds to the layers below."""
        # Models aren't loaded before ready.
        from befreg_reserv.audit import acts, triggers  # noqa: PLC0415
        from befreg_reserv.audit.watched import watch  # noqa: PLC0415
        from befreg_reserv.people.roles import Role, grant_after_migrate  # noqa: PLC0415
        from outage.models import Outage, TimelineEntry  # noqa: PLC0415

        reads = ("view_outage",)
        runs = (*reads, "run_outage")
        grant_after_migrate(
            self,
            {
                Role.TILL: runs,
                Role.WARD: reads,
                Role.ADMINISTRATOR: runs,
                Role.AUDITOR: reads,
            },
        )
        watch(Outage)
        triggers.register(
            triggers.append_only(TimelineEntry),
            triggers.undeletable(Outage),
            triggers.unchangeable(Outage, "kind", "drill", "started_at"),
            triggers.set_once(Outage, "ended_at"),
        )
        acts.register({f"outage_{act.value}": act.label for act in TimelineEntry.Act})
