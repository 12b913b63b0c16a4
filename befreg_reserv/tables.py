"""Tables that people load or paste: saved by a spreadsheet, or typed one row a line. Pure.

The one reader of wards, binders, paper logs and lists of numbers. A reader of one kind of table
says in a ``Layout`` what its columns are, and reads its own cells. And the lines of files that
Swedish Excel opens, in which nothing is calculated.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import StringIO
from typing import TYPE_CHECKING, Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from befreg_reserv.text import clean_line, words

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

MAX_BYTES: Final = 1024 * 1024
MAX_SHOWN: Final = 40
WHOLE: Final = 0  # the line number of a fault of the whole table
MOST_LINES: Final = 4  # of one row: a spreadsheet's cell may have line breaks
# As spreadsheets are pasted, and as they are saved. The comma last, because names may contain it.
_SEPARATORS: Final = ("\t", ";", ",")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_CONTENT: Final = re.compile(r"[^\s,;\"]")
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # what no text file has
_SEPARATOR_LINE: Final = re.compile(
    r'"?sep=([^\w\s"]|\t)"?(?=[\r\n])', re.IGNORECASE
)  # Excel's own
# Other programs' files that are text, too.
_NO_TABLE: Final = re.compile(r"\s*(?:\{\\rtf|%PDF-|<[?!a-z])", re.IGNORECASE)
_END_OF_FILE: Final = "\x1a"  # the last character of a file of DOS
# A line that a spreadsheet took for one cell when it opened the file, and wrote as one.
_ONE_CELL: Final = re.compile(r'"((?:[^"]|"")*)"[,;\t]*')
# How a spreadsheet keeps digits as text: ="033", '033.
_KEPT_AS_TEXT: Final = re.compile(r'="([^"]*)"|\'([0-9+].*)')
_FORMULA: Final = re.compile(r"=.*|@\w+\(.*|#[\w/]+[!?]|#N/A|###+", re.IGNORECASE | re.DOTALL)
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


class Code(StrEnum):
    """What can be wrong with any table."""

    TOO_LARGE = "too_large"
    BINARY = "binary"
    EMPTY = "empty"
    TOO_MANY_ROWS = "too_many_rows"
    COLUMNS = "columns"
    FORMULA = "formula"


@dataclass(frozen=True)
class Fault:
    """One reason to refuse a table.

    ``line`` counts from 1, and is 0 for a fault of the whole. ``text`` is the faulty part as it
    can be shown. ``reason`` is for people, ``code`` for programs.
    """

    line: int
    text: str
    reason: str | Promise
    code: str = ""


@dataclass(frozen=True)
class Row:
    """One row: the line it begins on, counted from 1, and its cells by column."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """The columns that were found, the rows that could be split, and a fault for each other row.

    ``passed_over``: columns that hold something and that nobody asked for, by their names.
    """

    columns: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """What a column is called on screens, and the other names that a header may give it."""

    title: Promise
    names: frozenset[str]

    def is_called(self, name: str) -> bool:
        """Tell whether this is one of its names, whatever its case, blanks, hyphens and accents."""
        return _bare(name) in {*map(_bare, self.names), _bare(str(self.title))}


def _bare(name: str) -> str:
    return "".join(words(name))


@dataclass(frozen=True)
class Layout:
    """What a kind of table looks like.

    ``columns``: each column in the usual order. ``optional``: those that may be missing. ``bare``:
    possible columns of a table without a header, of which the first with enough columns for its
    first row is taken; if empty, there must be a header. The texts say why a table is refused.
    """

    columns: Mapping[str, Column]
    most_rows: int
    wrong_columns: Promise
    too_long: Promise
    too_many_rows: Promise
    empty: Promise
    no_text: Promise
    too_large: Promise
    optional: frozenset[str] = frozenset()
    bare: tuple[tuple[str, ...], ...] = ()
    longest_row: int = 2000

    def column(self, name: str) -> str:
        """Return the column that has this name, or ""."""
        return next((key for key, column in self.columns.items() if column.is_called(name)), "")

    @property
    def needed(self) -> list[str]:
        """Return the columns that no table may lack, in their usual order."""
        return [name for name in self.columns if name not in self.optional]

    def titles(self, names: Iterable[str]) -> str:
        """Return what these columns are called on screens."""
        return ", ".join(str(self.columns[name].title) for name in names)

    def wrong_header(self, columns: tuple[str, ...]) -> str:
        """Return what is wrong with a header that names these columns, and what would do; or ""."""
        known = Counter(filter(None, columns))
        missing = [name for name in self.needed if name not in known]
        twice = [name for name, times in known.items() if times > 1]
        if missing:
            text = gettext(
                "The first line must name the columns, in any order: %(needed)s. There may also be"
                " %(optional)s. Missing here: %(missing)s."
            )
            optional = self.titles(name for name in self.columns if name in self.optional)
            return text % {
                "needed": self.titles(self.needed),
                "optional": optional,
                "missing": self.titles(missing),
            }
        if twice:
            text = gettext("Two columns have the same meaning: %(twice)s. Take one of them away.")
            return text % {"twice": self.titles(twice)}
        return ""

    def columns_of(self, cells: list[str]) -> tuple[str, ...]:
        """Return the columns for a row of a table without a header; () if it has too many cells."""
        count = len(_trimmed(cells, 0))
        return next((columns for columns in self.bare if count <= len(columns)), ())

    def fits(self, cells: list[str], columns: tuple[str, ...]) -> bool:
        """Tell whether a row has a cell for every needed column, and none beyond the last."""
        places = (place for place, name in enumerate(columns, 1) if name in self.needed)
        return max(places, default=1) <= len(cells) <= len(columns)


def read(data: bytes, layout: Layout) -> Table:
    """Read a table: any encoding, separator and line end that spreadsheets write.

    Columns may stand in any order; unknown ones are passed over. Blank lines are skipped; a cell
    may have line breaks. Raises nothing: all faults are returned together.
    """
    if len(data) > MAX_BYTES:
        return _refused(layout.too_large, Code.TOO_LARGE)
    text = text_of(data)
    if text is None:
        return _refused(layout.no_text, Code.BINARY)
    named = _SEPARATOR_LINE.match(text)
    text = text[named.end() :] if named else text  # its line end stays, so lines keep their numbers
    text = _unwrapped(text)
    separator = named[1] if named else _separator(text, layout)
    rows = list(_rows(text, separator, layout.longest_row))
    header = _header(rows[0][1], separator, layout) if rows else None
    if header is not None:
        line, row = rows.pop(0)
        if wrong := layout.wrong_header(header.columns):
            return Table(faults=[fault_at(line, row, wrong, Code.COLUMNS)])
    if not rows:
        return _refused(layout.empty, Code.EMPTY)
    if len(rows) > layout.most_rows:
        return _refused(layout.too_many_rows, Code.TOO_MANY_ROWS)
    return _split(rows, header or _Header(), separator, layout)


def _refused(reason: Promise, code: Code) -> Table:
    return Table(faults=[Fault(WHOLE, "", reason, code)])


def lines(text: str) -> list[tuple[int, str]]:
    """Return the lines with content, each with its number, counted from 1."""
    return [(at, line) for at, line in enumerate(_LINE_END.split(text), 1) if _CONTENT.search(line)]


def names_columns(text: str, layout: Layout) -> bool:
    """Tell whether the first line with content names a column, so that the text is a table."""
    first = next(iter(lines(text)), (0, ""))[1][: layout.longest_row]
    return any(map(layout.column, _cells(first, _separator(text, layout))))


def text_of(data: bytes) -> str | None:
    """Return the text of a file, or None if the bytes are no text.

    Reads UTF-8, UTF-16, Windows-1252, and what a Macintosh saves.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif data[1::2].count(0) * 2 > len(data[1::2]):  # every second byte of Latin letters is 0
        encodings = ("utf-16-le",)
    elif b"\r" in data and b"\n" not in data:
        encodings = ("utf-8-sig", "mac_roman")  # no other saves such line ends
    else:
        # Latin-1 takes the five bytes that Windows-1252 leaves undefined.
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = data.decode(encoding).lstrip("\ufeff").removesuffix(_END_OF_FILE)
        except UnicodeDecodeError:
            continue
        return None if _BINARY.search(text) or _NO_TABLE.match(text) else text
    return None


