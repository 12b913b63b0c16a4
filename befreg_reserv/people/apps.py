"""The ground: people, clinics, wards, roles."""

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from befreg_reserv import doors
from befreg_reserv.doors import Door, Kept
from befreg_reserv.people.roles import Role, grant_after_migrate
from befreg_reserv.retention import terms
from befreg_reserv.retention.terms import Term
from befreg_reserv.to_do import waiting

# The audit log is a lower layer and knows no roles: its door and its readers are registered here.
DOORS = (
    Door(_("Audit log"), "audit:log", "audit.view_logentry", 60, "audit.view_logentry", 40),
    Door(_("Wards"), "wards:index", "people.change_ward", 70),
    Door(_("People"), "staff:index", "people.view_user", 75),
    Door(_("Registers"), "registers", "people.view_ward", 80),
)
REGISTERS = (
    Kept(
        _("People"),
        _("Who may sign in, with which roles, and in which wards."),
        "staff:index",
        "people.view_user",
        10,
    ),
    Kept(
        _("Wards"),
        _("Wards, what they are called, and what was typed in at the till."),
        "wards:index",
        "people.change_ward",
        20,
    ),
    Kept(
        _("Clinics"),
        _("Clinics that open, are renamed or close, and what becomes of their wards."),
        "wards:clinics",
        "people.view_ward",
        25,
    ),
    Kept(
        _("Masked texts"),
        _("Texts that said who a patient is, and were taken away."),
        "redacting:index",
        "audit.view_redaction",
        90,
    ),
    Kept(
        _("Old years of the log"),
        _("Which years may be thrown away, and what two people have agreed on."),
        "disposal:index",
        "audit.view_disposalproposal",
        93,
    ),
    Kept(
        _("The till's computers"),
        _("Which computers are the till's own: there a PIN unlocks, and strangers slow nobody."),
        "workstations:index",
        "people.view_workstation",
        87,
    ),
)


class PeopleConfig(AppConfig):
    """Registers with the audit log what people may change."""

    name = "befreg_reserv.people"
    label = "people"
    verbose_name = _("People and wards")

    def ready(self) -> None:
        """Connect the audit log and the protection of what history mentions."""
        # Models aren't loaded before ready.
        from befreg_reserv.audit import acts, signing_in  # noqa: PLC0415
        from befreg_reserv.free_text import person_in_text  # noqa: PLC0415
        from befreg_reserv.health import metrics  # noqa: PLC0415
        from befreg_reserv.people import audited, logged  # noqa: PLC0415
        from befreg_reserv.people.resets import to_do as resets  # noqa: PLC0415
        from befreg_reserv.people.reviews import to_do as reviews  # noqa: PLC0415
        from befreg_reserv.people.signing_in import (  # noqa: PLC0415
            drafts,
            idle,
            sessions,
            spraying,
        )
        from befreg_reserv.people.wards import register, to_do  # noqa: PLC0415
        from befreg_reserv.people.wards.changes import following, members  # noqa: PLC0415
        from befreg_reserv.people.workstations import keeping  # noqa: PLC0415

        audited.register()
        idle.connect()
        acts.register(logged.Logged)
        acts.name_parts(
            {signing_in.TRIES: _("Wrong passwords since the last line"), **logged.PARTS},
            {
                "actor_role": {role.value: role.label for role in Role},
                "proves": keeping.PROVES,
            },
        )
        following.register(members.KIND)
        doors.register(*DOORS)
        doors.keep(*REGISTERS)
        registers = ("clinic", "ward", "membership", "user", "workstation")
        by_two = {Role(role): ("reset_by_two",) for role in settings.RESET_BY_TWO_ROLES}
        own: dict[Role, tuple[str, ...]] = {
            Role.ADMINISTRATOR: (
                *(f"{act}_{model}" for act in ("add", "change", "view") for model in registers),
                "delete_membership",
            ),
            Role.AUDITOR: tuple(f"view_{model}" for model in registers),
        }
        grant_after_migrate(self, {role: own.get(role, ()) + by_two.get(role, ()) for role in Role})
        terms.register(
            Term("sessions that have ended", sessions.old),
            Term("forms left half filled", drafts.old),
        )
        person_in_text.no_person(register.is_a_place)
        to_do.register()
        waiting.register(170, spraying.to_do)
        metrics.register(spraying.gauges)
        resets.register()
        reviews.register()
        reads_log = (
            *("view_logentry", "add_judgement"),
            *("view_redaction", "view_disposalproposal"),
        )
        keeps_log = ("add_redaction", "add_disposalproposal", "add_disposalconfirmation")
        grant_after_migrate(
            apps.get_app_config("audit"),
            {
                Role.ADMINISTRATOR: (*reads_log, *keeps_log),
                Role.AUDITOR: reads_log,
            },
        )
