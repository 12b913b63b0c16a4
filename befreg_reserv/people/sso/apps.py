"""Signing in through the hospital's identity provider; off unless the settings name one."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from befreg_reserv import doors
from befreg_reserv.doors import Kept
from befreg_reserv.people.roles import Role, grant_after_migrate

RULES = Kept(
    _("Sign-in through the identity provider"),
    _("Which of its claims give which roles and wards."),
    "claims:index",
    "sso.view_claimrule",
    12,
)


class SsoConfig(AppConfig):
    """Registers what the audit log says, and who keeps the rules."""

    name = "befreg_reserv.people.sso"
    label = "sso"
    verbose_name = _("Sign-in through the identity provider")

    def ready(self) -> None:
        """Connect the log, the database's own rules, and what a password opens."""
        # Models aren't loaded before ready.
        from befreg_reserv.audit import acts, triggers  # noqa: PLC0415
        from befreg_reserv.people.signing_in import allowed  # noqa: PLC0415
        from befreg_reserv.people.sso import leaving, logged, rules  # noqa: PLC0415
        from befreg_reserv.retention import terms  # noqa: PLC0415

        acts.register(logged.SsoLogged)
        triggers.register(rules.RULES)
        allowed.register(leaving.why_not)
        leaving.connect()
        terms.register(terms.Term("sign-ins through the identity provider", leaving.old))
        if settings.IDENTITY_PROVIDER:
            doors.keep(RULES)
        grant_after_migrate(
            self,
            {
                Role.ADMINISTRATOR: ("view_claimrule", "change_claimrule"),
                Role.AUDITOR: ("view_claimrule",),
            },
        )
