"""The yearly file of wards gives one another name: it is another ward, and what was said stays."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from befreg_reserv.acts import record
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Membership, Ward, WardChange
from befreg_reserv.people.wards import file, loading
from befreg_reserv.people.wards.changes import chain
from custody.checks import consistency
from custody.handouts import correcting
from custody.models import Binder, Handout, PreparedNumber
from custody.models.states import OPEN
from custody.planned import prepared
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import Aftermath, lay_out
from tests.custody.wards.test_year import told, unseen
from tests.ground.scenery import scene

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HSA_ID = "SE2321000131-E1"
FILE = f"""klinik;avdelning;hsa-id;telefon
Intensivkliniken;Intensiv 1;{HSA_ID};2199
Hudkliniken;Hud 1;;2201
"""
PATH = "/wards/file/"


@scene
def after(cast: Cast, real_binder: Binder) -> Aftermath:
    laid_out = lay_out(cast)
    Ward.objects.filter(pk=cast.iva.pk).update(hsa_id=HSA_ID, telephone="2102")
    return laid_out


def open_at(ward: Ward) -> int:
    return Handout.objects.filter(ward=ward, state__in=OPEN).count()


def load(cast: Cast, text: str = FILE, seen: str = "") -> loading.Preview:
    return loading.load(file.read(text.encode()).rows, scenes.now(cast.adele), seen=seen).row


def written() -> tuple[int, int, int]:
    return Ward.objects.count(), WardChange.objects.count(), LogEntry.objects.count()


def test_what_was_said_stays_and_what_is_open_follows(after: Aftermath) -> None:
    cast = after.cast
    before, numbers = told(after), open_at(cast.iva)
    people = set(Membership.objects.filter(ward=cast.iva).values_list("user", flat=True))
    assert numbers
    assert people
    load(cast)
    assert told(after) == before
    old = Ward.objects.get(pk=cast.iva.pk)
    (new,) = chain.heirs(old)
    assert (str(old), old.is_open, old.telephone) == (str(cast.iva), False, "2102")
    assert (str(new), new.hsa_id, new.telephone) == (
        "Intensivkliniken / Intensiv 1",
        HSA_ID,
        "2199",
    )
    assert (open_at(old), open_at(new), unseen()) == (0, numbers, set())
    assert set(Membership.objects.filter(ward=new).values_list("user", flat=True)) == people
    assert list(consistency.findings()) == []
    assert list(chain.differences()) == []


def test_the_same_file_twice_does_nothing_more(after: Aftermath) -> None:
    load(after.cast)
    before = written()
    again = load(after.cast)
    assert (again.new, again.changed, again.closed, len(again.same)) == ([], [], [], 2)
    assert written() == before


def test_prepared_numbers_follow(after: Aftermath) -> None:
    cast = after.cast
    plan = scenes.planned(cast)
    prepared.enter(plan, cast.iva, "20000101X803", scenes.now(cast.adele))
    load(cast)
    (new,) = chain.heirs(cast.iva)
    assert [row.ward for row in PreparedNumber.objects.filter(plan=plan)] == [new]


def test_a_fault_after_it_undoes_the_whole_file(
    after: Aftermath, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = written()

    def fail(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(record, "change_many", fail)  # after the renaming
    with pytest.raises(ZeroDivisionError):
        load(after.cast)
    assert written() == before


def test_the_preview_says_so_and_holds_for_what_it_showed(
    after: Aftermath, sign_in: SignIn
) -> None:
    cast = after.cast
    cast.adele.language = "en"
    cast.adele.save()
    adele: Client = sign_in(cast.adele)
    before = written()
    page = adele.post(PATH, {"text": FILE}).content.decode()
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "1 ward is renamed from today" in words
    assert f"{cast.iva} Intensivkliniken / Intensiv 1 " in words
    number = open_at(cast.iva)
    assert f"{number} open number" in words
    assert re.search(r"\d (person|people)", words)
    assert "1 ward is changed" in words  # its telephone
    (mark,) = re.findall(r'name="seen" value="(\w+)"', page)
    assert written()[:2] == before[:2]
    confirmed = {"text": FILE, "seen": mark, "confirmed": "1"}
    moved = Handout.objects.filter(ward=cast.iva, state__in=OPEN).first()
    assert moved
    correcting.transfer(moved.pk, cast.eye, scenes.now(cast.gunde), reason="x")
    answer = adele.post(PATH, confirmed)
    assert (answer.status_code, "changed meanwhile" in answer.content.decode()) == (400, True)
    assert Ward.objects.get(pk=cast.iva.pk).is_open
    (mark,) = re.findall(r'name="seen" value="(\w+)"', answer.content.decode())
    answer = adele.post(PATH, confirmed | {"seen": mark}, follow=True)
    assert "Renamed wards: 1." in answer.content.decode()
    assert not Ward.objects.get(pk=cast.iva.pk).is_open


def test_a_command_moves_no_open_numbers(after: Aftermath, tmp_path: Path) -> None:
    before = told(after)
    path = tmp_path / "wards.csv"
    path.write_text(FILE, encoding="utf-8")
    with pytest.raises(CommandError, match=r"Nothing was loaded\.\n.*on the page"):
        call_command("load_wards", str(path))
    assert told(after) == before
    assert not Ward.objects.filter(name="Hud 1").exists()
