"""The first doubt, and the points of its checklist."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outage.models.outage import Outage


class Doubt(models.Model):
    """A suspicion that Befreg is down: from the first tick of the checklist to its outcome.

    Written by ``outage.doubt``, which ``outage.lifecycle`` calls when an outage starts.
    """

    class Outcome(models.TextChoices):
        STARTED = "started", _("Outage started")
        CLEARED = "cleared", _("Befreg works")
        LAPSED = "lapsed", _("Nobody went on")

    drill = models.BooleanField(_("drill"))
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    outage = models.OneToOneField(
        Outage, models.PROTECT, null=True, related_name="doubt", verbose_name=_("outage")
    )

    class Meta:
        verbose_name = _("first doubt")
        verbose_name_plural = _("first doubts")
        ordering: ClassVar = ["-opened_at", "-id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["drill"], condition=Q(closed_at__isnull=True), name="one_open_doubt"
            ),
            models.CheckConstraint(
                name="doubt_row_shape",
                condition=Q(closed_at__isnull=True, outcome="", outage__isnull=True)
                | Q(closed_at__isnull=False, outcome="started", outage__isnull=False)
                | Q(
                    closed_at__isnull=False, outcome__in=["cleared", "lapsed"], outage__isnull=True
                ),
            ),
            models.CheckConstraint(
                name="doubt_closed_after_opened",
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Tick(models.Model):
    """One point of the checklist: checked, or skipped in a hurry; or a note. Append-only."""

    class Item(models.TextChoices):
        """The points, in the routine's order."""

        LOCAL = "local", _("Find out whether it is only the caller's own workstation or ward")
        NEWS = "news", _("Look in the IT news")
        SUPPORT = "support", _("Call the support")

    # What somebody wrote that belongs to no single point, or to one that was ticked before.
    NOTE = "note"

    doubt = models.ForeignKey(
        Doubt, models.PROTECT, related_name="ticks", verbose_name=_("first doubt")
    )
    item = models.CharField(_("point"), max_length=10, choices=[*Item.choices, (NOTE, _("Note"))])
    skipped = models.BooleanField(_("skipped"))
    at = models.DateTimeField(_("happened at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("done by")
    )
    text = models.CharField(_("what was found"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")
        ordering: ClassVar = ["at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["doubt", "item"], condition=~Q(item="note"), name="tick_once_per_doubt"
            ),
            models.CheckConstraint(
                name="tick_item_known", condition=Q(item__in=["local", "news", "support", "note"])
            ),
            models.CheckConstraint(
                name="tick_note_says_something",
                condition=~Q(item="note") | (Q(skipped=False) & ~Q(text="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.doubt_id} {self.item}"
