"""A number of the other sex: never by itself, only for a reason, and never unseen."""

import pytest
from django.db import IntegrityError
from django.test import Client

from custody.checks import consistency
from custody.handouts import closing, telephone
from custody.handouts.refusals import NoneLeft, SexDiffers
from custody.ledger.refusals import CallKeyReused
from custody.models import Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import call, now

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


def test_the_same_form_again_is_the_same_handout(no_women_left: Cast) -> None:
    wanted = call(no_women_left, other_sex_reason=WHY)
    first, again = (telephone.hand_out(wanted, now(no_women_left.tilda)).row for _ in range(2))
    assert first == again
    with pytest.raises(CallKeyReused):
        scenes.handed_out(no_women_left, request_key=wanted.request_key, sex="M")


def test_the_real_number_is_held_against_the_patient(no_women_left: Cast) -> None:
    wilma = no_women_left.wilma
    handout = scenes.handed_out(no_women_left, other_sex_reason=WHY)
    with pytest.raises(SexDiffers):
        closing.replace(handout.pk, scenes.REAL_MAN, now(wilma))
    closing.replace(handout.pk, scenes.REAL_WOMAN, now(wilma))
    assert list(consistency.findings()) == []


def test_the_reason_stays(no_women_left: Cast) -> None:
    handout = scenes.handed_out(no_women_left, other_sex_reason=WHY)
    with pytest.raises(IntegrityError, match="never change"):
        Handout.objects.filter(pk=handout.pk).update(other_sex_reason="")


def test_when_both_are_out_nothing_is_offered(cast: Cast, sign_in: SignIn, outage: Outage) -> None:
    answer = sign_in(cast.tilda).post("/till/hand-out/", fields(cast))
    assert answer.status_code == 409
    assert "other_sex_reason" not in answer.content.decode()


def fields(cast: Cast, **more: str) -> dict[str, str]:
    wanted = call(cast)
    sent = {"sex": "K", "caller": "wilma", "ward": str(cast.iva), "callback": "2102"}
    own = {"request_key": str(wanted.request_key), "other_than": str(wanted.other_than)}
    return sent | own | more


def test_the_page_offers_it_with_the_same_call(no_women_left: Cast, sign_in: SignIn) -> None:
    till: Client = sign_in(no_women_left.tilda)
    sent = fields(no_women_left)
    page = till.post("/till/hand-out/", sent)
    assert page.status_code == 409
    assert f'value="{sent["request_key"]}"' in page.content.decode()
    number = till.post("/till/hand-out/", sent | {"other_sex_reason": WHY}, follow=True)
    assert "M078" in text_of(number)
    assert "two women at once" in text_of(number)
    assert "two women at once" in text_of(
        sign_in(no_women_left.wilma).get(Handout.objects.latest("pk").get_absolute_url())
    )


def test_without_a_reason_it_is_refused_again(no_women_left: Cast, sign_in: SignIn) -> None:
    till = sign_in(no_women_left.tilda)
    sent = fields(no_women_left, other_sex_reason="  ")
    first, again = (till.post("/till/hand-out/", sent | more) for more in ({}, {"other_sex": "1"}))
    assert first.status_code == again.status_code == 409
    assert "ds-error-summary" not in first.content.decode()  # nobody has been asked for it yet
    assert "ds-error-summary" in again.content.decode()


def test_a_long_reason_is_cut_and_stops_nobody(no_women_left: Cast, sign_in: SignIn) -> None:
    sent = fields(no_women_left, other_sex_reason="x" * 900)
    assert sign_in(no_women_left.tilda).post("/till/hand-out/", sent).status_code == 302
    assert len(Handout.objects.latest("pk").other_sex_reason) == 500
