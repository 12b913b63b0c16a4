"""One number that two patients were given on paper: the alarm, and the mails about it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.models.binder import ReserveNumber
from custody.models.handout import Handout


class DoubledNumber(models.Model):
    """The alarm that two patients were given one number; it stands until its outcome is written.

    Inserted by ``custody.handouts.doubles`` alone. ``second`` is the late entry that revealed it,
    ``first`` the handout that the person was shown and asked about.
    """

    first = models.ForeignKey(
        Handout, models.PROTECT, related_name="alarms_as_first", verbose_name=_("first handout")
    )
    second = models.OneToOneField(
        Handout, models.PROTECT, related_name="alarm", verbose_name=_("second handout")
    )
    found_at = models.DateTimeField(_("found at"))
    found_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("found by")
    )
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_by = models.CharField(_("settled by"), max_length=VGR_ID_LENGTH, blank=True)
    done = models.CharField(_("what was done"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("doubled number")
        verbose_name_plural = _("doubled numbers")
        ordering: ClassVar = ["found_at", "id"]
        default_permissions = ()
        permissions: ClassVar = [
            ("settle_doubled", "Can write what was done about a number that two patients had")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="doubled_by_two", condition=~Q(first=F("second"))),
            models.CheckConstraint(
                name="doubled_settled_by_somebody",
                condition=(
                    Q(settled_at__isnull=True, settled_by="", done="")
                    | (
                        Q(settled_at__isnull=False, settled_at__gte=F("found_at"))
                        & ~Q(settled_by="")
                        & ~Q(done="")
                    )
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def number(self) -> ReserveNumber:
        """Return the number that both were given."""
        return self.second.number

    @property
    def drill(self) -> bool:
        """Tell whether its number is for drills."""
        return self.number.training

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return self.second.audit_subject()


class DoubledMail(models.Model):
    """One mail about a doubled number: claimed before it is sent, so that two runs send one.

    Inserted by ``custody.handouts.doubled_mail`` alone. ``to``: the addresses, which the claim
    fixes. One that failed, or of which nobody knows, is followed by another.
    """

    alarm = models.ForeignKey(
        DoubledNumber, models.PROTECT, related_name="mails", verbose_name=_("doubled number")
    )
    # Null: for the administrators, or in a drill for its leader.
    ward = models.ForeignKey(
        Ward, models.PROTECT, null=True, related_name="+", verbose_name=_("ward")
    )
    sequence = models.PositiveSmallIntegerField(_("number in the row"))
    to = models.CharField(_("sent to"), max_length=2000)
    claimed_at = models.DateTimeField(_("claimed at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)
    failure = models.CharField(_("failure"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("mail about a doubled number")
        verbose_name_plural = _("mails about doubled numbers")
        ordering: ClassVar = ["claimed_at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["alarm", "ward", "sequence"], name="doubled_mail_to_a_ward_once"
            ),
            models.UniqueConstraint(
                fields=["alarm", "sequence"],
                condition=Q(ward__isnull=True),
                name="doubled_mail_to_others_once",
            ),
            models.CheckConstraint(
                name="doubled_mail_sent_or_failed",
                condition=Q(sent_at__isnull=True) | Q(failure=""),
            ),
            models.CheckConstraint(
                name="doubled_mail_counted_from_one", condition=Q(sequence__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
