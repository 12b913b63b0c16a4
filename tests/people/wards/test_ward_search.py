"""Wards found while somebody types: by any part, the likeliest first, whatever is typed."""

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import pytest
from auditlog.context import disable_auditlog
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.wards import register
from befreg_reserv.text import clean_line, fold, sort_key, words
from tests import scenes
from tests.cast import Cast, ward
from tests.conftest import SignIn
from tests.ground.scenery import scene

Statements = Callable[[int], AbstractContextManager[Any]]


def found(text: str, **how: Any) -> list[str]:
    return [str(ward) for ward in register.search(text, **how)]


@scene
def eyes(db: None) -> None:
    """Wards that all have to do with eyes."""
    for clinic, name in (
        ("Ögonkliniken", "Avdelning 5"),
        ("Ögonkliniken", "Ögonmottagning"),
        ("Barnkliniken", "Mottagning, ögon"),
        ("Kirurgkliniken", "Ögon"),
        ("Ålderskliniken", "Ögonavdelning"),
    ):
        ward(clinic, name)


# --- what is found --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "ogonm",
            "ÖGONM",
            "ögonkliniken mott",
            "mott ögon",
            "klin mot",
            "o\N{COMBINING DIAERESIS}gon",
        ),
        *("Ögonkliniken / Ögonmottagning", "ögon,", "  gonmot ", "\N{RIGHT-TO-LEFT MARK}ögon"),
    ],
)
def test_any_part_of_clinic_or_ward_finds_it(cast: Cast, typed: str) -> None:
    assert register.search(typed) == [cast.eye]


@pytest.mark.parametrize("typed", ["ögon iva", "ögonn", "Öronkliniken / Ögonmottagning"])
def test_every_word_must_occur(cast: Cast, typed: str) -> None:
    assert register.search(typed) == []


@pytest.mark.parametrize(
    ("typed", "name"), [("aland", "Åland"), ("ÅLAND", "Åland"), ("øst", "Öst")]
)
def test_an_accent_is_neither_needed_nor_in_the_way(cast: Cast, typed: str, name: str) -> None:
    named = ward("Kirurgkliniken", name)
    assert register.search(typed) == [named]


def test_a_slash_and_a_hyphen_in_a_name_part_its_words(cast: Cast) -> None:
    both = ward("Öron-näsa-halskliniken", "BB/Förlossning")
    for typed in ("nasa forl", "bb/f", "öron-n", "BB/Förlossning"):
        assert register.search(typed) == [both], typed


# --- in which order -------------------------------------------------------------------------


def test_the_likeliest_comes_first(eyes: None) -> None:
    assert found("ogon") == [
        "Kirurgkliniken / Ögon",
        "Ålderskliniken / Ögonavdelning",
        "Ögonkliniken / Ögonmottagning",
        "Barnkliniken / Mottagning, ögon",
        "Ögonkliniken / Avdelning 5",
    ]


def test_equals_stand_in_swedish_order(db: None) -> None:
    clinics = ["Ögonkliniken", "Zonkliniken", "Ängskliniken", "Ålderskliniken"]
    for clinic in clinics:
        ward(clinic, "Avdelning")
    assert [name.split()[0] for name in found("avd")] == [clinics[place] for place in (1, 3, 2, 0)]


def test_what_was_typed_in_comes_after_all_known_wards(eyes: None) -> None:
    register.keep_typed_in(register.typed_in("Ögon"))
    assert found("ogon")[-1] == "Ögon"
    assert found("ogon", confirmed_only=True)[-1] == "Ögonkliniken / Avdelning 5"


def test_what_was_typed_in_and_settled_is_not_offered_again(cast: Cast) -> None:
    typed = register.keep_typed_in(register.typed_in("IVVA"))
    register.merge(typed, cast.iva, scenes.now(cast.adele))
    assert register.search("ivva") == []


def test_no_more_than_are_asked_for(eyes: None) -> None:
    assert found("ogon", limit=2) == found("ogon")[:2]


@scene
def numbered(db: None) -> None:
    """Wards that a number tells apart, as their clinics keep them."""
    for name in ("Kirurgavdelning 12", "Kirurgavdelning 2", "Kirurgavdelning 20", "Avd 136"):
        ward("Kirurgkliniken", name)
    for name in ("Ögonavdelning 2", "Ögonavdelning 112", "BB2"):
        ward("Åldersklinik 2", name)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("kir 2", ["Kirurgavdelning 2", "Kirurgavdelning 20", "Kirurgavdelning 12"]),
        ("kir2", ["Kirurgavdelning 2", "Kirurgavdelning 20", "Kirurgavdelning 12"]),
        ("kirurgavdelning 2", ["Kirurgavdelning 2", "Kirurgavdelning 20"]),
        ("kirurgavdelning", ["Kirurgavdelning 2", "Kirurgavdelning 12", "Kirurgavdelning 20"]),
        ("ogonavdelning 2", ["Ögonavdelning 2", "Ögonavdelning 112"]),
        *((typed, ["Avd 136"]) for typed in ("avd136", "Avd 136", "136", "avd13", "kir136")),
        ("bb 2", ["BB2"]),
        ("bb2", ["BB2"]),
        ("11", ["Ögonavdelning 112"]),
    ],
)
def test_digits_are_compared_whole_and_in_number_order(
    numbered: None, typed: str, names: list[str]
) -> None:
    found = [each.name for each in register.search(typed)]
    assert found[: len(names)] == names


