"""Whom the provider removes is out at the next request or within a minute; and what rules give."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from befreg_reserv import waits
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Membership, User
from befreg_reserv.people.roles import Role
from befreg_reserv.people.sso import leaving, middleware, tokens
from befreg_reserv.people.sso import provider as asked
from befreg_reserv.people.sso.claims import mapping
from befreg_reserv.people.sso.models import ClaimRule, Identity, Vouched
from befreg_reserv.people.sso.refusals import KnownRule
from custody.models import Handout
from tests import scenes
from tests.cast import Cast
from tests.people.sso.conftest import STRONG, TILDA, Provider, come, rule
from tests.people.sso.test_signing_in import whoever

PASSWORD = "fyra ord i en rad"


@pytest.fixture
def till(client: Client, cast: Cast, provider: Provider) -> Client:
    """Tilda's browser, signed in by the provider."""
    assert come(client, provider, "/till/").status_code == 302
    assert client.get("/till/").status_code == 200
    return client


@pytest.fixture
def due(settings: LazySettings) -> None:
    """Every request is late enough to ask the provider again."""
    settings.IDENTITY_PROVIDER = replace(asked.chosen(), recheck_seconds=0)


def log() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("act", flat=True))


@pytest.mark.both_databases
def test_a_removed_person_is_out_at_the_next_request_once_a_check_is_due(
    till: Client, cast: Cast, provider: Provider, request: pytest.FixtureRequest
) -> None:
    provider.tell(gone=True)
    assert till.get("/till/").status_code == 200  # asked a moment ago
    request.getfixturevalue("due")
    answer = till.get("/till/")
    assert answer.headers["Location"] == "/sign-in/?next=/till/"
    assert "har avslutat din inloggning" in till.get("/sign-in/").content.decode()
    assert log()[-2:] == ["sso_withdrawn", "sign_out"]


def test_without_the_check_a_removed_person_stays(
    till: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch, due: None
) -> None:
    provider.tell(gone=True)
    monkeypatch.setattr(leaving, "still_holds", lambda *_args: True)
    assert till.get("/till/").status_code == 200


def test_the_provider_is_asked_once_in_an_interval_and_each_token_is_used_once(
    till: Client, provider: Provider, request: pytest.FixtureRequest
) -> None:
    provider.tell()
    assert {till.get("/till/").status_code for _ in range(3)} == {200}
    assert provider.tell()["asked"] == []
    request.getfixturevalue("due")
    assert {till.get("/till/").status_code for _ in range(3)} == {200}
    assert provider.tell()["asked"] == ["/token"] * 3


@pytest.mark.parametrize("manner", ["hangs at token", "fails at token", "html at token"])
def test_a_provider_that_is_away_puts_nobody_out_and_is_left_alone(
    till: Client,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    due: None,
    manner: str,
) -> None:
    monkeypatch.setattr(waits, "RECHECK_SECONDS", 0.2)
    provider.tell(manner=manner, gone=True)
    began = timezone.now()
    assert till.get("/till/").status_code == 200
    assert till.get("/till/").status_code == 200
    assert timezone.now() - began < timedelta(seconds=2)
    provider.tell(manner="")
    monkeypatch.setattr(asked, "AWAY_FOR_RECHECKS", 0)
    monkeypatch.setattr(asked, "AWAY_SECONDS", 0)
    monkeypatch.setattr(asked.is_away, "__defaults__", (0,))
    monkeypatch.setattr(waits, "RECHECK_SECONDS", 3)
    assert till.get("/till/").status_code == 302  # found out when it is back


def test_without_the_keys_the_next_refresh_token_is_kept_all_the_same(
    till: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch, due: None
) -> None:
    asked.forget()
    provider.tell(manner="fails at keys")
    assert till.get("/till/").status_code == 200
    provider.tell(manner="")
    asked.forget()
    assert till.get("/till/").status_code == 200  # the token of before is worth nothing now
    assert Identity.objects.get().withdrawn_at is None


