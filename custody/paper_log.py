"""A paper log of handouts as lines of text: time, number, ward, caller, by, call-back. Pure.

What a cell must hold is said by the form of a single entry (``custody.late_forms``), and whether
it can be by the act itself.
"""

import csv
import re
from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import clean_line
from custody.binder_file import LINE_END, WHOLE_FILE, shown, text_of

MAX_BYTES: Final = 1024 * 1024
MAX_ROWS: Final = 200  # while they are entered, nobody else can hand out
LONGEST_LINE: Final = 1000

# The columns in their usual order, each with the names that a header may give it.
COLUMNS: Final = {
    "at": {"time", "tid"},
    "number": {"number", "nummer", "reservnummer"},
    "ward": {"ward", "avdelning"},
    "caller": {"caller", "uppringare"},
    "by": {"by", "av"},
    "callback": {"callback", "motringning"},
}
OPTIONAL: Final = {"callback"}
# As spreadsheets are pasted, and as they are saved. A ward's name may hold a comma.
_SEPARATORS: Final = ("\t", ";", ",")
_CONTENT: Final = re.compile(r"[^\s,;\"]")


@dataclass(frozen=True)
class Row:
    """One line: its place, counted from 1, and its cleaned cells by column."""

    line: int
    cells: dict[str, str]

    @property
    def content(self) -> str:
        """What the line says, however it was written: the same line has the same."""
        return "\t".join(self.cells[column] for column in COLUMNS)


@dataclass(frozen=True)
class Fault:
    """One reason to refuse the log.

    ``line`` is 0 for a fault of the whole; ``text`` can be shown; ``handout_id`` is of the
    handout that the reason tells of, if it does. ``asks``: a tick and a reason would do.
    """

    line: int
    text: str
    reason: str | Promise
    handout_id: int | None = None
    asks: bool = False


@dataclass(frozen=True)
class PaperLog:
    """The rows that could be split, and a fault for each line that couldn't."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read(data: bytes) -> PaperLog:
    """Read the bytes of a log: tabulator, semicolon or comma; a header or none.

    Raises nothing: whatever is wrong is among the faults.
    """
    too_large = len(data) > MAX_BYTES
    text = None if too_large else text_of(data)
    if text is None:
        return _refused(_TOO_LARGE if too_large else _NO_TEXT)
    lines = [(at, ln) for at, ln in enumerate(LINE_END.split(text), 1) if _CONTENT.search(ln)]
    if not lines:
        return _refused(_EMPTY)
    separator = next((mark for mark in _SEPARATORS if mark in lines[0][1]), ",")
    header = _header(lines[0][1], separator)
    if header is not None:
        at, line = lines.pop(0)
        if not _is_complete(header):
            return PaperLog(faults=[Fault(at, shown(line), _HEADER)])
    if not lines:
        return _refused(_EMPTY)
    if len(lines) > MAX_ROWS:
        return _refused(_TOO_MANY_ROWS)
    return _read_lines(lines, separator, header or list(COLUMNS))


def _header(line: str, separator: str) -> list[str] | None:
    """Return the columns that a first line names; None where it is a row, which has digits."""
    if re.search("[0-9]", line) or len(line) > LONGEST_LINE:
        return None
    return [_column(cell.casefold()) for cell in _cells(line, separator, most=0)]


def _column(name: str) -> str:
    """Return the column that goes by a name, or ""."""
    return next((column for column, names in COLUMNS.items() if name in names), "")


def _is_complete(header: list[str]) -> bool:
    """Tell whether every column that must be is named once, and nothing else is."""
    needed = COLUMNS.keys() - OPTIONAL
    return len(set(header)) == len(header) and needed <= set(header) <= COLUMNS.keys()


def _read_lines(lines: list[tuple[int, str]], separator: str, columns: list[str]) -> PaperLog:
    rows: list[Row] = []
    faults: list[Fault] = []
    least = max(place for place, name in enumerate(columns, 1) if name not in OPTIONAL)
    for at, line in lines:
        if len(line) > LONGEST_LINE:
            faults.append(Fault(at, shown(line), _TOO_LONG))
            continue
        cells = _cells(line, separator, most=len(columns))
        if not least <= len(cells) <= len(columns):
            faults.append(Fault(at, shown(line), _WRONG_COLUMNS))
            continue
        found = dict(zip(columns, cells, strict=False))
        rows.append(Row(at, {column: found.get(column, "") for column in COLUMNS}))
    return PaperLog(rows, faults)


def _cells(line: str, separator: str, *, most: int) -> list[str]:
    """Split one line. By itself, so that a quote left open can't swallow the rest of the log.

    Spreadsheets leave empty cells at the end of a line where a column was once used: those after
    the first ``most`` are dropped.
    """
    row = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    cells = list(map(clean_line, row))
    while len(cells) > most and not cells[-1]:
        cells.pop()
    return cells


def _refused(reason: Promise) -> PaperLog:
    return PaperLog(faults=[Fault(WHOLE_FILE, "", reason)])


_TOO_LARGE: Final = _("The log is larger than 1 MiB. Is it the right file?")
_NO_TEXT: Final = _("This is not a text file. Save the log as CSV in UTF-8.")
_EMPTY: Final = _("There is no handout in the log.")
_TOO_MANY_ROWS: Final = _("The log has more than 200 lines. Enter it in parts.")
_HEADER: Final = _(
    "The columns must be named time, number, ward, caller and by, and may have callback; there"
    " must be no others."
)
_TOO_LONG: Final = _("This line is too long to be a handout.")
_WRONG_COLUMNS: Final = _(
    "This line has too few or too many columns. They are time, number, ward, caller, by, and"
    " call-back number if there is one."
)
