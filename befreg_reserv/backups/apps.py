"""Backups, below everything that a backup holds."""

from django.apps import AppConfig

from befreg_reserv.to_do import waiting


class BackupsConfig(AppConfig):
    """Holds the row that says when the last backup was taken."""

    name = "befreg_reserv.backups"
    label = "backups"

    def ready(self) -> None:
        """Register what the overview says of the last backup."""
        # Models aren't loaded before ready.
        from befreg_reserv.backups.last import overdue  # noqa: PLC0415

        waiting.register(200, overdue)
