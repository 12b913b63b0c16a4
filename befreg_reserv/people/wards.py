"""Finding wards by what somebody typed, and keeping the register of them."""

import csv
import io
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.text import clean_line, sort_key

NAME_LENGTH = 120


def labels() -> list[str]:
    """Return every ward as "Clinic / Ward", in Swedish order."""
    return [str(ward) for ward in Ward.objects.select_related("clinic")]


def find(text: str) -> Ward | None:
    """Return the ward that ``text`` names, or None.

    ``text`` is "Clinic / Ward", a ward's name that only one clinic has, a name typed in before,
    or a ward's id. One statement, whatever was typed.
    """
    clinic, slash, name = text.partition("/")  # a clinic's name holds none, a ward's may
    names_ward = Q(key=sort_key(text))
    if slash:
        names_ward |= Q(clinic__key=sort_key(clinic), key=sort_key(name))
    if text.isascii() and text.isdigit() and len(text) < 10:
        names_ward |= Q(pk=int(text))
    found = list(Ward.objects.select_related("clinic").filter(names_ward)[:3])
    by_name = [ward for ward in found if str(ward.pk) != text]
    best = by_name or found
    return best[0] if len(best) == 1 else None


def find_or_typed_in(text: str) -> Ward:
    """Return the ward that ``text`` names, or a new one, not yet saved, for an administrator."""
    return find(text) or Ward(name=clean_line(text)[:NAME_LENGTH], confirmed=False)


def keep_typed_in(ward: Ward) -> Ward:
    """Save a ward that was typed in; two who type the same get the same row."""
    if ward.pk:
        return ward
    kept, _created = Ward.objects.get_or_create(
        key=sort_key(ward.name), clinic=None, defaults={"name": ward.name, "confirmed": False}
    )
    return kept


@dataclass(frozen=True)
class RegisterFault:
    """What is wrong with one line of a ward file."""

    line: int
    reason: str

    def __str__(self) -> str:
        return _("line %(line)d: %(reason)s") % {"line": self.line, "reason": self.reason}


class BadRegister(Exception):  # noqa: N818  a refusal, read as a sentence
    """A ward file that was refused whole. ``faults`` names every line and reason."""

    def __init__(self, faults: list[RegisterFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True)
class RegisterRow:
    """One ward as a file gives it."""

    clinic: str
    ward: str
    hsa_id: str
    telephone: str


COLUMNS = ["clinic", "ward", "hsa_id", "telephone"]
MAX_FILE_BYTES = 1024 * 1024


def read_register(data: bytes) -> list[RegisterRow]:
    """Return the rows of a CSV file ``clinic,ward,hsa_id,telephone``.

    Raises BadRegister naming every faulty line: nothing of such a file is loaded.
    """
    if len(data) > MAX_FILE_BYTES:
        raise BadRegister([RegisterFault(1, _("the file is larger than 1 MiB"))])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadRegister([RegisterFault(line, _("the file is not UTF-8 text"))]) from error
    reader = csv.reader(io.StringIO(text))
    try:
        return _read_rows([(reader.line_num, cells) for cells in reader])
    except csv.Error as error:
        raise BadRegister([RegisterFault(reader.line_num, str(error))]) from error


def _read_rows(lines: list[tuple[int, list[str]]]) -> list[RegisterRow]:
    filled = [(line, [clean_line(c) for c in cells]) for line, cells in lines if any(cells)]
    if not filled or [cell.lower() for cell in filled[0][1]] != COLUMNS:
        raise BadRegister([RegisterFault(1, _("the first line must be: ") + ",".join(COLUMNS))])
    faults: list[RegisterFault] = []
    rows: list[RegisterRow] = []
    wards: dict[tuple[str, str], int] = {}
    hsa_ids: dict[str, int] = {}
    for line, cells in filled[1:]:
        reason = _fault_of(cells)
        if not reason:
            row = RegisterRow(*cells)
            seen = wards.setdefault((sort_key(row.clinic), sort_key(row.ward)), line)
            seen_id = hsa_ids.setdefault(row.hsa_id, line) if row.hsa_id else line
            rows.append(row)
            if seen != line:
                reason = _("the same ward stands on line %(line)d") % {"line": seen}
            elif seen_id != line:
                reason = _("the same HSA-id stands on line %(line)d") % {"line": seen_id}
        if reason:
            faults.append(RegisterFault(line, reason))
    if faults:
        raise BadRegister(faults)
    return rows


def _fault_of(cells: list[str]) -> str:
    if len(cells) != len(COLUMNS):
        return _("expected %(expected)d columns, found %(found)d") % {
            "expected": len(COLUMNS),
            "found": len(cells),
        }
    clinic, ward, hsa_id, telephone = cells
    if not clinic or not ward:
        return _("clinic and ward must both be filled in")
    if len(clinic) > NAME_LENGTH or len(ward) > NAME_LENGTH:
        return _("a name is longer than %(most)d characters") % {"most": NAME_LENGTH}
    if "/" in clinic:
        return _("a clinic's name can't hold a slash")
    if hsa_id and not _is_hsa_id(hsa_id):
        return _("the HSA-id must be SE2321000131- and letters and digits, 31 characters at most")
    if len(telephone) > 30:  # noqa: PLR2004  the column's length
        return _("the telephone number is longer than 30 characters")
    return ""


def _is_hsa_id(text: str) -> bool:
    """HSA-id of a unit in the region: ``SE2321000131-`` and letters and digits, at most 31."""
    prefix, _dash, rest = text.partition("-")
    return prefix == "SE2321000131" and rest.isascii() and rest.isalnum() and len(text) <= 31  # noqa: PLR2004


@transaction.atomic
def load_register(rows: list[RegisterRow]) -> tuple[int, int]:
    """Create or update the wards of a file. Returns how many were (created, updated).

    A ward is known again by its HSA-id, else by clinic and name, so that a second run changes
    nothing. Wards that the file doesn't name are left as they are. Raises BadRegister.
    """
    created = updated = 0
    for row in rows:
        clinic, _new = Clinic.objects.get_or_create(
            key=sort_key(row.clinic), defaults={"name": row.clinic}
        )
        ward = _known(row, clinic) or Ward()
        before = (ward.pk, ward.clinic_id, ward.name, ward.hsa_id, ward.telephone, ward.confirmed)
        ward.clinic, ward.name, ward.confirmed = clinic, row.ward, True
        ward.hsa_id, ward.telephone = row.hsa_id, row.telephone
        after = (ward.pk, clinic.pk, ward.name, ward.hsa_id, ward.telephone, ward.confirmed)
        if before != after:
            ward.save()
            created += before[0] is None
            updated += before[0] is not None
    return created, updated


def _known(row: RegisterRow, clinic: Clinic) -> Ward | None:
    by_id = Ward.objects.filter(hsa_id=row.hsa_id).first() if row.hsa_id else None
    return by_id or Ward.objects.filter(clinic=clinic, key=sort_key(row.ward)).first()
