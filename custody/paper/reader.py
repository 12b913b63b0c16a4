"""Read a paper log of handouts, a line each: time, number, ward, caller, by, call-back. Pure.

The form of a single entry (``custody.forms.paper``) checks the cells; the act itself decides
whether a line can be entered.
"""

from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext_lazy as _

from befreg_reserv import tables
from befreg_reserv.tables import Column, Layout
from befreg_reserv.text import clean_line
from custody.numbers.binder_file import NUMBER

# While they are entered, nobody else can hand out. Fifty take 3 to 5 s; 200 took more than 12.
MAX_ROWS: Final = 50

COLUMNS: Final = {
    "at": Column(_("time"), frozenset({"time", "tid", "tidpunkt", "klockslag", "kl"})),
    "number": NUMBER,
    "ward": Column(_("ward"), frozenset({"ward", "avdelning", "avd", "enhet"})),
    "caller": Column(_("caller"), frozenset({"caller", "uppringare", "ringde", "vgr-id"})),
    "by": Column(_("handed out by"), frozenset({"by", "av", "utlämnat av", "lämnades ut av"})),
    "callback": Column(
        _("call back"),
        frozenset({"callback", "motringning", "ring tillbaka", "telefon", "telephone"}),
    ),
}


@dataclass(frozen=True)
class PaperLine:
    """One line: its place, counted from 1, and its cleaned cells by column."""

    line: int
    cells: dict[str, str]

    @property
    def content(self) -> str:
        """Return the cleaned cells as one text: equal for lines that say the same."""
        return "\t".join(self.cells[column] for column in COLUMNS)


@dataclass(frozen=True)
class LineFault(tables.Fault):
    """One reason to refuse the log.

    ``handout_id``: the handout that the reason names, if any. ``asks``: with a tick and a reason
    the line can be entered.
    """

    handout_id: int | None = None
    asks: bool = False


@dataclass(frozen=True)
class PaperLog:
    """The rows that could be split, and a fault for each line that couldn't."""

    rows: list[PaperLine] = field(default_factory=list)
    faults: list[LineFault] = field(default_factory=list)
    passed_over: tuple[str, ...] = ()  # the names of columns that nobody asked for


def read(data: bytes) -> PaperLog:
    """Read the bytes of a log: cells by tabs, semicolons or commas, with or without a header.

    Raises nothing: whatever is wrong is among the faults.
    """
    table = tables.read(data, _LAYOUT)
    rows = [PaperLine(row.line, _cleaned(row.cells)) for row in table.rows]
    faults = [LineFault(fault.line, fault.text, fault.reason) for fault in table.faults]
    return PaperLog(rows, faults, table.passed_over)


def _cleaned(cells: dict[str, str]) -> dict[str, str]:
    return {column: clean_line(cells.get(column, "")) for column in COLUMNS}


_LAYOUT: Final = Layout(
    columns=COLUMNS,
    optional=frozenset({"callback"}),
    bare=(tuple(COLUMNS),),
    most_rows=MAX_ROWS,
    wrong_columns=_(
        "This line has too few or too many columns. They are time, number, ward, caller, by, and"
        " call-back number if there is one."
    ),
    too_long=_("This line is too long to be a handout."),
    too_many_rows=_("The log has more than 50 lines. Enter it in parts."),
    empty=_("There is no handout in the log."),
    no_text=_("This is not a text file. Save the log as CSV in UTF-8."),
    too_large=_("The log is larger than 1 MiB. Is it the right file?"),
)
