"""Numbers as people paste them: one a line, or a table that has them in a column. Pure.

Callers check what needs the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from befreg_reserv import tables
from befreg_reserv.tables import WHOLE, Code, Fault, Layout, by_line, fault_at
from custody.numbers.binder_file import NUMBER, NUMBER_TWICE, FaultCode
from custody.numbers.identities import Identity, IdentityError, normalise, parse_reserve_number

if TYPE_CHECKING:
    from datetime import date

MOST = 500  # a planned outage needs a few numbers a ward


@dataclass(frozen=True)
class NumberList:
    """The numbers of a list, each with its line, and every fault in the order of the lines."""

    numbers: list[tuple[int, Identity]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read(text: str, *, today: date) -> NumberList:
    """Read VGR reserve numbers, one a line; blank lines, hyphens and lower case are fine.

    So is a table whose first line names a column for numbers; its other columns are passed over.
    ``today``: nobody is born after it. Raises nothing: all that is wrong is among the faults.
    """
    lines, faults = _lines(text)
    if not lines and not faults:
        return NumberList(faults=[Fault(WHOLE, "", _EMPTY, Code.EMPTY)])
    if len(lines) > MOST:
        return NumberList(faults=[Fault(WHOLE, "", _TOO_MANY, Code.TOO_MANY_ROWS)])
    numbers: list[tuple[int, Identity]] = []
    for at, line in lines:
        try:
            numbers.append((at, parse_reserve_number(line, today=today)))
        except IdentityError as error:
            faults.append(fault_at(at, line, error.message, error.code))
    values = [(at, identity.value, identity.grouped) for at, identity in numbers]
    faults += tables.repeated(values, FaultCode.NUMBER_TWICE, NUMBER_TWICE)
    return NumberList(numbers, by_line(faults))


def _lines(text: str) -> tuple[list[tuple[int, str]], list[Fault]]:
    """Return what stands where a number should, each with its line, and lines that don't fit."""
    if not tables.names_columns(text, _LAYOUT):
        return [(at, line) for at, line in tables.lines(text) if normalise(line)], []
    table = tables.read(text.encode(), _LAYOUT)
    cells = [(row.line, row.cells["number"]) for row in table.rows]
    return [(at, cell) for at, cell in cells if normalise(cell)], table.faults


_EMPTY = _("There is no number in the list. Paste one number a line.")
_TOO_MANY = _("The list has more than 500 numbers. Is it the right one?")
_WRONG_COLUMNS = _("This line has more cells than the first one names.")
_LAYOUT = Layout(
    columns={"number": NUMBER},
    most_rows=MOST,
    wrong_columns=_WRONG_COLUMNS,
    too_long=_WRONG_COLUMNS,
    too_many_rows=_TOO_MANY,
    empty=_EMPTY,
    no_text=_EMPTY,
    too_large=_TOO_MANY,
)
