"""Which text to mask, and why."""

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit.redactable import MASK
from befreg_reserv.people.redacting.redaction import SHORTEST
from befreg_reserv.text import LineField, ReasonField


class RedactForm(forms.Form):
    """The text as it stands, and why it is masked. ``seen``: the places that the page showed."""

    text = LineField(
        label=_("The text that says who a patient is, as it stands"),
        help_text=_("A name or a number. Capitals count."),
        min_length=SHORTEST,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the text as it stands.")},
    )
    reason = ReasonField(label=_("Why is it masked? Don't write the text here."))
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        """Refuse a part of the mask itself."""
        text = str(self.cleaned_data["text"])
        if text in MASK:
            raise forms.ValidationError(_("That is what a masked text looks like."))
        return text
