"""What comes after an outage: reminders, and the sign-off."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from outage.models import Outage


class SignOff(models.Model):
    """An administrator's signature that an outage is finished. Append-only; the latest counts.

    Inserted by ``custody.afterwards.sign_off`` alone.
    """

    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="sign_offs", verbose_name=_("outage")
    )
    at = models.DateTimeField(_("signed off at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("signed off by")
    )
    text = models.CharField(_("what was learned"), max_length=500, blank=True)
    # How many numbers were never read back, as the administrator ticked.
    never_read_back = models.PositiveIntegerField(_("never read back"), default=0)

    class Meta:
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        ordering: ClassVar = ["at", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("sign_off", "Can sign off an outage")]

    def __str__(self) -> str:
        return f"{self.pk}"


class Reminder(models.Model):
    """One mail about a ward's open handouts of an outage: claimed before it is sent.

    Inserted by ``custody.handouts.reminders`` alone. The run that inserts a row sends its mail, so
    that two runs at once send one. In each round the first REMIND_MOST that don't fail go to the
    ward, if it has an address; all others go to the administrators, and a drill's to its leader.
    """

    outage = models.ForeignKey(
        Outage, models.PROTECT, related_name="reminders", verbose_name=_("outage")
    )
    ward = models.ForeignKey(Ward, models.PROTECT, related_name="+", verbose_name=_("ward"))
    sequence = models.PositiveSmallIntegerField(_("number in the row"))
    day = models.DateField(_("day"))
    to = models.CharField(_("sent to"), max_length=2000, blank=True)
    handouts = models.PositiveIntegerField(_("open handouts"))
    claimed_at = models.DateTimeField(_("claimed at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering: ClassVar = ["-claimed_at", "-id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["outage", "ward", "sequence"], name="reminder_once"),
            # One that failed doesn't count: the administrators get one on the same day.
            models.UniqueConstraint(
                fields=["outage", "ward", "day"],
                condition=Q(failure=""),
                name="reminder_once_a_day",
            ),
            models.CheckConstraint(
                name="reminder_sent_or_failed", condition=Q(sent_at__isnull=True) | Q(failure="")
            ),
            models.CheckConstraint(name="reminder_counted_from_one", condition=Q(sequence__gte=1)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ward", "-claimed_at", "-id"], name="reminders_of_ward"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which unit this is about."""
        return {"unit": str(self.ward)}
