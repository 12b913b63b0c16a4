"""``manage.py load_wards``: the whole file, or nothing and every fault by its line."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Clinic, Ward, WardChange
from befreg_reserv.tables import MAX_BYTES
from tests.scenes import SHARED_DATA

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("decisions")]

HEADER = "clinic,ward,hsa_id,telephone\n"
GOOD = "Akutkliniken,Akutmottagningen,SE2321000131-E1,1258\n"


class Load:
    """Runs the command on a file with this content; returns what it said."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "wards.csv"

    def __call__(self, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        self.file.write_bytes(data)
        said = io.StringIO()
        call_command("load_wards", str(self.file), stdout=said)
        return said.getvalue()


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return Load(tmp_path)


def contents() -> list[tuple[str, str, str]]:
    """Return what the register says of its open wards."""
    wards = Ward.objects.filter(closed_on=None)
    return [(str(ward), ward.hsa_id, ward.telephone) for ward in wards]


def test_loads_the_sample_once_however_often_it_is_run(load: Load) -> None:
    sample = (SHARED_DATA / "wards.csv").read_bytes()
    assert load(sample) == "16 wards created, 0 updated.\n"
    assert load(sample) == "0 wards created, 0 updated.\n"
    assert (Clinic.objects.count(), Ward.objects.count()) == (9, 16)


def test_a_second_run_writes_nothing_to_the_audit_log(load: Load) -> None:
    load(HEADER + GOOD)
    before = LogEntry.objects.count()
    load(HEADER + GOOD)
    assert LogEntry.objects.count() == before > 0


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + HEADER + GOOD,
        (HEADER + GOOD).replace("\n", "\r\n"),
        f"\n{HEADER}\n,,,\n{GOOD}\n\n",
        HEADER.upper() + '"Akutkliniken" , Akutmottagningen,SE2321000131-E1, 1258',
    ],
    ids=["BOM", "CRLF", "blank lines", "upper case and blanks"],
)
def test_forgives_what_a_spreadsheet_does(load: Load, content: str) -> None:
    load(content)
    assert contents() == [("Akutkliniken / Akutmottagningen", "SE2321000131-E1", "1258")]


