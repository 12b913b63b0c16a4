"""What is typed about an outage."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import LineField
from outage.lifecycle import SAID


class StartForm(forms.Form):
    """Start: real or drill, as the page says that it is on, and a word about what was seen."""

    drill = forms.BooleanField(required=False, widget=forms.HiddenInput)
    text = LineField(label=_("What was seen (optional)"), required=False, max_length=500)


class EndForm(forms.Form):
    """End: how it is known that Befreg answers."""

    text = LineField(label=_("How do we know? (optional)"), required=False, max_length=500)


class NoteForm(forms.Form):
    """What people add to the timeline: a note, the cause, or what went wrong."""

    act = forms.ChoiceField(label=_("What is it?"), choices=[(act, act.label) for act in SAID])
    text = LineField(label=_("In words"), max_length=500)
