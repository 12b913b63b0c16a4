"""What is typed into the checklist of the first doubt: three ticks and one note."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import FreeTextField
from outage.doubt import NOTE_LENGTH
from outage.models import Tick


class PointsForm(forms.Form):
    """The points that were checked, of the real checklist or of a drill's, and what was found."""

    drill = forms.BooleanField(required=False, widget=forms.HiddenInput)
    local = forms.BooleanField(label=Tick.Item.LOCAL.label, required=False)
    news = forms.BooleanField(label=Tick.Item.NEWS.label, required=False)
    support = forms.BooleanField(label=Tick.Item.SUPPORT.label, required=False)
    text = FreeTextField(
        urgent=True,
        label=_("What was found (optional)"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    @property
    def checked(self) -> list[str]:
        """Return the points that are ticked. The form must be valid."""
        return [item for item in Tick.Item.values if self.cleaned_data[item]]

    @property
    def said(self) -> dict[str, Any]:
        """Return which checklist it is, and what was found. The form must be valid."""
        return {name: self.cleaned_data[name] for name in ("drill", "text")}


class TickForm(PointsForm):
    """The checklist as it is saved: it must say something."""

    def clean(self) -> dict[str, Any]:
        """Refuse a form that says nothing: it would open a doubt."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not (self.checked or data["text"]):
            self.add_error(None, _("Tick a point, or write what was found."))
        return data
