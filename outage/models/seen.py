"""What the probe saw: its readings, and items of the IT news."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

READING_DAYS = 90  # then a reading may go, and does with `manage.py forget`


class Reading(models.Model):
    """What one try to reach a configured address saw; written by ``signals.probe``.

    Never changed, and kept for READING_DAYS.
    """

    class Result(models.TextChoices):
        ANSWERED = "answered", _("answered")
        ERROR = "error", _("answered with an error")
        REDIRECTED = "redirected", _("pointed somewhere else")
        SIGN_IN = "sign_in", _("answered with a sign-in page")
        NO_WORD = "no_word", _("answered without the word that should stand there")
        EMPTY = "empty", _("answered with an empty page")
        OTHER = "other", _("answered otherwise than it should")
        TOO_LARGE = "too_large", _("answered with far too much")
        NONSENSE = "nonsense", _("answered with something unreadable")
        TIMEOUT = "timeout", _("did not answer in time")
        UNREACHABLE = "unreachable", _("could not be reached")
        FAULT = "fault", _("was not tried, through a fault of this server")

    target = models.CharField(_("target"), max_length=40)
    at = models.DateTimeField(_("tried at"))
    result = models.CharField(_("result"), max_length=12, choices=Result)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        ordering: ClassVar = ["-at", "-id"]
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["target", "-at"], name="readings_of_target")]

    def __str__(self) -> str:
        return f"{self.target} {self.result}"


class NewsItem(models.Model):
    """One item of the IT news, from the configured feed; written by ``signals.feed``."""

    uid = models.CharField(
        max_length=64, unique=True
    )  # a hash: the ids of a feed's items can be long
    title = models.CharField(_("title"), max_length=300)
    published_at = models.DateTimeField(_("published"), null=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("news item")
        verbose_name_plural = _("news items")
        ordering: ClassVar = ["-first_seen_at", "-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.title
