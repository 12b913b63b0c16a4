"""The binder, its numbers, and the sheets that are missing."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.vgr_id import MAX_LENGTH as VGR_ID_LENGTH
from custody.models.calls import SEX_WORDS
from custody.numbers.identities import LENGTH, Sex, group, last_four
from custody.numbers.sql import sex_and_training_constraints

IN_BINDER = Q(taken_at__isnull=True)


class Binder(models.Model):
    """The folder of pre-issued numbers, all of one birth date; real or for training.

    Inserted by ``custody.binder.loading`` alone.
    """

    name = models.CharField(_("name"), max_length=60)
    training = models.BooleanField(_("training"))
    birth_date = models.DateField(_("birth date"))
    family_name = models.CharField(_("family name in Befreg"), max_length=60, default="Driftstopp")
    given_name = models.CharField(_("given name in Befreg"), max_length=60, default="AKM")

    class Meta:
        verbose_name = _("binder")
        verbose_name_plural = _("binders")
        ordering: ClassVar = ["training", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("load_binder", "Can load numbers into a binder")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], name="binder_name_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["training"], name="binders_by_kind")]

    def __str__(self) -> str:
        return self.name


class ReserveNumber(models.Model):
    """One number on one tab of a binder. ``taken_at``: when it left; null while it lies there.

    Inserted by ``custody.binder.loading`` alone; ``custody.ledger.tabs`` alone writes ``taken_at``.
    """

    binder = models.ForeignKey(
        Binder, models.PROTECT, related_name="numbers", verbose_name=_("binder")
    )
    tab = models.PositiveSmallIntegerField(_("tab"))
    value = models.CharField(_("reserve number"), max_length=LENGTH)
    sex = models.CharField(_("sex"), max_length=1)
    # A copy of the binder's, for the index below.
    training = models.BooleanField(_("training"))
    # The number's own names in Befreg; "" means the binder's.
    family_name = models.CharField(_("family name in Befreg"), max_length=60, blank=True)
    given_name = models.CharField(_("given name in Befreg"), max_length=60, blank=True)
    # When it was loaded here. Null when that isn't known: before this column existed, or forgotten
    # by a backup.
    laid_in_at = models.DateTimeField(_("laid into the binder"), null=True)
    # Since when its sheet has lain there, by the word of the person who loaded it; null as above.
    lain_since = models.DateTimeField(_("has lain there since"), null=True)
    taken_at = models.DateTimeField(_("left the binder"), null=True)

    class Meta:
        verbose_name = _("reserve number")
        verbose_name_plural = _("reserve numbers")
        ordering: ClassVar = ["binder_id", "tab", "id"]
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["value"], name="number_in_one_binder_once"),
            models.UniqueConstraint(
                fields=["binder", "tab"], condition=IN_BINDER, name="tab_holds_one_number"
            ),
            models.CheckConstraint(
                name="number_lain_since_before_loaded",
                condition=Q(lain_since__isnull=True) | Q(lain_since__lte=F("laid_in_at")),
            ),
            *sex_and_training_constraints("number", sexes=Sex),
        ]
        indexes: ClassVar = [
            # The order in which numbers are handed out. IS NULL reaches SQL as a literal, so
            # both databases use the partial index.
            models.Index(
                fields=["training", "sex", "binder", "tab"],
                condition=IN_BINDER,
                name="numbers_in_binder",
            ),
            # The order in which tabs are drawn.
            models.Index(fields=["training", "binder", "tab"], name="numbers_by_tab"),
            # Whether there ever was one.
            models.Index(
                fields=["training"],
                condition=Q(sex=Sex.UNKNOWN.value),
                name="numbers_of_unknown_sex",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.binder_id}:{self.tab}"

    def get_absolute_url(self) -> str:
        """Return the address of the page about the number's life: it doesn't say the number."""
        return reverse("numbers:life", args=[self.pk])

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number this is."""
        return {"number": self.value}

    @property
    def grouped(self) -> str:
        """Return the number in groups: ``20000101 K 06 4``."""
        return group(self.value)

    @property
    def name_in_befreg(self) -> str:
        """Return family and given name as they stand in Befreg: its own, else the binder's."""
        family = self.family_name or self.binder.family_name
        return f"{family}, {self.given_name or self.binder.given_name}"

    @property
    def sex_label(self) -> str:
        """Return the word for the sex that the number states."""
        return str(SEX_WORDS[Sex(self.sex)])

    @property
    def last_four(self) -> str:
        """Return the characters that tell it from its neighbours."""
        return last_four(self.value)


class Quarantine(models.Model):
    """A number whose sheet is missing. It stays spent even when that is explained.

    The sheet may have been with a patient. Inserted by ``custody.binder.quarantine`` alone.
    """

    number = models.ForeignKey(
        ReserveNumber, models.PROTECT, related_name="quarantines", verbose_name=_("reserve number")
    )
    reason = models.CharField(_("reason"), max_length=500)
    # The count that didn't find the sheet, if a count found it missing.
    count = models.ForeignKey(
        "Count",
        models.PROTECT,
        null=True,
        related_name="quarantines",
        verbose_name=_("count"),
    )
    # The restored backup that had forgotten that the number left the binder, if one had.
    restoration = models.ForeignKey(
        "Restoration",
        models.PROTECT,
        null=True,
        related_name="quarantines",
        verbose_name=_("restoration"),
    )
    found_at = models.DateTimeField(_("found missing at"))
    found_by = models.CharField(_("found missing by"), max_length=VGR_ID_LENGTH, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"))
    # Null when no person acted: the server found a restored backup by itself.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    explained_at = models.DateTimeField(_("explained at"), null=True)
    explained_by = models.CharField(_("explained by"), max_length=VGR_ID_LENGTH, blank=True)
    explanation = models.CharField(_("explanation"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("quarantine")
        verbose_name_plural = _("quarantines")
        ordering: ClassVar = ["found_at", "id"]
        default_permissions = ("view",)
        permissions: ClassVar = [("explain_quarantine", "Can explain a missing sheet")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(explained_at__isnull=True),
                name="quarantined_once",
            ),
            models.CheckConstraint(
                name="quarantine_explained_by_somebody",
                condition=(
                    Q(explained_at__isnull=True, explained_by="", explanation="")
                    | (Q(explained_at__isnull=False) & ~Q(explained_by="") & ~Q(explanation=""))
                ),
            ),
            models.CheckConstraint(
                name="quarantine_times_in_order",
                condition=Q(recorded_at__gte=F("found_at"))
                & (Q(explained_at__isnull=True) | Q(explained_at__gte=F("found_at"))),
            ),
            models.CheckConstraint(name="quarantine_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="quarantine_recorded_by_somebody",
                condition=Q(restoration__isnull=False)
                | (Q(recorded_by__isnull=False) & ~Q(found_by="")),
            ),
            models.CheckConstraint(
                name="quarantine_by_count_or_restoration",
                condition=Q(count__isnull=True) | Q(restoration__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def audit_subject(self) -> dict[str, str]:
        """Tell the audit log which number this is about."""
        return {"number": self.number.value}
