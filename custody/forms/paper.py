"""Forms for what is copied from paper: one handout, or a whole log."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.pasted import TableForm
from befreg_reserv.tables import SPOILT_TELEPHONE, is_scientific, shown
from befreg_reserv.text import REASON_LENGTH, FreeTextField, LineField
from befreg_reserv.times import moment
from custody.forms.fields import VgrIdField
from custody.forms.paper_time import PaperTimeField, set_window
from custody.forms.ward_name import WardForm
from custody.models import Handout, LostHandout
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY
from custody.paper.one_line import Entry
from custody.paper.reader import LineFault, PaperLine, PaperLog
from custody.paper.whole_log import Batch, Line
from outage.models import Outage

DOUBLE_OF = "double_of-"  # a field's name begins so: which handout was shown beside a line
AS_ON_PAPER = _("Write the vgr-id as it stands on the paper.")
LONGEST_SEEN_REASON = REASON_LENGTH - 100  # room for the count that the record names beside it


class LateEntryForm(WardForm):
    """One handout on paper, in ``outage``, entered at ``now``."""

    field_order = ("at", "number", "ward", "ward_choice", "ward_asked", "caller", "callback")
    at = PaperTimeField(
        label=_("When was it handed out?"),
        help_text=_("As 2026-11-22 14:05; or as 14:05, if the outage had that time once."),
    )
    number = LineField(
        label=_("The number, or its last four"),
        max_length=LONGEST_IDENTITY,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the number, or its last four, from the paper.")},
    )
    caller = VgrIdField(label=_("Caller's vgr-id"), error_messages={"required": AS_ON_PAPER})
    callback = FreeTextField(
        names=False,
        label=_("Call-back number (optional)"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    by = VgrIdField(label=_("Handed out by (vgr-id)"), error_messages={"required": AS_ON_PAPER})
    # Asked for only if a later count saw the sheet in the binder.
    seen_right = forms.BooleanField(
        label=_("It is right all the same: I have compared it with the paper"), required=False
    )
    seen_reason = FreeTextField(
        label=_("Why did the sheet lie there?"), required=False, max_length=LONGEST_SEEN_REASON
    )
    # Asked for only if another patient has the number: which handout the person has seen.
    double_right = forms.BooleanField(
        label=_("Two patients were given this number: I have compared both with the paper"),
        required=False,
    )
    double_of = forms.UUIDField(required=False, widget=forms.HiddenInput)
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, outage: Outage, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, drill=outage.drill, **kwargs)
        set_window(self.fields["at"], outage, now)

    @classmethod
    def blank(
        cls, outage: Outage, now: datetime, lost: LostHandout | None = None
    ) -> "LateEntryForm":
        """Return the form of a new entry; for a ``lost`` handout, filled in from the journal."""
        initial: dict[str, Any] = {"request_key": uuid4()}
        if lost:
            initial |= {
                "at": moment(lost.left_at),
                "number": lost.number,
                "ward": lost.ward,
                "caller": lost.caller,
                "callback": lost.callback,
                "by": lost.left_by,
            }
        form = cls(outage=outage, now=now, initial=initial)
        # On a new form only: on one shown again, the fault or the question has the focus.
        form.fields["at"].widget.attrs["autofocus"] = True
        return form

    def clean_callback(self) -> str:
        """Refuse what a spreadsheet has made of a telephone number."""
        number: str = self.cleaned_data["callback"]
        if is_scientific(number):
            raise forms.ValidationError(SPOILT_TELEPHONE)
        return number

    def clean(self) -> dict[str, Any]:
        """Drop what is said without its tick."""
        data = super().clean()
        if not data.get("double_right"):
            data["double_of"] = None
        if not data.get("seen_right"):
            data["seen_reason"] = ""
        return data

    @property
    def asks_seen(self) -> bool:
        """Tell whether the tick and the reason are asked for, or were given."""
        fields = ("seen_right", "seen_reason")
        return any(self[name].errors or (self.is_bound and self[name].data) for name in fields)

    @property
    def asks_double(self) -> bool:
        """Tell whether the tick is asked for, or was given, that two patients have the number."""
        return bool(self.is_bound and (self["double_right"].errors or self["double_of"].data))

    def ask_about(self, other: Handout) -> None:
        """Ask whether two patients have the number. A tick given about another handout is gone."""
        kept = {name: self.data[name] for name in self.data if name != "double_right"}
        self.data = kept | {"double_of": str(other.request_key)}

    @property
    def entry(self) -> Entry:
        """The entry. The form must be valid."""
        return Entry(**{name: self.cleaned_data[name] for name in Entry.__dataclass_fields__})


class LateBatchForm(TableForm):
    """A whole paper log, as a file or pasted."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def blank(cls) -> "LateBatchForm":
        """Return the form of a new batch."""
        return cls(initial={"request_key": uuid4()})


def lines(
    log: PaperLog,
    outage: Outage,
    *,
    key: UUID,
    now: datetime,
    answers: Mapping[str, str] | None = None,
) -> list[Line]:
    """Return each row of the log with its entry, or with all faults of its cells.

    ``key`` is the batch form's: the same line sent twice with it is one handout. ``answers`` are
    the ticks and reasons beside the preview. Their names end in their line's own key, so that an
    answer for another line or another log isn't taken. One tick answers for all lines whose number
    another patient has: see ``double_tick``.
    """
    answered = answers or {}
    seen = [
        (name.removeprefix(DOUBLE_OF), answered[name])
        for name in answered
        if name.startswith(DOUBLE_OF)
    ]
    doubles = dict(seen) if double_tick(seen) in answered else {}
    return [_line(row, outage, key, now, answered, doubles) for row in log.rows]


def double_tick(seen: Iterable[tuple[str, str]]) -> str:
    """Return the name of the tick that two patients have the numbers of these lines.

    ``seen``: the key of each line, and of the handout that it was shown beside. A tick for other
    lines or other handouts has another name, and isn't taken.
    """
    return f"double_right-{uuid5(NAMESPACE_OID, ' '.join(sorted(map(':'.join, seen))))}"


def doubled(batch: Batch) -> list[tuple[str, str]]:
    """Return the key of each line whose number another patient has, and of that handout."""
    return [
        (str(line.entry.request_key), str(done.row.double_of.request_key))
        for line, done in batch.doubled
        if line.entry and done.row.double_of
    ]


def _line(
    row: PaperLine,
    outage: Outage,
    key: UUID,
    now: datetime,
    answers: Mapping[str, str],
    doubles: Mapping[str, str],
) -> Line:
    own = str(uuid5(key, row.content))
    fields = {**row.cells, "request_key": own, "double_of": doubles.get(own, "")}
    fields["double_right"] = fields["double_of"]
    for name in ("seen_right", "seen_reason"):
        fields[name] = answers.get(f"{name}-{own}", "")
    form = LateEntryForm(fields, outage=outage, now=now)
    if form.is_valid():
        return Line(row, form.entry)
    faults = [
        LineFault(
            row.line, shown(row.cells.get(name, row.cells["ward"])), _reason(form, name, error)
        )
        for name, errors in form.errors.items()
        for error in errors
    ]
    return Line(row, None, faults)


def _reason(form: LateEntryForm, name: str, error: object) -> str:
    """Return the fault of a cell, worded for a person who corrects the file."""
    if name == "ward_choice":
        names = {"wards": ", ".join(map(str, form.candidates))}
        return _("Which ward is it? Write one of these: %(wards)s.") % names
    return f"{form.fields[name].label}: {error}"