def test_the_keys_get_what_is_left_of_the_second(
    till: Client, monkeypatch: pytest.MonkeyPatch, due: None
) -> None:
    given: list[float] = []

    def refreshed(*_args: Any) -> dict[str, str]:
        sleep(0.2)
        return {"id_token": "x"}

    def identity(*_args: Any, seconds: float, **_kwargs: Any) -> None:
        given.append(seconds)
        raise asked.Away

    monkeypatch.setattr(asked, "refreshed", refreshed)
    monkeypatch.setattr(tokens, "identity", identity)
    assert till.get("/till/").status_code == 200
    assert given[0] <= waits.RECHECK_SECONDS - 0.2


def test_a_withdrawn_person_has_no_other_way_in(
    till: Client, cast: Cast, provider: Provider
) -> None:
    User.objects.get(pk=cast.tilda.pk).set_password(PASSWORD)
    tilda = User.objects.get(pk=cast.tilda.pk)
    tilda.set_password(PASSWORD)
    tilda.save()
    form = {"username": "tilda", "password": PASSWORD}
    other = Client()
    assert other.post("/sign-in/", form).status_code == 302
    other.post("/sign-out/")
    elsewhere = Client()
    assert elsewhere.post("/sign-in/", form).status_code == 302
    assert elsewhere.get("/till/").status_code == 200
    leaving.withdraw(Identity.objects.get(), scenes.now(cast.adele))
    assert elsewhere.get("/till/").status_code == 302  # signed in by the local password, before
    answer = other.post("/sign-in/", form)
    assert answer.status_code == 400
    assert "inte får logga in längre" in answer.content.decode()
    assert authenticate(None, **form) is not None  # the password is right: that alone stops it
    assert leaving.let_in(Identity.objects.get(), scenes.now(cast.adele)).new
    assert not leaving.let_in(Identity.objects.get(), scenes.now(cast.adele)).new
    assert other.post("/sign-in/", form).status_code == 302


