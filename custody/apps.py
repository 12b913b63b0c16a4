"""Custody of the binder: handing out, following up, closing."""

from django.apps import AppConfig
from django.core.checks import Tags
from django.core.checks import register as register_check
from django.utils.translation import gettext_lazy as _

# What the audit log says that isn't a step of a handout.
OTHER_ACTS = {
    "read_back": _("Read back"),
    "read_back_wrong": _("Read back wrong"),
    "number_shown": _("Number shown at the till"),
    "slip": _("Slip printed or shown"),
    "leave_binder": _("Left the binder"),
    "return_to_binder": _("Returned to the binder"),
    "number_checked": _("Number asked for"),
    "notice_sheet": _("Notice sheet printed or shown"),
    "explain_quarantine": _("Missing sheet explained"),
    "count_binder": _("Binder counted"),
    "destroy_sheet": _("Sheet destroyed"),
    "explain_foreign": _("Sheet that didn't belong there explained"),
    "late_entry": _("Entered afterwards"),
    "prepare_number": _("Prepared number entered"),
    "mark_prepared": _("Prepared number marked"),
    "move_prepared": _("Prepared number moved"),
    "prepared_list": _("List of prepared numbers printed or shown"),
    "list_late": _("Listed for late registration"),
    "register_late": _("Registered late"),
    "withdraw_late": _("Late registration withdrawn"),
    "strike_late": _("Struck from the late list"),
    "sign_off": _("Outage signed off"),
    "report": _("Report shown"),
    "report_pdf": _("Report downloaded as PDF"),
    "report_csv": _("Rows downloaded as CSV"),
    "remind": _("Ward reminded"),
    "restored": _("A restored backup was found"),
}


class CustodyConfig(AppConfig):
    """Connects roles, the audit log and the database's own rules."""

    name = "custody"
    verbose_name = _("Binder and handouts")

    def ready(self) -> None:
        """Register what this app adds to the layers below."""
        # Models aren't loaded before ready.
        from befreg_reserv.audit import acts, triggers  # noqa: PLC0415
        from befreg_reserv.audit.watched import watch  # noqa: PLC0415
        from befreg_reserv.health import checks  # noqa: PLC0415
        from befreg_reserv.people.roles import Role, grant_after_migrate  # noqa: PLC0415
        from custody import deployment, followup, models, readiness, rules, states  # noqa: PLC0415
        from outage import lifecycle  # noqa: PLC0415

        administers = (
            "load_binder", "close_handout", "undo_handout", "explain_quarantine",
            "prepare_numbers", "mark_prepared", "register_late", "sign_off",
        )  # fmt: skip
        reads = ("view_handout", "view_preparednumber", "view_lateregistration")
        reads_all = (*reads, "see_all_wards", "view_binder", "view_count", "view_signoff")
        keeps = ("count_binder", "enter_late")
        grant_after_migrate(
            self,
            {
                Role.TILL: (*reads_all, *keeps, "hand_out"),
                Role.WARD: (*reads, "close_handout", "mark_prepared", "register_late"),
                Role.ADMINISTRATOR: (*reads_all, *keeps, *administers),
                Role.AUDITOR: reads_all,
            },
        )
        for model in (
            models.Binder,
            models.ReserveNumber,
            models.Handout,
            models.MergeNotice,
            models.Quarantine,
            models.Count,
            models.CountLine,
            models.ForeignSheet,
            models.PreparedNumber,
            models.LateRegistration,
            models.SignOff,
            models.Reminder,
        ):
            watch(model)
        triggers.register(rules.RULES)
        lifecycle.end_after(followup.last_handout_at)
        register_check(deployment.journal_is_chosen, Tags.security, deploy=True)
        checks.register("journal", readiness.journal)
        acts.register({act.value: act.label for act in states.Act} | OTHER_ACTS)
