"""Several patients in one call at the till: the form, their numbers in turn, and who waits."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from befreg_reserv.people.models import Draft
from custody.calls import taking
from custody.handouts import correcting, missing_sheet, read_back
from custody.models import Binder, Call, Handout
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of

HAND_OUT = "/till/hand-out/"
pytestmark = pytest.mark.usefixtures("outage")


@pytest.fixture
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def form(cast: Cast, *sexes: str, **more: Any) -> dict[str, Any]:
    own = {"request_key": str(uuid4()), "other_than": str(scenes.ANOTHER_PATIENT)}
    said = {"caller": "wilma", "ward": str(cast.iva), "callback": "2102"}
    return {"sex": [*sexes]} | own | said | more


def chosen(page: Any) -> list[str]:
    return re.findall(r'<option value="(\w+)"[^>]* selected', page.content.decode())


def test_one_more_patient_is_asked_for_and_nothing_is_recorded(cast: Cast, till: Client) -> None:
    sent = form(cast, "K", place=["Sal 3"], age_group=["child"], one_more="1")
    page = till.post(HAND_OUT, sent)
    assert page.status_code == 200
    assert (chosen(page), page.content.decode().count('name="place"')) == (["K", "child"], 2)
    assert f'value="{sent["request_key"]}"' in page.content.decode()
    assert 'value="Sal 3"' in page.content.decode()
    assert not Call.objects.exists()


def test_enter_never_presses_one_more(till: Client) -> None:
    page = till.get("/till/call/").content.decode()
    buttons = re.findall(r'<button type="submit"[^>]*>', page.partition("data-draft")[2])
    assert "one_more" not in buttons[0]
    assert "one_more" in buttons[1]


def test_one_press_gives_each_a_number(cast: Cast, till: Client, real_binder: Binder) -> None:
    answer = till.post(HAND_OUT, form(cast, "K", "M", place=["Sal 1", ""], age_group=["", "child"]))
    first, second = Handout.objects.order_by("pk")
    assert answer["Location"] == f"/till/handouts/{first.pk}/"
    assert (first.patient.place, second.patient.age_group) == ("Sal 1", "child")


def test_a_line_too_many_is_no_patient(cast: Cast, till: Client, real_binder: Binder) -> None:
    till.post(HAND_OUT, form(cast, "K", "", place=["", " "], age_group=["", ""]))
    assert Handout.objects.count() == 1


def test_a_fault_of_one_patient_keeps_all(cast: Cast, till: Client, real_binder: Binder) -> None:
    page = till.post(HAND_OUT, form(cast, "K", "", place=["", "Sal 2"]))
    assert page.status_code == 400
    assert 'href="#id_sex_2"' in page.content.decode()
    assert not Call.objects.exists()


def test_a_place_that_says_who_it_is_is_pointed_out_afterwards(cast: Cast, till: Client) -> None:
    page = till.post(HAND_OUT, form(cast, "K", place=["19121212-1212"]), follow=True)
    assert "ser ut att innehålla en persons nummer" in page.content.decode()
    assert Call.objects.count() == 1


@pytest.mark.parametrize("said", ["vet ej", "VET EJ", "okänt", "?", "---", ""])
def test_a_word_for_nobody_knows_is_no_vgr_id(cast: Cast, till: Client, said: str) -> None:
    page = till.post(HAND_OUT, form(cast, "K", caller=said))
    assert 'href="#id_caller"' in page.content.decode()
    page = till.post(HAND_OUT, form(cast, "K", caller="", caller_name="Anna", callback=""))
    assert 'href="#id_callback"' in page.content.decode()
    assert till.post(HAND_OUT, form(cast, "K", caller="", caller_name="Anna")).status_code == 302


def test_the_numbers_are_read_back_one_at_a_time(
    cast: Cast, till: Client, real_binder: Binder
) -> None:
    page = till.post(HAND_OUT, form(cast, "K", "M", "K"), follow=True)
    assert "Patient 1 av 3" in text_of(page)
    first, second, third = Handout.objects.order_by("pk")
    for handout, following in ((second, third), (third, first), (first, first)):
        address = f"/till/handouts/{handout.pk}/read-back/"
        answer = till.post(address, {"typed": handout.number.last_four})
        assert answer["Location"] == f"/till/handouts/{following.pk}/"


def test_a_call_of_one_says_nothing_of_others(
    till: Client, real_binder: Binder, cast: Cast
) -> None:
    page = till.post(HAND_OUT, form(cast, "K"), follow=True)
    assert "Patient 1" not in text_of(page)


def test_all_slips_print_at_once(cast: Cast, till: Client, real_binder: Binder) -> None:
    till.post(HAND_OUT, form(cast, "K", "M"))
    call = Call.objects.get()
    page = till.get(f"/till/calls/{call.pk}/slips/").content.decode()
    assert page.count('<article class="slip') == 2
    Handout.objects.update(state="voided")
    assert till.get(f"/till/calls/{call.pk}/slips/").status_code == 409


def test_a_patient_has_one_slip(cast: Cast, till: Client, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, handout.number.last_four, scenes.now(cast.tilda))
    instead = missing_sheet.give_next(handout.pk, scenes.now(cast.tilda)).row
    page = till.get(f"/till/calls/{handout.patient.call_id}/slips/")
    assert [slip["handout"] for slip in page.context["slips"]] == [instead]


def test_what_was_put_right_is_not_said_again(cast: Cast, till: Client, handout: Handout) -> None:
    right = {"caller": "vera1", "callback": "2109", "reason": "misheard"}
    correcting.correct(handout.pk, scenes.now(cast.tilda), **right)
    page = till.get(f"/till/call/?new=&like={handout.patient.call_id}").content.decode()
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    assert (values["caller"], values["callback"]) == ("vera1", "2109")


def test_the_same_caller_again_begins_with_what_stays(
    cast: Cast, till: Client, real_binder: Binder
) -> None:
    number = till.post(HAND_OUT, form(cast, "K"), follow=True).content.decode()
    again = re.search(r'data-key="c"\s+href="([^"]+)"', number)
    assert again
    page = till.get(again[1].replace("&amp;", "&"))
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.content.decode()))
    assert (values["caller"], values["callback"]) == ("wilma", "2102")
    sent = values | {"sex": "K", "ward": str(cast.iva)}
    assert till.post(HAND_OUT, sent).status_code == 302  # nobody asks whether it is the same call
    assert Handout.objects.count() == 2


def test_who_waits_is_on_the_board_and_served_with_one_button(cast: Cast, till: Client) -> None:
    till.post(HAND_OUT, form(cast, "K", place=["Sal 3"]))
    (patient,) = scenes.who_waits()
    scenes.lay_in("Pärm", scenes.REAL, training=False)
    board = till.get("/till/")
    assert "1 patient väntar på ett nummer 0 min: Kvinna, Sal 3" in text_of(board)
    assert '<a class="number" href="tel:2102">2102</a>' in board.content.decode()
    assert f'action="/till/patients/{patient.pk}/serve/"' in board.content.decode()
    number = till.post(f"/till/patients/{patient.pk}/serve/", follow=True)
    assert "K064" in text_of(number)
    assert "väntar på ett nummer" not in text_of(till.get("/till/"))


def test_withdrawn_with_a_reason_the_patient_waits_no_more(cast: Cast, till: Client) -> None:
    till.post(HAND_OUT, form(cast, "K"))
    (patient,) = scenes.who_waits()
    address = f"/till/patients/{patient.pk}/withdraw/"
    assert till.post(address, {"reason": " "}).status_code == 400
    assert "had a card" in text_of(till.post(address, {"reason": "had a card"}, follow=True))
    assert scenes.who_waits() == []


@pytest.mark.both_databases
def test_a_caller_without_vgr_id_is_asked_for_on_the_overview(
    cast: Cast, till: Client, real_binder: Binder, sign_in: SignIn
) -> None:
    till.post(HAND_OUT, form(cast, "K", caller="", caller_name="Anna på natten"))
    adele, call = sign_in(cast.adele), Call.objects.get()
    assert "Anna på natten" in text_of(adele.get("/binder/overview/"))
    address = f"/binder/calls/{call.pk}/caller/"
    assert "ingens vgr-id" in text_of(adele.post(address, {"caller": "vet ej"}))
    assert "Anna på natten" not in text_of(adele.post(address, {"caller": "annan"}, follow=True))
    call.refresh_from_db()
    assert (call.caller, call.caller_name) == ("annan", "Anna på natten")


def test_all_patients_of_a_draft_come_back(
    cast: Cast, till: Client, outage: Outage, real_binder: Binder
) -> None:
    sent = form(cast, "K", "M", place=["Sal 1", "Sal 2"], age_group=["", "child"])
    till.post("/still-here/", sent | {"draft_path": "/till/call/"})
    page = till.get(Draft.objects.get().get_absolute_url())
    assert chosen(page) == ["K", "M", "child"]
    assert 'value="Sal 2"' in page.content.decode()


def test_one_of_a_calls_numbers_was_shown_so_none_is_a_lost_answer(
    cast: Cast, till: Client, real_binder: Binder
) -> None:
    till.post(HAND_OUT, form(cast, "K", "M"), follow=True)
    assert 'name="request_key"' in till.get("/till/call/").content.decode()


def test_more_than_twenty_are_a_further_call(cast: Cast, till: Client) -> None:
    page = till.post(HAND_OUT, form(cast, *["K"] * 21))
    assert page.status_code == 400
    assert "20 patienter" in text_of(page)
    assert not Call.objects.exists()


def test_what_was_said_of_nobody_knows_whom_is_given_to_nobody(cast: Cast, till: Client) -> None:
    """Two patients and one place: by position it would be the first one's."""
    for pressed in ({}, {"one_more": "1"}):
        page = till.post(HAND_OUT, form(cast, "K", "M", place=["Sal 2"], **pressed))
        assert page.status_code == 400
        assert "Skriv varje patient på nytt" in text_of(page)
    assert not Call.objects.exists()


