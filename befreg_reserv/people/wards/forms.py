"""What an administrator types to settle a ward. Checks of shape, and which ward is named."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from befreg_reserv.pasted import TableForm
from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.wards import aliases, register
from befreg_reserv.text import LineField

LABEL_LENGTH = 250  # "Clinic / Ward"


class KnownWardForm(forms.Form):
    """A ward of the register, by name. If the name isn't exact, the form asks which ward it is.

    ``candidates``: the wards to choose from. ``ward_choice``: the answer, which counts only while
    ``ward`` is the text in ``ward_asked``: another text means another ward.
    """

    ward = LineField(
        label=_("Ward"),
        required=False,
        max_length=LABEL_LENGTH,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "data-combobox": reverse_lazy("wards:known"),
            }
        ),
    )
    ward_choice = forms.ModelChoiceField(
        Ward.objects.filter(confirmed=True, closed_on=None).select_related("clinic"),
        label=_("Ward"),
        required=False,
    )
    ward_asked = LineField(required=False, max_length=LABEL_LENGTH)

    def __init__(self, *args: Any, candidates: list[Ward] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.candidates = candidates or []

    def clean(self) -> dict[str, Any]:
        """Replace the name by the ward itself, or ask which one it is."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            answered = data["ward_choice"] if data["ward_asked"] == data["ward"] else None
            data["ward"] = answered or self._named(data["ward"])
        return data

    def _named(self, text: str) -> Ward | None:
        try:
            ward = register.find(text) if text else None
        except register.Ambiguous as several:
            ward, self.candidates = None, several.wards
        if ward and ward.confirmed:
            return ward
        self.candidates = self.candidates or register.search(text, confirmed_only=True)
        if self.candidates:
            self.add_error("ward_choice", _("Choose the ward that is meant."))
        elif text:
            self.add_error(
                "ward",
                _("The register has no such ward. Write a part of its name, or its clinic's."),
            )
        else:
            self.add_error("ward", _("Write which ward it is."))
        return None


class NewWardForm(forms.Form):
    """A clinic, chosen or written, and the ward's right name.

    ``again``: asked for only where a closed ward had the name.
    """

    clinic = forms.ModelChoiceField(
        Clinic.objects.filter(closed_on=None),
        label=_("Clinic"),
        required=False,
        empty_label=_("Choose a clinic"),
        widget=forms.Select(attrs={"class": "ds-input"}),
    )
    new_clinic = LineField(
        label=_("… or a clinic that isn't in the list"),
        required=False,
        max_length=register.NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = LineField(
        label=_("The ward's name, as it is to stand in the register"),
        max_length=register.NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write the ward's name.")},
    )
    again = forms.BooleanField(label=_("Open a new ward of that name"), required=False)

    def clean(self) -> dict[str, Any]:
        """Set ``clinic_name`` from one of the two fields."""
        data = super().clean() or self.cleaned_data
        if not {"clinic", "new_clinic"} & set(self.errors):
            chosen, written = data["clinic"], data["new_clinic"]
            if bool(chosen) == bool(written):
                self.add_error("clinic", _("Choose a clinic, or write a new one below it."))
            data["clinic_name"] = written or (chosen.name if chosen else "")
        return data


class WardFileForm(TableForm):
    """The wards of the hospital, as a file or pasted."""

    # Of the preview that is confirmed.
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class AliasForm(KnownWardForm):
    """A short name, and the ward that people mean by it."""

    name = LineField(
        label=_("What people say"),
        help_text=_("As akv, or K2."),
        max_length=aliases.NAME_LENGTH,
        error_messages={"required": _("Write what people say for the ward.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
