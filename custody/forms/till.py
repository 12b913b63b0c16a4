"""Forms of the till. They check the shape only.

The act itself decides, under its lock, whether it is possible.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from befreg_reserv.people import vgr_id
from befreg_reserv.quick_forms import quickly_copied
from befreg_reserv.text import REASON_LENGTH, FreeTextField, LineField
from custody.calls.taking import CallDetails, PatientDetails
from custody.forms.fields import CalledAtField, DoneByField, SexField, VgrIdField
from custody.forms.ward_name import WardForm
from custody.models.calls import MOST_PATIENTS, NAME_LENGTH, SEX_WORDS, AgeGroup
from custody.models.states import PLACE_LENGTH
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY
from custody.numbers.identities import Sex

SEXES = [(sex.value, word) for sex, word in (SEX_WORDS | {Sex.UNKNOWN: _("Unknown")}).items()]


class ByKey:
    """Choices that a lone key makes: each says which one."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the option with its key."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)  # type: ignore[misc]
        if value:
            option["attrs"]["data-choice"] = option["key"] = str(KEYS[str(value)])
        return option


class RadiosByKey(ByKey, forms.RadioSelect):
    """Radio buttons, for a single patient."""


class SelectByKey(ByKey, forms.Select):
    """A list, where several patients' fields have one name: radio buttons would be one group."""


KEYS = {
    **{sex.value: sex.value for sex in SEX_WORDS},
    AgeGroup.ADULT.value: pgettext_lazy("key for adult", "A"),
    AgeGroup.CHILD.value: pgettext_lazy("key for child", "C"),
    AgeGroup.INFANT.value: pgettext_lazy("key for infant", "I"),
}


