"""The report in words: one list of sections, which page and PDF both show unchanged."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.times import NONE, came_twice, duration, moment, time_of_day
from custody.afterwards.deviations import DeviationKind
from custody.afterwards.report.drawing import Bucket, Mark
from custody.afterwards.report.figures import Against, Drill, Outcomes, Report
from custody.afterwards.report.times import Times
from custody.afterwards.story.sheets import variance_in_words
from custody.models import Patient
from custody.numbers.barcodes import Bars, qr

MOST_LISTED = 50  # so that few statements log who saw them


class Linked(str):
    """A text that leads somewhere on the page; in the PDF it is the text alone."""

    __slots__ = ("link",)
    link: str

    def __new__(cls, text: str, link: str) -> Self:
        """Return the text with its address, "" for none."""
        made = super().__new__(cls, text)
        made.link = link
        return made


@dataclass(frozen=True)
class Section:
    """A heading, and below it facts, a table or sentences, or else the text ``nothing``.

    ``note`` stands below the table, and ``code`` as a QR code below all.
    """

    key: str
    title: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    heads: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    sentences: list[str] = field(default_factory=list)
    nothing: str = ""
    note: str = ""
    code: str = ""

    @property
    def bars(self) -> Bars:
        """Return the code as it is drawn."""
        return qr(self.code)


def title(report: Report) -> str:
    """Return what the report is called, on its page and in its file."""
    name = _("Report of the drill") if report.outage.drill else _("Report of the outage")
    return f"{name} {moment(report.outage.started_at)}"


def sections(report: Report) -> list[Section]:
    """Return the report section by section."""
    parts = [
        _window(report),
        Section("given", _("Numbers given"), _given(report)),
        _by_ward(report),
        Section("calls", _("Calls"), _calls(report)),
        _unmet(report),
        _times(report),
        Section("open", _("Still open"), _open(report)),
        _counted(report),
        Section("planned", _("Prepared and registered late"), _planned(report)),
    ]
    if report.drill:
        parts += [_targets(report.drill), _took_part(report.drill)]
    else:
        parts.append(_supply(report))
    parts.append(Section("deviations", _("Deviations"), _deviations(report)))
    return [*parts, _one_by_one(report), _went_wrong(report), _seal(report)]


def _window(report: Report) -> Section:
    outage = report.outage
    ended = moment(outage.ended_at) or _("Ongoing")
    facts = [
        (_("Kind"), outage.what),
        (_("Started"), moment(outage.started_at)),
        (_("Ended"), ended),
        (_("Lasted"), duration((outage.ended_at or report.at) - outage.started_at)),
    ]
    if outage.plan:
        window = f"{moment(outage.plan.planned_start)} – {moment(outage.plan.planned_end)}"
        facts += [(_("Announced"), window), (_("Announced because"), outage.plan.reason)]
    facts.append((_("Cause"), report.cause.text if report.cause else _("Not known yet")))
    signed = report.signed_off
    facts.append(
        (_("Signed off"), f"{moment(signed.at)}, {signed.by.username}" if signed else _("Not yet"))
    )
    if signed and signed.never_read_back:
        seen = _("%(number)d that were never read back") % {"number": signed.never_read_back}
        facts.append((_("Signed off knowing of"), seen))
    if report.opened_again:
        opened = " ".join(item.text for item in report.opened_again)
        facts.append((_("Opened again since"), opened))
    if signed and signed.text:
        facts.append((_("What was learned"), signed.text))
    return Section("window", _("The drill") if outage.drill else _("The outage"), facts)


def _given(report: Report) -> list[tuple[str, str]]:
    return [
        (_("In all"), str(report.given)),
        (_("Women"), str(report.women)),
        (_("Men"), str(report.men)),
        *([(_("Unknown sex"), str(report.unknown))] if report.unknown else []),
        (_("Of these, entered afterwards"), str(report.late)),
        (_("Of these, voided"), str(report.voided)),
        (_("Besides, undone: recorded by mistake"), str(report.undone)),
    ]


def _by_ward(report: Report) -> Section:
    """Return the wards' numbers; those of unknown sex have a column where there are any."""
    x_numbers = [_("Unknown sex")] if report.unknown else []
    rows = [
        (line.ward, str(line.women), str(line.men), *(str(line.unknown) for _head in x_numbers),
         str(line.total), str(line.open))
        for line in report.wards
    ]  # fmt: skip
    heads = (_("Ward"), _("Women"), _("Men"), *x_numbers, _("In all"), _("Open"))
    return Section("wards", _("By ward"), heads=heads, rows=rows, nothing=_("No number was given."))


