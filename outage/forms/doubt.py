"""What is typed into the checklist of the first doubt."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import LineField
from outage.models import Tick


class TickForm(forms.Form):
    """One point that was checked, of the real checklist or of a drill's."""

    item = forms.ChoiceField(
        label=_("Point of the checklist"), choices=Tick.Item.choices, widget=forms.HiddenInput
    )
    drill = forms.BooleanField(required=False, widget=forms.HiddenInput)
    text = LineField(label=_("What was found (optional)"), required=False, max_length=500)