@quickly_copied
class PatientForm(forms.Form):
    """One patient of a call. All patients' fields have the same names: they are sent as lists."""

    sex = SexField(label=_("Sex"), choices=SEXES, widget=RadiosByKey)
    age_group = forms.ChoiceField(
        label=_("Age"), required=False, choices=AgeGroup.choices, widget=RadiosByKey
    )
    place = FreeTextField(
        urgent=True,
        label=_("Bed or place (optional)"),
        required=False,
        max_length=PLACE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, several: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if several:
            self.fields["place"].label = _("Bed or place")
            for field in (self.fields["sex"], self.fields["age_group"]):
                field.widget = SelectByKey(choices=[("", "–"), *field.choices])  # type: ignore[attr-defined]

    @property
    def details(self) -> PatientDetails:
        """The patient. The form must be valid."""
        return PatientDetails(**self.cleaned_data)


@quickly_copied
class CallForm(WardForm):
    """A call to the till. ``request_key`` is the call's own: another call has another.

    ``patients`` are the forms of its patients, one at least.
    """

    field_order = ("caller", "caller_name", "ward", "ward_choice", "ward_asked", "callback")
    caller = VgrIdField(label=_("Caller's vgr-id"), required=False)
    caller_name = FreeTextField(
        urgent=True,
        names=False,
        label=_("The caller's name"),
        required=False,
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    callback = FreeTextField(
        urgent=True,
        names=False,
        label=_("Call-back number (optional)"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)
    outage = forms.IntegerField(
        required=False, min_value=1, max_value=2**31, widget=forms.HiddenInput
    )
    called_at = CalledAtField()
    other_than = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )

    def __init__(
        self, *args: Any, patients: Sequence[Mapping[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        rows: Sequence[Mapping[str, str]] = _rows(self.data) if self.is_bound else patients or [{}]
        self.patients = [
            PatientForm(
                row if self.is_bound else None,
                initial=row,
                auto_id=f"id_%s_{position}" if position > 1 else "id_%s",
                several=len(rows) > 1,
            )
            for position, row in enumerate(rows, 1)
        ]

    @classmethod
    def blank(
        cls,
        outage_id: int,
        at: datetime,
        draft: Mapping[str, Any] | None = None,
        *,
        drill: bool = False,
    ) -> "CallForm":
        """Return the form of a call that begins ``at``, in an outage, or in a drill of one.

        It holds what ``draft`` remembers, also the time when the call began and its key, since it
        may have been sent and answered before; the rest is empty.
        """
        begun: dict[str, Any] = {"called_at": at.isoformat(), **(draft or {})}
        key = _key(str(begun.get("request_key", ""))) or uuid4()
        initial = {**begun, "request_key": key, "outage": outage_id}
        return _focused(cls(initial=initial, patients=_rows(begun), drill=drill))

    @classmethod
    def with_one_more(cls, data: QueryDict, *, drill: bool) -> "CallForm":
        """Return the form as it was typed so far, with the fields of one more patient.

        If nobody can tell what was said of whom, the form that says so.
        """
        if not _is_whole(data):
            return cls(data, drill=drill)
        patients = [*_rows(data), {}][:MOST_PATIENTS]
        return _focused(cls(initial=data.dict(), patients=patients, drill=drill))

    def is_valid(self) -> bool:
        """Tell whether the call and each of its patients are valid."""
        return super().is_valid() and not self.faulty_patients

    @property
    def faulty_patients(self) -> bool:
        """Tell whether a patient's form has faults."""
        return any(patient.errors for patient in self.patients)

    @property
    def only_asks(self) -> bool:
        """Tell whether the choice of the ward is the only thing missing."""
        return super().only_asks and not self.faulty_patients

    def clean_caller(self) -> str:
        """Take no word for a vgr-id that says that nobody knows it."""
        return _known(self.cleaned_data["caller"])

    @property
    def full(self) -> str:
        """Return why the call can have no further patient; "" if it can."""
        return _too_many() if len(self.patients) >= MOST_PATIENTS else ""

    def clean(self) -> dict[str, Any]:
        """Ask for name and telephone of a caller who doesn't know the vgr-id."""
        data = super().clean()
        if len(self.patients) > MOST_PATIENTS:
            self.add_error(None, _too_many())
        if not _is_whole(self.data):
            self.add_error(None, _("Which patient is meant by what? Write each patient anew."))
        if "caller" in data and not data["caller"]:
            self._check_known_by_name(data)
        return data

    def _check_known_by_name(self, data: dict[str, Any]) -> None:
        if not data.get("caller_name"):
            self.add_error("caller", NOT_KNOWN)
        elif not data.get("callback"):
            self.add_error("callback", _("Without a vgr-id, write a number to call back."))

    @property
    def outage_id(self) -> int | None:
        """The key of the outage that the form was shown for; None if it can't be read."""
        outage: int | None = self.cleaned_data.get("outage")
        return outage

    @property
    def details(self) -> CallDetails:
        """The call. The form must be valid."""
        data = self.cleaned_data
        return CallDetails(
            patients=tuple(patient.details for patient in self.patients),
            caller=data["caller"],
            caller_name="" if data["caller"] else data["caller_name"],
            ward=data["ward"],
            callback=data["callback"],
            request_key=data["request_key"],
            outage_id=self.outage_id,
            begun_at=data["called_at"],
            other_than=data["other_than"] or 0,
            drill=self.drill,
        )


def _too_many() -> str:
    most = {"most": MOST_PATIENTS}
    return _("A call has %(most)d patients at most: take a further call.") % most


NOT_KNOWN = _(
    "If the caller doesn't know the vgr-id, leave it empty: write name and call-back number."
)


def _known(caller: str) -> str:
    if vgr_id.says_unknown(caller):
        raise forms.ValidationError(NOT_KNOWN)
    return caller


PATIENT_FIELDS = tuple(PatientForm.base_fields)


def _focused(form: CallForm) -> CallForm:
    # On a new form only: on one shown again, the fault or the question has the focus.
    form.patients[-1].fields["sex"].widget.attrs["autofocus"] = True
    return form


def _rows(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the patients' fields as they were sent, one dictionary a patient, one at least.

    A patient of whom nothing was said is left out, as a line too many.
    """
    lists = [_texts(data, name) for name in PATIENT_FIELDS]
    patients = zip_longest(*lists, fillvalue="")
    rows = [dict(zip(PATIENT_FIELDS, patient, strict=True)) for patient in patients]
    return [row for row in rows if any(text.strip() for text in row.values())] or [{}]


def _is_whole(data: Mapping[str, Any]) -> bool:
    """Tell whether each field was sent of all patients, or of none, as by a single one's buttons.

    Otherwise nobody can tell whose it is: pages send none so.
    """
    lengths = {len(_texts(data, name)) for name in PATIENT_FIELDS if name in data}
    return len(lengths) <= 1


def _texts(data: Mapping[str, Any], name: str) -> list[str]:
    if isinstance(data, QueryDict):
        return data.getlist(name)
    kept = data.get(name, "")
    return kept if isinstance(kept, list) else [kept]


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class ServeForm(forms.Form):
    """How a waiting patient is served: usually with nothing said at all."""

    sex = forms.ChoiceField(required=False, choices=SEXES, widget=forms.HiddenInput)
    other_sex_reason = FreeTextField(
        urgent=True,
        label=_("Why is the other sex's number needed?"),
        required=False,
        max_length=REASON_LENGTH,
    )
    before_others = FreeTextField(
        urgent=True,
        label=_("Why does this patient come first?"),
        required=False,
        max_length=REASON_LENGTH,
    )


class CallerForm(forms.Form):
    """Whose call it was, when the caller didn't know."""

    caller = DoneByField(label=_("Caller's vgr-id"))


class ReadBackForm(forms.Form):
    """The last four as the caller reads them back, or the whole number."""

    typed = LineField(
        label=_("The last four, as the caller reads them back"),
        max_length=LONGEST_IDENTITY,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "autofocus": True,
                "data-hides-number": True,
            }
        ),
        error_messages={
            "required": _("Type what the caller reads back. If the call was broken off, leave it.")
        },
    )

    def emptied(self) -> "ReadBackForm":
        """Return the form with its faults but an empty field, for the next try."""
        self.data = {}
        return self
