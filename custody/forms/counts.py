"""Forms for a count. They check the shape only, as in ``custody.forms.till``."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.clock import TOLERANCE
from befreg_reserv.text import REASON_LENGTH, FreeTextField, ReasonField
from custody.counts.count import Comparison, Found, was_there
from custody.forms.fields import DoneByField, ReasonForm
from custody.models import Binder, ReserveNumber
from custody.numbers import scanned

# A list older than a day says little about what lies in the binder now. Our choice: no rule has it.
LIST_HOLDS = timedelta(days=1)
MOST_FOREIGN = 5
LONGEST_FOREIGN = 14  # a number and two more characters: anything longer is no number
LONGEST_TYPED = 5000
TICK = "found-"  # the name of a number's box is this and its key


@dataclass(frozen=True)
class NumberBox:
    """A number with its box."""

    number: ReserveNumber
    ticked: bool

    @property
    def name(self) -> str:
        """The box's name. By position a browser would tick another list's boxes after Back."""
        return f"{TICK}{self.number.pk}"


class CountForm(forms.Form):
    """What lies in a binder: the ticked boxes, and the numbers scanned or typed.

    ``listed_at``: when the list was made that the person has in hand. It is the value of each box,
    so that a tick of another list is recognised. A variance is shown to the person before it is
    recorded: ``asked`` names the one that was shown, and ``reason`` holds for that one alone.
    """

    typed = forms.CharField(
        label=_("Scan the sheets, or type their last four"),
        help_text=_("One on each line, or several with blanks between them. Whole numbers too."),
        required=False,
        max_length=LONGEST_TYPED,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    reason = FreeTextField(
        label=_("Reason for the difference"), required=False, max_length=REASON_LENGTH
    )
    by = DoneByField(label=_("Counted by (vgr-id), if not by you"), required=False)
    asked = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    listed_at = forms.DateTimeField(widget=forms.HiddenInput)
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, binder: Binder, data: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.binder = binder
        self.numbers = list(binder.numbers.order_by("tab", "id"))
        self.foreign: tuple[str, ...] = ()
        self.question = ""
        self.begun_anew = False

    @classmethod
    def blank(cls, binder: Binder, now: datetime) -> "CountForm":
        """Return the form of a new count, with a list as of ``now``."""
        # As text: the field would drop the zone and the parts of a second.
        return cls(binder, initial={"listed_at": now.isoformat(), "request_key": uuid4()})

    def anew(self, now: datetime) -> "CountForm":
        """Return the form with a new list and no ticks; the fields typed and by are kept."""
        form = CountForm.blank(self.binder, now)
        form.initial.update({name: self[name].value() for name in ("typed", "by")})
        form.begun_anew = True
        return form

    @property
    def ticks_another_list(self) -> bool:
        """Tell whether a box was ticked that isn't on this form's list."""
        boxes = {NumberBox(number, ticked=True).name for number in self.numbers}
        ticked = {name: made for name, made in self.data.items() if name.startswith(TICK)}
        return not ticked.keys() <= boxes or not set(ticked.values()) <= {self.list_mark}

    @property
    def list_mark(self) -> str:
        """The value of each box of this list."""
        return str(self["listed_at"].value())

    def clean_listed_at(self) -> datetime:
        """Refuse a list that is too old, or whose time lies ahead by more than the TOLERANCE."""
        listed_at: datetime = self.cleaned_data["listed_at"]
        now = timezone.now()
        if not now - LIST_HOLDS <= listed_at <= now + TOLERANCE:
            raise forms.ValidationError(_("The list is more than a day old. Begin a new count."))
        return min(listed_at, now)

    def clean(self) -> dict[str, Any]:
        """Find the numbers that were typed among the binder's."""
        data = super().clean() or self.cleaned_data
        known = {text: row.pk for row in self.numbers for text in (row.value, row.last_four)}
        typed = list(scanned.numbers(data.get("typed", "")))
        self.foreign = tuple(dict.fromkeys(_cut(text) for text in typed if text not in known))
        if len(self.foreign) > MOST_FOREIGN:
            most = _("More than %(most)d of these aren't numbers of this binder. Is it this one?")
            self.add_error("typed", most % {"most": MOST_FOREIGN})
        typed_keys = {known[text] for text in typed if text in known}
        data["found"] = frozenset(typed_keys | self._ticked)
        if "reason" in self.errors:  # its field stands under the question that it answers
            self.question = data.get("asked", "")
        return data

    @property
    def findings(self) -> Found:
        """What was found, by which list."""
        return Found(self.cleaned_data["listed_at"], self.cleaned_data["found"], self.foreign)

    def explains(self, seen: Comparison) -> bool:
        """Tell whether nothing varies, or this variance was shown and has a reason.

        Otherwise the errors say what differs, and the form asks for the reason.
        """
        if not seen.varies:
            return True
        self.question = _fingerprint(seen)
        if self.cleaned_data["asked"] == self.question and self.cleaned_data["reason"]:
            return True
        for error in _differences(seen):
            self.add_error(None, error)
        self.add_error("reason", _("Look once more. If it is so, write why, as far as you know."))
        return False

    @property
    def lying(self) -> list[NumberBox]:
        """The numbers that lay in the binder when the list was made, with their boxes."""
        return [self._box(row) for row in self.numbers if was_there(row, self._listed_at)]

    @property
    def used(self) -> list[NumberBox]:
        """The last number of each tab that is empty by the list: its sheet shouldn't lie there."""
        last = {number.tab: number for number in self.numbers}
        full = {box.number.tab for box in self.lying}
        return [self._box(number) for tab, number in sorted(last.items()) if tab not in full]

    @property
    def _listed_at(self) -> datetime:
        if self.is_bound and "listed_at" in self.cleaned_data:
            listed_at: datetime = self.cleaned_data["listed_at"]
            return listed_at
        return timezone.now()

    @property
    def _ticked(self) -> set[int]:
        boxes = (NumberBox(number, ticked=True) for number in self.numbers)
        return {box.number.pk for box in boxes if box.name in self.data}

    def _box(self, number: ReserveNumber) -> NumberBox:
        ticked = self.is_bound and number.pk in self.cleaned_data.get("found", ())
        return NumberBox(number, ticked)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_FOREIGN else f"{text[: LONGEST_FOREIGN - 1]}…"