def _unwrapped(text: str) -> str:
    """Return a text whose every line is one cell with cells in it as if it weren't."""
    written = [(at, _ONE_CELL.fullmatch(line.strip())) for at, line in lines(text)]
    cells = {at: found[1].replace('""', '"') for at, found in written if found}
    if len(cells) < len(written) or not any(
        mark in cell for cell in cells.values() for mark in _SEPARATORS
    ):
        return text
    return "\n".join(cells.get(at, "") for at in range(1, max(cells) + 1))


def _separator(text: str, layout: Layout) -> str:
    """Return the separator by which the first line with content names the most columns."""
    first = next(iter(lines(text)), (0, ""))[1]

    def names(separator: str) -> int:
        return sum(map(bool, map(layout.column, _cells(first[: layout.longest_row], separator))))

    found = [mark for mark in _SEPARATORS if mark in first.strip()]
    return max(found, key=names, default=",")


def _rows(text: str, separator: str, longest: int) -> Iterator[tuple[int, str]]:
    """Yield each row as it was written, with the line it begins on.

    A quote that the next lines don't close is taken as closed at the end of its own line, or it
    would swallow the rest of the table. So is one that they close behind cells of another row.
    """
    written = _LINE_END.split(text)
    at = 0
    while at < len(written):
        tall = 1
        if '"' in written[at] and not _is_whole(written[at], separator):
            joined = ("\n".join(written[at : at + more]) for more in range(2, MOST_LINES + 1))
            fitting = enumerate((_is_whole(row[: longest + 1], separator) for row in joined), 2)
            tall = next((more for more, whole in fitting if whole), 1)
        row = "\n".join(written[at : at + tall])
        if _CONTENT.search(row):
            yield at + 1, row
        at += tall