def test_while_the_provider_is_away_the_local_password_opens_and_the_log_tells(
    till: Client, cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    tilda = User.objects.get(pk=cast.tilda.pk)
    tilda.set_password(PASSWORD)
    tilda.save()
    leaving.withdraw(Identity.objects.get(), scenes.now(cast.adele))
    form = {"username": "tilda", "password": PASSWORD}
    monkeypatch.setattr(waits, "SIGN_ON_SECONDS", 0.2)
    provider.tell(manner="hangs at discovery")
    client = Client()
    began = timezone.now()
    assert client.post("/sign-in/", form).status_code == 302
    assert timezone.now() - began < timedelta(seconds=2)
    assert "sso_let_in_meanwhile" in log()
    provider.tell(manner="")
    asked.forget()
    assert client.get("/till/").status_code == 200  # nobody is put out in the middle of a call
    assert Client().post("/sign-in/", form).status_code == 400  # from now on it is asked again


def test_a_session_that_is_older_than_the_first_sign_in_there_ends_too(
    client: Client, cast: Cast, provider: Provider
) -> None:
    tilda = User.objects.get(pk=cast.tilda.pk)
    tilda.set_password(PASSWORD)
    tilda.save()
    earlier = Client()
    assert earlier.post("/sign-in/", {"username": "tilda", "password": PASSWORD}).status_code == 302
    assert come(client, provider).status_code == 302
    assert earlier.get("/till/").status_code == 200
    leaving.withdraw(Identity.objects.get(), scenes.now(cast.adele))
    assert earlier.get("/till/").status_code == 302


def test_whoever_comes_again_by_the_provider_is_withdrawn_no_more(
    till: Client, cast: Cast, provider: Provider
) -> None:
    leaving.withdraw(Identity.objects.get(), scenes.now(cast.adele))
    assert not leaving.withdraw(Identity.objects.get(), scenes.now(cast.adele)).new
    assert till.get("/till/").status_code == 302
    assert come(till, provider).status_code == 302
    assert Identity.objects.get().withdrawn_at is None
    assert till.get("/till/").status_code == 200


def test_without_a_refresh_token_a_session_is_short(
    till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    Vouched.objects.update(refresh="")
    assert till.get("/till/").status_code == 200
    monkeypatch.setattr(leaving, "UNCHECKED", timedelta(0))
    assert till.get("/till/").status_code == 302


def test_deactivated_here_is_out_at_once(till: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.tilda.pk).update(is_active=False)
    assert till.get("/till/").status_code == 302


@pytest.mark.parametrize("other", [None, "http://127.0.0.1:1"])
def test_a_session_ends_when_its_provider_is_none_of_ours_any_more(
    till: Client, provider: Provider, settings: LazySettings, due: None, other: str | None
) -> None:
    provider.tell()
    settings.IDENTITY_PROVIDER = replace(asked.chosen(), issuer=other) if other else None
    assert till.get("/till/").status_code == 302
    assert Identity.objects.get().withdrawn_at is None  # that nobody has said
    assert provider.tell()["asked"] == []


def test_a_known_person_who_became_a_superuser_comes_by_the_password_alone(
    till: Client, cast: Cast, provider: Provider
) -> None:
    User.objects.filter(pk=cast.tilda.pk).update(is_superuser=True)
    assert come(Client(), provider).status_code == 409


# --- told by the provider ---------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "whom", [{"sub": "s-1"}, {"sid": "at-one"}, {"sub": "s-1", "sid": "at-one"}]
)
def test_a_logout_token_ends_the_session_at_its_next_request(
    till: Client, provider: Provider, whom: dict[str, str]
) -> None:
    token = provider.tell(logout=whom)["token"]
    stranger = Client()
    assert stranger.post("/sign-on/ended/", {"logout_token": token}).status_code == 200
    assert till.get("/till/").status_code == 302
    assert log()[-2:] == ["sso_ended", "sign_out"]
    assert Identity.objects.get().withdrawn_at is None  # the local password still opens
    assert stranger.post("/sign-on/ended/", {"logout_token": token}).status_code == 200


@pytest.mark.parametrize(
    ("claims", "manner"),
    [
        ({"sub": "s-1", "aud": "another"}, ""),
        ({"sub": "s-1", "iss": "http://127.0.0.1:1"}, ""),
        ({"sub": "s-1", "events": {}}, ""),
        ({"sub": "s-1", "events": "x"}, ""),
        ({"sub": "s-1", "nonce": "x"}, ""),
        ({"sub": "s-1", "iat": 1_000_000_000}, ""),
        ({"sub": "s-1", "exp": 1_000_000_000}, ""),
        ({"sub": ["s-1"]}, ""),
        ({}, ""),
        ({"sub": "s-1"}, "alg none"),
        ({"sub": "s-1"}, "public key"),
        ({"sub": "s-1"}, "unlisted key"),
    ],
)
def test_a_false_logout_token_ends_nothing(
    till: Client, provider: Provider, claims: dict[str, Any], manner: str
) -> None:
    token = provider.tell(manner=manner, logout=claims)["token"]
    assert Client().post("/sign-on/ended/", {"logout_token": token}).status_code == 400
    assert till.get("/till/").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 100_000])
def test_what_is_no_token_is_refused(provider: Provider, db: None, token: str) -> None:
    assert Client().post("/sign-on/ended/", {"logout_token": token}).status_code == 400


# --- a strong sign-in -------------------------------------------------------------------------


@pytest.fixture
def administers(client: Client, cast: Cast, provider: Provider) -> Client:
    """Adele's browser, signed in by the provider with a password alone."""
    provider.tell(person={**TILDA, "sub": "s-a", "preferred_username": "adele"})
    assert come(client, provider).status_code == 302
    return client


