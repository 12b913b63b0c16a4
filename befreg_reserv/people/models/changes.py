"""What becomes of wards and clinics, and what comes after them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models.person import BY_LENGTH, User
from befreg_reserv.people.models.wards import Clinic, Ward


class RecordedChange(models.Model):
    """What became of a ward or a clinic on a day, why, and who said so.

    What its kinds are, and of what it is, stand in ``WardChange`` and ``ClinicChange``.
    """

    REASON_LENGTH = 200

    day = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH, blank=True)
    # A vgr-id, or a command and the system user who ran it.
    by = models.CharField(max_length=BY_LENGTH)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True
        default_permissions = ()
        ordering: ClassVar = ["day", "pk"]

    def __str__(self) -> str:
        return f"{self.what} {self.day}"

    @property
    def what(self) -> str:
        """Return what became of which: a history has the day in a column of its own."""
        raise NotImplementedError


class WardChange(RecordedChange):
    """What became of a ward on a day: it opened, or it closed and had none, one or several heirs.

    History names wards as they were called that day, so a ward that gets another name is closed,
    and its only successor has the new one. Written by ``wards.changes``.
    """

    class Kind(models.TextChoices):
        """What became of it. All but the first close it."""

        OPENED = "opened", _("opened")
        RENAMED = "renamed", _("renamed")
        MERGED = "merged", _("merged into another ward")
        SPLIT = "split", _("split")
        CLOSED = "closed", _("closed without a successor")

    ward = models.ForeignKey(Ward, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    successors: "models.ManyToManyField[Ward, Succession]" = models.ManyToManyField(
        Ward, through="Succession", related_name="taken_over"
    )

    class Meta(RecordedChange.Meta):
        verbose_name = _("change of a ward")
        verbose_name_plural = _("changes of wards")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ward"], condition=~models.Q(kind="opened"), name="ward_closes_once"
            ),
            models.CheckConstraint(
                name="ward_change_kind_known",
                condition=models.Q(kind__in=["opened", "renamed", "merged", "split", "closed"]),
            ),
            models.CheckConstraint(
                name="ward_closes_for_a_reason",
                condition=models.Q(kind="opened") | ~models.Q(reason=""),
            ),
        ]

    @property
    def what(self) -> str:
        """Return what became of which ward."""
        return f"{self.ward}: {self.get_kind_display()}"


class Succession(models.Model):
    """A ward that took over what another one left when it closed."""

    change = models.ForeignKey(WardChange, on_delete=models.PROTECT, related_name="successions")
    ward = models.ForeignKey(Ward, on_delete=models.PROTECT, related_name="successions")

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "ward"], name="succession_once")
        ]

    def __str__(self) -> str:
        return f"{self.change_id} → {self.ward_id}"


class ClinicChange(RecordedChange):
    """What became of a clinic on a day: it opened, or it closed, and which clinics came after it.

    Where each of its wards goes on is a change of that ward. Written by ``wards.clinics``.
    """

    class Kind(models.TextChoices):
        """What became of it. All but the first close it."""

        OPENED = "opened", _("opened")
        RENAMED = "renamed", _("renamed")
        MERGED = "merged", _("merged into another clinic")
        SPLIT = "split", _("divided among several clinics")
        CLOSED = "closed", _("closed without a successor")

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    successors: "models.ManyToManyField[Clinic, ClinicSuccession]" = models.ManyToManyField(
        Clinic, through="ClinicSuccession", related_name="taken_over"
    )

    class Meta(RecordedChange.Meta):
        verbose_name = _("change of a clinic")
        verbose_name_plural = _("changes of clinics")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic"], condition=~models.Q(kind="opened"), name="clinic_closes_once"
            ),
            models.CheckConstraint(
                name="clinic_change_kind_known",
                condition=models.Q(kind__in=["opened", "renamed", "merged", "split", "closed"]),
            ),
            models.CheckConstraint(
                name="clinic_closes_for_a_reason",
                condition=models.Q(kind="opened") | ~models.Q(reason=""),
            ),
        ]

    @property
    def what(self) -> str:
        """Return what became of which clinic."""
        return f"{self.clinic}: {self.get_kind_display()}"


class ClinicSuccession(models.Model):
    """A clinic that has wards, or the name, of one that closed."""

    change = models.ForeignKey(ClinicChange, on_delete=models.PROTECT, related_name="successions")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="successions")

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "clinic"], name="clinic_succession_once")
        ]

    def __str__(self) -> str:
        return f"{self.change_id} → {self.clinic_id}"


class Heir(models.Model):
    """An open ward that has a closed one's things now, at the end of the chain of successors.

    Follows from ``Succession``: kept beside it so that no list of a ward's has to follow chains.
    Written by ``wards.changes``, and compared by ``check_custody``.
    """

    ward = models.ForeignKey(Ward, on_delete=models.PROTECT, related_name="heirs")
    heir = models.ForeignKey(Ward, on_delete=models.PROTECT, related_name="heir_of")

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ward", "heir"], name="heir_once"),
            models.CheckConstraint(
                name="heir_is_another", condition=~models.Q(ward=models.F("heir"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ward_id} → {self.heir_id}"
