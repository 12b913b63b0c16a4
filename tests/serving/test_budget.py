"""A request's time: every wait ends with it, and whoever waits gets an answer that says so."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client

from befreg_reserv import deadline, waits
from befreg_reserv.pages import unanswered
from befreg_reserv.people.models import Clinic
from befreg_reserv.postgresql import base
from befreg_reserv.serving import budget
from custody.models import Binder, Handout
from outage.models import Outage
from tests.cast import Cast
from tests.every_page.test_unanswered import HAND_OUT, NOBODY_KNOWS, NOTHING, call, request_of
from tests.faults.inside import Cable, held
from tests.ground.patience import soon, until
from tests.pages import text_of

sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="has one writer")
postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="is a server")
committed = pytest.mark.django_db(transaction=True)
SHORT = 0.2  # seconds that a test's wait may take
# The processes of a run have databases of their own in one server, and try the same in them.
OURS = "FROM pg_stat_activity WHERE datname = current_database()"
# PostgreSQL ends a statement and a forgotten transaction itself, after LONG_SECONDS.
BY_ITSELF = 0.7 * waits.LONG_SECONDS

LONG_STATEMENT = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
}


# --- the time itself ------------------------------------------------------------------------------


def test_an_inner_deadline_never_outlasts_an_outer_one() -> None:
    with deadline.within(1), deadline.within(60):
        assert 0.5 < deadline.left() <= 1
        assert deadline.left(0.1) == 0.1
    assert deadline.left() == deadline.NEVER


def test_the_wait_for_a_thread_counts() -> None:
    deadline.arrived(time.monotonic() - 3)
    try:
        with deadline.of_request(4):
            assert 0.5 < deadline.left() <= 1
    finally:
        deadline.arrived(None)


@committed
def test_who_waited_too_long_for_a_thread_gets_the_page_at_once(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    deadline.arrived(time.monotonic() - 60)
    try:
        page = till.post(HAND_OUT, call(cast))
    finally:
        deadline.arrived(None)
    assert (page.status_code, Handout.objects.count()) == (503, 0)
    assert NOTHING in text_of(page)


# --- statements, locks, turns ---------------------------------------------------------------------


@committed
def test_a_statement_ends_with_the_request() -> None:
    with (
        soon(BY_ITSELF),
        pytest.raises(DatabaseError) as ended,
        deadline.within(SHORT),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(LONG_STATEMENT[connection.vendor])
    assert not unanswered.in_doubt(ended.value)


@postgresql
@committed
def test_the_server_works_for_nobody_who_is_gone() -> None:
    test_a_statement_ends_with_the_request()
    with connection.cursor() as cursor:

        def is_idle() -> bool:
            cursor.execute(f"SELECT count(*) {OURS} AND query = 'SELECT pg_sleep(60)'")
            return bool(cursor.fetchone() == (0,))

        until(is_idle)  # it notices by itself, a moment after


@sqlite
@committed
def test_the_turn_ends_with_the_request() -> None:
    with (
        held("outage_outage", patience_ms=60_000),
        soon(),
        deadline.within(SHORT),
        pytest.raises(OperationalError) as refused,
        transaction.atomic(),
    ):
        pytest.fail("It began.")
    assert not unanswered.in_doubt(refused.value)


@committed
def test_the_few_pages_that_may_take_long_are_one_at_a_time(
    cast: Cast, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []
    monkeypatch.setattr(deadline, "extend", given.append)
    client = Client()
    client.force_login(cast.adele)
    client.get("/audit/")
    with budget._places[0]:
        client.get("/audit/")
    client.get("/till/")
    assert given == [waits.LONG_SECONDS - waits.REQUEST_SECONDS]
    assert budget._places[0]._value == waits.LONG_AT_ONCE


# --- COMMIT, and the way to the server ------------------------------------------------------------


@contextmanager
def standby_gone() -> Iterator[None]:
    """Let this session's COMMIT wait for a standby, of which the tests' cluster has none."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # it may be closed
            cursor.execute("RESET synchronous_commit")
        connection.close()


@postgresql
@committed
def test_a_commit_that_waits_for_a_standby_is_unknown_in_time(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    form = call(cast)
    with standby_gone(), request_of(3), soon():  # without an end it waits for ever
        page = till.post(HAND_OUT, form)
    assert page.status_code == 503
    assert NOBODY_KNOWS in text_of(page)
    assert till.post(HAND_OUT, form).status_code == 302  # it holds no lock any more
    assert Handout.objects.count() == 1


CANCEL = f"SELECT pg_cancel_backend(pid) {OURS} AND wait_event = 'SyncRep'"


@postgresql
@committed
def test_a_commit_whose_wait_somebody_cancelled_is_unknown() -> None:
    canceller = threading.Thread(target=_cancel_what_waits_for_a_standby)
    canceller.start()
    with (
        standby_gone(),
        soon(),
        deadline.within(60),
        pytest.raises(OperationalError, match="perhaps not on the standby") as ended,
        transaction.atomic(),
    ):
        Clinic.objects.create(name="Kirurgen")
    canceller.join()
    assert unanswered.in_doubt(ended.value)


def _cancel_what_waits_for_a_standby() -> None:
    with connection.cursor() as cursor:  # this thread's own
        until(lambda: cursor.execute(CANCEL).fetchall())
    connection.close()


@postgresql
@committed
def test_a_number_comes_as_soon_as_the_server_is_back(
    cast: Cast,
    till: Client,
    real_binder: Binder,
    outage: Outage,
    wire: Cable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    till.get("/till/")
    connection.close()  # each request begins without one
    wire.cut()
    back = threading.Timer(1, wire.mend)
    back.start()
    monkeypatch.setattr(base, "TRIES", 40)  # each of half a second
    with request_of(20), soon():
        assert till.post(HAND_OUT, call(cast)).status_code == 302
    back.join()


@postgresql
@committed
def test_a_server_that_falls_silent_holds_nobody_longer(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage, wire: Cable
) -> None:
    till.get("/till/")
    connection.close()
    wire.freeze()
    with request_of(1), soon():
        assert till.post(HAND_OUT, call(cast)).status_code == 503
    wire.mend()
    connection.close()
    assert till.post(HAND_OUT, call(cast)).status_code == 302
