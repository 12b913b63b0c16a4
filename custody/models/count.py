"""Counting a binder: what should lie there, and what did."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.models.binder import Binder, ReserveNumber
from custody.numbers.identities import as_logged


class Count(models.Model):
    """A binder gone through by hand and compared with the register. Append-only.

    Inserted by ``custody.counts.count`` alone. ``listed_at``: when the list of tabs was made; a
    number that left the binder after that is no variance.
    """

    # Its index is ``counts_of_binder``.
    binder = models.ForeignKey(
        Binder, models.PROTECT, related_name="counts", db_index=False, verbose_name=_("binder")
    )
    request_key = models.UUIDField(_("request key"), unique=True)
    listed_at = models.DateTimeField(_("listed at"))
    at = models.DateTimeField(_("counted at"))
    by = models.CharField(_("counted by"), max_length=VGR_ID_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    reason = models.CharField(_("reason for the variance"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("counts")
        ordering: ClassVar = ["-at", "-id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("count_binder", "Can count a binder")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="count_times_in_order",
                condition=Q(recorded_at__gte=F("at")) & Q(recorded_at__gte=F("listed_at")),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["binder", "listed_at"], name="counts_of_binder"),
            models.Index(fields=["-at", "-id"], name="counts_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the address of the page that shows what the count found."""
        return reverse("binder:counted", args=[self.pk])

    @property
    def drill(self) -> bool:
        """Tell whether its binder is for drills."""
        return self.binder.training


class ForeignSheet(models.Model):
    """A sheet that lay in a binder and isn't one of its numbers, as it was typed at a count.

    It may be a training number in a real binder, or name a patient: showing it is logged. An
    administrator must write what became of it. Inserted by ``custody.counts.count`` alone.
    """

    class Kind(models.TextChoices):
        TRAINING = "training", _("A training number")
        RESERVE = "reserve", _("A reserve number, not of this binder")
        IDENTITY = "identity", _("A number that may be a patient's")
        UNKNOWN = "unknown", _("Not known")

    count = models.ForeignKey(
        Count, models.PROTECT, related_name="foreign_sheets", verbose_name=_("count")
    )
    value = models.CharField(_("what stands on it"), max_length=14)
    kind = models.CharField(_("what it may be"), max_length=8, choices=Kind)
    explained_at = models.DateTimeField(_("explained at"), null=True)
    explained_by = models.CharField(_("explained by"), max_length=VGR_ID_LENGTH, blank=True)
    explanation = models.CharField(_("explanation"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("sheet that doesn't belong there")
        verbose_name_plural = _("sheets that don't belong there")
        ordering: ClassVar = ["count_id", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["count", "value"], name="foreign_sheet_once_in_count"),
            models.CheckConstraint(name="foreign_sheet_has_value", condition=~Q(value="")),
            models.CheckConstraint(
                name="foreign_sheet_kind_known",
                condition=Q(kind__in=["training", "reserve", "identity", "unknown"]),
            ),
            models.CheckConstraint(
                name="foreign_sheet_explained_by_somebody",
                condition=Q(explained_at__isnull=True, explained_by="", explanation="")
                | (Q(explained_at__isnull=False) & ~Q(explained_by="") & ~Q(explanation="")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["count"],
                condition=Q(explained_at__isnull=True),
                name="foreign_sheets_unexplained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log what stands on it; what is longer than a number is none."""
        return {"number": as_logged(self.value)}


class CountLine(models.Model):
    """One number of a count: whether it should lie there, and whether it did.

    A number that had left the binder and wasn't found has a line too: it is evidence if somebody
    says later that the sheet never left. (Counts of the first months have no such lines.)

    A sheet that was found and shouldn't lie there is settled once, when somebody destroys it; or
    without that, when its handout is undone. Inserted by ``custody.counts.count`` alone.
    """

    count = models.ForeignKey(Count, models.PROTECT, related_name="lines", verbose_name=_("count"))
    number = models.ForeignKey(
        ReserveNumber, models.PROTECT, related_name="count_lines", verbose_name=_("reserve number")
    )
    expected = models.BooleanField(_("should lie there"))
    found = models.BooleanField(_("lay there"))
    # Left the binder between list and count: neither answer is wrong.
    meanwhile = models.BooleanField(_("left meanwhile"))
    destroyed_at = models.DateTimeField(_("sheet destroyed at"), null=True)
    destroyed_by = models.CharField(_("destroyed by"), max_length=VGR_ID_LENGTH, blank=True)
    destroyed_note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("line of a count")
        verbose_name_plural = _("lines of a count")
        ordering: ClassVar = ["count_id", "number__tab", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["count", "number"], name="number_once_in_count"),
            models.CheckConstraint(
                name="count_line_destroyed_by_somebody",
                condition=Q(destroyed_at__isnull=True, destroyed_by="", destroyed_note="")
                | (Q(destroyed_at__isnull=False, found=True) & ~Q(destroyed_by="")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["count", "number"],
                condition=Q(expected=False, found=True, meanwhile=False),
                name="sheets_too_many",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count_id}:{self.number_id}"

    @property
    def concerned(self) -> bool:
        """Tell whether it should lie there, or did; the other numbers had left before."""
        return self.expected or self.found

    @property
    def missing(self) -> bool:
        """Tell whether it should lie there and didn't."""
        return self.expected and not self.found and not self.meanwhile

    @property
    def surplus(self) -> bool:
        """Tell whether it lay there and shouldn't."""
        return self.found and not self.expected and not self.meanwhile

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number this is about."""
        return {"number": self.number.value}
