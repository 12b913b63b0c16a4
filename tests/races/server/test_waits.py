"""However something is held, the till gets its answer within the budget of a telephone call."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.request import Request, urlopen

import pytest
from django.db import connection

from befreg_reserv import waits
from custody.models import Handout
from outage.models import Outage
from tests.cast import Cast
from tests.races import pool
from tests.races.server.clients import Answer, Workstation
from tests.races.server.strangers import guessing, held
from tests.races.together import together
from tests.served import METRICS_TOKEN, Served, session_of

BUDGET = float(waits.ANSWER_SECONDS)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="one writer at a time")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="locks rows")

pytestmark = pytest.mark.usefixtures("outage")


@pytest.fixture
def till(served: Served, cast: Cast) -> Workstation:
    pool.lay_in_women(30)
    return Workstation(served, session_of(cast.tilda))


ROW = f"SELECT * FROM {Outage._meta.db_table} FOR UPDATE"  # noqa: S608
TABLE = f"LOCK TABLE {Handout._meta.db_table}"
HELD = [
    pytest.param("BEGIN IMMEDIATE", marks=on_sqlite, id="SQLite"),
    pytest.param(ROW, marks=on_postgresql, id="a row"),
    pytest.param(TABLE, marks=on_postgresql, id="a table"),
]


@pytest.mark.parametrize("statement", HELD)
def test_a_lock_that_somebody_forgot_ends_in_an_answer(
    served: Served, till: Workstation, statement: str
) -> None:
    calls: list[Callable[[], Answer]] = [till.call] * 3
    looks = [partial(till.look, path) for path in ("/till/", "/ready", "/live")]
    with held(statement), ThreadPoolExecutor(len(looks)) as others:
        looking = [others.submit(look) for look in looks]
        answers = together(calls)
        seconds = [look.result() for look in looking]
    assert all(answer.handout is None for answer in answers)
    assert max([answer.seconds for answer in answers] + seconds) < BUDGET
    assert till.call().handout
    assert Handout.objects.count() == 1


@pytest.mark.parametrize("statement", HELD)
def test_health_does_not_wait_behind_calls_that_wait(
    served: Served, till: Workstation, statement: str
) -> None:
    paths = ("/live", "/ready", "/metrics")
    with ThreadPoolExecutor(12) as calls, held(statement):
        waiting = [calls.submit(till.call) for _ in range(12)]

        def look(path: str) -> tuple[float, int]:
            """Return how long it took, and how many calls had ended by then."""
            return till.look(path), sum(call.done() for call in waiting)

        live, ready, metrics = together([partial(look, path) for path in paths])
    assert live[0] < 1
    assert live[1] == 0
    # They ask the database, and wait as long for the lock as the calls that came first.
    assert max(ready[0], metrics[0]) < BUDGET - 2


def test_all_workers_count_their_handouts_together(served: Served, till: Workstation) -> None:
    before = counted(served)
    together([till.call] * 6)
    assert counted(served) == before + 6


def counted(served: Served) -> int:
    """Return how many handouts the server says that it has counted."""
    asked = Request(f"{served.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    with urlopen(asked) as answer:
        found = re.search(r"befreg_handout_seconds_count ([0-9]+)", answer.read().decode())
    assert found
    return int(found[1])


def test_strangers_who_guess_passwords_leave_the_till_its_answers(
    served: Served, till: Workstation
) -> None:
    with guessing(served):
        board = [till.look("/till/") for _ in range(3)]
        answers = [till.call() for _ in range(3)]
    assert max(board) < BUDGET
    assert all(answer.handout and answer.seconds < BUDGET for answer in answers)
