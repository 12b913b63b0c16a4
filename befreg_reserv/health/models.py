"""The row that proves that the database can be written."""

from django.db import models


class Heartbeat(models.Model):
    """One row, written by each readiness check. Not history: nothing refers to it."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"


class BrowserReport(models.Model):
    """What browsers refused to load or run on a page of ours, and how often. Not history.

    ``browsers.note`` writes it, and bounds how many rows there are. ``page`` is an address's name;
    ``blocked`` a host, or a word for what has none. ``known``: somebody was signed in.
    """

    known = models.BooleanField()
    rule = models.CharField(max_length=40)
    blocked = models.CharField(max_length=100)
    page = models.CharField(max_length=100)
    times = models.PositiveBigIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["known", "rule", "blocked", "page"], name="browser_report_once"
            ),
        )
        ordering = ("-known", "-last_at", "-pk")

    def __str__(self) -> str:
        return f"{self.rule}: {self.blocked} ({self.page})"
