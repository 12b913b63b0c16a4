"""What people say for a ward is data: it finds the ward at the till, alone or beside others."""

import pytest
from django.db import IntegrityError, transaction

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Alias, Ward
from befreg_reserv.people.wards import aliases, register
from tests import scenes
from tests.cast import Cast, ward
from tests.conftest import SignIn


def called(name: str, cast: Cast, meant: Ward) -> Alias:
    return aliases.add(meant, name, scenes.now(cast.adele)).row


def test_a_short_name_finds_its_ward(cast: Cast) -> None:
    called("AKV", cast, cast.iva)
    assert register.find("akv") == cast.iva
    assert register.search("akv") == register.search("anest ak") == [cast.iva]
    entry = LogEntry.objects.filter(act="create", actor=cast.adele).get()
    assert "AKV" in entry.object_repr


def test_it_stays_when_ward_and_clinic_are_renamed(cast: Cast) -> None:
    called("akv", cast, cast.iva)
    cast.iva.name = "Intermediärvård"
    cast.iva.save()
    clinic = Ward.objects.get(pk=cast.iva.pk).clinic
    assert clinic
    clinic.save()
    assert register.search("akv") == register.search("intermed") == [cast.iva]


def test_taken_away_it_finds_nothing(cast: Cast) -> None:
    alias = called("akv", cast, cast.iva)
    aliases.drop(alias, scenes.now(cast.adele))
    assert (register.find("akv"), register.search("akv")) == (None, [])
    assert LogEntry.objects.filter(act="delete", actor=cast.adele).count() == 1
    assert not aliases.drop(alias, scenes.now(cast.adele)).new


def test_a_wards_own_name_goes_before_anothers_short_name(cast: Cast) -> None:
    called("akv", cast, cast.iva)
    own = ward("Kirurgkliniken", "AKV")
    assert register.find("akv") == own
    assert set(register.search("akv")[:2]) == {own, cast.iva}


@pytest.mark.parametrize(("own", "said"), [("AKV", "akv"), ("Avd 136", "136"), ("136", "avd136")])
def test_what_another_ward_is_called_is_refused(cast: Cast, own: str, said: str) -> None:
    other = ward("Kirurgkliniken", own)
    with pytest.raises(aliases.AnothersName, match=str(other)):
        called(said, cast, cast.iva)
    assert called(said, cast, other).ward == other


def test_it_goes_before_what_somebody_typed_in(cast: Cast) -> None:
    register.keep_typed_in(register.typed_in("akv"))
    called("akv", cast, cast.iva)
    assert register.find("akv") == cast.iva


def test_two_wards_that_share_one_are_asked_about(cast: Cast) -> None:
    for meant in (cast.iva, cast.eye):
        called("akv", cast, meant)
    with pytest.raises(register.Ambiguous):
        register.find("akv")


def test_the_same_again_is_answered_alike_and_too_many_are_refused(cast: Cast) -> None:
    first = called("akv", cast, cast.iva)
    assert called("AKV ", cast, cast.iva) == first
    for number in range(aliases.MOST - 1):
        called(f"a{number}", cast, cast.iva)
    with pytest.raises(aliases.TooMany):
        called("one more", cast, cast.iva)


def test_the_database_keeps_it_once_for_a_ward(cast: Cast) -> None:
    called("akv", cast, cast.iva)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alias.objects.create(ward=cast.iva, name="Akv")


@pytest.mark.both_databases
def test_the_administrator_adds_one_and_takes_it_away(cast: Cast, sign_in: SignIn) -> None:
    adele = sign_in(cast.adele)
    page = adele.post("/wards/names/", {"name": "akv", "ward": "iva"}, follow=True)
    assert "akv" in page.content.decode()
    assert register.find("akv") == cast.iva
    alias = Alias.objects.get()
    adele.post(f"/wards/names/{alias.pk}/drop/")
    assert not Alias.objects.exists()
    assert adele.post(f"/wards/names/{alias.pk}/drop/").status_code == 302


@pytest.mark.one_database("words")
def test_an_unknown_ward_is_asked_about_beside_its_field(cast: Cast, sign_in: SignIn) -> None:
    answer = sign_in(cast.adele).post("/wards/names/", {"name": "akv", "ward": "nowhere"})
    assert answer.status_code == 400
    assert not Alias.objects.exists()
