"""What is typed about an outage."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.clock import TOLERANCE
from befreg_reserv.text import LineField, clean_line
from befreg_reserv.times import LocalTimeField, clock_alone
from outage.lifecycle import SAID
from outage.models import TimelineEntry


class SinceField(LocalTimeField):
    """When it began, if not just now. A clock alone is the last time that it stood so."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            label=_("Since when? (optional)"),
            help_text=_("As 14:05, or with its date as 2026-11-22 14:05. Empty: now."),
        )

    def clean(self, value: Any) -> datetime | None:
        """Return an aware time, or None."""
        text = clean_line(str(value or ""))
        typed = clock_alone(text)
        if typed is None:
            return super().clean(text)
        now = timezone.localtime()
        # Not told by the hands alone: the night the clock is put back, 02:50 may lie before 02:10.
        today = super().clean(f"{now.date()} {typed}")
        if today and today - TOLERANCE <= now:  # the clock on the wall may be ahead
            return today
        return super().clean(f"{now.date() - timedelta(days=1)} {typed}")


class StartForm(forms.Form):
    """Start: real or drill, as the page says that it is on, since when, and what was seen."""

    drill = forms.BooleanField(required=False, widget=forms.HiddenInput)
    since = SinceField()
    text = LineField(label=_("What was seen (optional)"), required=False, max_length=500)


class EndForm(forms.Form):
    """End: how it is known that Befreg answers."""

    text = LineField(label=_("How do we know? (optional)"), required=False, max_length=500)


class NoteForm(forms.Form):
    """What people add to the timeline: a note, the cause, or what went wrong."""

    act = forms.TypedChoiceField(
        label=_("What is it?"),
        choices=[(act, act.label) for act in SAID],
        coerce=TimelineEntry.Act,
    )
    text = LineField(label=_("In words"), max_length=500)
