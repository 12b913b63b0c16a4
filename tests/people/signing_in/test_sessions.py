"""A request writes to the session only what it changed; a lock outlives what began before it."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError, connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in import idle
from befreg_reserv.people.signing_in.sessions import SessionStore
from tests.cast import Cast
from tests.faults.inside import full_disk
from tests.people.signing_in.workstations import acts
from tests.races.together import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> str:
    """The key of a session with something in it."""
    session = SessionStore()
    session.update({"kept": 1, "both": 1})
    session.save()
    return str(session.session_key)


def opened(key: str) -> SessionStore:
    """Return the session as a request finds it."""
    session = SessionStore(key)
    assert session["kept"] == 1
    return session


def stored(key: str) -> dict[str, object]:
    return dict(SessionStore(key).items())


def both_write(key: str) -> None:
    first, second = opened(key), opened(key)
    first["locked"] = "idle"
    del first["both"]
    first.save()
    second["seen"] = 7
    second.save()


def test_two_requests_at_once_lose_nothing_of_each_other(key: str) -> None:
    both_write(key)
    assert stored(key) == {"kept": 1, "locked": "idle", "seen": 7}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite's disk fills here")
@pytest.mark.parametrize(
    ("store", "fault"), [(SessionStore, OperationalError), (db.SessionStore, UpdateError)]
)
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_no_session_that_has_ended(
    cast: Cast, key: str, store: type[db.SessionStore], fault: type[Exception]
) -> None:
    session = store(key)
    session["seen"] = [str(number) for number in range(5000)]  # more than has room
    with full_disk(cast.adele), pytest.raises(fault):  # Django's own would be a bad request, 400
        session.save()


def test_with_djangos_own_the_later_would_take_the_lock_away(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SessionStore, "save", db.SessionStore.save)
    both_write(key)
    assert stored(key) == {"kept": 1, "both": 1, "seen": 7}


def test_the_later_wins_where_both_write_the_same(key: str) -> None:
    first, second = opened(key), opened(key)
    first["both"], second["both"] = 2, 3
    first.save()
    second.save()
    assert stored(key)["both"] == 3


def test_a_note_is_written_at_once_in_one_statement(key: str) -> None:
    session = opened(key)
    with CaptureQueriesContext(connection) as captured:
        session.note("active_at", 5)
    assert len(captured) == 1
    assert not session.modified
    assert stored(key)["active_at"] == 5


def test_a_note_waits_for_the_end_when_another_wrote_meanwhile(key: str) -> None:
    first, second = opened(key), opened(key)
    first["locked"] = "idle"
    first.save()
    second.note("active_at", 5)
    assert second.modified
    second.save()
    assert stored(key) == {"kept": 1, "both": 1, "locked": "idle", "active_at": 5}


def test_a_new_key_takes_all_along_and_leaves_the_lock_behind(key: str) -> None:
    session = opened(key)
    session["locked"] = "idle"
    session.save()
    session = opened(key)
    del session["locked"]
    session.cycle_key()
    session.save()
    assert stored(str(session.session_key)) == {"kept": 1, "both": 1}
    assert stored(key) == {}


def test_a_session_that_has_ended_doesnt_come_back(key: str) -> None:
    session = opened(key)
    opened(key).flush()
    session["seen"] = 7
    with pytest.raises(UpdateError):
        session.save()
    assert stored(key) == {}


def request_of(key: str) -> HttpRequest:
    request = HttpRequest()
    request.session, request.user = opened(key), AnonymousUser()
    return request


def lock(key: str, user: User) -> None:
    idle.lock(request_of(key), user, timezone.now())


@pytest.mark.django_db(transaction=True)
def test_many_pages_that_lock_at_once_lock_once(cast: Cast, key: str) -> None:
    act: Callable[[], None] = partial(lock, key, cast.tilda)
    assert race(*[act] * 5) == [None] * 5
    assert stored(key)["locked"] == "idle"
    assert acts(cast.tilda) == ["locked"]


def test_who_signs_out_meanwhile_isnt_locked(cast: Cast, key: str) -> None:
    request = request_of(key)
    opened(key).flush()
    idle.lock(request, cast.tilda, timezone.now())
    assert acts(cast.tilda) == []
    assert stored(key) == {}
