"""Why a year of the log may go."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import ReasonField


class ProposeForm(forms.Form):
    """The year that the page showed, and why it may go."""

    year = forms.IntegerField(min_value=2000, max_value=9999, widget=forms.HiddenInput)
    reason = ReasonField(label=_("Why may it go?"))
