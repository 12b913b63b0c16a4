"""A call that may have been sent before: asked about once, and its lost answer found again."""

import re
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from custody.calls import said_wrong, taking, waiting, wrong_sex
from custody.calls.refusals import SameCall
from custody.handouts import missing_sheet, read_back
from custody.models import Handout, Patient
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.races.together import race

HAND_OUT = "/till/hand-out/"
pytestmark = [
    pytest.mark.usefixtures("real_binder", "outage"),
    pytest.mark.one_database("decisions"),
]

LONGER = taking.SAME_CALL_WITHIN + timedelta(seconds=5)


@scene
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def once_more(cast: Cast, **changes: Any) -> Handout:
    """Take the same call with a new key, as after Back; nobody was asked yet."""
    return scenes.handed_out(cast, **({"other_than": 0} | changes))


def form(cast: Cast, **changes: str) -> dict[str, str]:
    fields = {"sex": "K", "caller": "wilma", "ward": str(cast.iva), "callback": "2102"}
    return fields | {"request_key": str(uuid4())} | changes


def answered(page: Any) -> dict[str, str]:
    """Return what the button "another patient" sends."""
    form = page.content.decode().rpartition("<form")[2]
    return dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', form))


def test_the_same_call_with_a_new_key_is_asked_about_and_takes_nothing(
    cast: Cast, handout: Handout
) -> None:
    with pytest.raises(SameCall) as asked:
        once_more(cast)
    assert asked.value.handouts == [handout]
    assert Handout.objects.count() == 1


def test_without_the_question_it_is_a_second_number(cast: Cast, handout: Handout) -> None:
    once_more(cast, other_than=handout.patient_id)
    assert Handout.objects.count() == 2


