"""A planned outage, announced beforehand, and what the wards need for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward


class Plan(models.Model):
    """A planned outage, announced beforehand. It becomes an Outage when a person starts it.

    Written by ``outage.plans.planning``. The window is what was announced, not what happened.
    """

    drill = models.BooleanField(_("drill"))
    planned_start = models.DateTimeField(_("planned start"))
    planned_end = models.DateTimeField(_("planned end"))
    reason = models.CharField(_("reason"), max_length=500)
    all_wards = models.BooleanField(_("concerns every ward"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)

    class Meta:
        verbose_name = _("planned outage")
        verbose_name_plural = _("planned outages")
        ordering: ClassVar = ["planned_start", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("plan_outage", "Can announce, change and cancel a planned outage"),
            ("state_need", "Can say what a ward needs during a planned outage"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="plan_ends_after_start", condition=Q(planned_end__gt=F("planned_start"))
            ),
            models.CheckConstraint(name="plan_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the plan's page."""
        return reverse("outage:plan", args=[self.pk])


class PlanChange(models.Model):
    """An announcement, change or cancellation, with the window it announced. Append-only."""

    class Act(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        CHANGED = "changed", _("Changed")
        CANCELLED = "cancelled", _("Cancelled")

    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="changes", verbose_name=_("planned outage")
    )
    act = models.CharField(_("act"), max_length=20, choices=Act)
    at = models.DateTimeField(_("happened at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("done by")
    )
    planned_start = models.DateTimeField(_("planned start"))
    planned_end = models.DateTimeField(_("planned end"))
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        verbose_name = _("change of a plan")
        verbose_name_plural = _("changes of a plan")
        ordering: ClassVar = ["at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(name="plan_change_has_reason", condition=~Q(reason=""))
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.act}"

    @property
    def is_correction(self) -> bool:
        """Tell whether it changes or cancels what was announced."""
        return self.act != self.Act.ANNOUNCED


class Need(models.Model):
    """A ward that a planned outage concerns, and what it needs.

    Not answered yet: ``answered_at`` is null. ``outage.plans.needs`` writes the answer, and
    ``outage.plans.planning`` which wards are concerned.
    """

    plan = models.ForeignKey(
        Plan, models.PROTECT, related_name="needs", verbose_name=_("planned outage")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("ward"))
    women = models.PositiveSmallIntegerField(_("women's numbers"), default=0)
    men = models.PositiveSmallIntegerField(_("men's numbers"), default=0)
    registers_late = models.BooleanField(_("will register late"), default=False)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    # False if a change has taken the ward out of the plan; its answer can still be read.
    concerned = models.BooleanField(_("concerned"), default=True)

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering: ClassVar = ["plan", "ward__clinic__key", "ward__key"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "ward"], name="need_once_per_ward"),
            models.CheckConstraint(
                name="need_answered_by_somebody",
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, women=0, men=0)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.ward_id}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which unit this is about."""
        return {"unit": str(self.ward)}
