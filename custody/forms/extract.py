"""What an extract of the log for a patient is asked for by."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.audit.review.forms import NumberField, NumberQuestion
from custody.numbers.identities import Identity, IdentityError, parse_identity


class ExtractForm(NumberQuestion):
    """A patient's whole number, the emergency number or the real one, and perhaps a time."""

    number = NumberField(
        label=_("The patient's whole number, from the binder or real"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        ),
        error_messages={"required": _("Write the patient's whole number.")},
    )

    def clean_number(self) -> str:
        """Return it as it is stored; refuse a part: an extract is one patient's."""
        return self._read(self.cleaned_data["number"]).value

    @property
    def identity(self) -> Identity:
        """Return what the valid form's number says."""
        return self._read(self.cleaned_data["number"])

    def _read(self, number: str) -> Identity:
        try:
            return parse_identity(number, today=timezone.localdate())
        except IdentityError as error:
            raise forms.ValidationError(error.message) from error
