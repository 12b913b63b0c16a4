"""An outage of Befreg and its timeline."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from outage.models.plan import Plan


class Outage(models.Model):
    """A time when Befreg can't be reached, or a drill of one.

    Its state is written by ``outage.lifecycle``. The timeline says who started and ended it.
    """

    class Kind(models.TextChoices):
        UNPLANNED = "unplanned", _("Unplanned")
        PLANNED = "planned", _("Planned")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    drill = models.BooleanField(_("drill"))
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    plan = models.OneToOneField(
        Plan,
        models.PROTECT,
        null=True,
        related_name="outage",
        verbose_name=_("planned outage"),
    )
    # When it was signed off for the first time, so that no page looks through years of them.
    signed_off_at = models.DateTimeField(_("signed off for the first time"), null=True)
    # A drill's targets as they were at its end, so that its report stays the same when they are
    # changed.
    call_to_number_seconds = models.PositiveIntegerField(
        _("from call to number, seconds"), null=True
    )
    close_out_minutes = models.PositiveIntegerField(_("from handout to closed, minutes"), null=True)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering: ClassVar = ["-started_at", "-id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("run_outage", "Can start, note and end an outage")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="outage_signed_off_after_its_end",
                condition=Q(signed_off_at__isnull=True) | Q(ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["drill"],
                condition=models.Q(ended_at__isnull=True),
                name="one_ongoing_outage_and_one_drill",
            ),
            models.CheckConstraint(
                name="outage_ends_after_start",
                condition=models.Q(ended_at__isnull=True)
                | models.Q(ended_at__gte=models.F("started_at")),
            ),
            models.CheckConstraint(
                name="outage_kind_known", condition=models.Q(kind__in=["planned", "unplanned"])
            ),
            models.CheckConstraint(
                name="outage_targets_of_ended_drills",
                condition=Q(call_to_number_seconds__isnull=True, close_out_minutes__isnull=True)
                | Q(
                    drill=True,
                    ended_at__isnull=False,
                    call_to_number_seconds__gte=1,
                    close_out_minutes__gte=1,
                ),
            ),
            models.CheckConstraint(
                name="outage_of_a_plan_is_planned",
                condition=Q(plan__isnull=True) | Q(kind="planned"),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["drill", "ended_at"], name="outages_by_end"),
            models.Index(fields=["-started_at", "-id"], name="outages_by_start"),
            models.Index(
                fields=["drill", "ended_at", "id"],
                condition=Q(ended_at__isnull=False, signed_off_at__isnull=True),
                name="outages_unsigned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the outage's page."""
        return reverse("outage:show", args=[self.pk])

    @property
    def ongoing(self) -> bool:
        """Tell whether nobody has ended the outage."""
        return self.ended_at is None

    @property
    def what(self) -> str:
        """Return what it is in words: planned or not, and a drill of it or reality."""
        kind = str(self.get_kind_display())
        return _("Drill: %(kind)s") % {"kind": kind.lower()} if self.drill else kind


class TimelineEntry(models.Model):
    """Who did or said what during an outage. Append-only."""

    class Act(models.TextChoices):
        STARTED = "started", _("Outage started")
        ALSO_REPORTED = "also_reported", _("Reported once more")
        NOTED = "noted", _("Note")
        CAUSE = "cause", _("Cause")
        WENT_WRONG = "went_wrong", _("What went wrong")
        ENDED = "ended", _("Outage ended")

    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="timeline", verbose_name=_("outage")
    )
    act = models.CharField(_("act"), max_length=20, choices=Act)
    at = models.DateTimeField(_("happened at"))
    by = models.CharField(_("done by"), max_length=30)  # vgr-id: whoever did it may have no account
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    text = models.CharField(_("text"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        ordering: ClassVar = ["at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="timeline_recorded_after_event",
                condition=models.Q(recorded_at__gte=models.F("at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d %H:%M}"


class DrillTargets(models.Model):
    """How fast a drill should go; one row, set by the administrator."""

    call_to_number_seconds = models.PositiveIntegerField(
        _("from call to number, seconds"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
    )
    close_out_minutes = models.PositiveIntegerField(
        _("from handout to closed, minutes"),
        default=24 * 60,
        validators=[MinValueValidator(1), MaxValueValidator(60 * 24 * 365)],
    )

    class Meta:
        verbose_name = _("targets of drills")
        verbose_name_plural = _("targets of drills")
        default_permissions = ("change", "view")
        constraints: ClassVar = [
            models.CheckConstraint(name="drill_targets_once", condition=Q(id=1)),
            models.CheckConstraint(
                name="drill_targets_at_least_one",
                condition=Q(call_to_number_seconds__gte=1, close_out_minutes__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