def _calls(report: Report) -> list[tuple[str, str]]:
    made = report.calls
    return [
        (_("Calls in all"), str(made.calls)),
        (_("Of these, entered afterwards from paper"), str(made.late)),
        (_("The caller's vgr-id isn't known"), str(made.without_vgr_id)),
        (_("The caller's vgr-id was found out afterwards"), str(made.found_out)),
        (_("Patients they were about"), str(made.patients)),
        (_("Got a number at once"), str(made.at_once)),
        (_("Waited and got a number"), str(made.served.known)),
        (_("Median of their wait"), duration(made.served.median)),
        (_("The longest of them waited"), duration(made.served.longest)),
        (_("Withdrawn"), str(made.withdrawn)),
        (_("Settled after the outage"), str(made.settled)),
        (_("Still waiting"), str(made.waiting)),
    ]


def _unmet(report: Report) -> Section:
    """Return those who never got a number, the longest waiting first."""
    made = report.calls
    heads = (_("Ward and caller"), _("Patient"), _("Waited"), _("What came of it"))
    left = made.never_met - len(made.unmet)
    more = ngettext(
        "%(number)d more stands in the numbers as CSV.",
        "%(number)d more stand in the numbers as CSV.",
        left,
    )
    return Section(
        "unmet",
        _("Who never got a number"),
        heads=heads,
        rows=[_unmet_row(patient, report.at) for patient in made.unmet],
        nothing=_("Everybody who was called about got one."),
        note=more % {"number": left} if left else "",
    )


def _unmet_row(patient: Patient, now: datetime) -> tuple[str, ...]:
    since = patient.waiting_since or patient.call.taken_at
    who = f"{patient.ward} · {patient.caller_words}"
    return (who, patient.words, duration((patient.ended_at or now) - since), what_came_of(patient))


def what_came_of(patient: Patient) -> str:
    """Return how a patient's wait ended: when, by whom and why; or since when it goes on."""
    state = str(patient.get_state_display())
    if patient.waits:
        return f"{state}, {moment(patient.waiting_since)}"
    return f"{state} {moment(patient.ended_at)}, {patient.ended_by}: {patient.reason}"


def _times(report: Report) -> Section:
    def row(name: str, times: Times) -> tuple[str, ...]:
        return (name, str(times.known), duration(times.median), duration(times.longest))

    return Section(
        "times",
        _("How long it took"),
        heads=("", _("Known of"), _("Median"), _("Longest")),
        rows=[
            row(_("From call to number"), report.call_to_number),
            row(_("From number to real number"), report.to_real_number),
            row(_("From number to RAPS notice"), report.to_notice),
        ],
    )


def _open(report: Report) -> list[tuple[str, str]]:
    oldest = report.oldest_open
    waiting = duration(report.at - oldest) if oldest else NONE
    return [
        (_("Open numbers"), str(report.open)),
        (_("The oldest has waited"), waiting),
        (_("Reminders sent"), str(report.reminders)),
    ]


def _counted(report: Report) -> Section:
    rows = [
        (
            str(count.binder),
            moment(count.at),
            count.by,
            variance_in_words(count),
            count.reason or NONE,
        )
        for count in report.counts
    ]
    heads = (_("Binder"), _("When"), _("By"), _("Variance"), _("Reason"))
    nothing = _("The binder hasn't been counted since the end.")
    more = ngettext(
        "%(number)d older count isn't shown.",
        "%(number)d older counts aren't shown.",
        report.more_counts,
    )
    return Section(
        "counts",
        _("Count of the binder"),
        heads=heads,
        rows=rows,
        nothing=nothing,
        note=more % {"number": report.more_counts} if report.more_counts else "",
    )


def _planned(report: Report) -> list[tuple[str, str]]:
    def in_words(outcomes: Outcomes, words: str) -> str:
        counted = vars(outcomes)
        return words % counted if outcomes.total else NONE

    return [
        (
            _("Prepared numbers"),
            in_words(
                report.prepared, _("%(used)d used, %(unused)d unused, %(waiting)d not marked")
            ),
        ),
        (
            _("Late registrations"),
            in_words(
                report.late_registrations,
                _("%(used)d registered, %(unused)d struck, %(waiting)d open"),
            ),
        ),
    ]


def _supply(report: Report) -> Section:
    rows = [
        (birth_date.isoformat(), supply.label, str(supply.left), str(supply.total))
        for birth_date, supplies in report.supply
        for supply in supplies
    ]
    heads = (_("Birth date"), _("Sex"), _("At most left"), _("Of"))
    nothing = _("No number was given.")
    return Section("supply", _("Supply on the birth date"), heads=heads, rows=rows, nothing=nothing)


