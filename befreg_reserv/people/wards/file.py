"""Clinics and wards as a table: read with every fault at once. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv import tables
from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.register import NAME_LENGTH
from befreg_reserv.tables import Column, Fault, Layout, by_line, fault_at
from befreg_reserv.text import clean_line, sort_key

TELEPHONE_LENGTH: Final = 30
HSA_LENGTH: Final = 31
# A unit's HSA-id: SE, its provider's number, and what the provider calls the unit.
HSA_ID: Final = re.compile(r"SE(?:16)?[0-9]{10}-[A-Z0-9]{1,18}")
_DASH: Final = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")  # what a text program makes of a hyphen
# What å, ä and ö become when a file is saved in one encoding and opened in another.
_LOST_LETTER: Final = re.compile("[\ufffd™†„Ž]|Ã[…„–¥¤¶©]")

COLUMNS: Final = {
    "clinic": Column(
        gettext_lazy("clinic"), frozenset({"clinic", "klinik", "kliniknamn", "verksamhet"})
    ),
    "name": Column(
        gettext_lazy("ward"),
        frozenset(
            {"ward", "avdelning", "avdelningsnamn", "avd", "enhet", "enhetsnamn", "mottagning"}
        ),
    ),
    "hsa_id": Column(gettext_lazy("HSA-id"), frozenset({"hsa-id", "hsa"})),
    "telephone": Column(
        gettext_lazy("telephone"),
        frozenset({"telephone", "telefon", "tel", "tfn", "telefonnr", "telefonnummer"}),
    ),
    "email": Column(
        gettext_lazy("e-mail"), frozenset({"email", "e-post", "e-postadress", "mejl", "mail"})
    ),
}


@dataclass(frozen=True)
class WardRow:
    """One ward as a file gives it.

    ``said``: what it says of the ward beside its clinic and name, by column of the model. What the
    file has no column for isn't there, and the ward keeps its own.
    """

    clinic: str
    name: str
    said: dict[str, str] = field(default_factory=dict)
    line: int = 0

    def __str__(self) -> str:
        return f"{self.clinic} / {self.name}"


@dataclass(frozen=True)
class WardFile:
    """The rows of a file; ``passed_over``: the names of its other columns."""

    rows: list[WardRow]
    passed_over: tuple[str, ...] = ()


class BadFile(Refused):
    """A ward file that was refused whole. ``faults`` names every line and reason."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = by_line(faults)
        super().__init__("\n".join(map(tables.describe, self.faults)))


def read(data: bytes) -> WardFile:
    """Return the rows of a table with clinic and ward, and what else it says of each.

    Its first line names the columns, in any order. Raises BadFile naming every faulty line.
    """
    table = tables.read(data, _LAYOUT)
    rows = list(map(_row, table.rows))
    wrong = [fault_at(row.line, text, why, "") for row in rows for text, why in _wrong_values(row)]
    faults = [*table.faults, *wrong, *repeated(rows)]
    if faults:
        raise BadFile(faults)
    return WardFile(rows, table.passed_over)


def _row(found: tables.Row) -> WardRow:
    cells = {column: clean_line(cell) for column, cell in found.cells.items()}
    if "hsa_id" in cells:
        cells["hsa_id"] = _DASH.sub("-", cells["hsa_id"].upper())
    return WardRow(cells.pop("clinic"), cells.pop("name"), cells, found.line)


def _wrong_values(row: WardRow) -> Iterator[tuple[str, str]]:
    """Yield what stands there and what would do, for each cell that is wrong."""
    for name in (row.clinic, row.name):
        if not name:
            yield f"{row.clinic}{row.name}", _("Fill in both the clinic and the ward.")
        yield from _wrong_name(name)
    hsa_id, telephone = row.said.get("hsa_id", ""), row.said.get("telephone", "")
    if hsa_id and not (HSA_ID.fullmatch(hsa_id) and len(hsa_id) <= HSA_LENGTH):
        yield (
            hsa_id,
            _(
                "An HSA-id is SE, ten digits, a hyphen, and letters and digits: 31 characters at"
                " most. Correct it, or leave the cell empty."
            ),
        )
    if tables.is_spoilt_telephone(telephone):
        yield telephone, str(tables.SPOILT_TELEPHONE)
    if len(telephone) > TELEPHONE_LENGTH:
        text = _("A telephone number has at most %(most)d characters. Write one number alone.")
        yield telephone, text % {"most": TELEPHONE_LENGTH}
    email = row.said.get("email", "")
    if email and not _is_email(email):
        yield email, _("This is no e-mail address. Write one as name@example.org, or none.")


def _wrong_name(name: str) -> Iterator[tuple[str, str]]:
    if len(name) > NAME_LENGTH:
        yield name, _("A name has at most %(most)d characters.") % {"most": NAME_LENGTH}
    if HSA_ID.fullmatch(name.upper()):
        yield (
            name,
            _(
                "This is an HSA-id where a name should stand: the cells of this line have slipped."
                " A name that holds the separator, or goes on on the next line, needs quotes."
            ),
        )
    if _LOST_LETTER.search(name):
        yield name, _("Letters were changed when the file was saved: save it as CSV in UTF-8.")


def _is_email(text: str) -> bool:
    try:
        Ward._meta.get_field("email").run_validators(text)
    except ValidationError:
        return False
    return True


def repeated(rows: Iterable[WardRow]) -> Iterator[Fault]:
    """Yield the lines that name the ward of an earlier line, or have its HSA-id."""
    rows = list(rows)
    names = ((row.line, (sort_key(row.clinic), sort_key(row.name)), str(row)) for row in rows)
    hsa_ids = ((row.line, row.said["hsa_id"], str(row)) for row in rows if row.said.get("hsa_id"))
    same = gettext_lazy("The same ward stands on line {line}. Keep one of them.")
    yield from tables.repeated(names, "", same)
    same = gettext_lazy("The ward on line {line} has the same HSA-id. Correct one of them.")
    yield from tables.repeated(hsa_ids, "", same)


_LAYOUT: Final = Layout(
    columns=COLUMNS,
    optional=frozenset(COLUMNS) - {"clinic", "name"},
    most_rows=10_000,
    wrong_columns=gettext_lazy(
        "This line has too few cells, or more than the first line names. A name that holds the"
        " separator, or goes on on the next line, needs quotes."
    ),
    too_long=gettext_lazy("This line is too long to be a ward. Is a quotation mark missing?"),
    too_many_rows=gettext_lazy("The file has more than 10,000 wards. Is it the right file?"),
    empty=gettext_lazy(
        "There is no ward in the file. Its first line names the columns, clinic and ward at least,"
        " and each further line is a ward."
    ),
    no_text=gettext_lazy("This is not a text file. Save the table as CSV in UTF-8."),
    too_large=gettext_lazy("The file is larger than 1 MiB. Is it the right file?"),
)
