"""A backup that was restored, and what left the binder after it was taken."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.numbers.identities import LENGTH, last_four


class Restoration(models.Model):
    """The register was found to be older than the journal. Append-only.

    Inserted by ``custody.binder.restoration`` alone. ``line``: the hash of the journal's last line
    when it was found. That line counts as answered, whatever becomes of the journal.
    """

    line = models.CharField(_("last line of the journal"), max_length=64)
    found_at = models.DateTimeField(_("found at"))
    # The time of the last handout that register and journal both know; null when they share none.
    restored_to = models.DateTimeField(_("restored to"), null=True)

    class Meta:
        verbose_name = _("restored backup")
        verbose_name_plural = _("restored backups")
        ordering: ClassVar = ["found_at", "id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line"], name="restoration_answers_a_line_once"),
            models.CheckConstraint(name="restoration_answers_a_line", condition=~Q(line="")),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class LostHandout(models.Model):
    """What the journal holds of a number that left the binder after the backup was taken.

    Append-only: an administrator enters the handout again from it. Inserted by
    ``custody.binder.restoration`` alone. The columns of a handout are empty when a count had set
    the number aside.
    """

    restoration = models.ForeignKey(
        Restoration, models.PROTECT, related_name="lost", verbose_name=_("restored backup")
    )
    # Not a foreign key: the register may have forgotten the number as well.
    number = models.CharField(_("reserve number"), max_length=LENGTH)
    training = models.BooleanField(_("training"))
    request_key = models.UUIDField(_("request key"), null=True)
    outage_started_at = models.DateTimeField(_("start of the outage"), null=True)
    ward = models.CharField(_("ward"), max_length=250, blank=True)
    caller = models.CharField(_("caller's vgr-id"), max_length=VGR_ID_LENGTH, blank=True)
    callback = models.CharField(_("call-back number"), max_length=40, blank=True)
    left_at = models.DateTimeField(_("left the binder"))
    left_by = models.CharField(_("handed out by"), max_length=VGR_ID_LENGTH, blank=True)

    class Meta:
        verbose_name = _("lost handout")
        verbose_name_plural = _("lost handouts")
        ordering: ClassVar = ["left_at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            # Two handouts of one number are lost, if the paper had given it to two patients.
            models.UniqueConstraint(
                fields=["restoration", "number", "request_key"], name="lost_handout_once"
            ),
            models.UniqueConstraint(
                fields=["restoration", "number"],
                condition=Q(request_key__isnull=True),
                name="lost_number_once",
            ),
            models.CheckConstraint(
                name="lost_handout_row_shape",
                condition=Q(request_key__isnull=True, outage_started_at__isnull=True, caller="")
                | (
                    Q(request_key__isnull=False, outage_started_at__isnull=False)
                    & ~Q(ward="")
                    & ~Q(caller="")
                    & ~Q(left_by="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number and unit this is about."""
        return {"number": self.number, "unit": self.ward}

    @property
    def last_four(self) -> str:
        """Return the characters that tell the number from its neighbours."""
        return last_four(self.number)
