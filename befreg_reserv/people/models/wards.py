"""Clinics, wards, and what they are called."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import KEY_LENGTH, sort_key, words

# One character may fold to several, "ﷺ" to 18; only a name of nothing else is cut.
SEARCHED_LENGTH = 800


class Named(models.Model):
    """Something with a name that sorts in Swedish order."""

    name = models.CharField(_("name"), max_length=120)
    key = models.CharField(max_length=KEY_LENGTH, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the sort key that follows from the name."""
        self.derive()
        fields = kwargs.get("update_fields")
        if fields is not None and "name" in fields:
            kwargs["update_fields"] = {*fields, "key"}
        super().save(*args, **kwargs)

    def derive(self) -> None:
        """Set the columns that follow from others."""
        self.key = sort_key(self.name)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check the key too, which follows from the name, and the days: no form has them."""
        self.key = sort_key(self.name)
        super().validate_constraints(set(exclude or ()) - {"key", "closed_on"})


class Clinic(Named):
    """A clinic of the hospital.

    One that gets another name is closed, and its successor has the new one: what was said of its
    wards keeps the old.
    """

    # None: since before anybody wrote it down; not closed. Written by ``wards.clinics``.
    opened_on = models.DateField(_("opened on"), null=True, blank=True, editable=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("clinic")
        verbose_name_plural = _("clinics")
        ordering: ClassVar = ["key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(closed_on__isnull=True),
                name="clinic_once",
                violation_error_message=_("There is already a clinic with this name."),
            ),
            models.CheckConstraint(
                name="clinic_closed_after_it_opened",
                condition=models.Q(closed_on__isnull=True)
                | models.Q(opened_on__isnull=True)
                | models.Q(closed_on__gte=models.F("opened_on")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Tell whether the hospital still has it."""
        return self.closed_on is None


def searched(clinic: Clinic | None, *names: str) -> str:
    """Return the words of a ward's names as a search compares them, each name on its own line.

    The clinic's comes first; ``names`` are the ward's own and then its short ones.
    """
    every = (clinic.name if clinic else "", *names)
    return "\n".join(" ".join(words(name)) for name in every)[:SEARCHED_LENGTH]


class Ward(Named):
    """A ward of a clinic; or, without clinic, a name typed in at the till.

    A typed-in ward (``confirmed`` false) waits for an administrator, who gives it a clinic and
    confirms it, or says which known ward it is (``same_as``). The handout doesn't wait for that,
    and keeps the name that was given on the telephone. One that was invented in a ``drill`` stays
    in drills: it is never confirmed, and no real call or handout may name it.
    """

    clinic = models.ForeignKey(
        Clinic,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="wards",
        verbose_name=_("clinic"),
    )
    hsa_id = models.CharField(_("HSA-id"), max_length=31, blank=True)
    telephone = models.CharField(_("telephone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail for reminders"), blank=True)
    confirmed = models.BooleanField(_("confirmed by an administrator"), default=True)
    same_as = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mistyped",
        limit_choices_to={"confirmed": True},
        verbose_name=_("the ward that was meant"),
    )
    drill = models.BooleanField(_("invented in a drill"), default=False, editable=False)
    # None: since before anybody wrote it down; not closed. Written by ``wards.changes``.
    opened_on = models.DateField(_("opened on"), null=True, blank=True, editable=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)
    # When it was recorded that it closed: what was handed out later was never said for this name.
    closed_at = models.DateTimeField(null=True, editable=False)
    # All its names as a search compares them: neither database folds accents by itself.
    searched = models.CharField(max_length=SEARCHED_LENGTH, editable=False, default="")

    class Meta:
        verbose_name = _("ward")
        verbose_name_plural = _("wards")
        ordering: ClassVar = ["clinic__key", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "key"],
                condition=models.Q(closed_on__isnull=True),
                name="ward_once_in_clinic",
                violation_error_message=_("The clinic already has a ward with this name."),
            ),
            models.UniqueConstraint(
                fields=["key", "drill"],
                condition=models.Q(clinic__isnull=True),
                name="typed_in_ward_once",
            ),
            models.CheckConstraint(
                name="ward_of_a_drill_is_never_confirmed",
                condition=models.Q(drill=False) | models.Q(confirmed=False, clinic__isnull=True),
                violation_error_message=_("A ward that was invented in a drill stays in drills."),
            ),
            models.UniqueConstraint(
                fields=["hsa_id"],
                condition=~models.Q(hsa_id="") & models.Q(closed_on__isnull=True),
                name="ward_hsa_id_once",
                violation_error_message=_("Another ward has this HSA-id."),
            ),
            models.CheckConstraint(
                name="confirmed_ward_has_clinic",
                condition=models.Q(confirmed=False) | models.Q(clinic__isnull=False),
                violation_error_message=_("A confirmed ward belongs to a clinic."),
            ),
            models.CheckConstraint(
                name="confirmed_ward_is_itself",
                condition=models.Q(confirmed=False) | models.Q(same_as__isnull=True),
                violation_error_message=_("Confirm a ward, or say which was meant; not both."),
            ),
            models.CheckConstraint(
                name="ward_closed_whole",
                condition=models.Q(closed_on__isnull=True, closed_at__isnull=True)
                | models.Q(closed_on__isnull=False, closed_at__isnull=False, confirmed=True),
            ),
            models.CheckConstraint(
                name="ward_closed_after_it_opened",
                condition=models.Q(closed_on__isnull=True)
                | models.Q(opened_on__isnull=True)
                | models.Q(closed_on__gte=models.F("opened_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clinic.name} / {self.name}" if self.clinic else self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with what a search compares."""
        fields = kwargs.get("update_fields")
        if fields is not None and {"name", "clinic"} & set(fields):
            kwargs["update_fields"] = {*fields, "searched"}
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        """Tell whether the hospital still has it."""
        return self.closed_on is None

    @property
    def short_names(self) -> list[str]:
        """Return what people say for it."""
        return [alias.name for alias in self.aliases.all()] if self.pk else []

    def derive(self) -> None:
        """Set what a search compares too, which follows from all names."""
        super().derive()
        self.searched = searched(self.clinic, self.name, *self.short_names)


class Alias(Named):
    """A short name that people say for a ward ("akv"). Several wards may share one.

    Written by ``wards.aliases``.
    """

    ward = models.ForeignKey(
        Ward, on_delete=models.PROTECT, related_name="aliases", verbose_name=_("ward")
    )

    class Meta:
        verbose_name = _("short name of a ward")
        verbose_name_plural = _("short names of wards")
        default_permissions = ()
        ordering: ClassVar = ["key"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ward", "key"], name="alias_once_for_a_ward")
        ]
        indexes: ClassVar = [models.Index(fields=["key"], name="alias_by_key")]

    def __str__(self) -> str:
        return f"{self.name}: {self.ward}"
