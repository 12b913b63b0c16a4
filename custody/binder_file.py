"""A binder as a file: CSV with the columns tab and number, or one number a line. Pure.

What needs the database is checked in ``custody.binder``: numbers that a binder ever held, and
the birth date and training flag of the binder that the file is meant for.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from custody import identities

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from django.utils.functional import _StrOrPromise

MAX_BYTES: Final = 1024 * 1024
MAX_ROWS: Final = 10_000
MAX_SHOWN: Final = 40
WHOLE_FILE: Final = 0  # the line of a fault that is the whole file's

# Column names by which a header is known, in both languages of the screens.
TAB_NAMES: Final = frozenset({"tab", "flik"})
NUMBER_NAMES: Final = frozenset({"number", "nummer", "reservnummer"})

_SEPARATORS: Final = (";", "\t", ",")
_COLUMNS: Final = {1: ("number",), 2: ("tab", "number")}  # by their count, without a header
LINE_END: Final = re.compile(r"\r\n|\r|\n")
_CONTENT: Final = re.compile(r"[^\s,;\"]")
_TAB: Final = re.compile(r"0*[1-9][0-9]{0,3}")
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # what no text file has
_SEPARATOR_LINE: Final = re.compile(r"sep=.(?=[\r\n])", re.IGNORECASE)  # Excel's own
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_LONGEST_LINE: Final = 2 * identities.LONGEST

# Where, what is compared, and how it is shown.
_Found: TypeAlias = "tuple[int, Hashable, str]"


class FaultCode(StrEnum):
    """What is wrong with a line or a file, beside the faults of the numbers themselves."""

    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    BINARY = "binary"
    EMPTY = "empty"
    COLUMNS = "columns"
    TAB = "tab"
    TAB_TWICE = "tab_twice"
    NUMBER_TWICE = "number_twice"
    UNKNOWN_SEX = "unknown_sex"
    BIRTH_DATE = "birth_date"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class BinderRow:
    """One correct line: its place in the file, the tab if the file has tabs, the number."""

    line: int
    tab: int | None
    identity: identities.Identity


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason to refuse the file.

    ``line`` counts from 1, and is 0 for a fault of the whole file. ``text`` is the faulty part
    as it can be shown: at most 40 characters, nothing invisible. ``reason`` is for people,
    lazily translated; ``code`` is for programs.
    """

    line: int
    text: str
    code: FaultCode | identities.Fault
    reason: _StrOrPromise


