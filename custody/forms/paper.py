"""Forms for what is copied from paper: one handout, or a whole log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.tables import MAX_BYTES, shown
from befreg_reserv.text import LineField
from befreg_reserv.times import moment
from custody.forms.fields import REASON_LENGTH, VgrIdField
from custody.forms.paper_time import PaperTimeField, set_window
from custody.forms.ward_name import WardForm
from custody.models import LostHandout
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY
from custody.paper.one_line import Entry
from custody.paper.reader import LineFault, PaperLog, Row
from custody.paper.whole_log import Line
from outage.models import Outage

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
    )
    caller = VgrIdField(label=_("Caller's vgr-id"))
    callback = LineField(
        label=_("Call-back number (optional)"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    by = VgrIdField(label=_("Handed out by (vgr-id)"))
    # Asked for only if a later count saw the sheet in the binder.
    seen_right = forms.BooleanField(
        label=_("It is right all the same: I have compared it with the paper"), required=False
    )
    seen_reason = LineField(
        label=_("Why did the sheet lie there?"), required=False, max_length=LONGEST_SEEN_REASON
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, outage: Outage, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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

    def clean(self) -> dict[str, Any]:
        """Drop a reason without its tick."""
        data = super().clean()
        if not data.get("seen_right"):
            data["seen_reason"] = ""
        return data

    @property
    def asks_seen(self) -> bool:
        """Tell whether the tick and the reason are asked for, or were given."""
        fields = ("seen_right", "seen_reason")
        return any(self[name].errors or (self.is_bound and self[name].data) for name in fields)

    @property
    def entry(self) -> Entry:
        """The entry. The form must be valid."""
        return Entry(**{name: self.cleaned_data[name] for name in Entry.__dataclass_fields__})


class LateBatchForm(forms.Form):
    """A whole paper log, as a file or pasted."""

    file = forms.FileField(label=_("File (CSV)"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("… or paste the lines here"),
        required=False,
        max_length=MAX_BYTES,
        strip=False,  # stripped, the lines would lose their numbers
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def blank(cls) -> "LateBatchForm":
        """Return the form of a new batch."""
        return cls(initial={"request_key": uuid4()})

    def clean(self) -> dict[str, Any]:
        """Require a file or a text."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not data.get("file") and not str(data.get("text", "")).strip():
            raise forms.ValidationError(_("Choose a file or paste the lines."))
        return data

    @property
    def log(self) -> bytes:
        """The log as bytes, cut one byte after the most that it may have."""
        file = self.cleaned_data["file"]
        if file:
            content: bytes = file.read(MAX_BYTES + 1)
            return content
        return str(self.cleaned_data["text"]).encode()


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
    answer for another line or another log isn't taken.
    """
    return [_line(row, outage, key, now, answers or {}) for row in log.rows]


def _line(row: Row, outage: Outage, key: UUID, now: datetime, answers: Mapping[str, str]) -> Line:
    fields = {**row.cells, "request_key": str(uuid5(key, row.content))}
    for name in ("seen_right", "seen_reason"):
        fields[name] = answers.get(f"{name}-{fields['request_key']}", "")
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
