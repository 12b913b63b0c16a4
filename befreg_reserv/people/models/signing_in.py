"""Sessions, tries to sign in, the till's computers and PINs, forms that were begun."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models.person import User


class PersonSession(models.Model):
    """Whose a session is: one row for each sign-in, as long as it lasts.

    The session itself knows it too, but none can be looked up by its person. Written by
    ``signing_in.held``.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    began_at = models.DateTimeField()
    # Browser and system, in words that are the same in all languages; "" if unknown.
    device = models.CharField(max_length=60, blank=True)

    class Meta:
        default_permissions = ()
        ordering: ClassVar = ["-began_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.pk}"


class SignInTries(models.Model):
    """Failed sign-ins in a row for one vgr-id, counted for each of the person's workstations.

    ``who`` is a keyed hash: what a stranger types into the field may be somebody's password.
    ``device`` is the random mark of a browser in which this person has signed in before, or ""
    for all others together. Those share so many rows at most, whatever strangers type: there
    ``who`` stands for all vgr-ids that fall into it. Written by ``signing_in.throttle``.
    """

    who = models.CharField(max_length=64)
    device = models.CharField(max_length=40, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    # When the log last told of failures and of refusals, and how many failures there were by then.
    told_at = models.DateTimeField(null=True)
    told_failures = models.PositiveIntegerField(default=0, db_default=0)
    refused_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["who", "device"], name="sign_in_tries_once")
        ]
        indexes: ClassVar = [models.Index(fields=["device", "last_at"], name="sign_in_tries_old")]

    def __str__(self) -> str:
        return f"{self.pk}"


class StrangersMinute(models.Model):
    """How many passwords strangers tried within one minute, and for how many vgr-ids, about.

    One row for each minute of the hour, written over in the next. Written by
    ``signing_in.spraying``.
    """

    minute = models.PositiveSmallIntegerField(unique=True)
    began_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    names = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="strangers_minute_of_an_hour", condition=models.Q(minute__lt=60)
            )
        ]

    def __str__(self) -> str:
        return f"{self.minute}"


class Workstation(models.Model):
    """A computer of the till that an administrator has enrolled, and that proves which one it is.

    By a client certificate that the proxy has seen, by a key that never leaves its browser, or, if
    neither can be had, by a secret in a cookie alone. Written by ``workstations.keeping`` and,
    for ``last_used_at``, by ``signing_in.enrolled``.
    """

    name = models.CharField(_("name"), max_length=60)
    place = models.CharField(_("place"), max_length=120, blank=True)
    # Hash of the secret in the browser's cookie.
    secret = models.CharField(max_length=64, unique=True)
    # ECDSA P-256, SPKI in base64; "" if the browser has none.
    public_key = models.CharField(max_length=200, blank=True)
    # Fingerprint of the certificate, in lower case; "" if the proxy has seen none.
    certificate = models.CharField(max_length=64, blank=True)
    enrolled_at = models.DateTimeField()
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("enrolled by")
    )
    withdrawn_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    request_key = models.UUIDField(unique=True)

    class Meta:
        verbose_name = _("workstation")
        verbose_name_plural = _("workstations")
        default_permissions = ("add", "change", "view")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="workstation_name_once",
            ),
            models.UniqueConstraint(
                fields=["certificate"],
                condition=models.Q(withdrawn_at__isnull=True) & ~models.Q(certificate=""),
                name="workstation_certificate_once",
            ),
            models.CheckConstraint(
                name="workstation_withdrawn_after_it_was_enrolled",
                condition=models.Q(withdrawn_at__isnull=True)
                | models.Q(withdrawn_at__gte=models.F("enrolled_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Pin(models.Model):
    """Six digits with which a person unlocks their own screen at an enrolled workstation.

    Hashed as passwords are. ``of_password``: the mark of the password that it was chosen with; with
    another one it is none. Written by ``signing_in.pins``.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="pin")
    hashed = models.CharField(max_length=200)
    of_password = models.CharField(max_length=64)
    chosen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.pk}"


class Draft(models.Model):
    """A form that a person began and that wasn't answered: shown to that person alone.

    Written by ``signing_in.drafts``, which forgets it after some hours.
    """

    KEY_LENGTH = 36

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # Of the form's page.
    path = models.CharField(max_length=100)
    # The form's request key; "" for a form without one.
    key = models.CharField(max_length=KEY_LENGTH, blank=True)
    fields = models.JSONField()
    kept_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "path", "key"], name="draft_once")
        ]
        indexes: ClassVar = [models.Index(fields=["kept_at"], name="draft_old")]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the address of the form's page that goes on with this draft."""
        return f"{self.path}?go_on={self.pk}"
