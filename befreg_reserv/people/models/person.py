"""A member of staff, and the wards that they belong to."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models.wards import Ward
from befreg_reserv.people.vgr_id import normalise

# What the audit log keeps of where somebody acts from.
UNITS_LENGTH, ROLES_LENGTH = 500, 100
BY_LENGTH = 200  # a vgr-id, or a command and the system user who ran it


class StaffManager(UserManager["User"]):
    """Finds people by vgr-id, in whatever case it was typed."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person; raise User.DoesNotExist."""
        return super().get_by_natural_key(normalise(username or ""))

    def holding(self, text: str) -> tuple[str, models.QuerySet["User"]]:
        """Return ``text`` as a vgr-id, and the people whose vgr-id contains it, the exact first."""
        vgr_id = normalise(text)
        exactly = models.Case(models.When(username=vgr_id, then=0), default=1)
        return vgr_id, self.filter(username__contains=vgr_id).order_by(exactly, "username")

    def addresses_of(self, *roles: str) -> tuple[str, ...]:
        """Return the e-mail addresses of all who hold one of the roles and may sign in."""
        people = self.filter(is_active=True, groups__name__in=roles).exclude(email="")
        return tuple(sorted(set(people.values_list("email", flat=True))))


class User(AbstractUser):
    """A member of staff. The username is the vgr-id in lower case.

    Never deleted, only deactivated: history mentions them (patient records, ten years).
    """

    first_name = None  # type: ignore[assignment]  # the vgr-id is enough
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        _("vgr-id"),
        max_length=30,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("This vgr-id already has an account.")},
    )
    language = models.CharField(
        _("language"), max_length=2, blank=True, choices=[("sv", "Svenska"), ("en", "English")]
    )
    # Keys of one letter can disturb people who control the machine by speech (WCAG 2.1.4).
    single_keys = models.BooleanField(_("single keys work"), default=True)
    # Filled in while the password is one that somebody else set: see ``signing_in.passwords``.
    one_time_at = models.DateTimeField(_("one-time password set at"), null=True, editable=False)
    one_time_by = models.CharField(
        _("one-time password set by"), max_length=BY_LENGTH, blank=True, editable=False
    )
    one_time_until = models.DateTimeField(
        _("one-time password valid until"), null=True, editable=False
    )
    one_time_used_at = models.DateTimeField(
        _("one-time password used at"), null=True, editable=False
    )
    wards: "models.ManyToManyField[Ward, Membership]" = models.ManyToManyField(
        "Ward", through="Membership", related_name="people", verbose_name=_("wards")
    )

    objects: ClassVar[StaffManager] = StaffManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering: ClassVar = ["username"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="user_vgr_id_lower_case", condition=models.Q(username=Lower("username"))
            ),
            models.CheckConstraint(
                name="user_one_time_password_by_somebody",
                condition=models.Q(one_time_at__isnull=True, one_time_by="")
                | (models.Q(one_time_at__isnull=False) & ~models.Q(one_time_by="")),
            ),
            models.CheckConstraint(
                name="user_one_time_password_ends",
                condition=models.Q(one_time_at__isnull=True, one_time_until__isnull=True)
                | models.Q(
                    one_time_at__isnull=False,
                    one_time_until__isnull=False,
                    one_time_until__gt=models.F("one_time_at"),
                ),
            ),
            models.CheckConstraint(
                name="user_one_time_password_used_in_time",
                condition=models.Q(one_time_used_at__isnull=True)
                | models.Q(
                    one_time_until__isnull=False,
                    one_time_used_at__lt=models.F("one_time_until"),
                ),
            ),
        ]

    def clean(self) -> None:
        """Normalise the vgr-id before validation."""
        self.username = normalise(self.username)
        super().clean()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the vgr-id in lower case, however it came."""
        self.username = normalise(self.username)
        super().save(*args, **kwargs)

    @property
    def must_change_password(self) -> bool:
        """Tell whether somebody else set the password: no other page opens until it is changed."""
        return self.one_time_at is not None

    def is_shut_out(self, at: datetime) -> bool:
        """Tell whether a one-time password opens nothing any more: it was used, or is too old."""
        until = self.one_time_until
        return until is not None and (self.one_time_used_at is not None or at >= until)

    @cached_property
    def units_now(self) -> list[str]:
        """Return the names of the person's wards; ``access`` reads them with the person."""
        return sorted(str(ward) for ward in self.wards.select_related("clinic"))

    @cached_property
    def roles_now(self) -> list[str]:
        """Return the names of the person's roles; ``access`` reads them with the person."""
        return sorted(self.groups.values_list("name", flat=True))

    def audit_standing(self, unit: str) -> dict[str, str]:
        """Tell the audit log from which unit, and in which roles, the person acts now.

        ``unit``: the one that it concerns. Whoever belongs to it acts from there; whoever doesn't,
        from all of their own.
        """
        units = [unit] if unit in self.units_now else self.units_now
        return {
            "actor_unit": "; ".join(units)[:UNITS_LENGTH],
            "actor_role": ",".join(self.roles_now)[:ROLES_LENGTH],
        }

    def get_absolute_url(self) -> str:
        """Return the address of the person's page."""
        return reverse("staff:person", args=[self.pk])

    def get_full_name(self) -> str:
        """Return the vgr-id: no names are kept."""
        return self.username

    get_short_name = get_full_name


class Membership(models.Model):
    """A person belongs to a ward, and so sees and closes its handouts."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, verbose_name=_("person"))
    ward = models.ForeignKey(Ward, on_delete=models.PROTECT, verbose_name=_("ward"))

    class Meta:
        verbose_name = _("ward membership")
        verbose_name_plural = _("ward memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "ward"], name="member_once_in_ward")
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.ward}"
