"""The row that proves that the database can be written."""

from django.db import models


class Heartbeat(models.Model):
    """One row, written by each readiness check. Not history: nothing refers to it."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
