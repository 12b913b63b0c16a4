"""Custody of the binder: handing out, following up, closing."""

from django.apps import AppConfig
from django.core.checks import Tags
from django.core.checks import register as register_check
from django.utils.translation import gettext_lazy as _

from befreg_reserv import doors
from befreg_reserv.doors import Door, Kept

# The last two fields: the right whose holders begin there, and which of several wins.
DOORS = (
    Door(_("Overview"), "binder:overview", "people.view_ward", 10, "custody.load_binder", 20),
    Door(_("Till"), "till:board", "custody.see_all_wards", 20, "custody.hand_out", 10),
    Door(_("Ward"), "ward:open", "custody.view_handout", 30, "custody.close_handout", 30),
    Door(_("Binder"), "binder:index", "custody.view_binder", 40),
)

REGISTERS = (
    Kept(
        _("Switch list"),
        _("What must be switched over from the emergency number to the real one."),
        "switch-list:index",
        "custody.view_switchitem",
        50,
    ),
)


class CustodyConfig(AppConfig):
    """Connects roles, the audit log and the database's own rules."""

    name = "custody"
    verbose_name = _("Binder and handouts")

    def ready(self) -> None:
        """Register with the lower apps what this app adds to them."""
        # These import models, which aren't loaded before this call.
        from befreg_reserv.audit import acts, redactable, triggers  # noqa: PLC0415
        from befreg_reserv.audit.seals import late, sealed  # noqa: PLC0415
        from befreg_reserv.audit.watched import watch  # noqa: PLC0415
        from befreg_reserv.backups import afterwards  # noqa: PLC0415
        from befreg_reserv.free_text import person_in_text  # noqa: PLC0415
        from befreg_reserv.health import checks, metrics  # noqa: PLC0415
        from befreg_reserv.people.roles import Role, grant_after_migrate  # noqa: PLC0415
        from befreg_reserv.people.wards.changes import following  # noqa: PLC0415
        from custody import logged, models  # noqa: PLC0415
        from custody.checks import deployment, gauges, readiness, restored  # noqa: PLC0415
        from custody.handouts import followup  # noqa: PLC0415
        from custody.ledger import rules  # noqa: PLC0415
        from custody.ledger.sealed import FIXED, FREE, SEALED  # noqa: PLC0415
        from custody.models import states  # noqa: PLC0415
        from custody.numbers import identities  # noqa: PLC0415
        from custody.wards.following import LATE, NUMBERS, PREPARED, WAITS  # noqa: PLC0415
        from outage import lifecycle  # noqa: PLC0415

        administers = (
            "load_binder", "close_handout", "undo_handout", "explain_quarantine",
            "prepare_numbers", "mark_prepared", "register_late", "sign_off", "settle_doubled",
            "find_caller", "add_switchitem", "change_switchitem", "view_switchitem",
        )  # fmt: skip
        reads = ("view_handout", "view_preparednumber", "view_lateregistration")
        reads_all = (*reads, "see_all_wards", "view_binder", "view_count", "view_signoff")
        keeps = ("count_binder", "enter_late", "correct_handout")
        grant_after_migrate(
            self,
            {
                Role.TILL: (*reads_all, *keeps, "hand_out"),
                Role.WARD: (
                    *reads,
                    "close_handout",
                    "correct_handout",
                    "mark_prepared",
                    "register_late",
                ),
                Role.ADMINISTRATOR: (*reads_all, *keeps, *administers),
                Role.AUDITOR: (*reads_all, "view_switchitem"),
            },
        )
        from custody import to_do  # noqa: PLC0415

        to_do.register()
        for model in (
            models.Binder,
            models.ReserveNumber,
            models.Handout,
            models.MergeNotice,
            models.Quarantine,
            models.Count,
            models.CountLine,
            models.ForeignSheet,
            models.DoubledNumber,
            models.PreparedNumber,
            models.LateRegistration,
            models.SignOff,
            models.SwitchItem,
            models.Reminder,
        ):
            watch(model)
        person_in_text.look_for(person_in_text.A_NUMBER, identities.stands_in)
        triggers.register(rules.RULES)
        sealed.register(*SEALED)
        for table, columns in FIXED.items():
            sealed.register(table, only=columns)
        for table, columns in FREE.items():
            redactable.register(table, *columns)
        following.register(NUMBERS, PREPARED, WAITS, LATE)
        lifecycle.end_after(followup.last_handout_at)
        register_check(deployment.journal_is_chosen, Tags.security, deploy=True)
        register_check(deployment.owns_nothing, Tags.database, deploy=True)
        register_check(deployment.no_demonstration, Tags.database)
        doors.register(*DOORS)
        doors.keep(*REGISTERS)
        checks.register("demonstration", deployment.demonstration)
        checks.register("journal", readiness.journal)
        checks.register_lock(readiness.lock)
        afterwards.register(restored.look)
        metrics.register(gauges.all_gauges)
        metrics.register(late.gauges)
        acts.register(states.Act)
        acts.register(logged.Logged)
        acts.name_parts(logged.PARTS, logged.VALUES)
