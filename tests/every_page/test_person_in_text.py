"""What looks like a person in a free text is pointed out before it is kept; no call waits."""

import re
from typing import Any

import pytest
from django import forms
from django.db import transaction
from django.forms.fields import CharField

from befreg_reserv.free_text import person_in_text
from befreg_reserv.text import FreeTextField
from befreg_reserv.times import LocalTimeField
from custody.forms.fields import VgrIdField
from custody.models import Call, Patient
from tests.addresses import VIEWS  # all forms are imported with their views
from tests.cast import Cast, ward
from tests.conftest import SignIn
from tests.custody.views.test_till import form
from tests.every_page.hostile import ACTS
from tests.every_page.test_hostile_text import at, outage, places, send  # noqa: F401  two fixtures
from tests.pages import text_of

A_NAME, A_NUMBER = "Anna-Lisa Svensson", "19810829M071"
# Fields of text that aren't free: what is asked for in each.
NOT_FREE = {
    **dict.fromkeys(("ward", "ward_choice", "new_clinic", "name", "name_en", "names"), "a name"),
    **dict.fromkeys(("family_name", "given_name"), "the name that Befreg gave all its numbers"),
    **dict.fromkeys(("number", "hsa_id", "telephone", "reference", "identity"), "a number"),
    **dict.fromkeys(("wristband", "typed"), "compared, and a number"),
    **dict.fromkeys(("hint", "hint_en"), "for everybody, by the administrator: whom to ask"),
    **dict.fromkeys(("responsible", "decided_by"), "the routine's: who of the staff"),
    **dict.fromkeys(("person", "unit", "since", "until", "q"), "a search"),
    **dict.fromkeys(("username", "vgr_id", "email"), "an account"),
    "place": "where a computer or an envelope is, by the administrator",
    "value": "of a claim, as the identity provider says it",
    **dict.fromkeys(("hours", "line", "many", "raps_link", "by"), "of another kind"),
    **dict.fromkeys(("wards", "same_person", "ward_asked"), "chosen from a list"),
}
OURS = ("befreg_reserv.", "custody.", "outage.")


def every_form() -> list[type[forms.BaseForm]]:
    def below(kind: type) -> set[type]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    assert VIEWS
    found = {form for form in below(forms.BaseForm) if form.__module__.startswith(OURS)}
    return sorted(found, key=lambda form: f"{form.__module__}.{form.__qualname__}")


def is_text(field: Any) -> bool:
    kinds = (forms.UUIDField, LocalTimeField, VgrIdField, FreeTextField)
    closed = (forms.PasswordInput, forms.HiddenInput)
    return (
        isinstance(field, CharField)
        and not isinstance(field, kinds)
        and not isinstance(field.widget, closed)
    )


def test_no_field_of_text_is_forgotten() -> None:
    unjudged = {
        (form.__qualname__, name)
        for form in every_form()
        for name, field in getattr(form, "base_fields", {}).items()
        if is_text(field) and name not in NOT_FREE and not _is_table(form, name)
    }
    assert unjudged == set()


def _is_table(form: type, name: str) -> bool:
    """Tell whether numbers or people are what is asked for there."""
    tables = {"TableForm", "PrepareForm", "RedactForm"}
    return name == "text" and any(base.__name__ in tables for base in form.__mro__)


def free(name: str, *, urgent: bool) -> list[str]:
    fields = getattr(ACTS[name].form, "base_fields", {})
    return [
        field
        for field, kind in fields.items()
        if isinstance(kind, FreeTextField) and kind.urgent == urgent and kind.names
    ]


# In this situation no page asks for it: the outage goes on, nothing is left, nothing differs.
SHOWN_LATER = {
    ("settle patient", "reason"),
    ("what a ward left", "reason"),
    ("count", "reason"),
    ("replace", "same_reason"),
}
ASKED = [
    (name, field)
    for name in ACTS
    for field in free(name, urgent=False)
    if (name, field) not in SHOWN_LATER
]
URGENT = [(name, field) for name in ACTS for field in free(name, urgent=True)]


def kept_mark(page: str, field: str) -> dict[str, str | bytes]:
    found = re.search(rf'name="([\w-]*{field}-kept)" value="(\w+)"', page)
    return {found[1]: found[2]} if found else {}


