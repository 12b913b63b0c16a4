"""People as a table: read with every fault at once. One line for each, or for each ward of each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv import tables
from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.vgr_id import MAX_LENGTH, normalise
from befreg_reserv.tables import Column, Fault, Layout, by_line, fault_at
from befreg_reserv.text import clean_line, fold

MOST_PEOPLE: Final = 100  # each new one's password is hashed, which takes its time on purpose

COLUMNS: Final = {
    "vgr_id": Column(
        gettext_lazy("vgr-id"), frozenset({"vgr-id", "användarnamn", "användare", "username"})
    ),
    "roles": Column(
        gettext_lazy("role"),
        frozenset({"role", "roles", "roll", "roller", "behörighet", "behörigheter"}),
    ),
    "clinic": Column(gettext_lazy("clinic"), frozenset({"clinic", "klinik", "verksamhet"})),
    "wards": Column(
        gettext_lazy("ward"),
        frozenset({"ward", "wards", "avdelning", "avdelningar", "avd", "enhet", "mottagning"}),
    ),
    "email": Column(
        gettext_lazy("e-mail"), frozenset({"email", "e-post", "e-postadress", "mejl", "mail"})
    ),
}
# What people write for each role, folded, beside its words on screens.
ROLES: Final = {
    "till": Role.TILL,
    "kassa": Role.TILL,
    "kassan": Role.TILL,
    "ward": Role.WARD,
    "avdelning": Role.WARD,
    "avd": Role.WARD,
    "administrator": Role.ADMINISTRATOR,
    "admin": Role.ADMINISTRATOR,
    "auditor": Role.AUDITOR,
    "granskare": Role.AUDITOR,
    "loggranskare": Role.AUDITOR,
}
# Between several of a cell. A comma only where no ward has one in its name: see ``loading``.
SEVERAL: Final = re.compile(r"[;|\n]")
COMMA: Final = re.compile(r"[,;|\n]")


@dataclass(frozen=True)
class PersonRow:
    """One person as a file gives them: ``wards`` as they are written there."""

    vgr_id: str
    roles: frozenset[Role] = frozenset()
    wards: tuple[str, ...] = ()
    email: str = ""
    line: int = 0


@dataclass(frozen=True)
class PeopleFile:
    """The people of a file; ``passed_over``: the names of its other columns."""

    rows: list[PersonRow]
    passed_over: tuple[str, ...] = ()


class BadPeopleFile(Refused):
    """A file of people that was refused whole. ``faults`` names every line and reason."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = by_line(faults)
        super().__init__("\n".join(map(tables.describe, self.faults)))


def read(data: bytes) -> PeopleFile:
    """Return the people of a table: vgr-id, and role, ward, clinic, e-mail where it has them.

    Its first line names the columns, in any order. Lines with one vgr-id are one person, who has
    all that they say. Raises BadPeopleFile naming every faulty line.
    """
    table = tables.read(data, _LAYOUT)
    faults = list(table.faults)
    people: dict[str, PersonRow] = {}
    for found in table.rows:
        cells = {name: cell.strip() for name, cell in found.cells.items()}
        faults += [fault_at(found.line, text, why, "") for text, why in _wrong(cells)]
        row = _row(cells, found.line)
        before = people.setdefault(row.vgr_id, row)
        faults += _contradicts(before, row)
        people[row.vgr_id] = _together(before, row)
    if faults:
        raise BadPeopleFile(faults)
    return PeopleFile(list(people.values()), table.passed_over)


def _row(cells: dict[str, str], line: int) -> PersonRow:
    roles = filter(None, map(_role, _parts(cells.get("roles", ""), COMMA)))
    clinic, wards = clean_line(cells.get("clinic", "")), _parts(cells.get("wards", ""), SEVERAL)
    # A ward may be written with its clinic already.
    named = [f"{clinic} / {ward}" if clinic and "/" not in ward else ward for ward in wards]
    email = clean_line(cells.get("email", ""))
    return PersonRow(normalise(cells["vgr_id"]), frozenset(roles), tuple(named), email, line)


def _parts(cell: str, between: re.Pattern[str]) -> list[str]:
    return [part for part in map(clean_line, between.split(cell)) if part]


def _role(text: str) -> Role | None:
    labels = {fold(str(role.label)): role for role in Role}
    return (labels | ROLES).get(fold(text))


def _together(before: PersonRow, row: PersonRow) -> PersonRow:
    wards = tuple(dict.fromkeys([*before.wards, *row.wards]))
    email = before.email or row.email
    return replace(before, roles=before.roles | row.roles, wards=wards, email=email)


def _contradicts(before: PersonRow, row: PersonRow) -> Iterator[Fault]:
    if row.email and before.email and row.email.lower() != before.email.lower():
        text = _("Line %(line)d has another e-mail for this person. Keep one of them.")
        yield fault_at(row.line, row.email, text % {"line": before.line}, "")


def _wrong(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what stands there and what would do, for each cell that is wrong."""
    vgr_id = normalise(cells["vgr_id"])
    if not vgr_id:
        yield cells["vgr_id"], _("Fill in the vgr-id.")
    elif "@" in vgr_id or not fits(vgr_id, "username"):  # an e-mail address signs nobody in
        text = _("A vgr-id has letters and digits, %(most)d at most.")
        yield cells["vgr_id"], text % {"most": MAX_LENGTH}
    for role in _parts(cells.get("roles", ""), COMMA):
        if not _role(role):
            known = ", ".join(str(each.label) for each in Role)
            yield (
                role,
                _("There is no such role. Write one of these: %(known)s.") % {"known": known},
            )
    email = clean_line(cells.get("email", ""))
    if email and not fits(email, "email"):
        yield email, _("This is no e-mail address. Write one as name@example.org, or none.")


def fits(text: str, column: str) -> bool:
    """Tell whether a column of a person takes a text."""
    try:
        User._meta.get_field(column).run_validators(text)  # type: ignore[union-attr]
    except ValidationError:
        return False
    return True


_LAYOUT: Final = Layout(
    columns=COLUMNS,
    optional=frozenset(COLUMNS) - {"vgr_id"},
    most_rows=2 * MOST_PEOPLE,
    wrong_columns=gettext_lazy(
        "This line has too few cells, or more than the first line names. A cell that holds the"
        " separator needs quotes."
    ),
    too_long=gettext_lazy("This line is too long to be a person. Is a quotation mark missing?"),
    too_many_rows=gettext_lazy(
        "The file has more than 200 lines. Load the people in parts, of 100 at most."
    ),
    empty=gettext_lazy(
        "There is nobody in the file. Its first line names the columns, vgr-id at least, and each"
        " further line is a person."
    ),
    no_text=gettext_lazy("This is not a text file. Save the table as CSV in UTF-8."),
    too_large=gettext_lazy("The file is larger than 1 MiB. Is it the right file?"),
)