@pytest.mark.both_databases
def test_undo_and_roles_ask_for_a_strong_sign_in(
    administers: Client, cast: Cast, provider: Provider, handout: Handout
) -> None:
    form = {"reason": "fel pärm", "seen": ""}
    path, steps = f"/ward/handouts/{handout.pk}/undo/", handout.steps.count()
    sent = administers.post(path, form)
    assert sent.headers["Location"].startswith("/sign-on/?next=%2Fward%2Fhandouts%2F")
    assert handout.steps.count() == steps
    for other in (f"/people/{cast.tilda.pk}/change/", "/registers/sign-on/add/", "/people/new/"):
        assert administers.post(other, {}).headers["Location"].startswith("/sign-on/")
    start = administers.get(sent.headers["Location"])
    assert "acr_values=urn%3Astrong" in start.headers["Location"]
    weak = administers.get(provider.visit(start.headers["Location"]))
    assert weak.status_code == 302
    assert administers.post(path, form).headers["Location"].startswith("/sign-on/")
    provider.tell(person={**TILDA, "sub": "s-a", "preferred_username": "adele", "acr": STRONG})
    start = administers.get(sent.headers["Location"])
    administers.get(provider.visit(start.headers["Location"]))
    assert not administers.post(path, form).headers.get("Location", "").startswith("/sign-on/")
    assert log().count("sso_proved") == 2


def test_somebody_else_proves_nothing_and_a_proof_grows_old(
    administers: Client, cast: Cast, provider: Provider
) -> None:
    provider.tell(person={**TILDA, "acr": STRONG})
    start = administers.get("/sign-on/?next=/people/")
    answer = administers.get(provider.visit(start.headers["Location"]))
    assert answer.status_code == 409
    assert whoever(administers) == "adele"
    vouched = Vouched.objects.get()
    vouched.acr, vouched.proved_at = STRONG, timezone.now() - timedelta(minutes=16)
    assert not middleware.is_strong(vouched)
    vouched.proved_at = timezone.now() - timedelta(minutes=14)
    assert middleware.is_strong(vouched)


def test_a_local_password_is_asked_for_nothing_more(client: Client, cast: Cast) -> None:
    client.force_login(cast.adele)
    assert client.post(f"/people/{cast.tilda.pk}/change/", {}).status_code == 400


# --- what rules give --------------------------------------------------------------------------


def roles(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def wards(user: User) -> set[str]:
    return {str(member.ward) for member in Membership.objects.filter(user=user)}


def test_rules_give_and_take_what_they_gave_and_nothing_by_hand(
    till: Client, cast: Cast, provider: Provider
) -> None:
    ward = rule(cast, "till", Role.WARD)
    rule(cast, "till", cast.eye)
    rule(cast, "till", Role.TILL)  # tilda had it by hand
    assert roles(cast.tilda) == {"till", "ward"}
    assert wards(cast.tilda) == {str(cast.eye)}
    mapping.drop(ward, scenes.now(cast.adele))
    assert not mapping.drop(ward, scenes.now(cast.adele)).new
    assert roles(cast.tilda) == {"till"}
    for each in ClaimRule.objects.all():
        mapping.drop(each, scenes.now(cast.adele))
    assert (roles(cast.tilda), wards(cast.tilda)) == ({"till"}, set())
    with pytest.raises(KnownRule):
        [rule(cast, "till", Role.WARD) for _ in range(2)]


@pytest.mark.both_databases
def test_new_claims_count_at_the_next_check(
    till: Client, cast: Cast, provider: Provider, due: None
) -> None:
    rule(cast, "ward", Role.WARD)
    provider.tell(person={**TILDA, "groups": ["till", "ward"]})
    till.get("/till/")
    assert roles(cast.tilda) == {"till", "ward"}
    provider.tell(person={**TILDA, "groups": []})
    till.get("/till/")
    assert roles(cast.tilda) == {"till"}
    assert log().count("sso_claims_changed") == 2


def test_the_last_administrator_stays_one_whatever_claims_say(
    administers: Client, cast: Cast, provider: Provider
) -> None:
    Identity.objects.update(roles=["administrator"])
    rule(cast, "nobody", Role.TILL)
    assert roles(cast.adele) == {"administrator"}
    assert Identity.objects.get().roles == ["administrator"]  # given by a rule still, not by hand
    cast.gunde.groups.add(Group.objects.get(name=Role.ADMINISTRATOR.value))
    rule(cast, "nobody else", Role.TILL)
    assert roles(cast.adele) == set()


def test_a_preview_says_who_would_get_and_lose_what(till: Client, cast: Cast) -> None:
    new = mapping.rule("groups", "till", Role.AUDITOR)
    (found,) = mapping.differences([new])
    assert (found.person.user, found.gains, found.loses) == (
        cast.tilda,
        (str(Role.AUDITOR.label),),
        (),
    )
    assert mapping.differences([mapping.rule("groups", "other", Role.AUDITOR)]) == []


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({"groups": ["a", 1, None, "b"]}, ["a", "b"]),
        ({"groups": "a"}, ["a"]),
        ({"groups": {"a": 1}}, None),
        ({"groups": ["x" * 201, "\0"]}, None),
        ({"groups": [str(n) for n in range(9999)]}, [str(n) for n in range(500)]),
        ({}, None),
    ],
)
def test_strange_claims_give_nothing(claims: dict[str, Any], found: Any) -> None:
    assert mapping.kept(claims, ["groups"]).get("groups") == found