def _deviations(report: Report) -> list[tuple[str, str]]:
    figures, times = report.deviations, Counter(row.kind for row in report.listed)
    counted = {DeviationKind.SHEET_MISSING, DeviationKind.NEVER_READ_BACK}
    return [
        (_("Sheets missing"), str(figures.missing_sheets)),
        (_("Wrong when read back (times)"), str(figures.wrong_read_backs)),
        (_("Never read back"), str(figures.never_read_back)),
        (_("Entered afterwards; whether they were read back isn't known"), str(report.late)),
        *((str(kind.label), str(times[kind])) for kind in DeviationKind if kind not in counted),
    ]


def _one_by_one(report: Report) -> Section:
    """Return the deviations, at most the MOST_LISTED gravest; the CSV has all of them."""
    rows = [
        (" · ".join(filter(None, (str(row.kind.label), row.ward))),
         Linked(row.numbers or NONE, row.life),
         row.who, row.reason or NONE)
        for row in report.listed[:MOST_LISTED]
    ]  # fmt: skip
    heads = (_("Deviation"), _("Number"), _("When and who"), _("Reason"))
    left = len(report.listed) - len(rows)
    more = ngettext(
        "%(number)d more stands in the numbers as CSV.",
        "%(number)d more stand in the numbers as CSV.",
        left,
    )
    note = more % {"number": left} if left else ""
    title, nothing = _("The deviations one by one"), _("There is none.")
    return Section("listed", title, heads=heads, rows=rows, nothing=nothing, note=note)


def _targets(drill: Drill) -> Section:
    def row(name: str, met: Against) -> tuple[str, ...]:
        figures = (met.within, met.beyond, met.waiting)
        return (name, duration(met.target), *map(str, figures))

    return Section(
        "targets",
        _("Against the target"),
        heads=("", _("Target"), _("Within"), _("Beyond"), _("Not due yet")),
        rows=[
            row(_("From call to number"), drill.call_to_number),
            row(_("From number to closed"), drill.close_out),
        ],
    )


def _took_part(drill: Drill) -> Section:
    rows = [(part.vgr_id, ", ".join(part.did)) for part in drill.took_part]
    return Section("people", _("Who took part"), heads=(_("vgr-id"), _("Did")), rows=rows)


def _went_wrong(report: Report) -> Section:
    sentences = [f"{moment(note.at)}, {note.by}: {note.text}" for note in report.went_wrong]
    nothing = _("Nobody has written anything here.")
    return Section("wrong", _("What went wrong"), sentences=sentences, nothing=nothing)


def _seal(report: Report) -> Section:
    """Return the newest seal: ``manage.py verify --paper`` compares it."""
    title, seal = _("Sealed"), report.seal
    if seal is None:
        return Section("seal", title, nothing=_("Nothing is sealed yet."))
    facts = [
        (_("Rows of history"), str(seal.size)),
        (_("Sealed at"), moment(seal.at)),
        (_("Code"), seal.code),
    ]
    note = _("Keep this paper: with it anybody can tell later whether that history was changed.")
    if seal.at < (report.outage.ended_at or report.at):
        note = _("Not all of it is sealed yet. Print the report again in a few minutes.")
    return Section("seal", title, facts, note=note, code=seal.note)


def curve_note() -> str:
    """Return the note on what the table of the drawing leaves out."""
    return _("Stretches in which nothing changed are left out.")


def curve_heads() -> tuple[str, ...]:
    """Return the heads of the drawing's figures."""
    return (_("From"), _("Handed out"), _("Open at the end"))


def curve_rows(figures: list[Bucket]) -> Iterator[tuple[str, ...]]:
    """Yield the drawing's figures as rows, without the stretches in which nothing changed."""
    before = None
    for bucket in figures:
        if bucket.given or bucket.open != before:
            yield (moment(bucket.start), str(bucket.given), str(bucket.open))
        before = bucket.open


def axis(marks: Sequence[Mark[datetime]]) -> list[tuple[float, str]]:
    """Return where each time of the drawing stands and its text, dated where the day is another.

    A time of the hour that comes twice has no room for its date beside its season.
    """
    written = []
    before = None
    for mark in marks:
        day = timezone.localdate(mark.label)
        dated = day != before and not came_twice(mark.label)
        written.append((mark.at, moment(mark.label) if dated else time_of_day(mark.label)))
        before = day
    return written