@dataclass(frozen=True, slots=True)
class BinderFile:
    """What a file holds: the rows without fault, and every fault in the order of the lines."""

    rows: list[BinderRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read(data: bytes) -> BinderFile:
    """Read the bytes of a binder file.

    Accepts UTF-8, UTF-16 with byte order mark, and Windows-1252; any line end; comma,
    semicolon or tabulator; quotes, blank lines, and numbers written with spaces, hyphens and
    small letters. A header is optional, its columns in either order.
    Raises nothing: whatever is wrong is among the faults, all of them at once. A file with
    faults must not be loaded, not even its good rows.
    """
    if len(data) > MAX_BYTES:
        return _refused(FaultCode.TOO_LARGE, _TOO_LARGE)
    text = text_of(data)
    if text is None:
        return _refused(FaultCode.BINARY, _NO_TEXT)
    lines = [(at, ln) for at, ln in enumerate(LINE_END.split(text), 1) if _CONTENT.search(ln)]
    columns = _header(lines[0][1]) if lines else None
    if columns is not None:
        at, line = lines.pop(0)
        if sorted(columns) not in (["number"], ["number", "tab"]):
            return BinderFile(faults=[fault_at(at, line, FaultCode.COLUMNS, _HEADER)])
    if not lines:
        return _refused(FaultCode.EMPTY, _EMPTY)
    if len(lines) > MAX_ROWS:
        return _refused(FaultCode.TOO_MANY_ROWS, _TOO_MANY_ROWS)
    rows, faults = _read_lines(lines, columns)
    faults += _compare(rows)
    faulty = {fault.line for fault in faults}
    return BinderFile(
        [row for row in rows if row.line not in faulty],
        sorted(faults, key=lambda fault: fault.line),
    )


def text_of(data: bytes) -> str | None:
    """Return the text of a file, or None where the bytes are none.

    A first line that names the separator for Excel is left empty, so that lines keep their numbers.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        # Latin-1 takes the five bytes that Windows-1252 leaves undefined.
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _BINARY.search(text):
            return None
        named = _SEPARATOR_LINE.match(text)
        return text[named.end() :] if named else text
    return None


def _header(line: str) -> tuple[str, ...] | None:
    """Return the columns that a first line names, None where it is a row.

    A line with a known name is a header, and so is one without any digit: no row is. Names
    that are not known come back empty.
    """
    names = tuple(cell.casefold() for cell in _cells(line))
    columns = tuple(
        "tab" if name in TAB_NAMES else "number" if name in NUMBER_NAMES else "" for name in names
    )
    return columns if any(columns) or not re.search("[0-9]", line) else None


def _cells(line: str) -> list[str]:
    """Split one line; what is too long to be a row stays whole.

    Line by line, so that a quote left open cannot swallow the rest of the file.
    """
    if len(line) > _LONGEST_LINE:
        return [line]
    separator = next((mark for mark in _SEPARATORS if mark in line.rstrip()), ",")
    reader = csv.reader([line], delimiter=separator, skipinitialspace=True)
    cells = [cell.strip() for cell in next(reader)]
    # Spreadsheets leave empty cells at the end of a line where a column was once used.
    while not cells[-1]:
        cells.pop()
    return cells


def _read_lines(
    lines: list[tuple[int, str]], columns: tuple[str, ...] | None
) -> tuple[list[BinderRow], list[Fault]]:
    """Read each line by itself; without a header, the first good line tells the columns."""
    rows: list[BinderRow] = []
    faults: list[Fault] = []
    for at, line in lines:
        cells = _cells(line)
        columns = columns or _COLUMNS.get(len(cells))
        if columns is None or len(cells) != len(columns):
            faults.append(fault_at(at, line, FaultCode.COLUMNS, _WRONG_COLUMNS))
            continue
        row, wrong = _read_row(at, dict(zip(columns, cells, strict=True)))
        rows += row
        faults += wrong
    return rows, faults


def _read_row(at: int, cells: dict[str, str]) -> tuple[list[BinderRow], list[Fault]]:
    """Read one row and all its faults. There is a row wherever there is a number."""
    rows: list[BinderRow] = []
    faults: list[Fault] = []
    tab = int(cells["tab"]) if _TAB.fullmatch(cells.get("tab", "")) else None
    if "tab" in cells and tab is None:
        faults.append(fault_at(at, cells["tab"], FaultCode.TAB, _TAB_NUMBER))
    try:
        identity = identities.parse_reserve_number(cells["number"])
    except identities.IdentityError as error:
        faults.append(fault_at(at, cells["number"], error.code, error.message))
    else:
        rows.append(BinderRow(at, tab, identity))
        if identity.sex is identities.Sex.UNKNOWN:
            faults.append(fault_at(at, identity.grouped, FaultCode.UNKNOWN_SEX, _UNKNOWN_SEX))
    return rows, faults


def _compare(rows: list[BinderRow]) -> list[Fault]:
    """Find what is wrong only beside the other rows of the file."""
    if not rows:
        return []
    tabs = [(row.line, row.tab, str(row.tab)) for row in rows if row.tab is not None]
    numbers = [(row.line, row.identity.value, row.identity.grouped) for row in rows]
    dates = [(row.line, row.identity.birth_date, row.identity.grouped) for row in rows]
    kinds = [(row.line, row.identity.training, row.identity.grouped) for row in rows]
    usual_date = str(_usual(dates))
    return [
        *repeated(tabs, FaultCode.TAB_TWICE, _TAB_TWICE),
        *repeated(numbers, FaultCode.NUMBER_TWICE, NUMBER_TWICE),
        *_differing(dates, FaultCode.BIRTH_DATE, format_lazy(_BIRTH_DATE, date=usual_date)),
        *_differing(
            kinds, FaultCode.MIXED, _REAL_AMONG if _usual(kinds) is True else _TRAINING_AMONG
        ),
    ]


def repeated(found: Iterable[_Found], code: FaultCode, reason: _StrOrPromise) -> Iterable[Fault]:
    """Yield a fault for each line whose value an earlier line has."""
    first: dict[Hashable, int] = {}
    for line, value, shown in found:
        if value in first:
            yield fault_at(line, shown, code, format_lazy(reason, line=first[value]))
        first.setdefault(value, line)


def _differing(found: Sequence[_Found], code: FaultCode, reason: _StrOrPromise) -> Iterable[Fault]:
    """Yield a fault for each line whose value is not the usual one."""
    usual = _usual(found)
    return [fault_at(line, shown, code, reason) for line, value, shown in found if value != usual]


def _usual(found: Sequence[_Found]) -> Hashable:
    # The most frequent value, not the first: one slip on line 2 must not blame all the others.
    return Counter(value for _line, value, _shown in found).most_common(1)[0][0]


def _refused(code: FaultCode, reason: _StrOrPromise) -> BinderFile:
    return BinderFile(faults=[Fault(WHOLE_FILE, "", code, reason)])


def fault_at(
    line: int, text: str, code: FaultCode | identities.Fault, reason: _StrOrPromise
) -> Fault:
    """Return a fault whose text can be shown, whatever was written."""
    return Fault(line, shown(text), code, reason)


def shown(text: str) -> str:
    """Cut a text to what fits on a line, with a sign for each character that shows nothing."""
    cut = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
    return "".join("\ufffd" if unicodedata.category(c) in _INVISIBLE else c for c in cut)


_TOO_LARGE: Final = _("The file is larger than 1 MiB. Is it the right file?")
_NO_TEXT: Final = _(
    "This is not a text file. Save the binder as CSV in UTF-8, or write one number a line."
)
_TOO_MANY_ROWS: Final = _("The file has more than 10,000 rows. Is it the right file?")
_EMPTY: Final = _("There is no number in the file.")
_HEADER: Final = _("The columns must be named tab and number, and there must be no others.")
_WRONG_COLUMNS: Final = _(
    "This line has another number of columns than the file. "
    "Each line has a tab and a number, or all lines have only a number."
)
_TAB_NUMBER: Final = _("The tab must be a whole number from 1 to 9999.")
_UNKNOWN_SEX: Final = _("A binder holds women's and men's numbers only, none with X.")
_TAB_TWICE: Final = _("The same tab stands on line {line}.")
NUMBER_TWICE: Final = _("The same number stands on line {line}.")
_BIRTH_DATE: Final = _("The other numbers in the file have the birth date {date}.")
_REAL_AMONG: Final = _("This is a real number among training numbers. Never mix them.")
_TRAINING_AMONG: Final = _("This is a training number among real numbers. Never mix them.")
