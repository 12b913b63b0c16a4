"""The handouts of an outage as a file, row by row, as Swedish Excel opens it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from befreg_reserv.tables import BOM, line
from befreg_reserv.times import with_offset
from custody.afterwards.deviations import Deviation
from custody.afterwards.report.words import what_came_of
from custody.models import Handout, Patient
from custody.models.states import State
from custody.wards.then import as_said
from outage.models import Outage

CHUNK = 500


@dataclass(frozen=True)
class Words:
    """The file's words in the language of the person who asked for it."""

    heads: tuple[str, ...]
    states: dict[str, str]
    drill: str  # in the first column of every row of a drill
    yes: str
    never: str
    unknown: str
    unknown_caller: str

    @classmethod
    def of(cls, *, drill: bool) -> "Words":
        """Return the words for rows of reality, or of a drill."""
        mark = _("DRILL") if drill else ""
        heads = (
            _("Reserve number"),
            _("Sex"),
            _("Ward"),
            _("Caller"),
            _("Handed out"),
            _("Handed out by"),
            _("Recorded"),
            _("Recorded by"),
            _("Read back"),
            _("State"),
            _("Real number"),
            _("RAPS notice"),
            _("Entered afterwards"),
            _("Deviations"),
        )
        states = {state.value: str(state.label) for state in State}
        return cls(
            (mark, *heads) if mark else heads,
            states,
            mark,
            _("yes"),
            _("never"),
            _("not known: on paper"),
            _("vgr-id not known"),
        )


def of_outage(outage: Outage) -> QuerySet[Handout]:
    """Return the handouts of an outage, in order."""
    return Handout.objects.filter(outage=outage).order_by("handed_out_at", "pk")


def chunks(wanted: QuerySet[Handout]) -> Iterator[list[Handout]]:
    """Yield the handouts in their order, CHUNK at a time."""
    # Of the many rows few wards and people: each is one object.
    handouts = Handout.objects.select_related("number").prefetch_related(
        "outage", "ward__clinic", "recorded_by"
    )
    keys = list(wanted.values_list("pk", flat=True))
    for at in range(0, len(keys), CHUNK):
        found = {row.pk: row for row in handouts.filter(pk__in=keys[at : at + CHUNK])}
        yield as_said(found[key] for key in keys[at : at + CHUNK])


def head(words: Words) -> str:
    """Return the beginning of the file."""
    return BOM + line(words.heads)


def lines(handouts: list[Handout], words: Words, deviations: list[Deviation]) -> str:
    """Return the lines of these handouts, each with its deviations."""
    texts: dict[int, list[str]] = defaultdict(list)
    for deviation in deviations:
        if isinstance(deviation.shown, Handout):
            texts[deviation.shown.pk].append(str(deviation))
    return "".join(line(_cells(row, words, " | ".join(texts[row.pk]))) for row in handouts)


def other_lines(deviations: list[Deviation], words: Words) -> str:
    """Return the lines of deviations that belong to no handout; they follow all handouts."""
    blank = ("",) * 4
    rows = (
        (deviation.number or deviation.wrong, "", deviation.ward, *blank, "", "",
         str(deviation.kind.label), "", "", "", str(deviation))
        for deviation in deviations
    )  # fmt: skip
    return "".join(line((words.drill, *cells) if words.drill else cells) for cells in rows)


def lines_without_number(patients: list[Patient], words: Words) -> str:
    """Return the lines of patients who never got a number; they follow all handouts."""
    rows = (_cells_without_number(patient, words) for patient in patients)
    return "".join(line((words.drill, *cells) if words.drill else cells) for cells in rows)


def _cells_without_number(patient: Patient, words: Words) -> tuple[str, ...]:
    call = patient.call
    return (
        "",
        patient.known_sex,
        str(patient.ward),
        _caller(patient, words),
        with_offset(call.taken_at),
        call.taken_by,
        with_offset(call.recorded_at),
        call.recorded_by.username,
        "",
        str(patient.get_state_display()),
        "",
        "",
        words.yes if call.late else "",
        f"{patient.words}: {what_came_of(patient)}",
    )


def _cells(handout: Handout, words: Words, deviations: str) -> tuple[str, ...]:
    cells = (
        handout.number.value,
        handout.number.sex,
        str(handout.ward),
        _caller(handout, words),
        with_offset(handout.handed_out_at),
        handout.handed_out_by,
        with_offset(handout.recorded_at),
        handout.recorded_by.username,
        _read_back(handout, words),
        words.states[handout.state],
        handout.real_identity or "",
        with_offset(handout.closed_at),
        words.yes if handout.late else "",
        deviations,
    )
    return (words.drill, *cells) if words.drill else cells


def _caller(asked: Patient | Handout, words: Words) -> str:
    if asked.caller:
        return asked.caller
    return f"{asked.caller_words} ({words.unknown_caller})"


def _read_back(handout: Handout, words: Words) -> str:
    if handout.read_back_at:
        return with_offset(handout.read_back_at)
    if handout.late:
        return words.unknown
    return words.never if handout.was_not_read_back else ""
