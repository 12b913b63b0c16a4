"""What is typed about an outage that is over."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people import vgr_id
from befreg_reserv.text import LineField
from befreg_reserv.times import LocalTimeField, readings
from outage.models import Outage


class PastForm(forms.Form):
    """An outage that began and ended while the application couldn't be used."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Outage.Kind.choices)
    drill = forms.BooleanField(label=_("This was a drill"), required=False)
    started_at = LocalTimeField(label=_("When did it begin?"))
    ended_at = LocalTimeField(label=_("When did it end?"))
    by = LineField(
        label=_("Who ran it? (vgr-id)"),
        max_length=vgr_id.MAX_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    text = LineField(label=_("What was seen (optional)"), required=False, max_length=500)

    def clean_by(self) -> str:
        """Return the vgr-id as people are known by it."""
        return vgr_id.normalise(self.cleaned_data["by"])

    def clean(self) -> dict[str, Any]:
        """Of an hour that came twice, take the reading by which the outage ends after it began."""
        data = super().clean() or self.cleaned_data
        start, end = data.get("started_at"), data.get("ended_at")
        if start and end:
            data["started_at"] = next((read for read in readings(start) if read <= end), start)
        return data
