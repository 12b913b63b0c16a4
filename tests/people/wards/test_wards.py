"""Finding wards by what somebody typed, and their Swedish order."""

import unicodedata

import pytest
from django.db import IntegrityError, connection
from hypothesis import given
from hypothesis import strategies as st

from befreg_reserv.people.models import Clinic, User, Ward
from befreg_reserv.people.wards import register
from befreg_reserv.text import KEY_LENGTH, clean_line, sort_key
from tests.cast import Cast, ward


@pytest.mark.parametrize(
    "typed",
    [
        "Ögonkliniken/Ögonmottagning",
        "Ögonkliniken / Ögonmottagning",
        "ögonkliniken /ögonmottagning",
        "ÖGONMOTTAGNING",
        "  Ögonmottagning ",
        "Ögon\N{LEFT-TO-RIGHT MARK}mottagning",
        unicodedata.normalize("NFD", "ögonmottagning"),
    ],
)
def test_finds_a_ward_however_it_is_written(cast: Cast, typed: str) -> None:
    assert register.find(typed) == cast.eye


@pytest.mark.parametrize("typed", ["", "/", " / ", "0", "9" * 9, "9" * 30, "²", "IVA/", "\x00"])
def test_finds_nothing_where_nothing_is_named(cast: Cast, typed: str) -> None:
    assert register.find(typed) is None


def test_a_name_that_two_clinics_have_needs_the_clinic(cast: Cast) -> None:
    other = ward("Kirurgkliniken", "IVA")
    with pytest.raises(register.Ambiguous, match="Anestesikliniken / IVA, Kirurgkliniken / IVA"):
        register.find("IVA")
    assert register.find("Kirurgkliniken / IVA") == other


def test_a_wards_name_may_hold_a_slash(cast: Cast) -> None:
    both = ward("Kvinnokliniken", "BB/Förlossning")
    found = {register.find("BB/Förlossning"), register.find("Kvinnokliniken/BB/Förlossning")}
    assert found == {both}


def test_a_number_is_a_name_and_never_an_id(cast: Cast) -> None:
    assert register.find(str(cast.iva.pk)) is None
    numbered = ward("Kirurgkliniken", str(cast.iva.pk))
    assert register.find(str(cast.iva.pk)) == numbered


def test_a_clinics_name_may_hold_a_slash_too(cast: Cast) -> None:
    other, both = ward("Op", "IVA/Uppvak"), ward("Op/IVA", "Uppvak")
    assert [register.find(text) for text in ("Op/IVA / Uppvak", "op / iva/uppvak")] == [both, other]
    with pytest.raises(register.Ambiguous):
        register.find("Op/IVA/Uppvak")


def test_a_typed_in_ward_is_kept_once_for_an_administrator(cast: Cast) -> None:
    typed = ("Ny avdelning", "NY  AVDELNING", "ny avdelning")
    kept = {
        register.keep_typed_in(register.find(name) or register.typed_in(name)) for name in typed
    }
    assert len(kept) == 1
    assert (kept.pop().confirmed, Ward.objects.filter(confirmed=False).count()) == (False, 1)


def test_a_typed_in_ward_is_found_again(cast: Cast) -> None:
    kept = register.keep_typed_in(
        register.find("Tält 1 / norr") or register.typed_in("Tält 1 / norr")
    )
    assert register.find("tält 1 / norr") == kept


def test_a_known_ward_is_not_kept_twice(cast: Cast) -> None:
    assert register.keep_typed_in(register.find("iva") or register.typed_in("iva")) == cast.iva


def test_the_longest_name_can_be_kept(cast: Cast) -> None:
    longest = register.keep_typed_in(register.typed_in("Å" * register.NAME_LENGTH))
    assert len(longest.key) == KEY_LENGTH
    assert register.find("å" * register.NAME_LENGTH) == longest


def test_swedish_order(db: None) -> None:
    names = ["Apa", "apelsin", "Pizza", "Piå", "Zebra", "Ål", "Åska", "Äpple", "Ö", "Ör"]
    for name in reversed(names):
        Clinic.objects.create(name=name)
    assert [clinic.name for clinic in Clinic.objects.all()] == names


def test_numbers_stand_in_their_own_order(db: None) -> None:
    names = ["Avd", "Avd 0", "Avd 2", "Avd 02", "Avd 3", "Avd 12", "Avd 100", "Avd A", "Åvd 1"]
    for name in reversed(names):
        Clinic.objects.create(name=name)
    assert [clinic.name for clinic in Clinic.objects.all()] == names


@given(st.text(st.sampled_from("aå012 "), max_size=20), st.text(st.sampled_from("aå012 ")))
def test_two_names_have_two_keys(one: str, other: str) -> None:
    assert (sort_key(one) == sort_key(other)) is (clean_line(one) == clean_line(other))


def test_without_the_key_the_order_would_be_another() -> None:
    names = ["Zebra", "Ål", "Äpple"]
    assert sorted(names, key=sort_key) == names != sorted(names)


def test_labels_in_swedish_order(cast: Cast) -> None:
    ward("Ögonkliniken", "Avdelning")
    ward("Öron-näsa-halskliniken", "Avdelning")
    assert [str(ward) for ward in Ward.objects.select_related("clinic")] == [
        "Anestesikliniken / IVA",
        "Ögonkliniken / Avdelning",
        "Ögonkliniken / Ögonmottagning",
        "Öron-näsa-halskliniken / Avdelning",
    ]


def test_one_statement_however_many_wards(
    cast: Cast, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for number in range(5):
        ward(f"Klinik {number}", "Avdelning")
    with django_assert_num_queries(1):  # type: ignore[operator]
        register.find("Klinik 3 / Avdelning")


UNDELETABLE = [User, Ward]


@pytest.mark.parametrize("model", UNDELETABLE)
def test_neither_person_nor_ward_can_be_deleted(cast: Cast, model: type[User] | type[Ward]) -> None:
    lonely = cast.noone if model is User else ward("Kirurgkliniken", "Tom")
    with pytest.raises(IntegrityError, match="append-only"):
        lonely.delete()


@pytest.mark.parametrize("model", UNDELETABLE)
def test_not_even_past_the_python(cast: Cast, model: type[User] | type[Ward]) -> None:
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="append-only"):
        cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608  our own table
