"""Forms for prepared numbers and late registration. They check the shape only."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.forms import KnownWardForm
from befreg_reserv.text import REASON_LENGTH, FreeTextField, LineField, ReasonField
from befreg_reserv.times import moment
from custody.forms.fields import DoneByField, HappenedAtField
from custody.forms.paper_time import PaperTimeField, set_window
from custody.models import PreparedNumber
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY
from outage.models import Outage, Plan

LONGEST_LIST = 50_000
LONGEST_PLACE = 60


class PrepareForm(KnownWardForm):
    """Numbers created in Befreg beforehand, and the ward that they are for."""

    text = forms.CharField(
        label=_("The numbers from Befreg, one a line"),
        max_length=LONGEST_LIST,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Hyphens, blanks and lower case are fine."),
        error_messages={"required": _("Paste the numbers, one a line.")},
    )


class MarkForm(forms.Form):
    """Whether a prepared number was used."""

    outcome = forms.ChoiceField(
        label=_("Used or unused"),
        choices=PreparedNumber.Outcome,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether the number was used.")},
    )
    reason = FreeTextField(
        label=_("Reason, if the mark is changed"), required=False, max_length=REASON_LENGTH
    )


class OtherPlanField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic at run time
    """A planned outage, chosen by its window."""

    def label_from_instance(self, plan: Plan) -> str:
        """Return the plan's window and reason."""
        return f"{moment(plan.planned_start)} – {moment(plan.planned_end)}: {plan.reason}"


class MoveForm(KnownWardForm):
    """Where a prepared number goes, and why."""

    plan = OtherPlanField(
        Plan.objects.none(),
        label=_("Planned outage"),
        empty_label=None,
        error_messages={"required": _("Choose the planned outage.")},
    )
    reason = ReasonField()

    def __init__(self, *args: Any, plans: QuerySet[Plan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["plan"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = plans


class LateForm(forms.Form):
    """A patient who was treated without a number, of one of the person's own wards."""

    ward = forms.ModelChoiceField(
        Ward.objects.none(), label=_("Ward"), error_messages={"required": _("Choose the ward.")}
    )
    place = FreeTextField(
        numbers=False,  # the act refuses each
        label=_("Bed or place"),
        max_length=LONGEST_PLACE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("No name and no personnummer: where the patient lay is enough."),
        error_messages={
            "required": _("Write the bed or place. If nobody knows it, write the ward.")
        },
    )
    treated_at = PaperTimeField(
        label=_("Treated when?"),
        help_text=_("As 2026-11-22 14:05; or as 14:05, if the outage had that time once."),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        outage: Outage,
        now: datetime,
        own_wards: QuerySet[Ward] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = {"request_key": uuid4()} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        set_window(self.fields["treated_at"], outage, now)
        choice = self.fields["ward"]
        if isinstance(choice, forms.ModelChoiceField) and own_wards is not None:
            choice.queryset = own_wards
            if len(wards := list(own_wards)) == 1:  # a person with one ward need not choose
                self.initial.setdefault("ward", wards[0].pk)


class LateOfAnyWardForm(KnownWardForm, LateForm):  # type: ignore[misc]  # a field in a field's place
    """The same form for a person who acts for every ward: the ward is searched for."""


class RegisterLateForm(forms.Form):
    """The number that the patient got in Befreg."""

    number = LineField(
        label=_("The number from Befreg"),
        max_length=LONGEST_IDENTITY,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("From Befreg, or the patient's personnummer. Hyphens and blanks are fine."),
        error_messages={"required": _("Write the number that the patient got.")},
    )
    at = HappenedAtField(label=_("Registered when?"))
    by = DoneByField(label=_("Registered by (vgr-id), if not by you"), required=False)


class WithdrawLateForm(forms.Form):
    """Why the number that a patient was registered with was wrong."""

    reason = ReasonField(label=_("Why was the number wrong?"))


class StrikeForm(forms.Form):
    """Why a row was listed by mistake."""

    reason = ReasonField(label=_("Why was it listed by mistake?"))
