"""Sealed accounts for when nobody else can sign in: who sealed them, who broke the seal and why."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.mailing import FAILURE_LENGTH
from befreg_reserv.people.models import User

PLACE_LENGTH, REASON_LENGTH, TO_LENGTH = 100, 500, 500
LONGEST_MINUTES = 24 * 60


class Account(models.Model):
    """An account whose password lies in an envelope, at ``place``.

    Its person may sign in only by breaking the seal, with a reason and for some hours. Written by
    ``break_glass.keeping``.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="glass")
    place = models.CharField(_("where the envelope lies"), max_length=PLACE_LENGTH)
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("break-glass account")
        verbose_name_plural = _("break-glass accounts")
        default_permissions = ("view", "change")
        ordering: ClassVar = ["user__username"]
        constraints: ClassVar = [
            models.CheckConstraint(name="glass_has_a_place", condition=~models.Q(place=""))
        ]

    def __str__(self) -> str:
        return str(self.user)

    def get_absolute_url(self) -> str:
        """Return the address of the page of all of them."""
        return reverse("glass:index")

    @property
    def newest(self) -> "Seal":
        """Return the seal that counts; every account has one."""
        return max(self.seals.all(), key=lambda seal: seal.number)


class Seal(models.Model):
    """An envelope with a secret that nobody has used. The newest of an account counts."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="seals")
    number = models.PositiveIntegerField()
    request_key = models.UUIDField(unique=True, editable=False)
    # A vgr-id, or a command and the system user who ran it.
    by = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("seal of a break-glass account")
        verbose_name_plural = _("seals of break-glass accounts")
        default_permissions = ()
        ordering: ClassVar = ["account", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "number"], name="glass_sealed_in_order"),
            models.CheckConstraint(
                name="glass_seal_counts_from_one", condition=models.Q(number__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.number}"

    @property
    def use(self) -> "Breaking | None":
        """Return how it was broken, or None."""
        return getattr(self, "breaking", None)


class Breaking(models.Model):
    """A seal that was broken: why, when, and for how long the account opened.

    A seal is broken once; then its secret opens nothing, until there is a new one.
    """

    seal = models.OneToOneField(Seal, on_delete=models.PROTECT, related_name="breaking")
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)
    at = models.DateTimeField()
    minutes = models.PositiveIntegerField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("use of a break-glass account")
        verbose_name_plural = _("uses of break-glass accounts")
        default_permissions = ()
        ordering: ClassVar = ["-at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(name="glass_for_a_reason", condition=~models.Q(reason="")),
            models.CheckConstraint(
                name="glass_for_a_day_at_most",
                condition=models.Q(minutes__gte=1, minutes__lte=LONGEST_MINUTES),
            ),
            models.CheckConstraint(
                name="glass_ended_whole",
                condition=models.Q(ended_at__isnull=True, ended_by="")
                | (
                    models.Q(ended_at__isnull=False, ended_at__gte=models.F("at"))
                    & ~models.Q(ended_by="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seal}"

    def get_absolute_url(self) -> str:
        """Return the address of the page of all accounts."""
        return reverse("glass:index")

    @property
    def until(self) -> datetime:
        """Return when it ends by itself, or ended."""
        return self.ended_at or self.at + timedelta(minutes=self.minutes)

    def goes_on(self, at: datetime) -> bool:
        """Tell whether the account is open at this time. Before it, too: a clock may be behind."""
        return self.ended_at is None and at < self.until


class GlassMail(models.Model):
    """A mail that tells of a broken seal: claimed before it is sent. Written by ``mails``."""

    breaking = models.ForeignKey(Breaking, on_delete=models.PROTECT, related_name="mails")
    sequence = models.PositiveIntegerField()
    to = models.CharField(max_length=TO_LENGTH)
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=FAILURE_LENGTH, blank=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["breaking", "sequence"], name="glass_mail_once"),
            models.CheckConstraint(
                name="glass_mail_sent_or_failed",
                condition=models.Q(sent_at__isnull=True) | models.Q(failure=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
