"""What a review of the log asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit import acts
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review.meaning import NUMBER_LENGTH
from befreg_reserv.audit.review.pages import Search
from befreg_reserv.text import LineField
from befreg_reserv.times import split_season

LONGEST_TYPED = 150
UNIT_LENGTH: int = LogEntry._meta.get_field("unit").max_length
# The formats that people type, and how long a time each of them names.
WRITTEN = (
    ("%Y-%m-%d", timedelta(days=1)),
    ("%Y-%m-%d %H:%M", timedelta(minutes=1)),
    ("%Y-%m-%d %H:%M:%S", timedelta(seconds=1)),
)


def _typed(**attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attributes})


class NumberField(LineField):
    """A number however it is spelled: hyphens, blanks and lower case are fine."""

    def clean(self, value: Any) -> str:
        """Return it as the log keeps it."""
        text = super().clean(value).upper()
        number = "".join(char for char in text if char.isalnum())
        if text and not number:
            raise forms.ValidationError(_("Write some of the number's digits or its letter."))
        if len(number) > NUMBER_LENGTH:
            raise forms.ValidationError(_("A number has 12 characters at most."))
        return number


class Span(NamedTuple):
    """The time that somebody wrote: a day, a minute or a second. ``end`` isn't included."""

    begin: datetime
    end: datetime


class SpanField(LineField):
    """A day or a time of day, as the clock on the wall shows it; its season may follow."""

    def clean(self, value: Any) -> Span | None:
        """Return what was written, or None. Raises ValidationError."""
        text, summer = split_season(super().clean(value))
        text = text.replace("T", " ").replace(".", ":")
        if not text:
            return None
        for pattern, length in WRITTEN:
            try:
                begin = datetime.strptime(text, pattern)  # noqa: DTZ007  local time
            except ValueError:
                continue
            try:
                return _span(begin, length, summer=summer)
            except OverflowError:
                break
        raise forms.ValidationError(_("Write 2026-11-22, or with the time 2026-11-22 14:05."))


def _span(begin: datetime, length: timedelta, *, summer: bool | None) -> Span:
    """Return the span of a local time; of both, in the hour that comes twice without a season."""
    if summer is None:
        return Span(min(_instants(begin)), max(_instants(begin + length)))
    instant = sorted(_instants(begin))[0 if summer else 1]
    return Span(instant, instant + length)


def _instants(local: datetime) -> list[datetime]:
    """Return both instants a local time may mean: in October one hour comes twice."""
    zone = timezone.get_current_timezone()
    return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]


class SearchForm(forms.Form):
    """Every field narrows the search; empty ones don't."""

    number = NumberField(
        label=_("Reserve number"), required=False, max_length=LONGEST_TYPED, widget=_typed()
    )
    person = LineField(
        label=_("vgr-id"),
        required=False,
        max_length=LONGEST_TYPED,
        widget=_typed(autocapitalize="none"),
    )
    unit = LineField(
        label=_("Unit"), required=False, max_length=UNIT_LENGTH, widget=_typed(list="units")
    )
    act = forms.ChoiceField(
        label=_("Act"), required=False, choices=lambda: [("", _("All acts")), *acts.choices()]
    )
    since = SpanField(
        label=_("From"),
        required=False,
        max_length=LONGEST_TYPED,
        widget=_typed(placeholder="2026-11-22"),
    )
    until = SpanField(
        label=_("To and including"),
        required=False,
        max_length=LONGEST_TYPED,
        widget=_typed(placeholder="2026-11-22 14:05"),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a time that ends before it begins."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until.end <= since.begin:
            self.add_error("until", _("This lies before the beginning."))
        return self.cleaned_data

    def search(self) -> Search:
        """Return the valid form's search."""
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        names = ("number", "person", "unit", "act")
        texts = {name: self.cleaned_data.get(name, "") for name in names}
        return Search(**texts, since=since and since.begin, until=until and until.end)


# Each question is a search by one thing alone. None takes a field away.


class NumberQuestion(SearchForm):
    """The question who has seen a number."""

    person = unit = act = None  # type: ignore[assignment]


class PersonQuestion(SearchForm):
    """The question what a person did."""

    number = unit = act = None  # type: ignore[assignment]


class UnitQuestion(SearchForm):
    """The question what a ward got."""

    number = person = act = None  # type: ignore[assignment]
