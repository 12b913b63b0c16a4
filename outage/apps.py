"""Outages of Befreg: planned, unplanned, and drills."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from befreg_reserv import doors
from befreg_reserv.doors import Door, Kept

REGISTERS = (
    Kept(
        _("Whom to call"),
        _("Telephone numbers, when somebody answers, and single days."),
        "contacts:index",
        "outage.view_contact",
        30,
    ),
    Kept(
        _("The routine"),
        _("What wards and the till do when Befreg doesn't answer, in every version."),
        "routine:versions",
        "outage.view_routine",
        40,
    ),
    Kept(
        _("Targets of drills"),
        _("How fast a drill should go."),
        "targets:show",
        "outage.view_drilltargets",
        60,
    ),
)


class OutageConfig(AppConfig):
    """Connects roles, the audit log and the append-only timeline."""

    name = "outage"
    verbose_name = _("Outages")

    def ready(self) -> None:
        """Register what this app adds to the layers below."""
        # Models aren't loaded before ready.
        from befreg_reserv.audit import acts, redactable, triggers  # noqa: PLC0415
        from befreg_reserv.audit.review import periods  # noqa: PLC0415
        from befreg_reserv.audit.seals import sealed  # noqa: PLC0415
        from befreg_reserv.audit.watched import watch  # noqa: PLC0415
        from befreg_reserv.people.roles import Role, grant_after_migrate  # noqa: PLC0415
        from befreg_reserv.people.wards.changes import following  # noqa: PLC0415
        from befreg_reserv.retention import terms  # noqa: PLC0415
        from outage import logged, models, ongoing, rules  # noqa: PLC0415
        from outage.plans import new_ward  # noqa: PLC0415
        from outage.sealed import FREE, SEALED  # noqa: PLC0415
        from outage.signals import seen  # noqa: PLC0415

        reads = ("view_outage", "view_plan", "view_need", "view_routine")
        runs = (*reads, "run_outage", "view_doubt", "view_reading", "view_newsitem", "view_contact")
        keeps = ("add_contact", "change_contact", "change_drilltargets", "view_drilltargets",
                 "view_contacthours", "view_contactday")  # fmt: skip
        grant_after_migrate(
            self,
            {
                Role.TILL: runs,
                Role.WARD: (*reads, "state_need"),
                Role.ADMINISTRATOR: (*runs, *keeps, "plan_outage", "state_need",
                                 "keep_routine"),
                Role.AUDITOR: (*reads, "view_doubt", "view_reading", "view_newsitem",
                               "view_contact", "view_contacthours", "view_contactday",
                               "view_drilltargets"),
            },
        )  # fmt: skip
        from outage import to_do  # noqa: PLC0415

        to_do.register()
        terms.register(terms.Term("readings of the probe", seen.old))
        for model in (
            models.Outage,
            models.Plan,
            models.Need,
            models.Doubt,
            models.Contact,
            models.ContactDay,
            models.ContactHours,
            models.DrillTargets,
        ):
            watch(model)
        triggers.register(rules.RULES)
        sealed.register(*SEALED)
        for table, columns in FREE.items():
            redactable.register(table, *columns)
        following.register(new_ward.KIND)
        doors.keep(*REGISTERS)
        doors.register(Door(_("Outages"), "outage:index", "outage.view_outage", 50))
        acts.register(models.TimelineEntry.Act, "outage_")
        acts.register(models.PlanChange.Act, "plan_", _("Planned outage"))
        acts.register(models.Doubt.Outcome, "doubt_", _("First doubt"))
        acts.register(logged.Logged)
        acts.name_parts(logged.PARTS)
        periods.register("outage", 20, _("The last outage"), ongoing.last)
