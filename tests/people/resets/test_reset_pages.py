"""The pages on which two colleagues let a third in, from the forgotten password to the own one."""

import re
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from befreg_reserv.people.models import Reset, ResetAnswer, User
from befreg_reserv.people.roles import Role
from tests import cast as casting
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.people.signing_in.workstations import PASSWORD, acts, browser, type_in, with_password

pytestmark = pytest.mark.both_databases
OWN = "fyra gula ankor flyger"


@scene
def theo(cast: Cast) -> User:
    return with_password(casting.person("theo", Role.TILL))


@scene
def tyra(theo: User) -> User:
    return with_password(casting.person("tyra", Role.TILL))


def english(client: Client) -> Client:
    """Let a browser be read by a test."""
    client.cookies["django_language"] = "en"
    return client


def begin(client: Client, vgr_id: str = "theo") -> Reset:
    answer = client.post("/colleague/", {"vgr_id": vgr_id, "request_key": uuid4()})
    assert answer.status_code == 302
    return Reset.objects.get()


def test_a_night_without_administrator(cast: Cast, theo: User, tyra: User, sign_in: SignIn) -> None:
    first, second, there = english(sign_in(cast.tilda)), english(sign_in(tyra)), browser()
    reset = begin(first)
    assert "Confirm: let" not in text_of(first.get("/colleague/"))
    assert "Confirm: let theo in" in text_of(second.get("/colleague/"))
    form = {"reset": reset.pk, "request_key": uuid4(), "password": PASSWORD}
    given = second.post("/colleague/confirm/", form)
    (secret,) = re.findall(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", text_of(given))
    assert secret in text_of(second.post("/colleague/confirm/", form))  # pressed twice
    type_in(there, "theo", secret)
    assert "set by tilda + tyra" in text_of(there.get("/password/"))
    there.post("/password/", {"new_password1": OWN, "new_password2": OWN})
    assert there.get("/till/").status_code == 200
    adele = english(sign_in(cast.adele))
    assert "tilda and tyra let theo in" in text_of(adele.get("/binder/overview/"))
    assert "I have looked" in text_of(adele.get("/colleague/every/"))
    adele.post("/colleague/seen/", form)
    assert "let theo in" not in text_of(adele.get("/binder/overview/"))
    assert "I have looked" not in text_of(adele.get("/colleague/every/"))


def test_one_says_no(cast: Cast, theo: User, tyra: User, sign_in: SignIn) -> None:
    reset = begin(english(sign_in(cast.tilda)))
    form = {"reset": reset.pk, "request_key": uuid4(), "password": PASSWORD}
    english(sign_in(tyra)).post("/colleague/decline/", form)
    assert reset.answer.kind == ResetAnswer.Kind.DECLINED
    late = english(sign_in(tyra)).post("/colleague/confirm/", form)
    assert (late.status_code, "answered already" in text_of(late)) == (409, True)


def test_ones_own_isnt_confirmed(cast: Cast, theo: User, sign_in: SignIn) -> None:
    client = english(sign_in(with_password(cast.tilda)))
    form = {"reset": begin(client).pk, "request_key": uuid4(), "password": PASSWORD}
    answer = client.post("/colleague/confirm/", form)
    assert (answer.status_code, "Somebody else must" in text_of(answer)) == (409, True)
    assert not ResetAnswer.objects.exists()


def test_whoever_sits_down_at_an_open_till_hasnt_the_password(
    cast: Cast, theo: User, tyra: User, sign_in: SignIn
) -> None:
    reset, client = begin(english(sign_in(cast.tilda))), english(sign_in(tyra))
    form = {"reset": reset.pk, "request_key": uuid4(), "password": "wrong"}
    answers = [client.post("/colleague/confirm/", form) for _try in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert "isn't your present password" in text_of(answers[0])
    assert "Wait" in text_of(answers[-1])
    assert acts(tyra)[-6:] == ["reset_refused"] * 6
    assert client.post("/colleague/confirm/", {**form, "password": ""}).status_code == 400
    assert not ResetAnswer.objects.exists()


@pytest.mark.parametrize("typed", ["nobody", "", "adele", "tilda", "x" * 500, "<b>", "\x00"])
def test_who_cant_be_let_in_is_said_beside_the_field(
    cast: Cast, sign_in: SignIn, typed: str
) -> None:
    answer = english(sign_in(cast.tilda)).post(
        "/colleague/", {"vgr_id": typed, "request_key": uuid4()}
    )
    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"vgr_id"}
    assert not Reset.objects.exists()


@pytest.mark.parametrize("asked", ["0", "x", "", "9" * 40, "-1", "%d%s", "²"])
@pytest.mark.parametrize("page", ["confirm", "decline"])
def test_what_isnt_there_leads_back(cast: Cast, sign_in: SignIn, page: str, asked: str) -> None:
    form = {"reset": asked, "request_key": uuid4(), "password": "x"}
    answer = english(sign_in(cast.tilda)).post(f"/colleague/{page}/", form)
    assert answer.headers["Location"] == "/colleague/"


def test_the_timers_command_tells_the_administrators(
    cast: Cast, theo: User, tyra: User, sign_in: SignIn
) -> None:
    reset = begin(english(sign_in(cast.tilda)))
    english(sign_in(tyra)).post(
        "/colleague/confirm/", {"reset": reset.pk, "request_key": uuid4(), "password": PASSWORD}
    )
    said = StringIO()
    with pytest.raises(SystemExit):  # nobody has an address
        call_command("remind", stdout=StringIO(), stderr=said)
    assert "about reset" in said.getvalue()
    User.objects.filter(pk=cast.adele.pk).update(email="adele@example.org")
    said = StringIO()
    call_command("remind", stdout=said)
    assert "Sent: administrators <adele@example.org>" in said.getvalue()
