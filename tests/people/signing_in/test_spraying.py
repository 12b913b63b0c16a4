"""Passwords tried for many vgr-ids are seen, and slow the unknown workstations alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError
from django.utils import timezone

from befreg_reserv.people.models import SignInTries, StrangersMinute, User
from befreg_reserv.people.signing_in import hashing, spraying, throttle
from befreg_reserv.to_do.waiting import Asked
from tests.cast import Cast
from tests.conftest import SignIn
from tests.people.signing_in.test_hashing import count_hashes
from tests.people.signing_in.workstations import browser, type_in

AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.one_database("decisions")]


def spray(names: int = spraying.MANY_NAMES, at: datetime = AT) -> None:
    for number in range(names):
        throttle.count_try(f"x{number}", "", at)


@pytest.mark.both_databases
def test_many_names_make_unknown_workstations_wait_and_no_known_one() -> None:
    mark = throttle.succeeded("tilda", "", AT)
    spray(spraying.MANY_NAMES - 1)
    assert throttle.must_wait("wilma", "", AT) == 0
    throttle.count_try("another", "", AT)
    assert throttle.must_wait("wilma", "", AT) == 30
    assert throttle.must_wait("tilda", mark, AT) == 0
    assert throttle.must_wait("wilma", "", AT + timedelta(minutes=10)) == 0


def test_one_name_tried_often_is_no_spray() -> None:
    for _ in range(2 * spraying.MANY_NAMES):
        throttle.count_try("tilda", "", AT, in_turn=True)
    assert not spraying.goes_on(AT)
    assert spraying.tried(AT).tries == 2 * spraying.MANY_NAMES


def test_the_minutes_are_written_over() -> None:
    for minute in range(130):
        spraying.count(AT + timedelta(minutes=minute), new_name=True)
    assert StrangersMinute.objects.count() == 60
    assert spraying.tried(AT + timedelta(minutes=129)).tries == 10


@pytest.mark.both_databases
def test_there_is_no_sixty_first_minute() -> None:
    with pytest.raises(IntegrityError):
        StrangersMinute.objects.create(minute=60, began_at=AT)


def test_the_overview_tells_of_it_for_an_hour(cast: Cast, sign_in: SignIn) -> None:
    spray(at=timezone.now() - timedelta(minutes=30))
    page = sign_in(cast.adele).get("/binder/overview/").content.decode()
    assert f"{spraying.MANY_NAMES} lösenord" in page
    assert list(spraying.to_do(Asked(cast.adele, timezone.now() + timedelta(hours=1)))) == []


def test_metrics_tell_of_it() -> None:
    spray(3, timezone.now())
    shown = {metric.name: metric.samples[0].value for metric in spraying.gauges()}
    assert shown == {"befreg_strangers_tries": 3, "befreg_strangers_names": 3}


@pytest.mark.parametrize("password", ["", "!", "nonsense", "inactive"])
def test_no_kind_of_account_costs_less_than_none(
    cast: Cast, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, Any] = {"password": password}
    if password == "inactive":
        kept = {"password": make_password("x"), "is_active": False}
    User.objects.filter(pk=cast.tilda.pk).update(**kept)
    made = count_hashes(monkeypatch)
    slept: list[float] = []
    monkeypatch.setattr(hashing, "EVEN_SECONDS", 10)
    monkeypatch.setattr("time.sleep", slept.append)
    assert type_in(browser(), "tilda", "wrong").status_code == 400
    assert len(made) == 1
    assert 5 < slept[0] <= 10
    assert SignInTries.objects.count() == 1