def test_a_call_that_is_full_says_so_where_the_button_was(cast: Cast, till: Client) -> None:
    page = till.post(HAND_OUT, form(cast, *["K"] * 19, one_more="1"))
    assert ("20 patienter" in text_of(page), "data-more" in page.content.decode()) == (True, False)


def test_the_key_serves_the_first_for_whom_a_number_lies_there(cast: Cast, till: Client) -> None:
    till.post(HAND_OUT, form(cast, "X"))
    till.post(HAND_OUT, form(cast, "K", "K"))
    assert till.get("/till/").context["to_serve"].sex == "X"
    scenes.lay_in("Pärm", scenes.REAL, training=False)
    page = till.get("/till/").content.decode()
    _unknown, woman, _other = scenes.who_waits()
    before_the_key = page.partition('data-key="s"')[0]
    assert re.findall(r"/till/patients/(\d+)/serve/", before_the_key)[-1] == str(woman.pk)


def test_a_ward_settles_its_own_patients_alone(
    cast: Cast, till: Client, outage: Outage, sign_in: SignIn
) -> None:
    till.post(HAND_OUT, form(cast, "K"))
    (patient,) = scenes.who_waits()
    lifecycle.end(outage, scenes.now(cast.tilda))
    address, reason = f"/till/patients/{patient.pk}/settle/", {"reason": "Befreg"}
    assert sign_in(cast.vidar).post(address, reason).status_code == 404
    assert sign_in(cast.wilma).post(address, reason)["Location"] == "/ward/"
    assert scenes.who_waits() == []


