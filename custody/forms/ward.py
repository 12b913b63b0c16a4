"""Forms of the ward: the wristband, the real number, the switch list and the notice.

They check the shape only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import REASON_LENGTH, FreeTextField, LineField
from custody.forms.fields import DoneByField, HappenedAtField, ReasonForm
from custody.handouts import pair
from custody.handouts.bedside import AtBedside
from custody.handouts.switches import SwitchLine
from custody.models import SwitchTick
from custody.models.states import PLACE_LENGTH
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY


class WristbandField(LineField):
    """The number on a wristband or a slip, typed or scanned: its last four, or the whole."""

    def __init__(self, **options: Any) -> None:
        hints = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(
            max_length=LONGEST_IDENTITY, widget=forms.TextInput(attrs=hints), **options
        )


class PlaceField(FreeTextField):
    """Where the patient lies: free text, and never a person's number."""

    def __init__(self) -> None:
        super().__init__(
            numbers=False,  # the act refuses each
            label=_("Bed or place (optional)"),
            required=False,
            max_length=PLACE_LENGTH,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )


class BedsideForm(forms.Form):
    """What the patient's wristband says, and where the patient lies."""

    wristband = WristbandField(
        label=_("The number on the wristband"),
        help_text=_("Scan it, or type at least its last four, from the wrist and not from here."),
        error_messages={"required": _("Scan the wristband, or type at least its last four.")},
    )
    place = PlaceField()

    @property
    def found(self) -> AtBedside:
        """What was found at the patient."""
        return AtBedside(self.cleaned_data["wristband"], self.cleaned_data["place"])


class ReplaceForm(forms.Form):
    """The real number from Befreg, and what was found at the patient."""

    wristband = WristbandField(
        label=_("The number on the wristband"),
        help_text=_("Scan it, or type at least its last four, from the wrist and not from here."),
        required=False,
    )
    no_wristband = FreeTextField(
        label=_("Why can't the wristband be read?"), required=False, max_length=REASON_LENGTH
    )
    place = PlaceField()
    number = LineField(
        label=_("The real number"),
        max_length=LONGEST_IDENTITY,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("From Befreg, or the patient's personnummer. Hyphens and blanks are fine."),
        error_messages={"required": _("Write the number that the patient got.")},
    )
    searched = forms.BooleanField(
        label=_("Befreg was searched for an earlier identity of the patient"), required=False
    )
    at = HappenedAtField(label=_("Created when?"))
    by = DoneByField(label=_("Created by (vgr-id), if not by you"), required=False)
    sex_may_differ = forms.BooleanField(
        label=_("The sex differs from the emergency number's, and that is right"), required=False
    )
    reason = FreeTextField(
        label=_("Reason, if the sex differs"), required=False, max_length=REASON_LENGTH
    )
    # Whose number it is already, as the page showed it: the value of a tick.
    same_person = forms.CharField(required=False, max_length=40)
    same_reason = FreeTextField(
        label=_("How do you know that it is the same patient?"),
        required=False,
        max_length=REASON_LENGTH,
    )

    @property
    def found(self) -> AtBedside:
        """What was found at the patient."""
        names = ("wristband", "place", "no_wristband")
        return AtBedside(*(self.cleaned_data[name] for name in names))


class SwitchForm(forms.Form):
    """The switch list of one real number: each thing has a choice of its own name."""

    identity = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, lines: Sequence[SwitchLine], *args: Any, identity: str, **options: Any
    ) -> None:
        options["initial"] = {"identity": identity}
        super().__init__(*args, **options)
        self.lines = lines
        for line in lines:
            self.fields[_name(line)] = forms.ChoiceField(
                label=line.item.shown_name,
                choices=SwitchTick.Answer.choices,
                initial=line.answer,
                required=False,
                widget=forms.RadioSelect,
                show_hidden_initial=True,
            )

    @property
    def all_done(self) -> bool:
        """Tell whether nothing is left to switch over."""
        return not any(line.is_open for line in self.lines)

    @property
    def rows(self) -> Iterator["SwitchRow"]:
        """Each thing with its choice."""
        return (SwitchRow(line, self[_name(line)]) for line in self.lines)

    @property
    def answers(self) -> dict[int, str]:
        """What was answered anew, by the key of each thing.

        Left out is what wasn't sent, or was sent as the page showed it: somebody else may have
        answered that since.
        """
        named = ((line, _name(line)) for line in self.lines)
        return {
            line.item.pk: self.cleaned_data[name]
            for line, name in named
            if name in self.data and name in self.changed_data
        }


@dataclass(frozen=True)
class SwitchRow:
    """A thing to switch over, with the field of its answer."""

    line: SwitchLine
    field: forms.BoundField

    @property
    def shown(self) -> SafeString:
        """The answer as the page shows it, to be sent along."""
        return self.field.as_hidden(only_initial=True)


def _name(line: SwitchLine) -> str:
    """Return a name of the thing's own. By position a browser would restore another list's."""
    return f"switch-{line.item.pk}"


class ShownField(forms.CharField):
    """The real number that the page shows: what is sent of one pair is never taken for another."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=LONGEST_IDENTITY, widget=forms.HiddenInput)


class PairForm(forms.Form):
    """The word of a second person on the pair that the page shows."""

    identity = ShownField()


class PairReasonForm(ReasonForm):
    """Why a real number, or its notice, is withdrawn."""

    identity = ShownField()


class ConfirmationReasonForm(ReasonForm):
    """Why a confirmation at the patient is withdrawn: the one that the page shows."""

    shown = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


class NoticeForm(forms.Form):
    """The notice in RAPS; who checked the pair is asked for where that may be named."""

    identity = ShownField()
    at = HappenedAtField(label=_("Filed when?"))
    by = DoneByField(label=_("Filed by (vgr-id), if not by you"), required=False)
    reference = LineField(label=_("RAPS reference (optional)"), required=False, max_length=60)
    witness = DoneByField(
        label=_("Checked by a second person (vgr-id), if possible"),
        help_text=_("Somebody else than who registered the real number."),
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if settings.MERGE_WITNESS != pair.ASK:
            del self.fields["witness"]
