"""The mails about a planned outage: one a ward, version of the plan and kind."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from outage.models.plan import PlanChange


class PlanMail(models.Model):
    """One mail to a ward about a planned outage: claimed before it is sent; two runs send one.

    Inserted by ``outage.plans.mails`` alone. One that failed, or of which nobody knows, is followed
    by another with the next ``sequence``.
    """

    class Kind(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        ASKED_AGAIN = "asked_again", _("Asked again")
        CHANGED = "changed", _("Changed")
        TAKEN_OUT = "taken_out", _("No longer concerned")
        CANCELLED = "cancelled", _("Cancelled")

    # The version of the plan that it tells of; ``ward`` as it was concerned then.
    change = models.ForeignKey(
        PlanChange, models.PROTECT, related_name="mails", verbose_name=_("change of a plan")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("ward"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    sequence = models.PositiveSmallIntegerField(_("number in the row"))
    to = models.EmailField(_("sent to"))
    claimed_at = models.DateTimeField(_("claimed at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True)
    # When somebody asked to try again after this one, the last of those that were in vain.
    again_at = models.DateTimeField(_("another try asked for at"), null=True)

    class Meta:
        verbose_name = _("mail about a planned outage")
        verbose_name_plural = _("mails about planned outages")
        ordering: ClassVar = ["claimed_at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["change", "ward", "kind", "sequence"], name="plan_mail_tried_once"
            ),
            models.UniqueConstraint(
                fields=["change", "ward", "kind"],
                condition=Q(sent_at__isnull=False),
                name="plan_mail_sent_once",
            ),
            models.CheckConstraint(
                name="plan_mail_sent_or_failed", condition=Q(sent_at__isnull=True) | Q(failure="")
            ),
            models.CheckConstraint(
                name="plan_mail_not_sent_again",
                condition=Q(sent_at__isnull=True) | Q(again_at__isnull=True),
            ),
            models.CheckConstraint(name="plan_mail_counted_from_one", condition=Q(sequence__gte=1)),
            models.CheckConstraint(name="plan_mail_has_address", condition=~Q(to="")),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which unit this is about."""
        return {"unit": str(self.ward)}
