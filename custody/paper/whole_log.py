"""Enter a whole paper log: all of its lines, or none.

The preview applies the same rules but only reads, so that calls can be answered meanwhile. If a
call takes a number of the log, this shows when the log is entered.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, Refused
from befreg_reserv.tables import shown
from custody.models import Handout, ReserveNumber
from custody.numbers.binder_file import NUMBER_TWICE
from custody.numbers.identities import normalise
from custody.numbers.sql import written_as
from custody.paper import one_line, sheets
from custody.paper.one_line import Entered, Entry
from custody.paper.reader import LineFault, PaperLine, PaperLog
from custody.paper.refusals import GivenAlready, SeenLying
from outage.models import Outage


@dataclass(frozen=True)
class Line:
    """A row and its entry, which is None if cells are faulty; ``faults`` names them."""

    row: PaperLine
    entry: Entry | None
    faults: list[LineFault] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """What entering a log did, or would do: each line with its handout; or only the faults."""

    entered: list[tuple[Line, Done[Entered]]]
    faults: list[LineFault]
    passed_over: tuple[str, ...] = ()  # the names of the log's other columns

    def read_from(self, log: PaperLog) -> "Batch":
        """Return the batch with what its log says too; with any fault nothing is entered."""
        found = sorted([*self.faults, *log.faults], key=lambda fault: fault.line)
        return Batch([] if found else self.entered, found, log.passed_over)

    @property
    def asked(self) -> list[tuple[Line, Done[Entered]]]:
        """Return the lines that need a tick and a reason: a later count saw the sheet."""
        return [(line, done) for line, done in self.entered if done.row.seen]

    @property
    def doubled(self) -> list[tuple[Line, Done[Entered]]]:
        """Return the lines whose number another patient has, on paper or at the till."""
        return [(line, done) for line, done in self.entered if done.row.double_of]

    @property
    def doubles_seen(self) -> bool:
        """Tell whether the person has said that two patients have the numbers of these lines."""
        return all(
            line.entry
            and done.row.double_of
            and line.entry.double_of == done.row.double_of.request_key
            for line, done in self.doubled
        )

    @property
    def only_asks(self) -> bool:
        """Tell whether only ticks and reasons are missing."""
        return bool(self.faults) and all(fault.asks for fault in self.faults)

    @property
    def new(self) -> int:
        """Return how many handouts are new."""
        return sum(done.new for _line, done in self.entered)


@act
def enter_all(lines: list[Line], outage_id: int, event: Event) -> Done[Batch]:
    """Enter all lines, each as ``one_line.enter`` does, or none if one of them is refused.

    The answer holds every fault of every line. Raises Outage.DoesNotExist.
    """
    outage = Outage.objects.select_for_update().get(pk=outage_id)
    _lock_doubled(lines)
    _lock_numbers(lines, outage)
    batch = _try_all(lines, outage, partial(one_line.enter, outage_id=outage.pk, event=event))
    if batch.faults:
        transaction.set_rollback(True)
    return Done(batch, new=bool(batch.new))


def preview(lines: list[Line], outage: Outage, event: Event) -> Batch:
    """Return what ``enter_all`` would do now. Writes nothing and locks nothing."""
    given: dict[int, Handout] = {}  # by the lines before, by number

    def foresee(entry: Entry) -> Done[Entered]:
        done = one_line.foresee(entry, outage, event)
        handout = done.row.handout
        before = given.get(handout.number_id)
        if not done.new:
            return done
        given[handout.number_id] = handout
        return Done(replace(done.row, double_of=before)) if before else done

    return _try_all(lines, outage, foresee)


Enter = Callable[[Entry], Done[Entered]]


def _try_all(lines: list[Line], outage: Outage, enter: Enter) -> Batch:
    """Try every line, also after another has failed, and collect all faults."""
    entered: list[tuple[Line, Done[Entered]]] = []
    faults: list[LineFault] = []
    first_lines: dict[int, int] = {}
    contents: dict[str, int] = {}
    for line in lines:
        first = contents.setdefault(line.row.content, line.row.line)
        if first != line.row.line:
            faults.append(_repeated(line, first))
            continue
        done = _try_one(line, outage, first_lines, enter)
        if isinstance(done, Done):
            entered.append((line, done))
        else:
            faults += done
    return Batch([] if faults else entered, faults)


def _lock_doubled(lines: list[Line]) -> None:
    """Lock the handouts of other patients that were seen, before any number, as an undo does."""
    keys = [line.entry.double_of for line in lines if line.entry and line.entry.double_of]
    handouts = Handout.objects.filter(request_key__in=keys)
    list(handouts.select_for_update(of=("self",)).order_by("pk"))


def _lock_numbers(lines: list[Line], outage: Outage) -> None:
    """Lock the numbers of all lines in the order of a count: in another, both could deadlock."""
    written = {normalise(line.row.cells["number"]) for line in lines}
    numbers = ReserveNumber.objects.filter(written_as(written), training=outage.drill)
    list(numbers.select_for_update(of=("self",)).order_by("binder_id", "tab", "id"))


def _try_one(
    line: Line, outage: Outage, first_lines: dict[int, int], enter: Enter
) -> Done[Entered] | list[LineFault]:
    """Enter or preview one line, or return all its faults.

    ``first_lines``: the line where each number came first, by the number's key.
    """
    if line.entry is None:
        return [*line.faults, *_faults_of_number(line, outage, first_lines)]
    try:
        done = enter(line.entry)
    except Refused as refusal:
        return _faults_of_number(line, outage, first_lines) or [_fault(line, refusal)]
    first_lines.setdefault(done.row.handout.number_id, line.row.line)
    return done


def _faults_of_number(line: Line, outage: Outage, first_lines: dict[int, int]) -> list[LineFault]:
    """Return what is wrong with a line's number, or asked of it, whatever its other cells say."""
    try:
        number = sheets.find(line.row.cells["number"], drill=outage.drill)
    except Refused as refusal:
        # The form has named an empty cell already.
        return [_fault(line, refusal)] if line.row.cells["number"] else []
    first = first_lines.setdefault(number.pk, line.row.line)
    seen = line.entry.double_of if line.entry else None
    try:
        sheets.held(number).check_seen(seen, same_line=False)
    except GivenAlready as question:
        if first != line.row.line:
            reason = format_lazy(NUMBER_TWICE, line=first)
            return [replace(_fault(line, question), reason=reason, handout_id=None)]
        return [_fault(line, question)]
    return []


def _repeated(line: Line, first: int) -> LineFault:
    """Return the fault of a line that says what another says: that is no second patient."""
    text = _(
        "The same line stands on line {line}. If two patients were given the number, enter this one"
        " by itself."
    )
    number = shown(line.row.cells["number"])
    return LineFault(line.row.line, number, format_lazy(text, line=first))


def _fault(line: Line, refusal: Refused) -> LineFault:
    cell = "at" if isinstance(refusal, BadTime) else "number"
    handout_id = refusal.handout.pk if isinstance(refusal, GivenAlready) else None
    asks = isinstance(refusal, SeenLying | GivenAlready)
    return LineFault(
        line.row.line, shown(line.row.cells[cell]), str(refusal), handout_id=handout_id, asks=asks
    )
