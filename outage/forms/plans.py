"""What is typed about a planned outage. Checks of shape, and which wards are named."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy

from befreg_reserv.text import REASON_LENGTH, FreeTextField, ReasonField
from befreg_reserv.times import END_HELP, LocalTimeField
from outage.forms.outages import SinceField
from outage.forms.wards import ClinicRow, TickedWardsField, WrittenWardsField, rows
from outage.plans import needs
from outage.plans.planning import Terms


class AnnouncedReasonField(ReasonField):
    """Why a plan is made or changed."""

    default_error_messages: ClassVar = {
        "required": gettext_lazy("Write why, in a few words. Everybody concerned reads it.")
    }


class ChangeForm(forms.Form):
    """When, for which wards, and why it is changed."""

    planned_start = LocalTimeField(label=gettext_lazy("Begins"))
    planned_end = LocalTimeField(label=gettext_lazy("Ends"), help_text=END_HELP)
    ticked = TickedWardsField(label=gettext_lazy("Wards concerned"), required=False)
    wards = WrittenWardsField(
        label=gettext_lazy("… or write them"),
        help_text=gettext_lazy(
            "One a line, as in the register: “Clinic / Ward”, or the ward's name alone where only"
            " one clinic has it."
        ),
    )
    reason = AnnouncedReasonField(label=gettext_lazy("Why is it changed?"))

    def clean_planned_start(self) -> datetime:
        """Let a clock alone be an end: the first such time after the start."""
        start: datetime = self.cleaned_data["planned_start"]
        cast("LocalTimeField", self.fields["planned_end"]).after = start
        return start

    @property
    def terms(self) -> Terms:
        """Return what was typed, as terms to announce: wards that are ticked, and written."""
        data = self.cleaned_data
        wards = dict.fromkeys([*data["ticked"], *data["wards"]])
        return Terms(data["planned_start"], data["planned_end"], list(wards))

    @property
    def clinics(self) -> list[ClinicRow]:
        """Return the list in which wards are ticked."""
        return rows({str(tick) for tick in self["ticked"].value() or ()})


class AnnounceForm(ChangeForm):
    """The same for a new plan, with the reason for the outage itself."""

    reason = AnnouncedReasonField(label=gettext_lazy("Why is Befreg stopped?"))
    drill = forms.BooleanField(label=gettext_lazy("This is a drill"), required=False)

    @property
    def words(self) -> dict[str, Any]:
        """Return what is announced beside the terms."""
        return {name: self.cleaned_data[name] for name in ("drill", "reason")}


class MoveEndForm(forms.Form):
    """Another end for a planned outage that has begun."""

    planned_end = LocalTimeField(label=gettext_lazy("Ends"))
    reason = AnnouncedReasonField(label=gettext_lazy("Why is it changed?"))


class CancelForm(forms.Form):
    """Why the plan is cancelled."""

    reason = AnnouncedReasonField(label=gettext_lazy("Why is it cancelled?"))


class StartPlanForm(forms.Form):
    """Since when, and a word about the start."""

    since = SinceField()
    text = FreeTextField(
        urgent=True,
        label=gettext_lazy("What was seen (optional)"),
        required=False,
        max_length=REASON_LENGTH,
    )


class NeedForm(forms.Form):
    """How many numbers a ward needs. An empty field means 0."""

    women = forms.IntegerField(
        label=gettext_lazy("Numbers for women"),
        required=False,
        min_value=0,
        max_value=needs.MOST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    men = forms.IntegerField(
        label=gettext_lazy("Numbers for men"),
        required=False,
        min_value=0,
        max_value=needs.MOST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    registers_late = forms.BooleanField(
        label=gettext_lazy("We register patients afterwards instead, or also"), required=False
    )

    def clean_women(self) -> int:
        """Return none for nothing."""
        return self.cleaned_data["women"] or 0

    def clean_men(self) -> int:
        """Return none for nothing."""
        return self.cleaned_data["men"] or 0
