"""The administrator's page that loads wards: a preview first, all of it or nothing."""

import re
from typing import Any

import pytest
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from tests.cast import Cast, ward
from tests.conftest import SignIn
from tests.ground.scenery import scene

PATH = "/wards/file/"
TEXT = "klinik;avdelning;telefon;ort\nAnestesikliniken;IVA;2102;Borås\nOp/IVA;Uppvak;;\n"


@scene
def adele(sign_in: SignIn, cast: Cast) -> Client:
    cast.adele.language = "en"
    cast.adele.save()
    return sign_in(cast.adele)


def page(client: Client, text: str = TEXT, **more: str) -> Any:
    response = client.post(PATH, {"text": text, **more})
    return response.status_code, response.content.decode()


def confirmed(client: Client, seen: str) -> Any:
    (mark,) = re.findall(r'name="seen" value="(\w+)"', seen)
    return client.post(PATH, {"text": TEXT, "seen": mark, "confirmed": "1"}, follow=True)


@pytest.mark.one_database("words")
def test_the_preview_says_what_the_file_would_do_and_writes_nothing(adele: Client) -> None:
    status, seen = page(adele)
    assert status == 200
    for words in (
        "1 new ward",
        "New clinic",
        "1 ward is changed",
        "2102",
        "not in the file",
        "ort",
    ):
        assert words in seen
    assert not Ward.objects.filter(name="Uppvak").exists()


def test_what_was_seen_is_loaded_and_logged_as_its_persons(adele: Client, cast: Cast) -> None:
    answer = confirmed(adele, page(adele)[1])
    assert "New wards: 1. Changed wards: 1." in answer.content.decode()
    assert str(Ward.objects.get(name="Uppvak")) == "Op/IVA / Uppvak"
    assert Ward.objects.get(pk=cast.iva.pk).telephone == "2102"
    acts = LogEntry.objects.filter(actor=cast.adele).values_list("act", flat=True)
    assert sorted(acts)[:3] == ["create", "create", "update"]


def test_a_second_time_there_is_nothing_to_load(adele: Client) -> None:
    confirmed(adele, page(adele)[1])
    before = LogEntry.objects.count()
    assert 'name="confirmed"' not in page(adele)[1]
    assert LogEntry.objects.count() == before


def test_a_register_that_changed_meanwhile_is_shown_again(adele: Client) -> None:
    seen = page(adele)[1]
    ward("Op/IVA", "Uppvak")
    answer = confirmed(adele, seen)
    assert answer.status_code == 400
    assert "changed meanwhile" in answer.content.decode()
    assert not Ward.objects.filter(telephone="2102").exists()


def test_what_somebody_else_has_written_meanwhile_is_not_written_over_unseen(
    adele: Client, cast: Cast
) -> None:
    seen = page(adele)[1]
    Ward.objects.filter(pk=cast.iva.pk).update(telephone="2999")
    answer = confirmed(adele, seen)
    assert (answer.status_code, "2999" in answer.content.decode()) == (400, True)
    assert Ward.objects.get(pk=cast.iva.pk).telephone == "2999"


@pytest.mark.one_database("words")
def test_every_fault_is_shown_with_its_line(adele: Client) -> None:
    status, seen = page(adele, TEXT + ";x;;\nOp/IVA;y;3,36161E+08;\n", confirmed="1")
    assert status == 400
    assert re.findall(r"Line (\d):", seen) == ["4", "5"]
    assert not Ward.objects.filter(name="Uppvak").exists()


@pytest.mark.one_database("words")
def test_nothing_given_is_asked_for_and_not_before(adele: Client) -> None:
    assert adele.get(PATH).status_code == 200
    assert page(adele, " ")[0] == 400
