"""What is typed of a new version of the routine: its head, and each moment in both languages."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv import tables
from befreg_reserv.text import LineField, clean_line
from befreg_reserv.times import DayField
from outage.models import Routine, RoutineStep
from outage.models.routine import STEP_LENGTH
from outage.routine.text import Moment, Text

SWEDISH, ENGLISH = "sv", "en"
LANGUAGES = {SWEDISH: gettext_lazy("in Swedish"), ENGLISH: gettext_lazy("in English")}
MOST_STEPS = 10
# The slip is as small as a label.
SLIP_LENGTH, SLIP_STEPS = 40, 2
LONGEST_LINK = 200
WHOSE_ROLE = gettext_lazy("Write who, by role or title: people leave, the routine stays.")


class StepsField(forms.CharField):
    """The steps of one moment in one language, one on each line."""

    def __init__(self, moment: Moment, language: str) -> None:
        self.moment, self.language = moment, language
        self.longest, self.most = STEP_LENGTH, MOST_STEPS
        if moment in RoutineStep.POINTS:
            self.most = 1
        elif moment == Moment.SLIP:
            self.longest, self.most = SLIP_LENGTH, SLIP_STEPS
        rows = 2 if self.most == 1 else 6
        attrs = {"rows": rows, "autocomplete": "off", "lang": language}
        super().__init__(
            label=f"{moment.label} – {LANGUAGES[language]}",
            max_length=MOST_STEPS * (STEP_LENGTH + 2),
            widget=forms.Textarea(attrs=attrs),
            error_messages={"required": gettext_lazy("Write at least one step.")},
        )

    def clean(self, value: Any) -> list[str]:
        """Return the steps, cleaned. Raises ValidationError for too many, and for too long ones."""
        written = (clean_line(line) for _number, line in tables.lines(str(super().clean(value))))
        steps = [line for line in written if line]
        if len(steps) > self.most:
            raise forms.ValidationError(
                _("At most %(most)d lines, one for each step.") % {"most": self.most}
            )
        if any(len(step) > self.longest for step in steps):
            raise forms.ValidationError(
                _("A step has at most %(longest)d characters.") % {"longest": self.longest}
            )
        return steps


class RoutineForm(forms.Form):
    """A draft of the version that follows the one its page has shown."""

    shown = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32_000)
    responsible = LineField(
        label=gettext_lazy("Responsible"), max_length=80, error_messages={"required": WHOSE_ROLE}
    )
    decided_by = LineField(
        label=gettext_lazy("Decided by"), max_length=80, error_messages={"required": WHOSE_ROLE}
    )
    valid_from = DayField(label=gettext_lazy("Valid from"))
    valid_until = DayField(label=gettext_lazy("Valid until (the last day)"))
    raps_link = forms.URLField(
        label=gettext_lazy("Link to the RAPS routines (optional)"),
        required=False,
        max_length=LONGEST_LINK,
        assume_scheme="https",
    )

    def __init__(self, *args: Any, last: Text, **options: Any) -> None:
        options["initial"] = _initial(last)
        super().__init__(*args, **options)
        for moment in Moment:
            self.fields[moment.value] = StepsField(moment, SWEDISH)
            self.fields[f"{moment.value}_en"] = StepsField(moment, ENGLISH)

    def clean_raps_link(self) -> str:
        """Return a link that a browser opens as a page."""
        link: str = self.cleaned_data["raps_link"]
        if link and not link.startswith(("https://", "http://")):
            raise forms.ValidationError(_("Write an address that begins with https://."))
        return link

    def clean(self) -> dict[str, Any]:
        """Return the data. Both languages say the same, step by step, and the days are in order."""
        data: dict[str, Any] = super().clean() or {}
        for moment in Moment:
            swedish, english = data.get(moment.value), data.get(f"{moment.value}_en")
            if swedish and english and len(swedish) != len(english):
                self.add_error(
                    f"{moment.value}_en",
                    _("Swedish has %(swedish)d steps and English %(english)d: write as many.")
                    % {"swedish": len(swedish), "english": len(english)},
                )
        begins, ends = data.get("valid_from"), data.get("valid_until")
        if begins and ends and ends < begins:
            self.add_error("valid_until", _("The last day lies before the first."))
        return data

    @property
    def head(self) -> Iterator[forms.BoundField]:
        """The fields that say whose the version is, and how long it holds."""
        names = ("responsible", "decided_by", "valid_from", "valid_until", "raps_link")
        return (self[name] for name in names)

    @property
    def moments(self) -> Iterator[tuple[str, forms.BoundField, forms.BoundField]]:
        """Each moment in words, with its field in Swedish and that in English."""
        return (
            (str(moment.label), self[moment.value], self[f"{moment.value}_en"]) for moment in Moment
        )

    @property
    def draft(self) -> Text:
        """The version as it was typed, not stored."""
        data = self.cleaned_data
        head = {bound.name: data[bound.name] for bound in self.head}
        routine = Routine(version=data["shown"] + 1, **head)
        return Text(routine, tuple(_steps(routine, data)))


def _steps(routine: Routine, data: dict[str, Any]) -> Iterator[RoutineStep]:
    for moment in Moment:
        pairs = zip(data[moment.value], data[f"{moment.value}_en"], strict=True)
        for position, (text, text_en) in enumerate(pairs, 1):
            yield RoutineStep(
                routine=routine, moment=moment, position=position, text=text, text_en=text_en
            )


def _initial(last: Text) -> dict[str, Any]:
    """Return what the form begins with: the last version, whose days must be written anew."""
    said = last.routine
    found: dict[str, Any] = {
        "shown": said.version,
        "responsible": said.responsible,
        "decided_by": said.decided_by,
        "raps_link": said.raps_link,
    }
    for moment in Moment:
        lines = last.lines(moment)
        found[moment.value] = "\n".join(text for text, _text_en in lines)
        found[f"{moment.value}_en"] = "\n".join(text_en for _text, text_en in lines)
    return found
