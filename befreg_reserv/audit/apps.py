"""The audit log: append-only, below everything else."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags
from django.core.checks import register as register_check
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from befreg_reserv.to_do import waiting


class AuditConfig(AppConfig):
    """Protects the log, and makes each upgrade leave exactly the registered triggers."""

    name = "befreg_reserv.audit"
    label = "audit"
    verbose_name = _("Audit log")

    def ready(self) -> None:
        """Connect triggers and sign-in records."""
        from befreg_reserv.audit import (  # noqa: PLC0415  after the models
            middleware,
            redactable,
            rules,
            signing_in,
            triggers,
        )
        from befreg_reserv.audit.models import (  # noqa: PLC0415
            Disposal,
            DisposalConfirmation,
            DisposalProposal,
            Judgement,
            LogEntry,
            Redaction,
        )
        from befreg_reserv.audit.seals import late, sealed  # noqa: PLC0415

        triggers.register(rules.RULES)
        sealed.register(LogEntry, Redaction, DisposalProposal, DisposalConfirmation, Disposal)
        sealed.register(*rules.REVIEWS)
        redactable.register(LogEntry, "changes")
        redactable.register(Judgement, "note")
        waiting.register(205, late.to_see_to)
        register_check(late.seals_are_chosen, Tags.security, deploy=True)
        signing_in.connect()
        middleware.connect(LogEntry)

        def settle(*, using: str, verbosity: int = 1, stdout: Any = None, **_: Any) -> None:
            faults = triggers.install(connections[using])
            if stdout and verbosity:
                new = sum(fault.kind == "missing" for fault in faults)
                others = [str(fault) for fault in faults if fault.kind != "missing"]
                stdout.write(f"  Triggers: {new} made; set right: {', '.join(others) or 'none'}")

        post_migrate.connect(settle, sender=self, weak=False, dispatch_uid="audit triggers")
