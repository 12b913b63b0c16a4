"""Backups, below everything that a backup holds."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """Holds the row that says when the last backup was taken."""

    name = "befreg_reserv.backups"
    label = "backups"