def test_the_same_key_is_never_asked_about(cast: Cast) -> None:
    call = scenes.call(cast, other_than=0)
    first, again = (scenes.hand_out(call, scenes.now(cast.tilda)) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("other", [{"caller": "vera1"}, {"sex": "M"}, {"ward": "eye"}])
def test_another_call_is_not_asked_about(
    cast: Cast, handout: Handout, other: dict[str, Any]
) -> None:
    if "ward" in other:
        other = {"ward": cast.eye}
    assert once_more(cast, **other).pk != handout.pk


def test_nor_after_ten_minutes(cast: Cast) -> None:
    before = Event.now(cast.tilda, timezone.now() - LONGER)
    scenes.hand_out(scenes.call(cast), before)
    scenes.hand_out(scenes.call(cast, other_than=0), scenes.now(cast.tilda))
    assert Handout.objects.count() == 2


def test_a_server_whose_clock_is_ahead_asks_all_the_same(cast: Cast, handout: Handout) -> None:
    ahead = Event.now(cast.tilda, timezone.now() + LONGER)
    with pytest.raises(SameCall):
        scenes.hand_out(scenes.call(cast, other_than=0), ahead)


def test_nor_when_it_was_read_back(cast: Cast, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, "K064", scenes.now(cast.tilda))
    assert once_more(cast).number.last_four == "K106"


def test_nor_is_paper_or_the_next_number_for_a_missing_sheet(
    cast: Cast, handout: Handout, outage: Outage
) -> None:
    following = missing_sheet.give_next(handout.pk, scenes.now(cast.tilda)).row
    assert following.instead_of == handout
    lies = following.number.binder.numbers.filter(taken_at=None, sex="K").latest("tab")
    assert scenes.from_paper(cast, outage, number=lies.value).late


def test_a_later_one_than_was_asked_about_is_asked_about_again(
    cast: Cast, handout: Handout
) -> None:
    second = once_more(cast, other_than=handout.patient_id)
    with pytest.raises(SameCall) as asked:
        once_more(cast, other_than=handout.patient_id)
    assert asked.value.handouts[0] == second


def test_a_ward_nobody_knows_is_the_same_by_its_name(cast: Cast) -> None:
    once_more(cast, ward=Ward(name="Rum 7"))
    with pytest.raises(SameCall):
        once_more(cast, ward=Ward(name="rum 7"))


# --- a patient who waits --------------------------------------------------------------------------


def waits(cast: Cast, **changes: Any) -> Patient:
    """Take a call for a patient of unknown sex: the binder has no such number."""
    said: dict[str, Any] = {"sex": "X", "other_than": 0} | changes
    call = scenes.call(cast, **said)
    return taking.take(call, scenes.now(cast.tilda)).row.call.patients.get()


def test_typed_again_no_second_patient_waits(cast: Cast) -> None:
    first = waits(cast)
    with pytest.raises(SameCall) as asked:
        waits(cast)
    assert (asked.value.handouts, asked.value.patients) == ([], [first])
    assert Patient.objects.get() == first


def test_without_the_question_a_second_one_waits(cast: Cast) -> None:
    waits(cast, other_than=waits(cast).pk)
    assert Patient.objects.count() == 2


@pytest.mark.parametrize("sex", ["K", "M"])
def test_a_corrected_sex_is_asked_about_as_said_and_as_known(
    cast: Cast, handout: Handout, sex: str
) -> None:
    given = wrong_sex.give_another(handout.pk, "M", scenes.now(cast.tilda), reason="misheard").row
    with pytest.raises(SameCall) as asked:
        once_more(cast, sex=sex)
    assert asked.value.handouts == [given]


@pytest.mark.parametrize("said", [{}, {"ward": "eye"}, {"ward": "eye", "sex": "M"}])
def test_who_waits_is_asked_about_as_said_and_as_put_right(
    cast: Cast, said: dict[str, str]
) -> None:
    patient = waits(cast)
    right = {"caller": "wilma", "callback": "2102", "sex": "M", "reason": "misheard"}
    said_wrong.correct(patient.pk, cast.eye, scenes.now(cast.tilda), **right)
    with pytest.raises(SameCall) as asked:
        waits(cast, **said | {"ward": getattr(cast, said.get("ward", "iva"))})
    assert asked.value.patients == [patient]


@pytest.mark.parametrize("other", [{"caller": "vera1"}, {"ward": Ward(name="Rum 7")}])
def test_another_callers_patient_is_not_asked_about(cast: Cast, other: dict[str, Any]) -> None:
    waits(cast)
    assert waits(cast, **other).waits


def test_nor_is_one_who_was_withdrawn_or_has_waited_long(cast: Cast) -> None:
    long_ago = Event.now(cast.tilda, timezone.now() - LONGER)
    taking.take(scenes.call(cast, sex="X"), long_ago)
    waiting.withdraw(waits(cast).pk, scenes.now(cast.tilda), reason="sent home")
    assert waits(cast).waits


def test_who_waits_is_asked_about_without_an_outage_too(cast: Cast, outage: Outage) -> None:
    lifecycle.end(outage, scenes.now(cast.tilda))
    first = waits(cast, outage_id=outage.pk)
    with pytest.raises(SameCall) as asked:
        waits(cast)
    assert asked.value.patients == [first]


def test_the_page_serves_who_waits_or_goes_on_with_another(cast: Cast, till: Client) -> None:
    patient = waits(cast)
    page = till.post(HAND_OUT, form(cast, sex="X"))
    assert page.status_code == 409
    assert f'action="/till/patients/{patient.pk}/serve/"' in page.content.decode()
    assert answered(page)["other_than"] == str(patient.pk)
    till.post(HAND_OUT, answered(page))
    assert Patient.objects.count() == 2


def test_a_call_whose_patient_waits_and_that_nobody_saw_is_offered(
    cast: Cast, till: Client
) -> None:
    call = till.post(HAND_OUT, form(cast, sex="X"))["Location"]
    page = till.get("/till/call/")
    assert f'href="{call}"' in page.content.decode()
    till.get(call)
    assert 'name="request_key"' in till.get("/till/call/").content.decode()


# --- two at once ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_tills_with_one_call_the_second_is_asked(cast: Cast) -> None:
    outcomes = race(partial(once_more, cast), partial(once_more, cast))
    assert {type(outcome) for outcome in outcomes} == {Handout, SameCall}
    assert Handout.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asked_about_the_same_number_two_tills_dont_both_go_on(
    cast: Cast, handout: Handout
) -> None:
    go_on = partial(once_more, cast, other_than=handout.patient_id)
    assert {type(outcome) for outcome in race(go_on, go_on)} == {Handout, SameCall}
    assert Handout.objects.count() == 2


def test_the_page_leads_to_the_number_and_goes_on_with_the_same_key(
    cast: Cast, till: Client, handout: Handout
) -> None:
    sent = form(cast)
    page = till.post(HAND_OUT, sent)
    assert page.status_code == 409
    assert f'href="/till/handouts/{handout.pk}/"' in page.content.decode()
    assert answered(page).items() >= (sent | {"other_than": str(handout.patient_id)}).items()
    first, again = (till.post(HAND_OUT, answered(page))["Location"] for _ in range(2))
    assert first == again != f"/till/handouts/{handout.pk}/"


def test_a_number_that_nobody_was_shown_is_offered_before_the_next_call(
    cast: Cast, till: Client
) -> None:
    number = till.post(HAND_OUT, form(cast))["Location"]
    page = till.get("/till/call/")
    assert "Det förra samtalet fick ett nummer som du inte har sett" in text_of(page)
    assert f'href="{number}"' in page.content.decode()
    till.get(number)
    assert 'name="request_key"' in till.get("/till/call/").content.decode()


def test_it_is_offered_after_a_new_sign_in_and_on_the_board_it_doesnt_count_as_shown(
    cast: Cast, till: Client, sign_in: SignIn
) -> None:
    number = till.post(HAND_OUT, form(cast))["Location"]
    elsewhere = sign_in(cast.tilda)
    elsewhere.get("/till/")
    assert f'href="{number}"' in elsewhere.get("/till/call/").content.decode()


def test_another_call_can_be_begun_all_the_same(cast: Cast, till: Client, outage: Outage) -> None:
    till.post(HAND_OUT, form(cast))
    page = till.get(f"/till/call/?outage={outage.pk}&new=1").content.decode()
    assert 'name="request_key"' in page


def test_nobody_else_is_offered_it(cast: Cast, till: Client) -> None:
    scenes.hand_out(scenes.call(cast), scenes.now(cast.adele))
    assert 'name="request_key"' in till.get("/till/call/").content.decode()
