"""One-time passwords that two colleagues give a third."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models.person import User


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
