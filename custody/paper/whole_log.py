"""Enter a whole paper log: all of its lines, or none.

The preview applies the same rules but only reads, so that calls can be answered meanwhile. If a
call takes a number of the log, this shows when the log is entered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from django.db import transaction
from django.utils.text import format_lazy

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, Refused
from befreg_reserv.tables import shown
from custody.models import ReserveNumber
from custody.numbers.binder_file import NUMBER_TWICE
from custody.numbers.identities import normalise
from custody.numbers.sql import written_as
from custody.paper import one_line, sheets
from custody.paper.one_line import Entered, Entry
from custody.paper.reader import LineFault, Row
from custody.paper.refusals import GivenAlready, SeenLying
from outage.models import Outage


@dataclass(frozen=True)
class Line:
    """A row and its entry, which is None if cells are faulty; ``faults`` names them."""

    row: Row
    entry: Entry | None
    faults: list[LineFault] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """What entering a log did, or would do: each line with its handout; or only the faults."""

    entered: list[tuple[Line, Done[Entered]]]
    faults: list[LineFault]

    def with_faults(self, faults: list[LineFault]) -> "Batch":
        """Return the batch with these faults of lines added; with any fault nothing is entered."""
        found = sorted([*self.faults, *faults], key=lambda fault: fault.line)
        return Batch([] if found else self.entered, found)

    @property
    def asked(self) -> list[tuple[Line, Done[Entered]]]:
        """Return the lines that need a tick and a reason: a later count saw the sheet."""
        return [(line, done) for line, done in self.entered if done.row.seen]

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
    _lock_numbers(lines, outage)
    batch = _try_all(lines, outage, partial(one_line.enter, outage_id=outage.pk, event=event))
    if batch.faults:
        transaction.set_rollback(True)
    return Done(batch, new=bool(batch.new))


def preview(lines: list[Line], outage: Outage, event: Event) -> Batch:
    """Return what ``enter_all`` would do now. Writes nothing and locks nothing."""
    return _try_all(lines, outage, partial(one_line.foresee, outage=outage, event=event))


Enter = Callable[[Entry], Done[Entered]]


def _try_all(lines: list[Line], outage: Outage, enter: Enter) -> Batch:
    """Try every line, also after another has failed, and collect all faults."""
    entered: list[tuple[Line, Done[Entered]]] = []
    faults: list[LineFault] = []
    first_lines: dict[int, int] = {}
    for line in lines:
        done = _try_one(line, outage, first_lines, enter)
        if isinstance(done, Done):
            entered.append((line, done))
        else:
            faults += done
    return Batch([] if faults else entered, faults)


def _lock_numbers(lines: list[Line], outage: Outage) -> None:
    """Lock the numbers of all lines in the order of a count: in another, both could deadlock."""
    written = {normalise(line.row.cells["number"]) for line in lines}
    numbers = ReserveNumber.objects.filter(written_as(written), training=outage.drill)
    list(numbers.select_for_update(of=("self",)).order_by("binder", "tab", "id"))


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
    return list(_twice(line, done.row.handout.number_id, first_lines)) or done


def _faults_of_number(line: Line, outage: Outage, first_lines: dict[int, int]) -> list[LineFault]:
    """Return what is wrong with a line's number whatever its other cells say."""
    try:
        number = sheets.find(line.row.cells["number"], drill=outage.drill)
    except Refused as refusal:
        # The form has named an empty cell already.
        return [_fault(line, refusal)] if line.row.cells["number"] else []
    twice = list(_twice(line, number.pk, first_lines))
    try:
        sheets.check_not_given(number)
    except GivenAlready as refusal:
        return twice or [_fault(line, refusal)]
    return twice


def _twice(line: Line, number_id: int, first_lines: dict[int, int]) -> Iterator[LineFault]:
    first = first_lines.setdefault(number_id, line.row.line)
    if first != line.row.line:
        yield LineFault(
            line.row.line, shown(line.row.cells["number"]), format_lazy(NUMBER_TWICE, line=first)
        )


def _fault(line: Line, refusal: Refused) -> LineFault:
    cell = "at" if isinstance(refusal, BadTime) else "number"
    handout_id = refusal.handout.pk if isinstance(refusal, GivenAlready) else None
    asks = isinstance(refusal, SeenLying)
    return LineFault(
        line.row.line, shown(line.row.cells[cell]), str(refusal), handout_id=handout_id, asks=asks
    )
