"""The form by which an outage is signed off."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import FreeTextField


class SignOffForm(forms.Form):
    """Sign an outage off, and say what was learned."""

    text = FreeTextField(label=_("What was learned (optional)"), required=False, max_length=500)
    # The tick sends how many the page showed; if that has changed, the page asks again.
    never_read_back = forms.IntegerField(label=_("Never read back"), required=False, min_value=0)

    def clean_never_read_back(self) -> int:
        """Return 0 if nothing was ticked."""
        return self.cleaned_data["never_read_back"] or 0
