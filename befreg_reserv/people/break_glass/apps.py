"""Sealed accounts for when the ordinary ways to sign in are gone."""

from django.apps import AppConfig
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv import doors
from befreg_reserv.doors import Kept
from befreg_reserv.people.roles import Role, grant_after_migrate

ACCOUNTS = Kept(
    _("Break-glass accounts"),
    _("Sealed envelopes for when nobody can sign in as usual, and who has used one."),
    "glass:index",
    "break_glass.view_account",
    14,
)


class BreakGlassConfig(AppConfig):
    """Registers what the audit log says, and who keeps the accounts."""

    name = "befreg_reserv.people.break_glass"
    label = "break_glass"
    verbose_name = _("Break-glass accounts")

    def ready(self) -> None:
        """Connect the log, the database's own rules, the overview, and what a password opens."""
        # Models aren't loaded before ready.
        from befreg_reserv.audit import acts, redactable, triggers  # noqa: PLC0415
        from befreg_reserv.audit.seals import sealed  # noqa: PLC0415
        from befreg_reserv.people.break_glass import (  # noqa: PLC0415
            keeping,
            logged,
            rules,
            sessions,
            to_do,
        )
        from befreg_reserv.people.break_glass.models import Breaking, Seal  # noqa: PLC0415
        from befreg_reserv.people.models import User  # noqa: PLC0415
        from befreg_reserv.people.signing_in import allowed  # noqa: PLC0415

        def sealed_or_used(user: User) -> str:
            return keeping.why_not(user, timezone.now())

        acts.register(logged.GlassLogged)
        triggers.register(rules.RULES)
        sealed.register(Seal)
        sealed.register(Breaking, only=("seal", "reason", "at", "minutes"))
        redactable.register(Breaking, "reason")
        sessions.connect()
        to_do.register()
        allowed.register(sealed_or_used)
        allowed.keep_sealed(keeping.is_glass)
        doors.keep(ACCOUNTS)
        grant_after_migrate(
            self,
            {
                Role.ADMINISTRATOR: ("view_account", "change_account"),
                Role.AUDITOR: ("view_account",),
            },
        )
