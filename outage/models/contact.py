"""Whom to call, and when they answer."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """Whom to call, at which number; edited by the administrator, read by ``calling.contacts``.

    For each purpose, the first by ``position`` that answers now is the one to call: by day one
    administrator, at night another. A contact without hours answers at any time.
    """

    class Purpose(models.TextChoices):
        FAULT = "fault", _("Faults in Befreg")
        TILL = "till", _("The till")
        ADMIN = "admin", _("The system administrator, when no number is left")
        CHIEF = "chief", _("The chief physician")

    # Of these the routine needs somebody; a chief physician need not be kept.
    NEEDED: ClassVar = (Purpose.FAULT, Purpose.TILL, Purpose.ADMIN)

    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    position = models.PositiveSmallIntegerField(_("order"))
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("name in English"), max_length=80, blank=True)
    number = models.CharField(_("telephone"), max_length=40)
    hint = models.CharField(_("what to choose or say"), max_length=120, blank=True)
    hint_en = models.CharField(_("the same in English"), max_length=120, blank=True)
    on_holidays = models.BooleanField(_("hours hold on holidays too"), default=False)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering: ClassVar = ["purpose", "position", "id"]
        default_permissions = ("add", "change", "view")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="contact_purpose_known",
                condition=Q(purpose__in=["fault", "till", "admin", "chief"]),
            ),
            models.CheckConstraint(name="contact_has_number", condition=~Q(number="")),
        ]

    def __str__(self) -> str:
        return self.shown_name

    def get_absolute_url(self) -> str:
        """Return the address of the contact's page."""
        return reverse("contacts:contact", args=[self.pk])

    @property
    def shown_name(self) -> str:
        """Return the name in the language of the page."""
        return self.name_en if self.name_en and get_language() == "en" else self.name

    @property
    def shown_hint(self) -> str:
        """Return the hint in the language of the page."""
        return self.hint_en if self.hint_en and get_language() == "en" else self.hint


class ContactHours(models.Model):
    """When a contact answers on a day of the week: local time, from ``opens`` until ``closes``."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="hours", verbose_name=_("contact")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("hours")
        verbose_name_plural = _("hours")
        ordering: ClassVar = ["contact", "weekday", "opens"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contact", "weekday", "opens"], name="hours_once"),
            models.CheckConstraint(
                name="hours_close_after_opening",
                condition=Q(closes__gt=F("opens")),
                violation_error_message=_("It must close after it opens, on the same day."),
            ),
            models.CheckConstraint(name="hours_weekday_known", condition=Q(weekday__lte=6)),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class ContactDay(models.Model):
    """A single day on which a contact answers at other times than usual, or not at all.

    A bridge day, a short day before a holiday, a day closed for training. It comes before the hours
    of the weekday, and before the holidays. Without times: nobody answers all day.
    """

    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="days", verbose_name=_("contact")
    )
    day = models.DateField(_("day"))
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=80)

    class Meta:
        verbose_name = _("single day")
        verbose_name_plural = _("single days")
        ordering: ClassVar = ["contact", "day"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact", "day"],
                name="contact_day_once",
                violation_error_message=_("This day is there already."),
            ),
            models.CheckConstraint(
                name="contact_day_closed_or_with_hours",
                condition=Q(opens__isnull=True, closes__isnull=True)
                | Q(opens__isnull=False, closes__isnull=False, closes__gt=F("opens")),
                violation_error_message=_(
                    "Write both times, the later one last; or neither if nobody answers."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}"
