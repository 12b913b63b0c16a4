"""What a password's check costs, and that strangers leave room for others."""

from contextlib import ExitStack
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import SignInTries, User
from befreg_reserv.people.signing_in import hashing, throttle
from tests.cast import Cast
from tests.conftest import ARGON2_AS_SERVED
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import PASSWORD, browser, type_in, with_password

pytestmark = pytest.mark.django_db


class Older(Argon2PasswordHasher):
    """As passwords were kept before."""

    time_cost, memory_cost, parallelism = 2, 1024, 8


@scene
def tilda(cast: Cast) -> User:
    return with_password(cast.tilda)


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Strangers in each place there is for them."""
    monkeypatch.setattr(hashing.Places, "PATIENCE_SECONDS", 0.05)
    with ExitStack() as stack:
        assert stack.enter_context(hashing.OF_STRANGERS.one())
        yield stack


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that names each hash which is made from now on."""
    made: list[str] = []
    for name in ("encode", "verify"):
        own = getattr(hashing.Argon2, name)

        def counted(*given: Any, own: Any = own, name: str = name) -> Any:
            made.append(name)
            return own(*given)

        monkeypatch.setattr(hashing.Argon2, name, counted)
    return made


def test_a_hash_costs_what_owasp_asks_for() -> None:
    assert ARGON2_AS_SERVED == {"time_cost": 2, "memory_cost": 19456, "parallelism": 1}


def test_an_older_hash_is_valid_and_made_anew(tilda: User) -> None:
    older = Older()
    User.objects.filter(pk=tilda.pk).update(password=older.encode(PASSWORD, older.salt()))
    assert type_in(browser(), "tilda").status_code == 302
    tilda.refresh_from_db()
    assert not hashing.Argon2().must_update(tilda.password)
    assert type_in(browser(), "tilda").status_code == 302


@pytest.mark.parametrize("vgr_id", ["tilda", "nobody"])
def test_a_wrong_password_costs_one_hash_whoever_is_meant(
    tilda: User, vgr_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = Older()
    User.objects.filter(pk=tilda.pk).update(password=older.encode(PASSWORD, older.salt()))
    made = count_hashes(monkeypatch)
    assert type_in(browser(), vgr_id, "wrong").status_code == 400
    assert len(made) == 1


@pytest.mark.usefixtures("crowd")
def test_who_finds_no_place_is_told_in_words_and_nothing_is_counted(tilda: User) -> None:
    response = type_in(browser(), "tilda")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "5"
    assert "Wait 5 seconds and try again" in response.content.decode()
    assert not SignInTries.objects.exists()
    assert not LogEntry.objects.filter(act="sign_in_refused").exists()


def test_a_workstation_that_the_person_knows_has_a_place_of_its_own(
    tilda: User, cast: Cast, request: pytest.FixtureRequest
) -> None:
    known = browser()
    type_in(known, "tilda")
    known.post("/lock/")
    request.getfixturevalue("crowd")
    with_password(cast.wilma)
    assert type_in(known, "wilma", page="/locked/").status_code == 429
    assert type_in(known, "tilda", page="/locked/").status_code == 302


def test_the_place_is_free_again(tilda: User, crowd: ExitStack) -> None:
    crowd.close()
    assert [type_in(Client(), "tilda", "wrong").status_code for _ in range(3)] == [400] * 3


def test_one_waits_for_its_turn_and_a_third_does_not(
    crowd: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing.Places, "PATIENCE_SECONDS", 3600)
    assert hashing.OF_STRANGERS._room.acquire(blocking=False)  # the one that waits
    with hashing.OF_STRANGERS.one() as found:
        assert not found
    hashing.OF_STRANGERS._room.release()


def test_only_a_mark_of_the_same_person_is_known(tilda: User) -> None:
    known = browser()
    type_in(known, "tilda")
    mark = SignInTries.objects.get().device
    assert throttle.knows("tilda", mark)
    assert not throttle.knows("wilma", mark)
    assert not throttle.knows("tilda", "")