def test_a_word_that_begins_so_comes_before_one_that_has_it_inside(db: None) -> None:
    for clinic in ("Neurokirurgen", "Plastikkirurgen", "Ögonens kirurgi"):
        ward(clinic, "Avdelning 2")
    assert found("kir 2")[0] == "Ögonens kirurgi / Avdelning 2"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(numbers=st.sets(st.integers(0, 2000), min_size=2, max_size=12), data=st.data())
def test_the_number_that_is_typed_comes_first_and_the_rest_in_number_order(
    db: None, numbers: set[int], data: st.DataObject
) -> None:
    number = data.draw(st.sampled_from(sorted(numbers)))
    with disable_auditlog(), transaction.atomic():
        for each in data.draw(st.permutations(sorted(numbers))):
            ward("Ögonkliniken", f"Avdelning {each}")
        names = [each.name for each in register.search(f"ogon {number}", limit=len(numbers))]
        assert names[0] == f"Avdelning {number}"
        listed = [int(each.name.split()[1]) for each in register.search("avd", limit=len(numbers))]
        assert listed == sorted(numbers)
        transaction.set_rollback(True)


# --- whatever is typed ----------------------------------------------------------------------

NOTHING = [
    "",
    " ",
    "%",
    "_",
    "\\",
    "'",
    '"',
    "/",
    "--",
    "\x00",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "🚑👩‍👧",
]


@pytest.mark.parametrize("typed", NOTHING)
def test_punctuation_asks_nothing(
    cast: Cast, typed: str, django_assert_num_queries: Statements
) -> None:
    with django_assert_num_queries(0):
        assert register.search(typed) == []


@pytest.mark.parametrize(
    "typed", ["%iva", "iva_", "'iva\"", "iv\x00a", "iva\\", "\u202eiva", "iva🚑"]
)
def test_punctuation_beside_a_word_is_no_pattern(cast: Cast, typed: str) -> None:
    assert register.search(typed) == [cast.iva]


LONG = {
    "a long word": "å" * 10_000,
    "many words": "ab " * 3_333,
    "all sorts": "%_\\'\"" * 2_000,
    "as much as is looked at": "ﷺ" * 800,
    "as many words as are looked at": " ".join(chr(0x4E00 + place) for place in range(400)),
}


@pytest.mark.parametrize("typed", LONG.values(), ids=LONG)
def test_a_text_of_any_length_is_harmless(
    cast: Cast, typed: str, django_assert_max_num_queries: Statements
) -> None:
    with django_assert_max_num_queries(1):
        assert register.search(typed) == []


def test_the_longest_name_is_found(db: None) -> None:
    longest = ward("Å" * register.NAME_LENGTH, "Ö" * register.NAME_LENGTH)
    assert register.search(str(longest)) == register.search("o" * register.NAME_LENGTH) == [longest]


def test_one_statement_however_many_words_and_wards(
    cast: Cast, django_assert_num_queries: Statements
) -> None:
    for number in range(30):
        ward(f"Klinik {number}", "Avdelning")
    with django_assert_num_queries(1):
        assert [str(found) for found in register.search("klin avd 7")]


def test_a_wards_number_is_found_whatever_the_ward_is_called(cast: Cast) -> None:
    surgery, other = ward("Kirurgkliniken", "136 Kirurgi"), ward("Kirurgkliniken", "Avd 1361")
    assert register.search("avd136") == [surgery, other]
    assert register.search("avd") == [other]


def test_among_two_thousand_wards_the_number_decides(cast: Cast) -> None:
    clinics = [Clinic.objects.create(name=name) for name in ("Kirurgkliniken", "Medicinkliniken")]
    wards = [Ward(clinic=each, name=f"Avd {number}") for each in clinics for number in range(1000)]
    for each in wards:
        each.derive()
    Ward.objects.bulk_create(wards)
    assert [each.name for each in register.search("kir 2")][:3] == ["Avd 2", "Avd 20", "Avd 21"]
    assert [str(each) for each in register.search("avd136")][:2] == [
        "Kirurgkliniken / Avd 136",
        "Medicinkliniken / Avd 136",
    ]


# --- properties -----------------------------------------------------------------------------