def test_a_claim_may_lie_in_another() -> None:
    inside = {"realm_access": {"roles": ["till"]}}
    assert mapping.kept(inside, ["realm_access.roles"]) == {"realm_access.roles": ["till"]}


# --- what the database itself refuses ---------------------------------------------------------

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def _identity(cast: Cast, **columns: Any) -> Identity:
    given = {"user": cast.tilda, "issuer": "i", "subject": "s", "linked_at": NOW, "seen_at": NOW}
    return Identity.objects.create(**{**given, **columns})


@pytest.mark.parametrize(
    "columns", [{"subject": ""}, {"issuer": ""}, {"seen_at": NOW - timedelta(1)}]
)
def test_an_identity_is_whole(cast: Cast, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _identity(cast, **columns)


def test_a_subject_is_one_persons_for_ever(cast: Cast) -> None:
    identity = _identity(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        _identity(cast, user=cast.wilma)
    for changed in ({"user": cast.wilma}, {"subject": "t"}, {"linked_at": NOW - timedelta(1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Identity.objects.filter(pk=identity.pk).update(**changed)
    with pytest.raises(IntegrityError), transaction.atomic():
        Identity.objects.filter(pk=identity.pk).delete()


def test_an_ended_session_never_begins_again(cast: Cast) -> None:
    times = {"began_at": NOW, "checked_at": NOW}
    vouched = Vouched.objects.create(identity=_identity(cast), ended_at=NOW, **times)
    with pytest.raises(IntegrityError), transaction.atomic():
        Vouched.objects.update(ended_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Vouched.objects.update(checked_at=NOW - timedelta(1))
    assert vouched.pk


@pytest.mark.parametrize(
    "columns",
    [
        {"role": ""},
        {"role": "till", "ward": True},
        {"role": "king"},
        {"role": "till", "claim": ""},
        {"role": "till", "value": ""},
    ],
)
def test_a_rule_gives_one_thing(cast: Cast, columns: dict[str, Any]) -> None:
    given = {"claim": "groups", "value": "till", **columns}
    given["ward"] = cast.iva if columns.get("ward") else None
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimRule.objects.create(**given)


def test_a_rule_stands_there_once(cast: Cast) -> None:
    for gives in ({"role": "till"}, {"ward": cast.iva}):
        given: dict[str, Any] = {"claim": "groups", "value": "till", **gives}
        ClaimRule.objects.create(**given)
        with pytest.raises(IntegrityError), transaction.atomic():
            ClaimRule.objects.create(**given)


def test_a_time_that_is_none_is_none() -> None:
    assert [tokens.moment(value) for value in (None, "1", True, float("nan"), 1e30)] == [None] * 5
