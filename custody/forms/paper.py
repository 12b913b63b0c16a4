"""What is copied from paper: one handout, or a whole log of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.utils.translation import gettext_lazy as _

from befreg_reserv.tables import MAX_BYTES, shown
from befreg_reserv.text import LineField
from custody.forms.fields import REASON_LENGTH, VgrIdField
from custody.forms.paper_time import PaperTimeField, as_written, set_window
from custody.forms.ward_name import WardForm
from custody.models import LostHandout
from custody.numbers.identities import LONGEST as LONGEST_IDENTITY
from custody.paper.one_line import Entry
from custody.paper.reader import LineFault, PaperLog, Row
from custody.paper.whole_log import Line
from outage.models import Outage

LONGEST_SEEN_REASON = REASON_LENGTH - 100  # the record says beside it which count that was


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
    # Asked for only when a count saw the sheet lie in the binder after that time.
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
        """Return the form of a new entry; of a ``lost`` handout, filled in from the journal."""
        initial: dict[str, Any] = {"request_key": uuid4()}
        if lost:
            initial |= {
                "at": as_written(lost.left_at),
                "number": lost.number,
                "ward": lost.ward,
                "caller": lost.caller,
                "callback": lost.callback,
                "by": lost.left_by,
            }
        form = cls(outage=outage, now=now, initial=initial)
        # Only on a new form: on one that is shown again, the fault or the question has focus.
        form.fields["at"].widget.attrs["autofocus"] = True
        return form

    def clean(self) -> dict[str, Any]:
        """Let a reason count only with its tick."""
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
        """What the paper says, of a valid form."""
        return Entry(**{name: self.cleaned_data[name] for name in Entry.__dataclass_fields__})


class LateBatchForm(forms.Form):
    """A whole paper log, as a file or pasted."""

    file = forms.FileField(label=_("File (CSV)"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("… or paste the lines here"),
        required=False,
        max_length=MAX_BYTES,
        strip=False,  # the lines keep their numbers
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def blank(cls) -> "LateBatchForm":
        """Return the form of a new batch."""
        return cls(initial={"request_key": uuid4()})

    def clean(self) -> dict[str, Any]:
        """Demand lines from one of the two places."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not data.get("file") and not str(data.get("text", "")).strip():
            raise forms.ValidationError(_("Choose a file or paste the lines."))
        return data

    @property
    def log(self) -> bytes:
        """The log as bytes, at most a little more than it may have."""
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
    """Return each row of the log as an entry, with all that its cells have wrong.

    ``key`` is the batch form's: the same line sent twice by it is one handout. ``answers`` are
    the ticks and reasons beside the preview, each named by its line's own key: one that was
    given to another line, or to another log, has another name and isn't taken.
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
    """Return what is wrong with a cell, so that it can be put right in the file."""
    if name == "ward_choice":
        meant = {"wards": ", ".join(map(str, form.candidates))}
        return _("Which ward is it? Write one of these: %(wards)s.") % meant
    return f"{form.fields[name].label}: {error}"
