"""A number of the other sex: never by itself, only for a reason, and never unseen."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from custody.calls import waiting
from custody.checks import consistency
from custody.handouts.refusals import NoneLeft, SexDiffers
from custody.models import Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import call, now

pytestmark = pytest.mark.one_database("decisions")

WHY = "two women at once, and the surgeon can't wait"


@scene
def no_women_left(cast: Cast, real_binder: object, outage: Outage) -> Cast:
    for _ in range(5):
        scenes.handed_out(cast)
    return cast


def test_it_is_not_taken_by_itself(no_women_left: Cast) -> None:
    with pytest.raises(NoneLeft):
        scenes.handed_out(no_women_left)


def test_it_is_taken_for_a_reason(no_women_left: Cast) -> None:
    handout = scenes.handed_out(no_women_left, other_sex_reason=WHY)
    assert (handout.number.sex, handout.patient_sex) == ("M", "K")
    assert handout.other_sex_reason == WHY


def test_while_the_own_sex_has_numbers_it_stays(
    cast: Cast, real_binder: object, outage: Outage
) -> None:
    handout = scenes.handed_out(cast, other_sex_reason=WHY)
    assert (handout.number.sex, handout.other_sex_reason) == ("K", "")


def test_pressed_twice_it_is_the_same_handout(no_women_left: Cast) -> None:
    handout = scenes.handed_out(no_women_left, other_sex_reason=WHY)
    again = waiting.serve(handout.patient_id, now(no_women_left.tilda), sex="M")
    assert (again.row, again.new) == (handout, False)


def test_the_real_number_is_held_against_the_patient(no_women_left: Cast) -> None:
    wilma = no_women_left.wilma
    handout = scenes.handed_out(no_women_left, other_sex_reason=WHY)
    with pytest.raises(SexDiffers):
        scenes.replaced(handout.pk, scenes.REAL_MAN, now(wilma))
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(wilma))
    assert list(consistency.findings()) == []


def test_the_reason_stays(no_women_left: Cast) -> None:
    handout = scenes.handed_out(no_women_left, other_sex_reason=WHY)
    with pytest.raises(IntegrityError, match="never change"):
        Handout.objects.filter(pk=handout.pk).update(other_sex_reason="")


def fields(cast: Cast) -> dict[str, str]:
    wanted = call(cast)
    sent = {"sex": "K", "caller": "wilma", "ward": str(cast.iva), "callback": "2102"}
    own = {"request_key": str(wanted.request_key), "other_than": str(wanted.other_than)}
    return sent | own


def serve(till: Client, **more: str) -> Any:
    (patient,) = scenes.who_waits()
    return till.post(f"/till/patients/{patient.pk}/serve/", {"sex": "M"} | more)


def test_when_both_are_out_nothing_is_offered(cast: Cast, sign_in: SignIn, outage: Outage) -> None:
    answer = sign_in(cast.tilda).post("/till/hand-out/", fields(cast), follow=True)
    assert "other_sex_reason" not in answer.content.decode()


def test_the_page_of_the_call_offers_it(no_women_left: Cast, sign_in: SignIn) -> None:
    till: Client = sign_in(no_women_left.tilda)
    page = till.post("/till/hand-out/", fields(no_women_left), follow=True)
    assert 'name="other_sex_reason"' in page.content.decode()
    number = till.get(serve(till, other_sex_reason=WHY)["Location"])
    assert "M078" in text_of(number)
    assert "two women at once" in text_of(number)
    assert "two women at once" in text_of(
        sign_in(no_women_left.wilma).get(Handout.objects.latest("pk").get_absolute_url())
    )


def test_without_a_reason_the_patient_goes_on_waiting(no_women_left: Cast, sign_in: SignIn) -> None:
    till: Client = sign_in(no_women_left.tilda)
    till.post("/till/hand-out/", fields(no_women_left))
    answer = serve(till, other_sex_reason="  ")
    assert answer.status_code == 400
    assert "ds-error-summary" in answer.content.decode()
    assert len(scenes.who_waits()) == 1
