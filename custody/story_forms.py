"""What is typed about an outage afterwards."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import LineField


class SignOffForm(forms.Form):
    """Sign an outage off, and say what was learned."""

    text = LineField(label=_("What was learned (optional)"), required=False, max_length=500)
