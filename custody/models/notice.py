"""The merge notices of a handout."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.models.handout import Handout
from custody.numbers.identities import LENGTH


class MergeNotice(models.Model):
    """The notice in RAPS that emergency number and real number are the same person.

    Inserted by ``custody.handouts.notices`` alone. A withdrawn notice stays, with the reason.
    """

    handout = models.ForeignKey(
        Handout, models.PROTECT, related_name="notices", verbose_name=_("handout")
    )
    identity = models.CharField(_("real number"), max_length=LENGTH)
    reference = models.CharField(_("RAPS reference"), max_length=60, blank=True)
    filed_at = models.DateTimeField(_("filed at"))
    filed_by = models.CharField(_("filed by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    withdrawn_by = models.CharField(_("withdrawn by"), max_length=VGR_ID_LENGTH, blank=True)
    withdrawn_reason = models.CharField(_("reason for withdrawal"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("RAPS notice")
        verbose_name_plural = _("RAPS notices")
        ordering: ClassVar = ["id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["handout"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_standing_notice",
            ),
            models.CheckConstraint(
                name="notice_withdrawn_by_somebody_for_a_reason",
                condition=(
                    Q(withdrawn_at__isnull=True, withdrawn_by="", withdrawn_reason="")
                    | (
                        Q(withdrawn_at__isnull=False)
                        & ~Q(withdrawn_by="")
                        & ~Q(withdrawn_reason="")
                    )
                ),
            ),
            models.CheckConstraint(
                name="notice_times_in_order",
                condition=Q(recorded_at__gte=F("filed_at"))
                & (Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("filed_at"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return self.handout.audit_subject()
