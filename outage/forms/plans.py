"""What is typed about a planned outage. Checks of shape, and which wards are named."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv import tables
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import register
from befreg_reserv.text import LineField, clean_line
from befreg_reserv.times import LocalTimeField
from outage.forms.outages import SinceField
from outage.plans import needs
from outage.plans.planning import Terms

REASON_LENGTH = 500
# Each costs a look-up. Anybody who means more than these means all wards.
MOST_WARDS = 200
LINE_LENGTH = 250  # "Clinic / Ward"
MOST_FAULTS = 20


class WardsField(forms.CharField):
    """Wards of the register, one on each line. All lines that name none are reported together."""

    def __init__(self, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"})
        most = MOST_WARDS * (LINE_LENGTH + 2)
        super().__init__(widget=widget, required=False, max_length=most, **options)

    def clean(self, value: Any) -> list[Ward]:
        """Return the wards, each once, in the order they were written in."""
        lines = tables.lines(str(super().clean(value)))
        written = {number: text for number, line in lines if (text := clean_line(line))}
        if len(written) > MOST_WARDS:
            raise forms.ValidationError(
                _("At most %(most)d wards can be named. Leave the field empty for every ward.")
                % {"most": MOST_WARDS}
            )
        found: dict[Ward, None] = {}
        faults: list[str] = []
        for number, text in written.items():
            try:
                found[_named(text)] = None
            except forms.ValidationError as fault:
                row = {"line": number, "fault": fault.messages[0]}
                faults.append(_("Line %(line)d: %(fault)s") % row)
        if faults:
            raise forms.ValidationError(faults[:MOST_FAULTS])
        return list(found)


def _named(text: str) -> Ward:
    """Return the ward of the register that ``text`` names. Raises ValidationError."""
    try:
        ward = register.find(text)
    except register.Ambiguous as several:
        raise forms.ValidationError(_which(text, several.wards)) from several
    if ward and (ward.same_as or ward.confirmed):
        return ward.same_as or ward
    raise forms.ValidationError(_which(text, register.search(text, confirmed_only=True)))


def _which(text: str, candidates: list[Ward]) -> str:
    shown = {"text": text[:LINE_LENGTH], "wards": "; ".join(map(str, candidates))}
    if candidates:
        return _("“%(text)s” could be %(wards)s. Write one of them in full.") % shown
    return _("The register has no ward “%(text)s”.") % shown


class ReasonField(LineField):
    """Why a plan is made or changed."""

    default_error_messages: ClassVar = {
        "required": gettext_lazy("Write why, in a few words. Everybody concerned reads it.")
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=REASON_LENGTH, **options)


class ChangeForm(forms.Form):
    """When, for which wards, and why it is changed."""

    planned_start = LocalTimeField(label=gettext_lazy("Begins"))
    planned_end = LocalTimeField(label=gettext_lazy("Ends"))
    wards = WardsField(
        label=gettext_lazy("Wards concerned"),
        help_text=gettext_lazy(
            "One a line, as in the register: “Clinic / Ward”, or the ward's name alone where only"
            " one clinic has it. Empty: every ward."
        ),
    )
    reason = ReasonField(label=gettext_lazy("Why is it changed?"))

    @property
    def terms(self) -> Terms:
        """Return what was typed, as terms to announce."""
        data = self.cleaned_data
        return Terms(data["planned_start"], data["planned_end"], data["wards"])


class AnnounceForm(ChangeForm):
    """The same for a new plan, with the reason for the outage itself."""

    reason = ReasonField(label=gettext_lazy("Why is Befreg stopped?"))
    drill = forms.BooleanField(label=gettext_lazy("This is a drill"), required=False)


class MoveEndForm(forms.Form):
    """Another end for a planned outage that has begun."""

    planned_end = LocalTimeField(label=gettext_lazy("Ends"))
    reason = ReasonField(label=gettext_lazy("Why is it changed?"))


class CancelForm(forms.Form):
    """Why the plan is cancelled."""

    reason = ReasonField(label=gettext_lazy("Why is it cancelled?"))


class StartPlanForm(forms.Form):
    """Since when, and a word about the start."""

    since = SinceField()
    text = LineField(
        label=gettext_lazy("What was seen (optional)"), required=False, max_length=REASON_LENGTH
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
