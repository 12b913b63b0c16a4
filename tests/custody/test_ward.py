"""The ward's screens: its own handouts only, each on its way to being closed."""

import pytest
from django.test import Client
from django.utils import timezone

from custody.models import Handout
from custody.states import State
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn


@pytest.fixture
def ward(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.wilma)


def post(client: Client, handout: Handout, act: str, **fields: str) -> int:
    """Send one form of a handout's page; return the status."""
    return client.post(f"/ward/handouts/{handout.pk}/{act}/", fields).status_code


def state(handout: Handout) -> str:
    return Handout.objects.get(pk=handout.pk).state


def test_a_ward_sees_its_own_only(
    cast: Cast, handout: Handout, sign_in: SignIn, ward: Client
) -> None:
    assert "20000101 K 06 4" in ward.get("/ward/").content.decode()
    assert "20000101 K 06 4" not in sign_in(cast.vidar).get("/ward/").content.decode()


def test_till_and_administrator_see_all(cast: Cast, handout: Handout, sign_in: SignIn) -> None:
    for user in (cast.tilda, cast.adele, cast.gunde):
        assert "20000101 K 06 4" in sign_in(user).get("/ward/").content.decode()


def test_who_has_no_ward_is_told_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    cast.wilma.wards.clear()
    assert 'data-color="warning"' in sign_in(cast.wilma).get("/ward/").content.decode()


def test_the_whole_way(ward: Client, handout: Handout) -> None:
    assert post(ward, handout, "replace", number="19450829-K088") == 302
    assert post(ward, handout, "notice", reference="R-17") == 302
    assert state(handout) == State.CLOSED
    assert "20000101 K 06 4" in ward.get("/ward/done/").content.decode()
    assert "20000101 K 06 4" not in ward.get("/ward/").content.decode()


@pytest.mark.parametrize("number", ["", "19450829K089", "20000101K064", "450829K088", "TF12"])
def test_a_wrong_number_is_refused_beside_the_field(
    ward: Client, handout: Handout, number: str
) -> None:
    answer = ward.post(f"/ward/handouts/{handout.pk}/replace/", {"number": number})
    assert answer.status_code == 400
    assert 'href="#replace_number"' in answer.content.decode()
    assert state(handout) == State.HANDED_OUT


def test_the_other_sex_needs_tick_and_reason(ward: Client, handout: Handout) -> None:
    man = {"number": scenes.REAL_MAN}
    assert post(ward, handout, "replace", **man) == 400
    assert post(ward, handout, "replace", **man, sex_may_differ="on") == 400
    assert post(ward, handout, "replace", **man, sex_may_differ="on", reason="id card") == 302


@pytest.mark.parametrize(
    "typed", ["tomorrow", "2999-01-01 00:00", "1999-01-01 00:00", "9999-99-99"]
)
def test_an_impossible_time_is_refused(ward: Client, handout: Handout, typed: str) -> None:
    assert post(ward, handout, "replace", number=scenes.REAL_WOMAN, at=typed) == 400


def test_when_and_by_whom_can_be_another_time_and_person(ward: Client, handout: Handout) -> None:
    minute = timezone.localtime(handout.handed_out_at).strftime("%Y-%m-%d %H:%M")
    post(ward, handout, "replace", number=scenes.REAL_WOMAN, at=minute)
    post(ward, handout, "notice", at=minute, by="OTHER1")
    notice = handout.notices.get()
    assert (notice.filed_by, notice.recorded_by.username) == ("other1", "wilma")


def test_acts_out_of_order_are_refused_with_a_page(ward: Client, handout: Handout) -> None:
    assert post(ward, handout, "notice") == 409
    assert post(ward, handout, "withdraw-notice", reason="x") == 409
    assert post(ward, handout, "withdraw-replacement", reason="x") == 409
    assert handout.steps.count() == 1


def test_the_same_act_twice_is_refused(ward: Client, handout: Handout) -> None:
    assert post(ward, handout, "void", reason="id card found") == 302
    assert post(ward, handout, "void", reason="id card found") == 409


@pytest.mark.parametrize("act", ["void", "undo", "withdraw-replacement", "withdraw-notice"])
def test_a_correction_without_reason_is_refused(
    cast: Cast, sign_in: SignIn, handout: Handout, act: str
) -> None:
    assert post(sign_in(cast.adele), handout, act, reason="  ") == 400


def test_only_the_administrator_undoes(
    cast: Cast, sign_in: SignIn, ward: Client, handout: Handout
) -> None:
    assert post(ward, handout, "undo", reason="mistake") == 403
    assert post(sign_in(cast.tilda), handout, "undo", reason="mistake") == 403
    assert post(sign_in(cast.adele), handout, "undo", reason="mistake") == 302
    assert state(handout) == State.UNDONE


def test_history_shows_who_and_when_and_why(ward: Client, handout: Handout) -> None:
    post(ward, handout, "replace", number=scenes.REAL_WOMAN)
    post(ward, handout, "withdraw-replacement", reason="mixed up with bed 4")
    page = ward.get(f"/ward/handouts/{handout.pk}/").content.decode()
    assert "mixed up with bed 4" in page
    assert "19450829 K 08 8" in page


def test_another_wards_handout_is_not_there(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    stranger = sign_in(cast.vidar)
    assert stranger.get(f"/ward/handouts/{handout.pk}/").status_code == 404
    for act in ("replace", "notice", "void", "withdraw-replacement", "withdraw-notice"):
        assert post(stranger, handout, act, number=scenes.REAL_WOMAN, reason="x") == 404
    assert handout.steps.count() == 1
