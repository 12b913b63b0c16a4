"""Signing in through a real provider, honest and hostile, and without one."""

import json
import socket
from base64 import urlsafe_b64decode
from time import monotonic
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from befreg_reserv import waits
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.sso import coming, tokens
from befreg_reserv.people.sso import provider as asked
from befreg_reserv.people.sso.models import Identity, Vouched
from custody.models import Binder, Handout
from outage.models import Outage
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.views.test_till import form as till_form
from tests.people.break_glass import scenes as glass
from tests.people.sso.conftest import TILDA, Provider, come, rule

pytestmark = pytest.mark.one_database("sign-in")
WRONG_WORDS = "Svaret från inloggningstjänsten kan inte användas"
PASSWORD_FIELD = 'name="password"'


def whoever(client: Client) -> str:
    """Return whose session it is."""
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key).username if key else ""


@pytest.mark.both_databases
def test_a_known_person_comes_in_as_themselves_and_goes_on(
    client: Client, cast: Cast, provider: Provider
) -> None:
    answer = come(client, provider, "/till/?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/till/?x=1")
    assert whoever(client) == "tilda"
    assert Identity.objects.get().subject == "s-1"
    acts = list(LogEntry.objects.order_by("pk").values_list("act", flat=True))[-3:]
    assert acts == ["sso_linked", "sso_arrived", "sign_in"]
    assert Vouched.objects.get().refresh not in {"", None}


@pytest.mark.both_databases
def test_somebody_unknown_is_added_only_if_a_rule_gives_a_role(
    client: Client, cast: Cast, provider: Provider
) -> None:
    provider.tell(person={**TILDA, "sub": "s-9", "preferred_username": "ny1"})
    answer = come(client, provider)
    assert answer.status_code == 409
    assert "ny1 har inget konto här" in answer.content.decode()
    assert not User.objects.filter(username="ny1").exists()
    rule(cast, "till", Role.TILL)
    rule(cast, "till", cast.iva)
    assert come(client, provider).status_code == 302
    new = User.objects.get(username="ny1")
    assert [group.name for group in new.groups.all()] == ["till"]
    assert list(new.wards.all()) == [cast.iva]
    assert not new.has_usable_password()
    assert not new.must_change_password


def test_without_a_provider_there_is_no_such_way(client: Client, db: None) -> None:
    assert "/sign-on/" not in client.get("/sign-in/").content.decode()
    assert {client.get(path).status_code for path in ("/sign-on/", "/sign-on/back/")} == {404}
    assert client.post("/sign-on/ended/").status_code == 404


# --- tokens that lie --------------------------------------------------------------------------

TOKENS = [
    *("audience", "two audiences", "issuer", "nonce", "expired", "from tomorrow", "no subject"),
    *("alg none", "public key", "unlisted key", "broken signature", "asks nobody"),
]
ANSWERS = ["redirects", "huge", "html", "a list", "empty", "deep"]


@pytest.mark.parametrize(
    "manner", [*TOKENS, *(f"{bad} at token" for bad in ANSWERS), "issuer at discovery"]
)
def test_what_a_hostile_provider_says_lets_nobody_in(
    client: Client, cast: Cast, provider: Provider, manner: str
) -> None:
    provider.tell(manner=manner)
    sent = client.get("/sign-on/")
    if sent.status_code == 302:
        sent = client.get(provider.visit(sent.headers["Location"]))
    assert sent.status_code == 400
    assert WRONG_WORDS in sent.content.decode()
    assert PASSWORD_FIELD in sent.content.decode()
    assert whoever(client) == ""
    assert not Identity.objects.exists()
    assert "/elsewhere" not in provider.tell()["asked"]


@pytest.mark.parametrize("manner", ["audience", "expired", "alg none", "public key", "nonce"])
def test_whoever_believes_a_token_as_it_stands_lets_anybody_in(
    client: Client,
    cast: Cast,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    manner: str,
) -> None:
    def believed(token: Any, **_how: Any) -> Any:
        middle = token["id_token"].split(".")[1]
        return json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))

    provider.tell(manner=manner)
    monkeypatch.setattr(tokens, "identity", believed)
    assert come(client, provider).status_code == 302
    assert whoever(client) == "tilda"


def test_keys_that_were_rotated_are_asked_for_once(
    client: Client, cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert come(client, provider).status_code == 302
    provider.tell(rotate=True)
    again = Client()
    assert come(again, provider).status_code == 400  # a moment after the last look
    monkeypatch.setattr(asked, "KEYS_AGAIN_SECONDS", 0)
    assert come(again, provider).status_code == 302
    assert provider.tell()["asked"].count("/keys") == 1


# --- answers that come twice, late, to somebody else ------------------------------------------


def test_an_answer_is_taken_once(client: Client, cast: Cast, provider: Provider) -> None:
    sent = client.get("/sign-on/")
    carried = client.cookies[coming.COOKIE].value
    back = provider.visit(sent.headers["Location"])
    assert client.get(back).status_code == 302
    client.post("/sign-out/")
    assert "tog för lång tid" in client.get(back).content.decode()
    client.cookies[coming.COOKIE] = carried  # whoever kept it: then the code is worth nothing
    assert WRONG_WORDS in client.get(back).content.decode()
    assert whoever(client) == ""


def test_an_answer_to_another_browser_or_with_another_state_is_none(
    client: Client, cast: Cast, provider: Provider
) -> None:
    back = provider.visit(client.get("/sign-on/").headers["Location"])
    victim = Client()
    assert victim.get(back).status_code == 400
    victim.get("/sign-on/")  # carries a state of its own
    assert victim.get(back).status_code == 400
    assert client.get(back.replace("state=", "state=x")).status_code == 400
    assert (whoever(victim), whoever(client)) == ("", "")


def test_a_journey_ends_after_a_while(
    client: Client, cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = provider.visit(client.get("/sign-on/").headers["Location"])
    monkeypatch.setattr(coming, "COOKIE_SECONDS", -1)
    assert "tog för lång tid" in client.get(back).content.decode()


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "sign-in"])
def test_nobody_is_led_elsewhere(
    client: Client, cast: Cast, provider: Provider, onward: str
) -> None:
    assert come(client, provider, onward).headers["Location"] == "/"


