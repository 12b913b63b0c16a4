"""The extract of the log that a patient may ask for: when, from which unit, what.

It names no staff: what the law gives a patient is from where and when, so that they can judge
whether it was right (patientdatalagen 8 kap. 5 §).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import islice
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from befreg_reserv import tables
from befreg_reserv.audit import acts
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review.answers import COLUMNS, Row, in_words
from befreg_reserv.audit.review.pages import Search, bounds
from befreg_reserv.audit.review.pages import rows as rows_between
from befreg_reserv.times import moment, to_the_second, with_offset
from custody.afterwards.report.paper import (
    BODY,
    QUIET,
    TITLE,
    WIDTH,
    paragraph,
    printed,
    table,
)
from custody.afterwards.report.tags import Element
from custody.models import DoubledNumber, Handout, HandoutStep, LateWithdrawal
from custody.models.states import State
from custody.numbers.identities import Identity

MOST = 2_000  # entries of one extract: some sixty pages
MOST_NUMBERS = 20  # of one patient


@dataclass(frozen=True)
class Extract:
    """All that the log holds about one patient, the newest first.

    ``numbers``: under which it is kept. ``more``: there are older entries than ``MOST``.
    ``doubled``: one of the numbers was given to two patients, so that some may be the other's.
    ``undone``: a handout of a number was undone, which was nobody's, or another patient's.
    ``withdrawn``: the number stood on a handout by mistake; that one isn't in it.
    ``late``: likewise on a late registration, which is logged under the number itself.
    """

    identity: Identity
    search: Search
    at: datetime
    numbers: list[str]
    rows: list[Row]
    more: bool
    doubled: bool
    undone: bool
    withdrawn: bool
    late: bool

    @property
    def is_another_patients_too(self) -> bool:
        """Tell whether it was asked by a doubled number, which leads to no other numbers."""
        return self.doubled and self.numbers == [self.identity.value]

    @property
    def title(self) -> str:
        """Return what stands above it."""
        return _("Extract of the log for %(number)s") % {"number": self.identity.value}

    @property
    def made(self) -> str:
        """Return when it was made, in words."""
        return _("As it stood %(time)s") % {"time": moment(self.at)}

    @property
    def notes(self) -> list[str]:
        """Return what whoever gives it out should know, and tell the patient."""
        return [text for holds, text in _notes(self) if holds]

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Return each entry in words: when, from which unit, what."""
        return [(to_the_second(row.timestamp), unit(row), acts.label(row.act)) for row in self.rows]


def unit(row: Row) -> str:
    """Return from which unit something was done, in words; of somebody without one, the role."""
    if row.actor is None:
        return _("The system itself")
    return row.actor_unit or in_words(row.actor_role) or _("not kept then")


def heads() -> tuple[str, str, str]:
    """Return the heads of an extract's columns."""
    return _("When"), _("From which unit"), _("What")


def _notes(extract: Extract) -> Iterator[tuple[bool, str]]:
    asked = extract.search
    if asked.since:
        yield (
            True,
            _("Only what was done from %(time)s on is in it.") % {"time": moment(asked.since)},
        )
    if asked.until:
        yield (
            True,
            _("Only what was done before %(time)s is in it.") % {"time": moment(asked.until)},
        )
    others = [number for number in extract.numbers if number != extract.identity.value]
    yield (
        bool(others),
        _("The same patient was given these numbers too, and they are in it: %(numbers)s.")
        % {"numbers": ", ".join(others)},
    )
    yield (
        extract.doubled,
        _("Two patients were given one of the numbers: some of it may be about the other one."),
    )
    yield (
        extract.is_another_patients_too,
        _("Neither patient's other numbers are in it: ask by the patient's real number for those."),
    )
    yield (
        extract.undone,
        _("A handout of one of the numbers was undone: what was done for it isn't this patient's."),
    )
    yield (
        extract.withdrawn,
        _("The number stood on somebody else's handout by mistake. That one isn't in it."),
    )
    yield (
        extract.late,
        _("A late registration with the number was withdrawn: that one isn't this patient's."),
    )
    yield (
        extract.more,
        _("Only the newest %(most)d entries are in it: ask for a shorter time.") % {"most": MOST},
    )


