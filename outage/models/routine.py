"""The hospital's routine for an outage of Befreg: its versions, and the steps of each."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

FIRST = 1  # the version that the migration laid down
STEP_LENGTH = 300


class Routine(models.Model):
    """A version of the routine. Append-only, and so are its steps.

    Written by ``outage.routine.keeping``, its steps before it: the row seals them. The first
    version is the migration's, which nobody has decided.
    """

    version = models.PositiveSmallIntegerField(_("version"), primary_key=True)
    responsible = models.CharField(_("responsible"), max_length=80, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=80, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True)  # the last day
    raps_link = models.URLField(_("link to the RAPS routines"), blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    class Meta:
        verbose_name = _("version of the routine")
        verbose_name_plural = _("versions of the routine")
        ordering: ClassVar = ["-version"]
        default_permissions = ("view",)
        permissions: ClassVar = [("keep_routine", "Can decide on a new version of the routine")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="routine_says_who_decided",
                condition=Q(version=FIRST)
                | ~Q(responsible="")
                & ~Q(decided_by="")
                & Q(valid_until__isnull=False, recorded_by__isnull=False),
            ),
            models.CheckConstraint(
                name="routine_ends_after_start",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}"

    def get_absolute_url(self) -> str:
        """Return the page of this version."""
        return reverse("routine:version", args=[self.version])

    @property
    def is_undecided(self) -> bool:
        """Tell whether the text is the one that came with the installation."""
        return not self.decided_by

    def is_past(self, day: date) -> bool:
        """Tell whether its last day lies before ``day``; until the next begins it holds on."""
        return self.valid_until is not None and self.valid_until < day


class RoutineStep(models.Model):
    """One step of a version, in both languages. Append-only."""

    class Moment(models.TextChoices):
        """When a step is taken, in the routine's order: it says where the step is shown."""

        PLANNED = "planned", _("A planned outage")
        LOCAL = "local", _("Is it only here?")
        NEWS = "news", _("The IT news")
        SUPPORT = "support", _("The support")
        URGENT = "urgent", _("A number is needed at once")
        SAY = "say", _("What to tell the till")
        NONE_LEFT = "none_left", _("No number is left")
        SLIP = "slip", _("On the number's slip")
        CLOSE = "close", _("When Befreg answers again")
        AFTERWARDS = "afterwards", _("Afterwards")

    # Of each of these the till's checklist has one point.
    POINTS: ClassVar = (Moment.LOCAL, Moment.NEWS, Moment.SUPPORT)

    routine = models.ForeignKey(
        Routine, models.PROTECT, related_name="steps", verbose_name=_("version of the routine")
    )
    moment = models.CharField(_("moment"), max_length=12, choices=Moment)
    position = models.PositiveSmallIntegerField(_("order"))
    text = models.CharField(_("text"), max_length=STEP_LENGTH)
    text_en = models.CharField(_("text in English"), max_length=STEP_LENGTH)

    class Meta:
        verbose_name = _("step of the routine")
        verbose_name_plural = _("steps of the routine")
        ordering: ClassVar = ["routine", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["routine", "moment", "position"], name="routine_step_once"
            ),
            models.CheckConstraint(
                name="routine_moment_known",
                condition=Q(
                    moment__in=[
                        *("planned", "local", "news", "support", "urgent"),
                        *("say", "none_left", "slip", "close", "afterwards"),
                    ]
                ),
            ),
            models.CheckConstraint(
                name="routine_point_once",
                condition=~Q(moment__in=["local", "news", "support"]) | Q(position=1),
            ),
            models.CheckConstraint(
                name="routine_step_in_both_languages", condition=~Q(text="") & ~Q(text_en="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.routine_id} {self.moment} {self.position}"

    @property
    def shown(self) -> str:
        """Return the step in the language of the page."""
        return self.text_en if get_language() == "en" else self.text
