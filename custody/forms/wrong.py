"""Forms of what went wrong with a number. They check the shape only."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people import vgr_id
from befreg_reserv.text import FreeTextField, ReasonField
from custody.calls import said_wrong
from custody.forms.fields import SexField, VgrIdField
from custody.forms.till import NOT_KNOWN, SEXES
from custody.forms.ward import PlaceField
from custody.forms.ward_name import WardForm
from custody.ledger.refusals import NamesAPerson
from custody.models import Handout, Patient
from custody.models.calls import AgeGroup
from custody.numbers.identities import contains_identity


class TransferForm(WardForm):
    """The ward that has the patient, and why the number wasn't there."""

    place = PlaceField()
    reason = ReasonField()

    def clean_place(self) -> str:
        """Refuse a place that says who the patient is."""
        place = str(self.cleaned_data["place"])
        if contains_identity(place):
            raise forms.ValidationError(NamesAPerson.advice)
        return place


class CorrectForm(forms.Form):
    """Who called, and the number to call back, as they should stand."""

    caller = VgrIdField(label=_("Caller's vgr-id"), required=False)
    callback = FreeTextField(
        urgent=True,
        names=False,
        label=_("Call-back number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    reason = ReasonField(urgent=True)
    # What stood there when the page was made: an old page must not bring that back.
    shown = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def clean_caller(self) -> str:
        """Take no word for a vgr-id that says that nobody knows it."""
        caller = str(self.cleaned_data["caller"])
        if vgr_id.says_unknown(caller):
            raise forms.ValidationError(NOT_KNOWN)
        return caller


class CorrectWaitingForm(CorrectForm, WardForm):
    """What is known of a waiting patient, and whom to call back, as it should stand."""

    sex = SexField(label=_("Sex"), required=False, choices=SEXES, widget=forms.RadioSelect)
    age_group = forms.ChoiceField(
        label=_("Age"), required=False, choices=AgeGroup.choices, widget=forms.RadioSelect
    )
    field_order = (
        "ward", "ward_choice", "ward_asked", "caller", "callback", "sex", "age_group", "reason",
    )  # fmt: skip

    @classmethod
    def of(cls, patient: Patient, ids: str) -> "CorrectWaitingForm":
        """Return the form with what stands of a patient now."""
        said = {
            "ward": str(patient.ward),
            "caller": patient.caller,
            "callback": patient.callback,
            "sex": patient.known_sex,
            "age_group": patient.known_age_group,
            "shown": said_wrong.shown_of(patient),
        }
        return cls(auto_id=ids, initial=said, drill=patient.call.drill)


class WrongSexForm(forms.Form):
    """The sex that is right, and whether the sheet of the wrong number lies in its tab."""

    sex = SexField(label=_("The right sex"), choices=SEXES, widget=forms.RadioSelect)
    lies_there = forms.BooleanField(
        label=_("I see the sheet in its tab, and nobody has written the number down"),
        required=False,
    )
    reason = ReasonField(urgent=True)

    def __init__(self, handout: Handout, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [choice for choice in SEXES if choice[0] != handout.patient_sex]
        if not self.is_bound:  # one that was sent may have been answered meanwhile
            self.fields["sex"].choices = choices  # type: ignore[attr-defined]
