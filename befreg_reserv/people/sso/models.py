"""People as the identity provider knows them, what its claims give, and who is signed in by it."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role

CLAIM_LENGTH, VALUE_LENGTH, NAME_LENGTH = 80, 200, 255


class Identity(models.Model):
    """A person, and the name by which the identity provider knows them for ever (``subject``).

    ``claims`` are those that may give something, as last seen; ``roles`` and ``wards`` what they
    gave, which they take away again: what an administrator gave by hand stays. ``withdrawn_at``:
    the provider has said no since the last sign-in, and then the local password opens nothing
    either. Written by ``sso.arriving`` and ``sso.leaving``.
    """

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="identity")
    issuer = models.CharField(max_length=NAME_LENGTH)
    subject = models.CharField(max_length=NAME_LENGTH)
    claims = models.JSONField(default=dict)
    roles = models.JSONField(default=list)
    wards = models.JSONField(default=list)
    linked_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("person at the identity provider")
        verbose_name_plural = _("people at the identity provider")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_is_one_persons"),
            models.CheckConstraint(
                name="identity_has_a_subject",
                condition=~models.Q(subject="") & ~models.Q(issuer=""),
            ),
            models.CheckConstraint(
                name="identity_seen_after_it_was_linked",
                condition=models.Q(seen_at__gte=models.F("linked_at")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    def get_absolute_url(self) -> str:
        """Return the address of the person's page."""
        return self.user.get_absolute_url()


class ClaimRule(models.Model):
    """Whoever has this value in this claim gets a role, or belongs to a ward.

    Written by ``sso.mapping``.
    """

    claim = models.CharField(_("claim"), max_length=CLAIM_LENGTH)
    value = models.CharField(_("value"), max_length=VALUE_LENGTH)
    role = models.CharField(_("role"), max_length=20, blank=True, choices=Role.choices)
    ward = models.ForeignKey(
        Ward, on_delete=models.PROTECT, null=True, blank=True, related_name="claim_rules"
    )

    class Meta:
        verbose_name = _("rule for sign-ins")
        verbose_name_plural = _("rules for sign-ins")
        default_permissions = ("view", "change")
        ordering: ClassVar = ["claim", "value", "role", "ward__key", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="claim_rule_gives_one_thing",
                condition=models.Q(ward__isnull=True, role__in=Role.values)
                | models.Q(ward__isnull=False, role=""),
            ),
            models.CheckConstraint(
                name="claim_rule_is_whole", condition=~models.Q(claim="") & ~models.Q(value="")
            ),
            models.UniqueConstraint(
                fields=["claim", "value", "role"],
                condition=models.Q(ward__isnull=True),
                name="claim_gives_role_once",
            ),
            models.UniqueConstraint(
                fields=["claim", "value", "ward"],
                condition=models.Q(ward__isnull=False),
                name="claim_gives_ward_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim} = {self.value}: {self.gives}"

    def get_absolute_url(self) -> str:
        """Return the address of the rules' page."""
        return reverse("claims:index")

    @property
    def gives(self) -> str:
        """What whoever has the value gets, in words."""
        return str(self.ward) if self.ward else str(Role(self.role).label)


class Vouched(models.Model):
    """A session that the identity provider vouches for, until it says otherwise.

    ``refresh`` is encrypted: whoever has the database can't ask the provider in the person's name.
    Deleted some hours after it began: the log says who signed in. Written by ``sso.arriving`` and
    ``sso.leaving``.
    """

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="vouched")
    sid = models.CharField(max_length=NAME_LENGTH, blank=True)
    refresh = models.TextField(blank=True)
    acr = models.CharField(max_length=NAME_LENGTH, blank=True)
    proved_at = models.DateTimeField(null=True)  # when the person last showed who they are
    began_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="vouched_checked_after_it_began",
                condition=models.Q(checked_at__gte=models.F("began_at")),
            )
        ]
        indexes: ClassVar = [models.Index(fields=["began_at"], name="vouched_old")]

    def __str__(self) -> str:
        return f"{self.pk}"
