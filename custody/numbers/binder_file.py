"""A binder as a file: CSV with tab, number and perhaps names, or one number a line. Pure.

What needs the database is checked in ``custody.binder.loading``: numbers that a binder ever held,
and the birth date and training flag of the binder that the file is meant for.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from befreg_reserv import tables
from befreg_reserv.tables import Code, Column, Fault, Layout, by_line, fault_at
from befreg_reserv.text import clean_line
from custody.numbers import identities

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from django.utils.functional import _StrOrPromise

MAX_ROWS: Final = 10_000
NAME_LENGTH: Final = 60
NAMES: Final = {
    "family_name": Column(_("family name"), frozenset({"family name", "efternamn"})),
    "given_name": Column(_("given name"), frozenset({"given name", "förnamn"})),
}
NUMBER: Final = Column(
    _("number"),
    frozenset({"number", "nummer", "nr", "reservnummer", "reservnr", "reserve number"}),
)
_TAB: Final = re.compile(r"0*[1-9][0-9]{0,3}")

# Line, the value that is compared, and how it is shown.
_Compared: TypeAlias = "tuple[int, Hashable, str]"


class FaultCode(StrEnum):
    """What is wrong with a binder's row, beside the faults of any table and of the numbers."""

    TAB = "tab"
    TAB_TWICE = "tab_twice"
    NUMBER_TWICE = "number_twice"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class BinderRow:
    """One correct line: its place in the file, the tab if the file has tabs, the number."""

    line: int
    tab: int | None
    identity: identities.Identity
    # The number's own names in Befreg, if the file has them; else the binder's.
    family_name: str = ""
    given_name: str = ""


@dataclass(frozen=True, slots=True)
class BinderFile:
    """What a file holds: the rows without fault, and every fault in the order of the lines."""

    rows: list[BinderRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    passed_over: tuple[str, ...] = ()  # the names of columns that nobody asked for


def read(data: bytes) -> BinderFile:
    """Read the bytes of a binder file.

    Accepts what ``tables`` does, and numbers written with spaces, hyphens and small letters. A
    header is optional, its columns in any order.
    Raises nothing: whatever is wrong is among the faults, all of them at once. A file with
    faults must not be loaded, not even its good rows.
    """
    table = tables.read(data, _LAYOUT)
    rows: list[BinderRow] = []
    faults = list(table.faults)
    for row in table.rows:
        numbers, row_faults = _read_row(row.line, row.cells)
        rows += numbers
        faults += row_faults
    faults += _compare(rows)
    faulty = {fault.line for fault in faults}
    sound = [row for row in rows if row.line not in faulty]
    return BinderFile(sound, by_line(faults), table.passed_over)


def _read_row(line: int, cells: dict[str, str]) -> tuple[list[BinderRow], list[Fault]]:
    """Read one row: no or one number, and all faults. A number with a wrong tab is returned too."""
    rows: list[BinderRow] = []
    faults: list[Fault] = []
    cells = _turned(cells)
    if not cells["number"]:
        return [], [fault_at(line, cells.get("tab", ""), _WRONG_COLUMNS, Code.COLUMNS)]
    tab = int(cells["tab"]) if _TAB.fullmatch(cells.get("tab", "")) else None
    if "tab" in cells and tab is None:
        faults.append(fault_at(line, cells["tab"], _TAB_NUMBER, FaultCode.TAB))
    try:
        identity = identities.parse_reserve_number(cells["number"])
    except identities.IdentityError as error:
        faults.append(fault_at(line, cells["number"], error.message, error.code))
    else:
        names = {name: clean_line(cells.get(name, "")) for name in NAMES}
        rows.append(BinderRow(line, tab, identity, **names))
        faults += [
            fault_at(line, name, _LONG_NAME, FaultCode.NAME)
            for name in names.values()
            if len(name) > NAME_LENGTH
        ]
    return rows, faults


def _turned(cells: dict[str, str]) -> dict[str, str]:
    """Return the cells with tab and number in their places: nobody takes one for the other."""
    tab, number = cells.get("tab", ""), cells["number"]
    if tab and _TAB.fullmatch(number) and not _TAB.fullmatch(tab):
        return cells | {"tab": number, "number": tab}
    return cells


def _compare(rows: list[BinderRow]) -> list[Fault]:
    """Find the faults that show only in comparison with the file's other rows."""
    if not rows:
        return []
    tabs = [(row.line, row.tab, str(row.tab)) for row in rows if row.tab is not None]
    numbers = [(row.line, row.identity.value, row.identity.grouped) for row in rows]
    dates = [(row.line, row.identity.birth_date, row.identity.grouped) for row in rows]
    kinds = [(row.line, row.identity.training, row.identity.grouped) for row in rows]
    usual_date = str(_usual(dates))
    return [
        *tables.repeated(tabs, FaultCode.TAB_TWICE, _TAB_TWICE),
        *tables.repeated(numbers, FaultCode.NUMBER_TWICE, NUMBER_TWICE),
        *_differing(dates, FaultCode.BIRTH_DATE, format_lazy(_BIRTH_DATE, date=usual_date)),
        *_differing(
            kinds, FaultCode.MIXED, _REAL_AMONG if _usual(kinds) is True else _TRAINING_AMONG
        ),
    ]


def _differing(
    values: Sequence[_Compared], code: FaultCode, reason: _StrOrPromise
) -> Iterable[Fault]:
    """Yield a fault for each line whose value is not the usual one."""
    usual = _usual(values)
    return [fault_at(line, text, reason, code) for line, value, text in values if value != usual]


def _usual(values: Sequence[_Compared]) -> Hashable:
    # The most frequent value, not the first: one slip on line 2 must not blame all the others.
    return Counter(value for _line, value, _text in values).most_common(1)[0][0]


_WRONG_COLUMNS: Final = _(
    "This line has another number of columns than the file. "
    "Each line has a tab and a number, or all lines have only a number."
)
_LAYOUT: Final = Layout(
    columns={
        "tab": Column(_("tab"), frozenset({"tab", "flik", "fliknr", "fliknummer"})),
        "number": NUMBER,
        **NAMES,
    },
    optional=frozenset({"tab", *NAMES}),
    bare=(("number",), ("tab", "number")),
    most_rows=MAX_ROWS,
    wrong_columns=_WRONG_COLUMNS,
    too_long=_WRONG_COLUMNS,
    too_many_rows=_("The file has more than 10,000 rows. Is it the right file?"),
    empty=_("There is no number in the file."),
    no_text=_(
        "This is not a text file. Save the binder as CSV in UTF-8, or write one number a line."
    ),
    too_large=_("The file is larger than 1 MiB. Is it the right file?"),
)
_TAB_NUMBER: Final = _("The tab must be a whole number from 1 to 9999.")
_LONG_NAME: Final = _("A name has at most 60 characters.")
_TAB_TWICE: Final = _("The same tab stands on line {line}.")
NUMBER_TWICE: Final = _("The same number stands on line {line}.")
_BIRTH_DATE: Final = _("The other numbers in the file have the birth date {date}.")
_REAL_AMONG: Final = _("This is a real number among training numbers. Never mix them.")
_TRAINING_AMONG: Final = _("This is a training number among real numbers. Never mix them.")
