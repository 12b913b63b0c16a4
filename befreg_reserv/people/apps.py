"""The ground: people, clinics, wards, roles."""

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.roles import Role, grant_after_migrate


class PeopleConfig(AppConfig):
    """Registers what people may change for the audit log."""

    name = "befreg_reserv.people"
    label = "people"
    verbose_name = _("People and wards")

    def ready(self) -> None:
        """Connect the audit log and the protection of what history mentions."""
        # Models aren't loaded before ready.
        from befreg_reserv.audit import acts  # noqa: PLC0415
        from befreg_reserv.people import audited, idle, logged  # noqa: PLC0415

        audited.register()
        idle.connect()
        acts.register(logged.Logged)
        registers = ("clinic", "ward", "membership", "user")
        grant_after_migrate(
            self,
            {
                Role.ADMINISTRATOR: (
                    *(f"{act}_{model}" for act in ("add", "change", "view") for model in registers),
                    "delete_membership",
                ),
                Role.AUDITOR: tuple(f"view_{model}" for model in registers),
            },
        )
        # The audit log lies below and knows no roles: who may read it is said here.
        reads_log = ("view_logentry",)
        grant_after_migrate(
            apps.get_app_config("audit"),
            {Role.ADMINISTRATOR: reads_log, Role.AUDITOR: reads_log},
        )
