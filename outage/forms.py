"""What is typed about an outage."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import LineField


class StartForm(forms.Form):
    """Start: real or drill, and a word about what was seen."""

    drill = forms.BooleanField(label=_("This is a drill"), required=False)
    text = LineField(label=_("What was seen (optional)"), required=False, max_length=500)


class EndForm(forms.Form):
    """End: how it is known that Befreg answers."""

    text = LineField(label=_("How do we know? (optional)"), required=False, max_length=500)


class NoteForm(forms.Form):
    """A note for the timeline."""

    text = LineField(label=_("Note"), max_length=500)