def test_a_ward_that_writes_no_reason_stays_on_its_page(
    cast: Cast, till: Client, outage: Outage, sign_in: SignIn
) -> None:
    till.post(HAND_OUT, form(cast, "K"))
    (patient,) = scenes.who_waits()
    lifecycle.end(outage, scenes.now(cast.tilda))
    page = sign_in(cast.wilma).post(f"/till/patients/{patient.pk}/settle/", {"reason": ""})
    assert (page.status_code, page.templates[0].name) == (400, "custody/ward.html")
    assert f'id="settle_{patient.pk}_reason"' in page.content.decode()
    assert "aria-invalid" in page.content.decode()


def test_while_befreg_is_down_no_page_says_that_it_makes_the_number(
    cast: Cast, outage: Outage, sign_in: SignIn
) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    taken = taking.take(scenes.call(cast), scenes.now(cast.tilda)).row
    addresses = ("/ward/", "/binder/overview/", f"/till/calls/{taken.call.pk}/")

    def pages_that_say_so() -> int:
        pages = [text_of(sign_in(cast.adele).get(address)) for address in addresses]
        return sum("Befreg kan göra" in page or "Befreg skapar" in page for page in pages)

    assert pages_that_say_so() == 3
    scenes.begin(cast.tilda, ago=timedelta())
    assert pages_that_say_so() == 0
