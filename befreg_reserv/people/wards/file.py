"""Clinics and wards as a CSV file: read with every fault at once, loaded whole or not at all."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from befreg_reserv import tables
from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.wards.register import NAME_LENGTH
from befreg_reserv.tables import Fault, Layout, by_line
from befreg_reserv.text import clean_line, sort_key

COLUMNS = ("clinic", "ward", "hsa_id", "telephone")
EMAIL = "email"  # a fifth column, for a file that has it
TELEPHONE_LENGTH = 30
# A unit's HSA-id: its provider, letters and digits, at most 31 characters in all. The provider is
# this region or another organisation in it, but no other region (they begin with 232100).
HSA_ID = re.compile(r"SE(?!232100(?!0131))[0-9]{10}-[A-Z0-9]{1,18}")
SCIENTIFIC = re.compile(r"[0-9]+([.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)


@dataclass(frozen=True)
class WardRow:
    """One ward as a file gives it."""

    clinic: str
    ward: str
    hsa_id: str = ""
    telephone: str = ""
    email: str | None = None  # None: the file has no such column, and the ward keeps its own
    line: int = 0


class BadFile(Exception):
    """A ward file that was refused whole. ``faults`` names every line and reason."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = by_line(faults)
        super().__init__("\n".join(map(_message, self.faults)))


def _message(fault: Fault) -> str:
    # A fault of the whole file is shown as one of its first line.
    return _("line %(line)d: %(reason)s") % {"line": fault.line or 1, "reason": fault.reason}


def read(data: bytes) -> list[WardRow]:
    """Return the rows of a CSV file ``clinic,ward,hsa_id,telephone``, as spreadsheets save it.

    ``email`` may follow as a fifth column. Raises BadFile naming every faulty line.
    """
    table = tables.read(data, _LAYOUT)
    faults = list(table.faults)
    if not faults and table.columns not in (COLUMNS, (*COLUMNS, EMAIL)):
        faults = [Fault(1, "", _LAYOUT.wrong_header)]
    rows = {row.line: _row(row) for row in table.rows}
    faults += [Fault(line, "", why) for line, row in rows.items() for why in _wrong_values(row)]
    faults += _repeated(rows)
    if faults:
        raise BadFile(faults)
    return list(rows.values())


def _row(found: tables.Row) -> WardRow:
    cells = {column: clean_line(cell) for column, cell in found.cells.items()}
    cells["hsa_id"] = cells["hsa_id"].upper()
    return WardRow(**cells, line=found.line)


def _wrong_values(row: WardRow) -> Iterator[str]:
    if not row.clinic or not row.ward:
        yield _("clinic and ward must both be filled in")
    if max(len(row.clinic), len(row.ward)) > NAME_LENGTH:
        yield _("a name is longer than %(most)d characters") % {"most": NAME_LENGTH}
    if "/" in row.clinic:
        yield _("a clinic's name can't hold a slash")
    if row.hsa_id and not HSA_ID.fullmatch(row.hsa_id):
        yield _(
            "the HSA-id must be SE, ten digits, a hyphen, letters and digits: 31 characters at"
            " most, and not another region's"
        )
    if SCIENTIFIC.fullmatch(row.telephone):
        yield _(
            "the spreadsheet has made %(text)s of the telephone number: format the column as text,"
            " and write the number again with its zero"
        ) % {"text": row.telephone}
    if len(row.telephone) > TELEPHONE_LENGTH:
        yield _("the telephone number is longer than %(most)d characters") % {
            "most": TELEPHONE_LENGTH
        }
    if row.email and not _is_email(row.email):
        yield _("this is no e-mail address")


def _is_email(text: str) -> bool:
    try:
        Ward._meta.get_field("email").run_validators(text)
    except ValidationError:
        return False
    return True


def _repeated(rows: dict[int, WardRow]) -> Iterator[Fault]:
    names = ((at, (sort_key(row.clinic), sort_key(row.ward)), "") for at, row in rows.items())
    hsa_ids = ((at, row.hsa_id, "") for at, row in rows.items() if row.hsa_id)
    yield from tables.repeated(names, "", gettext_lazy("the same ward stands on line {line}"))
    yield from tables.repeated(hsa_ids, "", gettext_lazy("the same HSA-id stands on line {line}"))


@transaction.atomic
def load(rows: list[WardRow]) -> tuple[int, int]:
    """Create or update the wards of a file. Returns how many were (created, updated).

    A ward is recognised by its HSA-id, else by clinic and name, so that a second run changes
    nothing. Wards that the file doesn't name are left as they are. Raises BadFile when a line
    gives a ward the name or HSA-id of another.
    """
    created = updated = 0
    for row in rows:
        clinic, _new = Clinic.objects.get_or_create(
            key=sort_key(row.clinic), defaults={"name": row.clinic}
        )
        ward = _known(row, clinic) or Ward(confirmed=False)
        email = ward.email if row.email is None else row.email
        wanted = (clinic.pk, row.ward, row.hsa_id, row.telephone, email, True)
        if _contents(ward) == wanted:
            continue
        created += ward.pk is None
        updated += ward.pk is not None
        ward.clinic, ward.confirmed = clinic, True
        ward.name, ward.hsa_id, ward.telephone = row.ward, row.hsa_id, row.telephone
        ward.email = email
        try:
            with transaction.atomic():
                ward.save()
        except IntegrityError as error:
            reason = _("another ward has this name or HSA-id")
            raise BadFile([Fault(row.line, "", reason)]) from error
    return created, updated


def _contents(ward: Ward) -> tuple[int | None, str, str, str, str, bool]:
    place = (ward.clinic_id, ward.name, ward.hsa_id)
    return (*place, ward.telephone, ward.email, ward.confirmed)


def _known(row: WardRow, clinic: Clinic) -> Ward | None:
    by_id = Ward.objects.filter(hsa_id__iexact=row.hsa_id).first() if row.hsa_id else None
    return by_id or Ward.objects.filter(clinic=clinic, key=sort_key(row.ward)).first()


_LAYOUT = Layout(
    names={
        "clinic": frozenset({"clinic", "klinik"}),
        "ward": frozenset({"ward", "avdelning"}),
        "hsa_id": frozenset({"hsa_id", "hsa-id"}),
        "telephone": frozenset({"telephone", "telefon"}),
        EMAIL: frozenset({EMAIL, "e-post", "epost"}),
    },
    optional=frozenset({EMAIL}),
    exact=True,
    most_rows=10_000,
    longest_row=1000,
    wrong_header=gettext_lazy("the first line must be: clinic,ward,hsa_id,telephone"),
    wrong_columns=gettext_lazy("this line has too few or too many columns"),
    too_long=gettext_lazy("this line is too long to be a ward"),
    too_many_rows=gettext_lazy("the file has more than 10,000 rows"),
    empty=gettext_lazy("the first line must be: clinic,ward,hsa_id,telephone, and wards follow"),
    no_text=gettext_lazy(
        "this is no text file; its first line must be: clinic,ward,hsa_id,telephone"
    ),
    too_large=gettext_lazy("the file is larger than 1 MiB"),
)