# Mostly what wards are called, so that names resemble each other; and now and then anything.
LETTERS = st.one_of(st.sampled_from("abåäöÅÖéøæß 5-/()%_\\'."), st.characters())
NAME = st.text(LETTERS, min_size=1, max_size=30).map(clean_line).filter(bool)
LABELS = st.lists(
    st.tuples(NAME.filter(lambda name: "/" not in name), NAME),
    min_size=1,
    max_size=12,
    unique_by=lambda label: sort_key(label[0]),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(labels=LABELS, data=st.data())
def test_every_part_of_a_name_finds_its_ward(
    db: None, labels: list[tuple[str, str]], data: st.DataObject
) -> None:
    name = fold(" ".join(labels[0]))
    start = data.draw(st.integers(0, len(name)))
    part = name[start : start + data.draw(st.integers(2, 10))]
    assume(sum(map(str.isalnum, part)) >= 2)
    with disable_auditlog(), transaction.atomic():
        wanted, *_others = [ward(*label) for label in labels]
        likeliest = register.search(part)
        assert wanted in register.search(part, limit=len(labels))
        assert wanted in likeliest or len(likeliest) == register.MOST_FOUND
        transaction.set_rollback(True)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert words(fold(text)) == words(text)


# --- names that change ----------------------------------------------------------------------


def test_a_renamed_ward_is_found_by_its_new_name_alone(cast: Cast) -> None:
    cast.iva.name = "Intermediärvård"
    cast.iva.save(update_fields=["name"])
    assert (register.search("interm"), register.search("iva")) == ([cast.iva], [])


def test_a_ward_that_changes_its_clinic_is_found_there(cast: Cast) -> None:
    cast.iva.clinic = cast.eye.clinic
    cast.iva.save(update_fields=["clinic"])
    assert register.search("ogonkliniken iva") == [cast.iva]


def test_the_migration_fills_in_what_was_there(cast: Cast) -> None:
    Ward.objects.update(searched="")
    assert register.search("ogon") == []
    name = "befreg_reserv.people.migrations.0002_ward_search_and_sign_in_tries"
    importlib.import_module(name).fill_searched(apps, None)
    assert register.search("ogon") == [cast.eye]


def test_the_migration_writes_keys_anew_though_an_old_one_is_anothers_new_one(cast: Cast) -> None:
    for name, old in (("Avdelning 2", "avdelning 2"), ("Avdelning 012", "avdelning 012")):
        Ward.objects.filter(pk=ward("Kirurgkliniken", name).pk).update(key=old, searched="")
    name = "befreg_reserv.people.migrations.0005_numbers_in_order"
    importlib.import_module(name).write_keys_anew(apps, SimpleNamespace(connection=connection))
    found = {each.name: each.key for each in register.search("kir avd 2")}
    assert found == {"Avdelning 2": "avdelning 012", "Avdelning 012": "avdelning 02120"}
    assert register.find("avdelning 2") == register.search("kir 2")[0]


# --- over the wire --------------------------------------------------------------------------


@scene
def till(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.tilda)


def options(client: Client, text: str, path: str = "/wards/search/") -> str:
    response = client.get(path, {"ward": text})
    assert response.status_code == 200
    return response.content.decode()


def test_the_till_gets_options_to_choose_from(till: Client) -> None:
    page = options(till, "ogonm")
    assert 'role="option"' in page
    assert 'id="ward-option-1"' in page
    assert 'data-value="Ögonkliniken / Ögonmottagning"' in page
    assert "<html" not in page


def test_the_browser_keeps_the_answer_for_its_session_alone(till: Client) -> None:
    answer = till.get("/wards/search/", {"ward": "ogonm"})
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert "Cookie" in answer.headers["Vary"]
    till.post("/sign-out/")
    refused = till.get("/wards/search/", {"ward": "ogonm"})
    assert refused.headers["Cache-Control"] == "no-store"


def test_what_nobody_knows_is_said_to_be_taken_as_written(till: Client, cast: Cast) -> None:
    cast.tilda.language = "en"
    cast.tilda.save()
    page = options(till, "Tältet")
    assert "it is taken as you write it" in page
    assert "role=" not in page


def test_nothing_typed_is_answered_with_nothing(till: Client) -> None:
    assert options(till, "").strip() == options(till, " ").strip() == ""


def test_the_administrator_is_offered_known_wards_alone(sign_in: SignIn, cast: Cast) -> None:
    register.keep_typed_in(register.typed_in("IVAN"))
    page = options(sign_in(cast.adele), "iva", "/wards/known/")
    assert page.count('role="option"') == 1
    assert "IVAN" not in page


def test_a_typed_in_name_comes_alive_in_no_list(till: Client) -> None:
    register.keep_typed_in(register.typed_in("\"'><script>alert(1)</script>"))
    page = options(till, "script")
    assert "<script" not in page
    assert 'data-value="&quot;&#x27;&gt;&lt;script' in page


@pytest.mark.one_database("statements")
def test_as_many_statements_for_many_wards_as_for_one(
    till: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    def cost() -> int:
        with django_assert_max_num_queries(9) as captured:
            options(till, "avd")
        return len(captured)

    ward("Klinik", "Avdelning")
    cost()  # the session's first
    one = cost()
    for number in range(30):
        ward(f"Klinik {number}", "Avdelning")
    assert cost() == one