BAD_LINES = {
    "too few columns": "Akutkliniken",
    "too many columns": "Akutkliniken,Akutmottagningen,,,x",
    "a cell that slipped": "Akutkliniken,SE2321000131-E1,,",
    "lost letters": "Ã–gonkliniken,Akutmottagningen,,",
    "no clinic": ",Akutmottagningen,,",
    "no ward": "Akutkliniken, ,,",
    "long clinic": f"{'x' * 121},Akutmottagningen,,",
    "long ward": f"Akutkliniken,{'x' * 121},,",
    "bare HSA-id": "Akutkliniken,Akutmottagningen,SE2321000131-,",
    "long HSA-id": f"Akutkliniken,Akutmottagningen,SE2321000131-{'1' * 19},",
    "odd HSA-id": "Akutkliniken,Akutmottagningen,SE2321000131-Å1,",
    "long telephone": f"Akutkliniken,Akutmottagningen,,{'1' * 31}",
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_named_and_nothing_loaded(load: Load, line: str) -> None:
    with pytest.raises(CommandError, match=r"Nothing was loaded.\n\w+ 3: "):
        load(f"{HEADER}Ögonkliniken,Ögonmottagning,,\n{line}\n{GOOD}")
    assert (contents(), Clinic.objects.count()) == ([], 0)


def test_every_bad_line_is_named_at_once(load: Load) -> None:
    with pytest.raises(CommandError) as refused:
        load(HEADER + GOOD + ",x,,\n" + "Akutkliniken,x,,\n" + "a,b\n" + "a\n")
    lines = str(refused.value).splitlines()[1:]
    assert [line.split(":")[0][-1] for line in lines] == ["3", "6"]


@pytest.mark.parametrize(
    "line", ["AKUTKLINIKEN,akutmottagningen,,", "Akutkliniken,Annan,SE2321000131-E1,"]
)
def test_the_same_ward_or_id_twice_names_both_lines(load: Load, line: str) -> None:
    with pytest.raises(CommandError, match=r" 4: .* 2"):
        load(HEADER + GOOD + "Akutkliniken,Tredje,,\n" + line)
    assert contents() == []


@pytest.mark.parametrize("content", [GOOD, "clinic\nx\n", "clinic,ward,klinik\nx,y,z\n"])
def test_the_first_line_must_name_the_columns_once(load: Load, content: str) -> None:
    with pytest.raises(CommandError, match=r" 1: .*(clinic, ward|same meaning)"):
        load(content)


@pytest.mark.parametrize("content", ["", "\n\n", "ward,clinic,hsa_id,telephone\n", "\x00"])
def test_a_file_without_a_ward_is_refused(load: Load, content: str) -> None:
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(content)


EYES = "Ögonkliniken,Ögonmottagning 2,SE2321000131-E201,0336161258"
AS_SAVED = {
    "Windows-1252": (HEADER + EYES).encode("cp1252"),
    "Swedish Excel": ("\ufeff" + HEADER + EYES).replace(",", ";").encode(),
    "Excel's own first line": ("sep=;\r\n" + (HEADER + EYES).replace(",", ";")).encode(),
    "Swedish header": ("klinik,avdelning,hsa_id,telefon\r\n" + EYES).encode(),
    "a name over two lines": (
        HEADER + EYES.replace("Ögonmottagning 2", '"Ögonmottagning\n2"')
    ).encode(),
    "small letters in the HSA-id": (
        HEADER + EYES.replace("SE2321000131-E", "se2321000131-e")
    ).encode(),
}


@pytest.mark.parametrize("data", AS_SAVED.values(), ids=AS_SAVED)
def test_reads_what_spreadsheets_save(load: Load, data: bytes) -> None:
    load(data)
    eyes = ("Ögonkliniken / Ögonmottagning 2", "SE2321000131-E201", "0336161258")
    assert contents() == [eyes]


def test_another_providers_hsa_id(load: Load) -> None:
    load(HEADER + "Vårdcentral privat,Mottagning,SE5560001111-1ABC,0336161258\n")
    assert Ward.objects.get().hsa_id == "SE5560001111-1ABC"


def test_an_hsa_id_is_known_again_in_capitals(load: Load) -> None:
    Ward.objects.create(name="AKM", hsa_id="SE2321000131-e1", confirmed=False)
    assert load(HEADER + GOOD) == "0 wards created, 1 updated.\n"
    assert contents() == [("Akutkliniken / Akutmottagningen", "SE2321000131-E1", "1258")]


def test_a_telephone_number_that_excel_changed_is_refused(load: Load) -> None:
    with pytest.raises(CommandError, match=r" 2: 3,36161E\+08 – The spreadsheet has"):
        load(HEADER + EYES.replace("0336161258", '"3,36161E+08"'))


def test_a_line_that_was_broken_keeps_the_number_of_the_next(load: Load) -> None:
    with pytest.raises(CommandError, match=r"Nothing was loaded.\n\w+ 4: "):
        load(f'{HEADER}Ögonkliniken,"Ögon-\nmottagning",,\n,x,,\n')


def test_a_huge_file_is_refused_unread(load: Load) -> None:
    with pytest.raises(CommandError, match="1 MiB"):
        load(b"\xff" * (MAX_BYTES + 1))


def test_a_quotation_mark_that_never_ends(load: Load) -> None:
    with pytest.raises(CommandError, match="Nothing was loaded"):
        load(f'{HEADER}"{"x" * 200_000}')


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.csv"):
        call_command("load_wards", str(tmp_path / "nowhere.csv"))


def test_a_ward_with_an_hsa_id_is_renamed_and_moved(load: Load) -> None:
    load(HEADER + GOOD)
    known, renamed = Ward.objects.get(), f"{HEADER}Medicinkliniken,AKM,SE2321000131-E1,\n"
    assert load(renamed) == (
        "0 wards created, 1 updated.\n"
        "Renamed: Akutkliniken / Akutmottagningen → Medicinkliniken / AKM.\n"
        "Clinics closed: Akutkliniken → Medicinkliniken.\n"
    )
    assert contents() == [("Medicinkliniken / AKM", "SE2321000131-E1", "")]
    (change,) = known.changes.exclude(kind="opened")
    assert (change.kind, str(change.ward)) == ("renamed", str(known))
    assert [str(ward) for ward in change.successors.all()] == ["Medicinkliniken / AKM"]
    entries = LogEntry.objects.count()
    assert load(renamed) == "0 wards created, 0 updated.\n"
    assert LogEntry.objects.count() == entries
    assert WardChange.objects.filter(kind="renamed").count() == 1


def test_a_name_that_is_only_spelled_differently_is_put_right_in_place(load: Load) -> None:
    load(HEADER + GOOD)
    known = Ward.objects.get()
    load(HEADER + GOOD.replace("Akutmottagningen", "AKUTMOTTAGNINGEN"))
    assert Ward.objects.get() == known
    assert contents() == [("Akutkliniken / AKUTMOTTAGNINGEN", "SE2321000131-E1", "1258")]
    (logged,) = LogEntry.objects.filter(act="update").values_list("changes", flat=True)
    assert logged == {"name": ["Akutmottagningen", "AKUTMOTTAGNINGEN"]}


def test_a_ward_without_one_is_known_by_its_name_and_gets_one(load: Load) -> None:
    load(HEADER + "akutkliniken,AKUTMOTTAGNINGEN,,\n")
    load(HEADER + GOOD)
    assert contents() == [("akutkliniken / Akutmottagningen", "SE2321000131-E1", "1258")]


def test_a_move_onto_another_wards_name_is_refused(load: Load) -> None:
    load(HEADER + GOOD + "Akutkliniken,Annan,SE2321000131-E2,\n")
    before = contents()
    with pytest.raises(CommandError, match="Another ward has this name"):
        load(HEADER + "Akutkliniken,Annan,SE2321000131-E1,\n")
    assert contents() == before


def test_wards_that_the_file_leaves_out_stay_and_are_named(load: Load) -> None:
    load(HEADER + GOOD)
    said = load(HEADER + "Ögonkliniken,Ögonmottagning,,\n")
    assert "not in the file: Akutkliniken / Akutmottagningen." in said
    assert Ward.objects.count() == 2


def test_a_ward_that_was_merged_stays_merged_and_is_named(load: Load) -> None:
    load(HEADER + GOOD + "Akutkliniken,Annan,SE2321000131-E2,\n")
    first, other = Ward.objects.all()
    Ward.objects.filter(pk=other.pk).update(confirmed=False, same_as=first)
    said = load(HEADER + GOOD + "Akutkliniken,Annan,SE2321000131-E2,\n")
    assert said.startswith("0 wards created, 0 updated.\nMerged before")
    assert Ward.objects.get(pk=other.pk).same_as == first


@pytest.mark.both_databases
def test_names_and_telephones_are_changed_and_logged_alike(load: Load) -> None:
    load(HEADER + GOOD + "Akutkliniken,Annan,SE2321000131-E2,1\n")
    load(HEADER + GOOD.replace("1258", "2") + "Akutkliniken,Tredje,SE2321000131-E2,1\n")
    assert [(row[0][-6:], row[2]) for row in contents()] == [("ningen", "2"), ("Tredje", "1")]
    logged = LogEntry.objects.exclude(act="create").order_by("pk").values_list("act", "changes")
    assert [act for act, _changes in logged] == ["ward_opened", "ward_renamed", "update"]
    assert logged[2][1] == {"telephone": ["1258", "2"]}


@pytest.mark.both_databases
@pytest.mark.parametrize("hsa_id", ["", "SE2321000131-E7"])
@pytest.mark.parametrize("renamed", [0, 1])
def test_a_new_ward_may_have_the_name_that_another_gives_up_on_any_line(
    load: Load, hsa_id: str, renamed: int
) -> None:
    load(HEADER + GOOD)
    lines = [f"Akutkliniken,Akutmottagningen,{hsa_id},\n"]
    lines.insert(renamed, "Akutkliniken,Annan,SE2321000131-E1,\n")
    said = load(HEADER + "".join(lines))
    assert said.startswith("1 wards created, 1 updated.\nRenamed: Akutkliniken / Akut")
    renaming = WardChange.objects.get(kind="renamed")
    assert [ward.name for ward in renaming.successors.all()] == ["Annan"]
    assert load(HEADER + "".join(lines)) == "0 wards created, 0 updated.\n"


def test_what_the_file_has_no_column_for_stays(load: Load) -> None:
    load(HEADER + GOOD)
    load("avdelning;klinik;telefon\nAkutmottagningen;Akutkliniken;2\n")
    assert contents() == [("Akutkliniken / Akutmottagningen", "SE2321000131-E1", "2")]


# --- the column for reminders -----------------------------------------------------------------

WITH_EMAIL = "clinic,ward,hsa_id,telephone,email\n"
MAIL = "akm@example.org"


def test_an_address_may_follow(load: Load) -> None:
    load(f"{WITH_EMAIL}Akutkliniken,Akutmottagningen,,,{MAIL}\nÖgonkliniken,x,,,\n")
    assert list(Ward.objects.values_list("email", flat=True)) == [MAIL, ""]


def test_a_file_without_the_column_leaves_addresses_alone(load: Load) -> None:
    load(f"{WITH_EMAIL}Akutkliniken,Akutmottagningen,,,{MAIL}\n")
    assert load(HEADER + GOOD) == "0 wards created, 1 updated.\n"
    assert Ward.objects.get().email == MAIL


def test_an_empty_cell_takes_the_address_away(load: Load) -> None:
    load(f"{WITH_EMAIL}Akutkliniken,Akutmottagningen,,,{MAIL}\n")
    load(f"{WITH_EMAIL}Akutkliniken,Akutmottagningen,,,\n")
    assert Ward.objects.get().email == ""


@pytest.mark.parametrize(
    "cells", [",,,akm", f",,,{MAIL} {MAIL}", f",,,{'x' * 243}@example.org", ",,,,x"]
)
def test_a_bad_address_or_count_of_columns_is_named(load: Load, cells: str) -> None:
    with pytest.raises(CommandError, match=r"Nothing was loaded.\n\w+ 2: "):
        load(f"{WITH_EMAIL}Akutkliniken,Akutmottagningen{cells}\n")
    assert contents() == []
