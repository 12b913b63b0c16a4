"""Loading a binder: by command and by page, all or nothing."""

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.refused import BadTime
from befreg_reserv.audit.models import LogEntry
from custody.binder import loading
from custody.handouts import closing
from custody.models import Binder, Handout, ReserveNumber
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.lifting import lifted
from tests.ground.scenery import scene

pytestmark = pytest.mark.one_database("decisions")

SAMPLE = scenes.SHARED_DATA / "binder-akm.csv"
LOAD = "/binder/load/"


@scene
def administrator(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.adele)


def command(path: Path, name: str = "Pärm AKM", *, training: bool = False) -> str:
    out = StringIO()
    call_command("load_binder", path, name=name, training=training, stdout=out)
    return out.getvalue()


def fault_of(numbers: list[str], *, name: str = "Ny", training: bool = False) -> str:
    """Return why a file is refused; nothing may have been loaded."""
    before = ReserveNumber.objects.count()
    with pytest.raises(loading.BinderRefused) as refused:
        scenes.lay_in(name, numbers, training=training)
    assert ReserveNumber.objects.count() == before
    return str(refused.value)


@pytest.mark.django_db
def test_the_command_loads_the_sample() -> None:
    assert "5 women's, 5 men's" in command(SAMPLE)
    assert list(Binder.objects.get().numbers.values_list("tab", "value")) == [
        *enumerate(scenes.REAL, 1)
    ]


@pytest.mark.django_db
def test_a_second_load_is_refused_whole() -> None:
    command(SAMPLE)
    with pytest.raises(CommandError, match="line 2: 20000101 K 06 4"):
        command(SAMPLE)
    with pytest.raises(CommandError, match="holds or has held"):
        command(SAMPLE, name="Another")
    assert ReserveNumber.objects.count() == 10


@pytest.mark.django_db
def test_the_command_marks_its_audit_rows() -> None:
    command(SAMPLE)
    entries = LogEntry.objects.filter(act="create", number__startswith="2000")
    assert {entry.additional_data["command"] for entry in entries} == {"load_binder"}
    assert entries.count() == 10


@pytest.mark.django_db
def test_a_file_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="No such file"):
        command(Path("nowhere.csv"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("20000101K065", "check digit"),
        ("20000199K064", "date"),
        ("20000101K071", "(?i)even|odd|serial"),
        ("20000101Q064", "(?i)number"),
        ("20000101K007", "training number"),
        ("19450829K088", "birth date"),
        ("20000101K122", "(?i)same number|line 1"),
    ],
)
@pytest.mark.django_db
def test_one_faulty_line_refuses_the_file(line: str, why: str) -> None:
    assert re.search(why, fault_of(["20000101K122", "20000101M078", line]))


def test_a_number_that_a_binder_held_never_comes_back(handout: Handout) -> None:
    assert "holds or has held" in fault_of([handout.number.value], name="Another")


def test_a_patients_real_number_is_never_an_emergency_number(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, "20000101K163", scenes.now(cast.wilma))
    closing.withdraw_replacement(handout.pk, scenes.now(cast.wilma), reason="wrong patient")
    assert "a patient's real number" in fault_of(["20000101K163"], name="Pärm AKM")
    with pytest.raises(IntegrityError, match="a patient's real number"):
        ReserveNumber.objects.create(
            binder=handout.number.binder, tab=90, value="20000101K163", sex="K", training=False
        )


def test_a_refill_lies_on_the_empty_tabs(handout: Handout) -> None:
    filled = scenes.lay_in("Pärm AKM", ["20000101K163", "20000101K189"], training=False)
    new = filled.numbers.filter(value__in=["20000101K163", "20000101K189"])
    assert list(new.values_list("tab", flat=True)) == [1, 11]


def test_an_occupied_tab_is_refused(real_binder: Binder) -> None:
    assert "has not been handed out" in fault_of(["tab,number", "2,20000101K163"], name="Pärm AKM")


def test_a_refill_of_another_birth_date_is_refused(real_binder: Binder) -> None:
    assert "2000-01-01" in fault_of(["19450829K088"], name="Pärm AKM")


def test_real_and_training_are_never_mixed(real_binder: Binder, training_binder: Binder) -> None:
    assert "real number" in fault_of(["20000101K163"], name="Övningspärm", training=True)
    assert "training binder" in fault_of(["20000101K163"], name="Övningspärm")
    assert "training number" in fault_of(["20000101K056"], name="Pärm AKM")


# --- the page ---------------------------------------------------------------------------------


def fields(**changes: object) -> dict[str, object]:
    return {"name": "Pärm AKM", "text": "\n".join(scenes.REAL), **changes}


def test_the_preview_writes_nothing(administrator: Client) -> None:
    answer = administrator.post(LOAD, fields())
    assert answer.status_code == 200
    assert "20000101 K 06 4" in answer.content.decode()
    assert not ReserveNumber.objects.exists()


