"""Staff, clinics, wards, and who belongs where."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.vgr_id import normalise
from befreg_reserv.text import KEY_LENGTH, sort_key, words

# One character may fold to several, "ﷺ" to 18; only a name of nothing else is cut.
SEARCHED_LENGTH = 800
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


class Reset(models.Model):
    """A one-time password for somebody who can't sign in, begun by one colleague.

    It is given once another colleague confirms it in their own session, before ``until``. What
    became of it is its ``ResetAnswer``; without one it came to nothing. Written by
    ``resets.resetting``.
    """

    person = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="resets", verbose_name=_("person")
    )
    begun_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("begun by")
    )
    begun_at = models.DateTimeField(_("begun at"))
    until = models.DateTimeField(_("to be confirmed before"))
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("reset by two")
        verbose_name_plural = _("resets by two")
        ordering: ClassVar = ["-begun_at", "-pk"]
        default_permissions = ()
        permissions: ClassVar = [
            ("reset_by_two", "Can give a colleague a one-time password, by two")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="reset_is_anothers", condition=~models.Q(person=models.F("begun_by"))
            ),
            models.CheckConstraint(
                name="reset_ends", condition=models.Q(until__gt=models.F("begun_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}"


class ResetAnswer(models.Model):
    """What became of a reset, said once."""

    class Kind(models.TextChoices):
        """The first two are another colleague's words, the last is the beginner's."""

        CONFIRMED = "confirmed", _("confirmed")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    reset = models.OneToOneField(Reset, on_delete=models.PROTECT, related_name="answer")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered at"))

    class Meta:
        verbose_name = _("answer to a reset")
        verbose_name_plural = _("answers to resets")
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="reset_answer_kind_known",
                condition=models.Q(kind__in=["confirmed", "declined", "withdrawn"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.reset}: {self.get_kind_display()}"

    @property
    def gave_a_password(self) -> bool:
        """Tell whether the person got a one-time password by it."""
        return self.kind == self.Kind.CONFIRMED


class ResetSeen(models.Model):
    """That an administrator has looked at a reset, one who had no part in it."""

    reset = models.OneToOneField(Reset, on_delete=models.PROTECT, related_name="seen")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("look at a reset")
        verbose_name_plural = _("looks at resets")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.reset}"


class ResetMail(models.Model):
    """One mail to the administrators about a reset: claimed before it is sent; two runs send one.

    Inserted by ``resets.mails`` alone. One that failed, or of which nobody knows, is followed by
    another.
    """

    TO_LENGTH = 2000
    FAILURE_LENGTH = 200

    reset = models.ForeignKey(Reset, on_delete=models.PROTECT, related_name="mails")
    sequence = models.PositiveSmallIntegerField()
    to = models.CharField(max_length=TO_LENGTH)
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=FAILURE_LENGTH, blank=True)

    class Meta:
        verbose_name = _("mail about a reset")
        verbose_name_plural = _("mails about resets")
        ordering: ClassVar = ["claimed_at", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reset", "sequence"], name="reset_mail_tried_once"),
            models.UniqueConstraint(
                fields=["reset"],
                condition=models.Q(sent_at__isnull=False),
                name="reset_mail_sent_once",
            ),
            models.CheckConstraint(
                name="reset_mail_sent_or_failed",
                condition=models.Q(sent_at__isnull=True) | models.Q(failure=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


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