def extract(identity: Identity, search: Search, at: datetime) -> Extract:
    """Return the extract for a patient, of a search's time."""
    handouts = _handouts_of(identity.value)
    numbers = _numbers(identity.value, handouts)
    undone = Handout.objects.filter(state=State.UNDONE).select_related("number")
    of_numbers = undone.filter(number__value__in=numbers)
    others = [row.pk for row in of_numbers if handouts]
    back = undone.filter(patient__in={row.patient_id for row in handouts}).exclude(pk__in=others)
    found = (
        *(_entries(number, search).exclude(_about(others)) for number in numbers),
        *(_entries(row.number.value, search).filter(_about([row.pk])) for row in back),
    )
    read = ([Row(*row) for row in each.values_list(*COLUMNS)[: MOST + 1]] for each in found)
    newest = merge(*read, key=lambda row: row.timestamp, reverse=True)
    rows = list(islice(_once(newest), MOST + 1))
    steps = HandoutStep.objects.filter(identity=identity.value)
    return Extract(
        identity,
        search,
        at,
        numbers,
        rows[:MOST],
        more=len(rows) > MOST,
        doubled=DoubledNumber.objects.filter(second__number__value__in=numbers).exists(),
        undone=of_numbers.exists(),
        withdrawn=steps.exclude(handout__real_identity=identity.value).exists(),
        late=LateWithdrawal.objects.filter(number__in=numbers).exists(),
    )


def numbers_of(value: str) -> list[str]:
    """Return the numbers under which the log keeps the patient who has or had this one."""
    return _numbers(value, _handouts_of(value))


def _numbers(value: str, handouts: list[Handout]) -> list[str]:
    """Return the number and those of the handouts: each is logged under its emergency number."""
    also = {each for row in handouts for each in (row.number.value, row.real_identity)}
    return [value, *sorted(number for number in also if number and number != value)]


def _handouts_of(value: str) -> list[Handout]:
    """Return the handouts of the patient who has or had this number, but for undone ones.

    A patient has several: one instead of another whose sheet was missing or that was of the wrong
    sex, or one for each ward that knew of no other. None for a number that two patients were given:
    it says nothing of their others.
    """
    given = Handout.objects.exclude(state=State.UNDONE).select_related("number")
    found = list(given.filter(Q(number__value=value) | Q(real_identity=value)))
    if len([handout for handout in found if handout.number.value == value]) > 1:
        return []
    known: set[int] = set()
    while known != {handout.pk for handout in found} and len(found) < MOST_NUMBERS:
        known = {handout.pk for handout in found}
        real = {handout.real_identity for handout in found if handout.real_identity}
        same = Q(patient__in={handout.patient_id for handout in found}) | Q(real_identity__in=real)
        found = list(given.filter(same)[:MOST_NUMBERS])
    return found


def _entries(number: str, search: Search) -> QuerySet[LogEntry]:
    return rows_between({"number": number}, *bounds(search))


def _about(handouts: list[int]) -> Q:
    """Return the condition for what was done for these handouts themselves."""
    return Q(content_type=ContentType.objects.get_for_model(Handout), object_id__in=handouts)


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    """Leave out what is logged under one more of the patient's numbers: it was done once."""
    seen: dict[Row, str] = {}
    for row in rows:
        said = row._replace(number="", unit="")
        if seen.setdefault(said, row.number) == row.number:
            yield row


# --- as files -----------------------------------------------------------------------------------


def csv(made: Extract) -> list[str]:
    """Return the lines of the extract as a file that Excel opens."""
    mark = [_("DRILL")] if made.identity.training else []
    return [
        tables.BOM + tables.line([*mark, made.title, made.made]),
        *(tables.line([*mark, note]) for note in made.notes),
        tables.line([*mark, *heads()]),
        *(
            tables.line([*mark, with_offset(row.timestamp), unit(row), acts.label(row.act)])
            for row in made.rows
        ),
    ]


def pdf(made: Extract) -> bytes:
    """Return the extract as a tagged PDF file."""
    drill = made.identity.training
    title = f"{_('DRILL')} – {made.title}" if drill else made.title
    foot = f"{made.title} · {made.made}"
    return printed(partial(_content, made), title=title, foot=foot, drill=drill)


def _content(made: Extract, whole: Element) -> list[Any]:
    return [
        paragraph(made.title, TITLE, whole.add("H1")),
        paragraph(made.made, QUIET, whole.add("P")),
        paragraph(about(), BODY, whole.add("P")),
        *(paragraph(note, BODY, whole.add("P")) for note in made.notes),
        Spacer(1, 4 * mm),  # no heading: it would take the whole table to the next page
        _listed(made, whole),
    ]


def about() -> str:
    """Return what an extract is, for the patient who gets it."""
    return _(
        "This is everything that was done or looked at in Befreg reserv under the patient's number:"
        " when, from which unit, and what. The unit is the one that somebody acted from."
    )


def _listed(made: Extract, whole: Element) -> Any:
    if not made.rows:
        return paragraph(_("The log holds nothing about this number."), BODY, whole.add("P"))
    return table(whole, [WIDTH * 0.25, WIDTH * 0.35, WIDTH * 0.4], made.lines, heads())