def test_what_was_previewed_is_what_is_loaded(administrator: Client) -> None:
    page = administrator.post(LOAD, fields()).context["canonical"]
    answer = administrator.post(LOAD, fields(text=page, confirmed="1"))
    assert answer.status_code == 302
    assert ReserveNumber.objects.count() == 10


def test_a_numbers_own_names_are_loaded_as_they_were_shown(administrator: Client) -> None:
    named = 'flik;nummer;efternamn;förnamn\n1;20000101K064;"Alm, Bo";Anna'
    page = administrator.post(LOAD, fields(text=named)).context["canonical"]
    administrator.post(LOAD, fields(text=page, confirmed="1"))
    assert ReserveNumber.objects.get().name_in_befreg == "Alm, Bo, Anna"


@pytest.mark.both_databases
def test_confirmed_twice_loads_once(administrator: Client) -> None:
    for status in (302, 400):
        assert administrator.post(LOAD, fields(confirmed="1")).status_code == status
    assert ReserveNumber.objects.count() == 10


def test_a_file_may_be_uploaded(administrator: Client) -> None:
    upload = SimpleUploadedFile("pärm.csv", "\ufeff".encode() + SAMPLE.read_bytes())
    answer = administrator.post(LOAD, fields(text="", file=upload))
    assert "20000101 M 15 1" in answer.content.decode()


@pytest.mark.parametrize("content", [b"\x00" * 100, b"x" * 2_000_000, b"", b"PK\x03\x04\xff\xfe"])
def test_an_odd_file_is_refused(administrator: Client, content: bytes) -> None:
    answer = administrator.post(LOAD, fields(text="", file=SimpleUploadedFile("x", content)))
    assert answer.status_code == 400
    assert not ReserveNumber.objects.exists()


def test_every_fault_is_shown_at_once(administrator: Client) -> None:
    page = administrator.post(
        LOAD, fields(text="20000101K065\n20000199K064\n20000101K064")
    ).content.decode()
    assert page.count("20000101K065") >= 1
    assert page.count("20000199K064") >= 1


def test_the_till_sees_the_binder_and_loads_nothing(cast: Cast, sign_in: SignIn) -> None:
    till = sign_in(cast.tilda)
    assert till.get("/binder/").status_code == 200
    assert till.post(LOAD, fields()).status_code == 403


# --- since when the sheets have lain there --------------------------------------------------------


def lain_since() -> set[str]:
    rows = ReserveNumber.objects.values_list("lain_since", flat=True)
    return {f"{timezone.localtime(each):%Y-%m-%d %H:%M}" if each else "" for each in rows}


def test_the_page_says_since_when_and_the_preview_shows_it(administrator: Client) -> None:
    fields = {"name": "Ny", "text": "\n".join(scenes.REAL), "since": "2026-01-05 14:05"}
    assert "2026-01-05 14:05" in administrator.post(LOAD, fields).content.decode()
    administrator.post(LOAD, fields | {"confirmed": "1"})
    assert lain_since() == {"2026-01-05 14:05"}
    assert not ReserveNumber.objects.filter(laid_in_at__lte=F("lain_since")).exists()


def test_unsaid_it_is_the_moment_of_loading(real_binder: Binder) -> None:
    assert not ReserveNumber.objects.exclude(laid_in_at=F("lain_since")).exists()


@pytest.mark.parametrize("since", ["2126-01-05 14:05", "x"])
def test_not_since_a_time_to_come(administrator: Client, since: str) -> None:
    fields = {"name": "Ny", "text": "\n".join(scenes.REAL), "since": since, "confirmed": "1"}
    answer = administrator.post(LOAD, fields)
    assert (answer.status_code, set(answer.context["form"].errors)) == (400, {"since"})
    assert not ReserveNumber.objects.exists()


@pytest.mark.django_db
def test_the_act_refuses_it_too() -> None:
    with pytest.raises(BadTime):
        scenes.lay_in("Ny", scenes.REAL, training=False, since=timezone.now())


@pytest.mark.django_db
def test_the_command_takes_it() -> None:
    call_command("load_binder", SAMPLE, name="Ny", since="2026-01-05 14:05", stdout=StringIO())
    assert lain_since() == {"2026-01-05 14:05"}


@pytest.mark.django_db
@pytest.mark.parametrize("since", ["2126-01-05 14:05", "yesterday"])
def test_the_command_names_a_wrong_time(since: str) -> None:
    with pytest.raises(CommandError, match="--since: "):
        call_command("load_binder", SAMPLE, name="Ny", since=since)
    assert not ReserveNumber.objects.exists()


def test_the_database_refuses_a_time_after_the_loading(real_binder: Binder) -> None:
    refused = pytest.raises(IntegrityError, match="lain_since")
    with lifted(), refused, transaction.atomic():
        real_binder.numbers.update(lain_since=timezone.now())


def test_and_that_it_changes(real_binder: Binder) -> None:
    with pytest.raises(IntegrityError, match="never change"):
        real_binder.numbers.update(lain_since=scenes.LONG_AGO - timedelta(days=1))