def test_whoever_was_denied_there_reads_so(client: Client, cast: Cast, provider: Provider) -> None:
    provider.tell(manner="denies")
    answer = come(client, provider)
    assert "släppte inte in dig" in answer.content.decode()


# --- who is who -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"preferred_username": "", "sub": "s-7"}, "vgr-id"),
        ({"preferred_username": 7}, "kan inte användas"),
        ({"preferred_username": "tilda\0"}, "kan inte användas"),
        ({"preferred_username": "x" * 40, "sub": "s-7"}, "vgr-id"),
        ({"preferred_username": "wilma"}, "någon annan än förut"),  # s-1 was tilda
        ({"sub": "s-2"}, "någon annan än förut"),  # tilda was s-1
    ],
)
def test_nobody_becomes_another(
    client: Client, cast: Cast, provider: Provider, person: dict[str, Any], words: str
) -> None:
    assert come(client, provider).status_code == 302
    client.post("/sign-out/")
    provider.tell(person={**TILDA, **person})
    answer = come(client, provider)
    assert words in answer.content.decode()
    assert whoever(client) == ""


def test_deactivated_here_is_out_and_a_superuser_stays_local(
    client: Client, cast: Cast, provider: Provider
) -> None:
    User.objects.filter(pk=cast.tilda.pk).update(is_superuser=True)
    assert "bara med det lokala lösenordet" in come(client, provider).content.decode()
    User.objects.filter(pk=cast.tilda.pk).update(is_superuser=False, is_active=False)
    assert "är inaktiverad här" in come(client, provider).content.decode()
    assert whoever(client) == ""


def test_a_sealed_account_stays_local_while_it_is_open_too(
    client: Client, cast: Cast, provider: Provider
) -> None:
    glass.laid_out(cast)
    for sealed_or_open in ("glas-1", "glas-2"):
        provider.tell(person={**TILDA, "preferred_username": sealed_or_open})
        assert "bara med det lokala lösenordet" in come(client, provider).content.decode()
    assert whoever(client) == ""


def test_a_locked_page_is_unlocked_by_who_is_asked_anew(
    sign_in: SignIn, client: Client, cast: Cast, provider: Provider
) -> None:
    assert come(client, provider).status_code == 302
    client.post("/lock/", {"next": "/till/"})
    assert "/sign-on/?next=" in client.get("/locked/?next=/till/").content.decode()
    sent = client.get("/sign-on/?next=/till/")
    assert "prompt=login" in sent.headers["Location"]
    assert client.get(provider.visit(sent.headers["Location"])).headers["Location"] == "/till/"
    assert client.get("/till/").status_code == 200
    assert LogEntry.objects.filter(act="unlocked").count() == 1


# --- away -------------------------------------------------------------------------------------


@pytest.fixture
def deaf(settings: LazySettings, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> Provider:
    """A provider whose name servers are gone."""

    def gone(*_args: Any, **_named: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", gone)
    return provider


@pytest.mark.parametrize("manner", ["hangs at discovery", "trickles at discovery"])
def test_a_provider_that_hangs_is_waited_for_once_and_shortly(
    client: Client,
    cast: Cast,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    manner: str,
) -> None:
    monkeypatch.setattr(waits, "SIGN_ON_SECONDS", 0.3)
    provider.tell(manner=manner)
    began = monotonic()
    answers = [client.get("/sign-on/?next=/till/") for _ in range(3)]
    assert monotonic() - began < 2 * 0.3 + 1
    assert [answer.status_code for answer in answers] == [503] * 3
    assert provider.tell()["asked"] == ["/.well-known/openid-configuration"]
    page = answers[0].content.decode()
    assert "Inloggningstjänsten svarar inte" in page
    assert (PASSWORD_FIELD in page, 'action="/sign-in/"' in page) == (True, True)
    assert 'name="next" value="/till/"' in page


def test_without_provider_and_name_servers_a_password_signs_in_and_hands_out(
    client: Client, cast: Cast, deaf: Provider, real_binder: Binder, outage: Outage
) -> None:
    cast.tilda.set_password("fyra ord i en rad")
    cast.tilda.save()
    assert client.get("/sign-on/").status_code == 503
    began = monotonic()
    assert PASSWORD_FIELD in client.get("/sign-in/").content.decode()
    form = {"username": "tilda", "password": "fyra ord i en rad", "next": "/till/"}
    assert client.post("/sign-in/", form).headers["Location"] == "/till/"
    assert client.get("/till/").status_code == 200
    assert client.post("/till/hand-out/", till_form(cast, outage=str(outage.pk))).status_code == 302
    assert Handout.objects.get().recorded_by == cast.tilda
    assert monotonic() - began < 3
    assert client.get(f"/sign-on/?of={deaf.port}").status_code == 503
