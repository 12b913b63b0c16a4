"""What is typed about an outage afterwards."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import LineField


class SignOffForm(forms.Form):
    """Sign an outage off, and say what was learned."""

    text = LineField(label=_("What was learned (optional)"), required=False, max_length=500)
    # The tick's value is how many the page showed: with another number it is asked anew.
    never_read_back = forms.IntegerField(label=_("Never read back"), required=False, min_value=0)

    def clean_never_read_back(self) -> int:
        """Return none where nothing was ticked."""
        return self.cleaned_data["never_read_back"] or 0
