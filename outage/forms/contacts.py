"""What an administrator types of contacts: whom to call, when they answer, and single days."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import FreeTextField, LineField
from befreg_reserv.times import DayField
from outage.calling import keeping, spans
from outage.calling.spans import Overnight, Span
from outage.models import Contact, ContactDay, ContactHours

HOURS_LENGTH = 120
DAY = "day-"  # a field's name is this and the weekday


def seen_field(*, required: bool) -> forms.CharField:
    """Return the field for the mark of what the page showed; empty for something new."""
    return forms.CharField(max_length=64, required=required, widget=forms.HiddenInput)


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when run
    """Whom to call, for what, at which number."""

    seen = seen_field(required=False)

    class Meta:
        model = Contact
        fields: ClassVar = [*keeping.COLUMNS]
        field_classes: ClassVar = dict.fromkeys(
            ("name", "name_en", "number", "hint", "hint_en"), LineField
        )
        help_texts: ClassVar = {
            "position": _("Of several for the same purpose, the lowest that answers is called."),
            "number": _("As it is dialled, an extension alone or the whole number."),
        }
        error_messages: ClassVar = {
            "name": {"required": _("Write who it is.")},
            "number": {"required": _("A contact has a number, always.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "name_en", "number", "hint", "hint_en", "position"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        if self.instance.pk:
            self.fields["seen"].initial = keeping.mark(self.instance)
            self.fields["seen"].required = True

    @property
    def columns(self) -> dict[str, Any]:
        """What was typed, by column."""
        return {name: self.cleaned_data[name] for name in keeping.COLUMNS}


class HoursField(LineField):
    """The hours of a day, as people write them."""

    def clean(self, value: Any) -> list[Span]:
        """Return the spans. Raises ValidationError."""
        try:
            return spans.read(super().clean(value))
        except spans.NotHours as error:
            raise forms.ValidationError(str(error)) from error


class OvernightField(LineField):
    """The hours of a day, which may end on the next morning."""

    def clean(self, value: Any) -> Overnight:
        """Return the spans of the day and of the next morning. Raises ValidationError."""
        try:
            return spans.read_overnight(super().clean(value))
        except spans.NotHours as error:
            raise forms.ValidationError(str(error)) from error


class HoursForm(forms.Form):
    """When a contact answers, a field for each weekday; at any time if all are empty.

    ``week``: the hours that were typed, by weekday, once the form is valid.
    """

    seen = seen_field(required=True)

    def __init__(self, contact: Contact, *args: Any, **kwargs: Any) -> None:
        week = keeping.week_of(contact)
        initial = {f"{DAY}{day}": spans.written(held) for day, held in week.items()}
        kwargs["initial"] = {**initial, "seen": keeping.mark(contact)}
        super().__init__(*args, **kwargs)
        for day in ContactHours.Weekday:
            self.fields[f"{DAY}{day.value}"] = OvernightField(
                label=day.label,
                required=False,
                max_length=HOURS_LENGTH,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    @property
    def days(self) -> Iterator[BoundField]:
        """The fields of the weekdays."""
        return (self[f"{DAY}{day.value}"] for day in ContactHours.Weekday)

    def clean(self) -> dict[str, Any]:
        """Give each morning after hours over midnight to its day. Sunday's is Monday's."""
        data: dict[str, Any] = super().clean() or {}
        self.week: dict[int, list[Span]] = {}
        if self.errors:
            return data
        typed = dict(data)  # an error takes a field's away
        for day in ContactHours.Weekday:
            name, before = (
                f"{DAY}{day.value}",
                f"{DAY}{(day.value - 1) % len(ContactHours.Weekday)}",
            )
            try:
                self.week[day.value] = spans.in_order([*typed[before].morning, *typed[name].day])
            except spans.NotHours as error:
                self.add_error(name, str(error))
        return data


class SingleDayForm(forms.Form):
    """A day on which a contact answers at other times, or not at all."""

    day = DayField(label=_("Day"))
    hours = HoursField(
        label=_("Answers"),
        required=False,
        max_length=HOURS_LENGTH,
        help_text=_("As 07:30–12:00. Empty if nobody answers that day."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = FreeTextField(
        label=_("Reason"),
        max_length=ContactDay._meta.get_field("reason").max_length,
        error_messages={"required": _("Write why, in a few words. It stays in the record.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_hours(self) -> Span | None:
        """Return the one span of the day, or None."""
        held = self.cleaned_data["hours"]
        if len(held) > 1:
            raise forms.ValidationError(_("A single day has one span of hours."))
        return held[0] if held else None
