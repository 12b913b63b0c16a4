"""What is typed about an outage."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.clock import TOLERANCE
from befreg_reserv.text import LineField, clean_line
from befreg_reserv.times import LocalTimeField, clock_alone
from outage.forms.doubt import PointsForm
from outage.lifecycle import NOTES
from outage.models import TimelineEntry


class SinceField(LocalTimeField):
    """When it began, if not just now. A time without a date is the latest such time."""

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
        # Compare instants, not clock times: when the clock is put back, 02:50 may be before 02:10.
        today = super().clean(f"{now.date()} {typed}")
        if today and today - TOLERANCE <= now:  # the person's clock may be ahead
            return today
        return super().clean(f"{now.date() - timedelta(days=1)} {typed}")


class StartForm(PointsForm):
    """Start: real or drill, as on the page that was shown; the checklist, and since when."""

    since = SinceField()

    @property
    def details(self) -> dict[str, Any]:
        """Return what ``lifecycle.start`` takes. The form must be valid."""
        return self.said | {"since": self.cleaned_data["since"], "checked": self.checked}


class EndForm(forms.Form):
    """End: how it is known that Befreg answers."""

    text = LineField(label=_("How do we know? (optional)"), required=False, max_length=500)


class NoteForm(forms.Form):
    """What people add to the timeline: a note, the cause, or what went wrong."""

    act = forms.TypedChoiceField(
        label=_("What is it?"),
        choices=[(act, act.label) for act in NOTES],
        coerce=TimelineEntry.Act,
    )
    text = LineField(
        label=_("In words"),
        max_length=500,
        error_messages={"required": _("Write in a few words what happened.")},
    )
