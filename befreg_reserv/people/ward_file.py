"""Clinics and wards as a CSV file: read with every fault at once, loaded whole or not at all."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.wards import NAME_LENGTH
from befreg_reserv.text import clean_line, sort_key

COLUMNS = ["clinic", "ward", "hsa_id", "telephone"]
EMAIL = "email"  # a fifth column, for a file that has it
MAX_BYTES = 1024 * 1024
TELEPHONE_LENGTH = 30
# A unit's HSA-id in the region: the prefix, letters and digits, at most 31 characters in all.
HSA_ID = re.compile(r"SE2321000131-[A-Za-z0-9]{1,18}")


@dataclass(frozen=True)
class Row:
    """One ward as a file gives it."""

    clinic: str
    ward: str
    hsa_id: str = ""
    telephone: str = ""
    email: str | None = None  # None: the file has no such column, and the ward keeps its own
    line: int = 0


@dataclass(frozen=True)
class Fault:
    """What is wrong with one line of the file."""

    line: int
    reason: str

    def __str__(self) -> str:
        return _("line %(line)d: %(reason)s") % {"line": self.line, "reason": self.reason}


class BadFile(Exception):
    """A ward file that was refused whole. ``faults`` names every line and reason."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def read(data: bytes) -> list[Row]:
    """Return the rows of a CSV file ``clinic,ward,hsa_id,telephone`` in UTF-8.

    ``email`` may follow as a fifth column. Raises BadFile naming every faulty line.
    """
    if len(data) > MAX_BYTES:
        raise BadFile([Fault(1, _("the file is larger than 1 MiB"))])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadFile([Fault(line, _("the file is not UTF-8 text"))]) from error
    reader = csv.reader(io.StringIO(text))
    try:
        lines = [(reader.line_num, list(map(clean_line, cells))) for cells in reader]
    except csv.Error as error:
        raise BadFile([Fault(reader.line_num, str(error))]) from error
    return _read_lines([(line, cells) for line, cells in lines if any(cells)])


def _read_lines(lines: list[tuple[int, list[str]]]) -> list[Row]:
    header = [cell.lower() for cell in lines[0][1]] if lines else []
    if header not in (COLUMNS, [*COLUMNS, EMAIL]):
        raise BadFile([Fault(1, _("the first line must be: ") + ",".join(COLUMNS))])
    wrong = ((line, _wrong_columns(cells, len(header))) for line, cells in lines[1:])
    faults = [Fault(line, why) for line, why in wrong if why]
    faulty = {fault.line for fault in faults}
    rows = {line: _row(line, *cells) for line, cells in lines[1:] if line not in faulty}
    faults += [Fault(line, why) for line, row in rows.items() for why in _wrong_values(row)]
    faults += _repeated(rows)
    if faults:
        raise BadFile(sorted(faults, key=lambda fault: fault.line))
    return list(rows.values())


def _row(line: int, *cells: str) -> Row:
    clinic, ward, hsa_id, telephone, *email = cells
    return Row(clinic, ward, hsa_id, telephone, email[0] if email else None, line)


def _wrong_columns(cells: list[str], expected: int) -> str:
    if len(cells) == expected:
        return ""
    counts = {"expected": expected, "found": len(cells)}
    return _("expected %(expected)d columns, found %(found)d") % counts


def _wrong_values(row: Row) -> Iterator[str]:
    if not row.clinic or not row.ward:
        yield _("clinic and ward must both be filled in")
    if max(len(row.clinic), len(row.ward)) > NAME_LENGTH:
        yield _("a name is longer than %(most)d characters") % {"most": NAME_LENGTH}
    if "/" in row.clinic:
        yield _("a clinic's name can't hold a slash")
    if row.hsa_id and not HSA_ID.fullmatch(row.hsa_id):
        yield _("the HSA-id must be SE2321000131- and letters and digits, 31 characters at most")
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


def _repeated(rows: dict[int, Row]) -> Iterator[Fault]:
    wards: dict[tuple[str, str], int] = {}
    hsa_ids: dict[str, int] = {}
    for line, row in rows.items():
        first = wards.setdefault((sort_key(row.clinic), sort_key(row.ward)), line)
        if first != line:
            yield Fault(line, _("the same ward stands on line %(line)d") % {"line": first})
        first = hsa_ids.setdefault(row.hsa_id, line) if row.hsa_id else line
        if first != line:
            yield Fault(line, _("the same HSA-id stands on line %(line)d") % {"line": first})


@transaction.atomic
def load(rows: list[Row]) -> tuple[int, int]:
    """Create or update the wards of a file. Returns how many were (created, updated).

    A ward is known again by its HSA-id, else by clinic and name, so that a second run changes
    nothing. Wards that the file doesn't name are left as they are. Raises BadFile when a line
    moves a ward to where another is.
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
            raise BadFile([Fault(row.line, reason)]) from error
    return created, updated


def _contents(ward: Ward) -> tuple[int | None, str, str, str, str, bool]:
    place = (ward.clinic_id, ward.name, ward.hsa_id)
    return (*place, ward.telephone, ward.email, ward.confirmed)


def _known(row: Row, clinic: Clinic) -> Ward | None:
    by_id = Ward.objects.filter(hsa_id=row.hsa_id).first() if row.hsa_id else None
    return by_id or Ward.objects.filter(clinic=clinic, key=sort_key(row.ward)).first()
