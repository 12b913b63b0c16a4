"""What is typed about an outage."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import FreeTextField
from befreg_reserv.times import LocalTimeField
from outage.forms.doubt import PointsForm
from outage.lifecycle import NOTES
from outage.models import TimelineEntry


class SinceField(LocalTimeField):
    """When it began, if not just now. A time without a date is the latest such time."""

    def __init__(self) -> None:
        super().__init__(
            past=True,
            required=False,
            label=_("Since when? (optional)"),
            help_text=_("As 14:05, or with its date as 2026-11-22 14:05. Empty: now."),
        )


class StartForm(PointsForm):
    """Start: real or drill, as on the page that was shown; the checklist, and since when."""

    since = SinceField()

    @property
    def details(self) -> dict[str, Any]:
        """Return what ``lifecycle.start`` takes. The form must be valid."""
        return self.said | {"since": self.cleaned_data["since"], "checked": self.checked}


class EndForm(forms.Form):
    """End: how it is known that Befreg answers."""

    text = FreeTextField(label=_("How do we know? (optional)"), required=False, max_length=500)


class NoteForm(forms.Form):
    """What people add to the timeline: a note, the cause, or what went wrong."""

    act = forms.TypedChoiceField(
        label=_("What is it?"),
        choices=[(act, act.label) for act in NOTES],
        coerce=TimelineEntry.Act,
    )
    text = FreeTextField(
        label=_("In words"),
        max_length=500,
        error_messages={"required": _("Write in a few words what happened.")},
    )
