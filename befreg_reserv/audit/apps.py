"""The audit log: append-only, below everything else."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Protects the log and puts every registered trigger back after each migration."""

    name = "befreg_reserv.audit"
    label = "audit"
    verbose_name = _("Audit log")

    def ready(self) -> None:
        """Connect triggers and sign-in records."""
        from befreg_reserv.audit import signing_in, triggers  # noqa: PLC0415  after the models
        from befreg_reserv.audit.models import LogEntry  # noqa: PLC0415

        triggers.register(*triggers.append_only(LogEntry))
        signing_in.connect()

        def make_way(*, using: str, plan: list[Any], **_kwargs: Any) -> None:
            if plan:
                triggers.make_way(connections[using])

        def put_back(*, using: str, **_kwargs: Any) -> None:
            triggers.install(connections[using])

        pre_migrate.connect(make_way, sender=self, weak=False, dispatch_uid="no audit triggers")
        # After every migration, since SQLite drops a table's triggers whenever it remakes it.
        post_migrate.connect(put_back, sender=self, weak=False, dispatch_uid="audit triggers")
