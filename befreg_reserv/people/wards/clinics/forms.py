"""What an administrator types when a clinic opens, is renamed or closed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Clinic
from befreg_reserv.people.wards import register
from befreg_reserv.people.wards.changes.forms import MOST_PLACED, ChangeForm
from befreg_reserv.people.wards.clinics.changing import ClinicTerms, WardOutcome
from befreg_reserv.text import LineField

CLOSES = "closes"  # the choice of no clinic


class OpenClinicForm(ChangeForm):
    """A clinic that opens. ``again``: asked for only where a closed clinic had the name."""

    name = LineField(
        label=_("The clinic's name"),
        max_length=register.NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the clinic's name.")},
    )
    again = forms.BooleanField(label=_("Open a new clinic of that name"), required=False)


class RenameClinicForm(OpenClinicForm):
    """The new name."""

    again = None  # type: ignore[assignment]  # what a closed clinic was called doesn't matter

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = clinic.name

    def clinic_terms(self) -> ClinicTerms:
        """Return what is to become of the clinic."""
        said = self.cleaned_data
        return ClinicTerms(said["day"], said["reason"], said["name"])


class CloseClinicForm(ChangeForm):
    """Where the clinic's wards go on, all but those that the preview places elsewhere."""

    into = forms.ModelChoiceField(
        Clinic.objects.filter(closed_on=None),
        label=_("Where its wards go on"),
        help_text=_("You can choose another clinic for single wards in the next step."),
        required=False,
        empty_label=_("Nowhere: they close with the clinic"),
        widget=forms.Select(attrs={"class": "ds-input", "autocomplete": "off"}),
        error_messages={"invalid_choice": _("Choose a clinic in the list.")},
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Clinic.objects.filter(closed_on=None).exclude(pk=clinic.pk)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]

    def clinic_terms(self) -> ClinicTerms:
        """Return what is to become of the clinic."""
        said = self.cleaned_data
        return ClinicTerms(said["day"], said["reason"], into=said["into"])


class WardPlacesForm(forms.Form):
    """Where each ward of a clinic that closes goes on: a list of its own for each."""

    def __init__(self, clinic: Clinic, outcomes: list[WardOutcome], *args: Any) -> None:
        super().__init__(*args)
        self.listed = outcomes[:MOST_PLACED]
        others = Clinic.objects.filter(closed_on=None).exclude(pk=clinic.pk)
        self.clinics = {str(other.pk): other for other in others}
        choices = [(key, other.name) for key, other in self.clinics.items()]
        for each in self.listed:
            self.fields[_field(each)] = forms.ChoiceField(
                label=each.ward.name,
                help_text=", ".join(left.words_in_list for left in each.left),
                choices=[(CLOSES, _("It closes with the clinic")), *choices],
                initial=str(each.into.pk) if each.into else CLOSES,
                error_messages={
                    "required": _("Choose a clinic in the list."),
                    "invalid_choice": _("Choose a clinic in the list."),
                },
                widget=forms.Select(attrs={"class": "ds-input", "autocomplete": "off"}),
            )

    def fill_in(self) -> None:
        """Let a ward that came since the preview be shown as one that nobody was asked about yet.

        For a page that the act then refuses. What was chosen for the others stays.
        """
        fields = {name: field.initial for name, field in self.fields.items()}
        self.data = fields | {name: self.data[name] for name in fields if name in self.data}

    def others(self) -> dict[int, Clinic | None]:
        """Return where each ward goes, by its key."""
        return {
            each.ward.pk: self.clinics.get(self.cleaned_data[_field(each)]) for each in self.listed
        }

    def field_of(self, ward: int) -> str | None:
        """Return the name of a ward's field; None for one beyond those listed."""
        return next((_field(each) for each in self.listed if each.ward.pk == ward), None)


def _field(outcome: WardOutcome) -> str:
    return f"ward-{outcome.ward.pk}"


class SpellingForm(forms.Form):
    """How a clinic's name is spelled."""

    name = LineField(
        label=_("How the name is spelled"),
        max_length=register.NAME_LENGTH,
        error_messages={"required": _("Write the clinic's name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
