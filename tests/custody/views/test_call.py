"""The form for a call: the ward that was meant, asked about once and never in the way."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import register
from custody.models import Binder, Handout
from outage.models import Outage
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of

pytestmark = [pytest.mark.usefixtures("real_binder", "outage"), pytest.mark.one_database("words")]


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def send(till: Client, ward: str, **more: str) -> Any:
    fields = {"sex": "K", "caller": "wilma", "ward": ward, "request_key": str(uuid4())}
    return till.post("/till/hand-out/", fields | more)


def test_without_an_outage_the_board_says_what_to_do(till: Client, outage: Outage) -> None:
    Outage.objects.update(ended_at=outage.started_at)
    assert till.get("/till/call/")["Location"] == "/till/"


def test_a_part_of_a_name_is_asked_about(cast: Cast, till: Client) -> None:
    answer = send(till, "ogon")
    assert answer.status_code == 400
    assert f'value="{cast.eye.pk}"' in answer.content.decode()
    assert "ds-error-summary" not in answer.content.decode()
    assert not Handout.objects.exists()


def test_asked_a_second_time_the_page_says_what_it_waits_for(till: Client) -> None:
    assert "Välj den avdelning" not in text_of(send(till, "ogon"))
    assert "Välj den avdelning" in text_of(send(till, "ogon", ward_asked="ogon"))


def test_the_answer_is_taken(cast: Cast, till: Client) -> None:
    answer = send(till, "ogon", ward_asked="ogon", ward_choice=str(cast.eye.pk))
    assert answer.status_code == 302
    assert Handout.objects.get().ward == cast.eye


def test_as_written_is_an_answer_too(cast: Cast, till: Client) -> None:
    assert send(till, "ogon", ward_asked="ogon", ward_choice="as-written").status_code == 302
    assert Handout.objects.get().ward.name == "ogon"


def test_an_answer_to_another_text_is_not_taken(cast: Cast, till: Client) -> None:
    answer = send(till, "anest", ward_asked="ogon", ward_choice=str(cast.eye.pk))
    assert answer.status_code == 400
    assert str(cast.iva) in text_of(answer)


@pytest.mark.parametrize("choice", ["999999", "x", "²", "9" * 20, "-1", ""])
def test_a_made_up_answer_is_asked_again(till: Client, choice: str) -> None:
    assert send(till, "ogon", ward_asked="ogon", ward_choice=choice).status_code == 400
    assert not Handout.objects.exists()


def test_an_exact_name_and_an_unknown_one_are_not_asked_about(cast: Cast, till: Client) -> None:
    assert send(till, "IVA").status_code == 302
    assert send(till, "Rum 7, källaren").status_code == 302
    assert Ward.objects.filter(confirmed=False).count() == 1


def test_a_name_of_several_clinics_can_be_taken_as_written(cast: Cast, till: Client) -> None:
    casting.ward("Kirurgkliniken", "IVA")
    assert send(till, "IVA").status_code == 400
    assert send(till, "IVA", ward_asked="IVA", ward_choice="as-written").status_code == 302


def test_other_faults_are_said_with_the_question(till: Client) -> None:
    answer = send(till, "ogon", sex="Z")
    assert "ds-error-summary" in answer.content.decode()
    assert 'name="ward_asked"' in answer.content.decode()


def test_the_last_one_is_told_before_the_call(
    till: Client, cast: Cast, real_binder: Binder
) -> None:
    real_binder.numbers.filter(sex="M", tab__gt=6).update(taken_at="2026-01-01T00:00Z")
    assert "Bara ett mansnummer är kvar" in text_of(till.get("/till/call/"))


def test_a_name_typed_in_once_silences_no_question(cast: Cast, till: Client) -> None:
    send(till, "ogon", ward_asked="ogon", ward_choice="as-written")
    answer = send(till, "ogon")
    assert answer.status_code == 400
    assert str(cast.eye) in text_of(answer)


def test_a_name_that_was_settled_counts_and_says_so(cast: Cast, till: Client) -> None:
    typed = register.keep_typed_in(register.typed_in("ogon"))
    register.merge(typed, cast.eye, scenes.now(cast.adele))
    page = till.get(send(till, "ogon")["Location"])
    assert f"räknas som {cast.eye}" in text_of(page)


def test_only_a_new_form_has_focus_on_the_sex(till: Client) -> None:
    asked = send(till, "ogon").content.decode()
    (focused,) = re.findall(r"<input[^>]*autofocus[^>]*>", asked)
    assert 'name="ward_choice"' in focused
