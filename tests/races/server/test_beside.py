"""Long work is answered in a process of its own, which may stand still: the till goes on."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection

import pytest
from django.conf import settings

from befreg_reserv.audit.models import LogEntry
from custody.logged import Logged
from tests import scenes
from tests.cast import Cast
from tests.served import HOST, Server, session_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("network")]
PATIENCE = 30


@pytest.fixture
def rows(cast: Cast) -> str:
    """The address of the rows of an outage with one handout."""
    scenes.lay_in("Akutpärmen", [scenes.REAL_WOMAN], training=False)
    scenes.begin(cast.tilda)
    return f"/outage/{scenes.handed_out(cast).outage_id}/rows.csv"


@contextmanager
def asked_of_a_still_helper(server: Server, path: str, session: str) -> Iterator["Future[int]"]:
    """Let the process for long work stand still, and ask for it; it goes on after the block."""
    helper = server.processes()[-1]
    os.kill(helper, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as others:
        try:
            asked = others.submit(status, server, path, session)
            assert status(server, "/till/", session) == 200  # which came later
            yield asked
        finally:
            with suppress(ProcessLookupError):
                os.kill(helper, signal.SIGCONT)


def status(server: Server, path: str, session: str) -> int:
    connection = HTTPConnection(HOST, server.port, timeout=PATIENCE)
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    connection.request("GET", path, headers=cookie | {"Connection": "close"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_the_till_goes_on(served: Server, cast: Cast, rows: str) -> None:
    with asked_of_a_still_helper(served, rows, session_of(cast.adele)) as asked:
        assert not asked.done()
    assert asked.result(PATIENCE) == 200
    assert LogEntry.objects.filter(act=Logged.REPORT_CSV.value).count() == 1


def test_what_was_handed_over_outlives_who_should_have_taken_it(
    served: Server, cast: Cast, rows: str
) -> None:
    with asked_of_a_still_helper(served, rows, session_of(cast.adele)) as asked:
        os.kill(served.processes()[-1], signal.SIGKILL)  # the next takes it
        assert asked.result(PATIENCE) == 200