def _differences(seen: Comparison) -> Iterable[str]:
    for number in seen.missing:
        yield _("Tab %(tab)d, %(last)s: not found.") % {"tab": number.tab, "last": number.last_four}
    for number in seen.surplus:
        text = _("Tab %(tab)d, %(last)s: lies there, though it has left the binder.")
        yield text % {"tab": number.tab, "last": number.last_four}
    for written in seen.foreign:
        text = _("%(number)s isn't a number of this binder: check it, it must not be used.")
        yield text % {"number": written}


def _fingerprint(seen: Comparison) -> str:
    """Return a hash that identifies a variance, short enough for a hidden field."""
    keys = [[number.pk for number in numbers] for numbers in (seen.missing, seen.surplus)]
    return hashlib.sha256(repr((keys, seen.foreign)).encode()).hexdigest()


class ForeignForm(ReasonForm):
    """What became of a sheet that didn't belong in the binder."""

    reason = ReasonField(
        label=_("Where did it come from, and where is it now?"),
        help_text=_("For instance: from the training binder, and put back there. Or: destroyed."),
        error_messages={
            "required": _("Write where it is now; where it came from, if you know it.")
        },
    )


class DestroyForm(forms.Form):
    """How a sheet was destroyed that shouldn't have lain in the binder."""

    note = FreeTextField(label=_("Note (optional)"), required=False, max_length=REASON_LENGTH)