def _is_whole(row: str, separator: str) -> bool:
    """Tell whether every quote of a row is closed at the end of its cell.

    A cell over several lines that holds a separator has swallowed cells of others.
    """
    try:
        cells = next(csv.reader([row], delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error:
        return False
    return not any("\n" in cell and separator in cell for cell in cells)


@dataclass(frozen=True)
class _Header:
    """The names of a first row, and the columns that they mean: "" for one that nobody knows."""

    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def is_again(self, cells: list[str]) -> bool:
        """Tell whether these cells are the same names."""
        return [cell.casefold() for cell in cells] == [name.casefold() for name in self.names]


def _header(row: str, separator: str, layout: Layout) -> _Header | None:
    """Return what a first row names; None if it is no header.

    It is a header if every table of its kind has one, if it names all needed columns, if half of
    its cells are known names, or if it has no digit: every row has one. One cell of a row may be
    such a name: a person's initials, a ward.
    """
    if len(row) > layout.longest_row:
        return None if layout.bare else _Header()
    names = tuple(map(clean_line, _cells(row, separator)))
    columns = tuple(map(layout.column, names))
    known = sum(map(bool, columns))
    named = set(layout.needed) <= set(columns) or (known and 2 * known >= sum(map(bool, names)))
    if named or not layout.bare or not re.search("[0-9]", row):
        return _Header(names, columns)
    return None


def _split(rows: list[tuple[int, str]], header: _Header, separator: str, layout: Layout) -> Table:
    """Split each row; without a header, the first row that fits determines the columns.

    The header may stand there again: somebody has put two files together.
    """
    columns, split, faults = header.columns, [], []
    filled: set[int] = set()  # places of cells with something in them
    for line, row in rows:
        if len(row) > layout.longest_row:
            faults.append(fault_at(line, row, layout.too_long, Code.COLUMNS))
            continue
        cells = _cells(row, separator)
        columns = columns or layout.columns_of(cells)
        cells = _trimmed(cells, len(columns))
        if header.is_again(cells):
            continue
        if columns and layout.fits(cells, columns):
            filled |= {place for place, cell in enumerate(cells) if cell}
            padded = cells + [""] * (len(columns) - len(cells))
            named = {name: cell for name, cell in zip(columns, padded, strict=True) if name}
            formulas = list(filter(_FORMULA.fullmatch, named.values()))
            faults += [fault_at(line, cell, _NO_VALUE, Code.FORMULA) for cell in formulas]
            split += [] if formulas else [Row(line, named)]
        else:
            faults.append(fault_at(line, row, layout.wrong_columns, Code.COLUMNS))
    return Table(tuple(filter(None, columns)), split, faults, _passed_over(header, filled))


def _passed_over(header: _Header, filled: set[int]) -> tuple[str, ...]:
    """Return the names of the columns that nobody asked for, and that hold something."""
    return tuple(
        shown(name) if name else gettext("column %(place)d") % {"place": place + 1}
        for place, (name, column) in enumerate(zip(header.names, header.columns, strict=True))
        if not column and place in filled
    )


def _cells(row: str, separator: str) -> list[str]:
    found = next(csv.reader([row], delimiter=separator, skipinitialspace=True))
    return [_plain(cell.strip()) for cell in found]


def _plain(cell: str) -> str:
    """Return a cell without what a spreadsheet puts around digits to keep them as text."""
    kept = _KEPT_AS_TEXT.fullmatch(cell)
    return (kept[1] or kept[2]) if kept else cell


def _trimmed(cells: list[str], least: int) -> list[str]:
    """Drop the empty cells that spreadsheets leave where a column was once used."""
    last = max((place for place, cell in enumerate(cells, 1) if cell), default=0)
    return cells[: max(last, least)]


def repeated(
    found: Iterable[tuple[int, Hashable, str]], code: str, reason: _StrPromise
) -> Iterator[Fault]:
    """Yield a fault for each line whose value an earlier line has.

    ``found``: the line, what is compared, and how it is shown. ``reason`` has a {line}.
    """
    first: dict[Hashable, int] = {}
    for line, value, text in found:
        if value in first:
            yield fault_at(line, text, format_lazy(reason, line=first[value]), code)
        first.setdefault(value, line)


def by_line(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults in the order of their lines."""
    return sorted(faults, key=lambda fault: fault.line)


def describe(fault: Fault) -> str:
    """Return a fault as one line of text."""
    where = gettext("line %(line)d: ") % {"line": fault.line} if fault.line else ""
    what = f"{fault.text} – " if fault.text else ""
    return f"{where}{what}{fault.reason}"


_NO_VALUE: Final = _(
    "This is a formula of a spreadsheet, or what stands where one fails, and no value. Write what"
    " should stand here."
)
# A whole number of many digits, as a spreadsheet shows and then saves it.
_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
# No number of Sweden begins so: an extension is shorter, and others begin with 0, 00 or +.
_WITHOUT_ZERO: Final = re.compile(r"[1-9][0-9]{7,8}")
SPOILT_TELEPHONE: Final = _(
    "The spreadsheet has changed this telephone number: format the column as text, and write the"
    " number again with its zero."
)


def is_scientific(text: str) -> bool:
    """Tell whether a spreadsheet has rounded a long number: 3,36161E+08."""
    return bool(_SCIENTIFIC.fullmatch(text))


def is_spoilt_telephone(text: str) -> bool:
    """Tell whether a spreadsheet has made another number of a telephone number."""
    return is_scientific(text) or bool(_WITHOUT_ZERO.fullmatch(text))


def fault_at(line: int, text: str, reason: str | Promise, code: str) -> Fault:
    """Return a fault whose text can be shown, whatever was written."""
    return Fault(line, shown(text), reason, code)


def shown(text: str) -> str:
    """Cut a text to what fits on a line, with a mark for each invisible character."""
    cut = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
    return "".join("\ufffd" if unicodedata.category(c) in _INVISIBLE else c for c in cut)


# --- written --------------------------------------------------------------------------------------

BOM = "\ufeff"  # without it Excel takes UTF-8 for Latin-1
SEPARATOR = ";"
# With these a spreadsheet begins a formula, or skips them before one. Excel reads the full-width
# forms, which Japanese keyboards write, as the plain ones.
LIVE = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
# Where a cell can begin: at its start, and after each character that another spreadsheet may take
# for the separator. Our quotes don't prevent that: it finds none where its own cell begins.
_BEGINS = re.compile(rf'(^|[,;\t])(?=["\s]*[{re.escape("".join(LIVE))}])')


def safe(cell: str) -> str:
    """Return the cell so that no spreadsheet calculates it: an apostrophe marks it as text."""
    return _BEGINS.sub(r"\1'", cell)


def line(cells: Sequence[str]) -> str:
    """Return one line of the file."""
    written = StringIO()
    csv.writer(written, delimiter=SEPARATOR, quoting=csv.QUOTE_ALL).writerow(map(safe, cells))
    return written.getvalue()
