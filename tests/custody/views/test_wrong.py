"""The menu of what went wrong with a number: who sees which entry, and what each does."""

from typing import Any

import pytest
from django.test import Client

from custody.handouts import bedside, closing, correcting, read_back
from custody.handouts.bedside import AtBedside
from custody.models import Handout, Patient
from outage import lifecycle
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of
from tests.scenes import now

SEX, SHEET = "Wrong sex", "Yes, it is missing"
MOVED = {"ward": "Ögonmottagning", "reason": "operation"}


@pytest.fixture
def till(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.tilda)


def menu(client: Client, handout: Handout) -> str:
    return text_of(client.get(f"/ward/handouts/{handout.pk}/wrong/"))


def post(client: Client, handout: Handout, act: str, **fields: str) -> Any:
    return client.post(f"/ward/handouts/{handout.pk}/{act}/", fields, follow=True)


def again(handout: Handout) -> Handout:
    return Handout.objects.get(pk=handout.pk)


def test_each_entry_says_what_it_will_do(till: Client, handout: Handout) -> None:
    page = menu(till, handout)
    assert "och påminnelserna" in page
    assert "utan det makuleras" in page.lower()
    assert "Det förbrukar ett nummer till" in page
    assert "Inget är förlorat" in page
    assert "kommer aldrig tillbaka till pärmen" in page


def test_the_ward_gives_no_number(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    page = menu(sign_in(cast.wilma), handout)
    assert "Fel avdelning" in page
    assert "Fel kön" not in page
    assert "Ja, det saknas" not in page


def test_the_till_moves_it(cast: Cast, till: Client, handout: Handout) -> None:
    assert "Numret är flyttat" in text_of(post(till, handout, "transfer", **MOVED))
    assert again(handout).ward == cast.eye


def test_several_wards_are_asked_about(till: Client, handout: Handout) -> None:
    answer = post(till, handout, "transfer", **MOVED | {"ward": "mottagning"})
    assert "Vilken avdelning" in text_of(answer)
    assert again(handout).steps.count() == 1


def test_the_former_ward_reads_and_does_nothing(
    cast: Cast, sign_in: SignIn, handout: Handout
) -> None:
    correcting.transfer(handout.pk, cast.eye, now(cast.tilda), reason="moved")
    ward = sign_in(cast.wilma)
    assert "Flyttat till en annan avdelning" in text_of(ward.get("/ward/"))
    page = ward.get(handout.get_absolute_url()).content.decode()
    assert 'action="/ward/handouts' not in page
    assert post(ward, handout, "void", reason="never used").status_code == 404
    assert ward.get(f"/ward/handouts/{handout.pk}/wrong/").status_code == 404


def test_the_new_ward_has_it(cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    correcting.transfer(handout.pk, cast.eye, now(cast.tilda), reason="moved")
    ward = sign_in(cast.vidar)
    assert handout.get_absolute_url() in ward.get("/ward/").content.decode()
    assert "Anestesikliniken / IVA" in text_of(ward.get(handout.get_absolute_url()))


def test_wrong_sex_leads_to_the_other_number(till: Client, handout: Handout) -> None:
    answer = post(till, handout, "wrong-sex", sex="M", reason="misheard", lies_there="on")
    assert "Inte K064: det är för ett annat kön" in text_of(answer)
    assert again(handout).state == "undone"


def test_without_a_number_the_call_waits(till: Client, handout: Handout) -> None:
    answer = post(till, handout, "wrong-sex", sex="X", reason="nobody knows")
    assert "1 patient väntar på ett nummer" in text_of(answer)
    assert Patient.objects.get().known_sex == "X"


def test_a_printed_number_offers_no_way_back(till: Client, handout: Handout) -> None:
    assert "Jag ser arket i fliken" in menu(till, handout)
    till.get(f"/till/handouts/{handout.pk}/slip/")
    assert "Jag ser arket i fliken" not in menu(till, handout)


def test_one_that_was_read_back_may_be_in_use(cast: Cast, till: Client, handout: Handout) -> None:
    assert "Fråga avdelningen först" not in menu(till, handout)
    read_back.confirm_read_back(handout.pk, handout.number.last_four, now(cast.tilda))
    assert "Fråga avdelningen först" in menu(till, handout)


def test_the_caller_is_put_right(till: Client, handout: Handout) -> None:
    post(till, handout, "correct", caller="VIDAR", callback="2102", reason="misheard")
    assert again(handout).caller == "vidar"


@pytest.mark.parametrize("caller", ["vet ej", "", "wilma"])
def test_what_is_no_correction_is_said(till: Client, handout: Handout, caller: str) -> None:
    answer = post(till, handout, "correct", caller=caller, callback="2102", reason="x")
    assert answer.status_code == 400
    assert again(handout).steps.count() == 1


def test_after_the_outage_it_is_the_wards(
    cast: Cast, till: Client, sign_in: SignIn, handout: Handout
) -> None:
    lifecycle.end(handout.outage, now(cast.tilda))
    assert "Det är avdelningen som gör resten med numret nu" in menu(till, handout)
    assert post(till, handout, "void", reason="x").status_code == 409
    post(sign_in(cast.wilma), handout, "transfer", **MOVED)
    assert again(handout).ward == cast.eye


def test_an_ended_one_has_no_menu(cast: Cast, till: Client, handout: Handout) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="never used")
    assert "Något blev fel" not in text_of(till.get(f"/till/handouts/{handout.pk}/"))
    assert post(till, handout, "transfer", **MOVED).status_code == 409


def test_every_entry_needs_a_reason(till: Client, handout: Handout) -> None:
    for act in ("transfer", "correct", "wrong-sex", "void"):
        fields = {"ward": "Ögonmottagning", "caller": "vidar", "sex": "M"}
        assert post(till, handout, act, **fields).status_code == 400
    assert again(handout).steps.count() == 1


def test_a_worn_number_of_the_wrong_sex_stays(cast: Cast, till: Client, handout: Handout) -> None:
    bedside.confirm(handout.pk, AtBedside(handout.number.last_four), now(cast.wilma))
    assert "så det har använts: det är patientens" in menu(till, handout)
    post(till, handout, "wrong-sex", sex="M", reason="an old page")
    assert again(handout).state == "handed_out"
