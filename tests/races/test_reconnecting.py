"""After a restart of PostgreSQL, or of the way to it, callers get their answer at once."""

from collections.abc import Callable
from functools import partial

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool, PoolTimeout

from befreg_reserv import waits
from custody.models import Handout
from tests.cast import Cast
from tests.races import pool
from tests.races.server.clients import Workstation
from tests.races.server.strangers import held
from tests.races.together import together
from tests.served import Served, session_of

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is no server")
STALE = 4
CALLS = 4
AT_ONCE = 1.5  # seconds


def break_connections() -> None:
    """End every connection to this test's database, as a restart does, but not this one's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.usefixtures("outage")
def test_the_first_calls_after_a_restart_get_their_numbers(served: Served, cast: Cast) -> None:
    pool.lay_in_women(20)
    till = Workstation(served, session_of(cast.tilda))
    look: Callable[[], float] = partial(till.look, "/till/")
    with held(f"LOCK TABLE {Handout._meta.db_table}"):
        together([look] * 2 * waits.THREADS)  # now each thread has had a connection
    break_connections()
    answers = [till.call() for _ in range(CALLS)]  # one alone meets all that are broken
    assert all(answer.handout for answer in answers)
    assert max(answer.seconds for answer in answers) < AT_ONCE
    assert Handout.objects.count() == CALLS


@pytest.mark.django_db(transaction=True)
def test_with_the_pools_own_check_the_first_call_gets_none() -> None:
    parameters = connection.get_connection_params()
    check = ConnectionPool[psycopg.Connection].check_connection
    with ConnectionPool(
        kwargs=parameters, min_size=STALE, timeout=1, open=True, check=check
    ) as theirs:
        theirs.wait()
        break_connections()
        with pytest.raises(PoolTimeout):
            theirs.getconn()