SOME = [pair for pair in ASKED if pair[0] in {"note", "void", "destroyed"}]


@pytest.mark.one_database("words")
@pytest.mark.parametrize("which", [SOME, pytest.param(ASKED, marks=pytest.mark.long)])
def test_in_each_form_a_name_is_pointed_out_once(
    cast: Cast,
    places: dict[str, Any],  # noqa: F811
    which: list[tuple[str, str]],
) -> None:
    """And sent once more, it is kept."""
    assert which
    for name, field in which:
        act = at(ACTS[name], places)
        client = SignIn()(getattr(cast, act.who))
        with transaction.atomic():
            filled: dict[str, str | bytes] = {**act.fields, field: f"{A_NAME} ringde"}
            first, page = send(client, act, filled)
            mark = kept_mark(page, field)
            assert mark, (name, field)
            assert first.status_code in {200, 400}, (name, field)
            again, page = send(client, act, {**filled, **mark})
            assert not kept_mark(page, field), (name, field)
            assert again.status_code in {200, 204, 302, 409}, (name, field)
            transaction.set_rollback(True)


@pytest.mark.one_database("words")
def test_what_a_call_waits_for_is_kept_at_once(cast: Cast, places: dict[str, Any]) -> None:  # noqa: F811
    assert {"serve", "wrong sex", "tick", "start"} <= {name for name, _field in URGENT}
    for name, field in URGENT:
        act = at(ACTS[name], places)
        client = SignIn()(getattr(cast, act.who))
        with transaction.atomic():
            answer, page = send(client, act, {**act.fields, field: A_NAME})
            assert answer.status_code in {204, 302, 409}, (name, field)
            assert not kept_mark(page, field)
            transaction.set_rollback(True)


@pytest.mark.both_databases
def test_a_call_is_taken_and_what_it_says_pointed_out_afterwards(
    cast: Cast,
    real_binder: object,
    outage: Any,  # noqa: F811
    sign_in: SignIn,
) -> None:
    till = sign_in(cast.tilda)
    filled = form(cast) | {"place": f"sal 3, {A_NUMBER}"}
    answer = till.post("/till/hand-out/", filled, follow=True)
    assert Patient.objects.get().place == f"sal 3, {A_NUMBER}"
    assert Call.objects.count() == 1
    assert "ser ut att innehålla en persons nummer" in text_of(answer)


NAMES = [
    "Anna Svensson",
    "ringde Åsa  Öberg-Ek igen",
    "Ring Anna-Lisa Andersson",
    "(Eva Ek)",
]
NO_NAMES = [
    "Kassan ringde",
    "Patienten Fel avdelning",
    "Driftstopp i Västra Götaland",
    "Sahlgrenska Universitetssjukhuset",
    "Akuten, Anna",
    "IVA 3",
    "AKM Driftstopp",
    "Anna. Svensson",
    "Södra Älvsborgs Sjukhus",
    "Anestesikliniken IVA",
    "",
]


@pytest.mark.parametrize("text", NAMES)
def test_two_capitalised_words_are_a_name(db: None, text: str) -> None:
    assert person_in_text.seen(text) == [person_in_text.A_NAME]


@pytest.mark.parametrize("text", NO_NAMES)
def test_a_place_or_a_sentence_is_none(db: None, text: str) -> None:
    assert person_in_text.seen(text) == []


@pytest.mark.both_databases
def test_a_ward_is_no_person(cast: Cast) -> None:
    assert person_in_text.has_name("flyttad till Gröna Huset")
    ward("Kvinnokliniken", "Gröna Huset")
    assert not person_in_text.has_name("flyttad till Gröna Huset")


@pytest.mark.parametrize(
    "text", [A_NUMBER, f"se {A_NUMBER} i dag", "x" * 300 + " 19121212-1212", "121212-1212 väntar"]
)
def test_a_number_is_found_anywhere_in_a_text(text: str) -> None:
    assert person_in_text.seen(text, names=False) == [person_in_text.A_NUMBER]


@pytest.mark.parametrize("text", ["033-61621", "0708-12 34 56", "19121212-1213", "K064", "2102"])
def test_a_telephone_is_none(text: str) -> None:
    assert person_in_text.seen(text, names=False) == []
