"""Clients that send nothing, or slowly, or don't hang up, keep nobody waiting."""

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from http.client import HTTPConnection
from pathlib import Path

import pytest

from befreg_reserv.serving import worker
from tests.ground.patience import until
from tests.served import HOST, Served, serving, wait_until_read

SOON = 1.5  # seconds
# Whoever is slow is sent away after ARRIVAL_SECONDS, and others would be served then in any case.
IN_TIME = worker.ARRIVAL_SECONDS / 2
# One worker: of two, the other may be free by chance.
GUNICORNS_OWN = "--worker-class gthread --workers 1"
SYNC = "--worker-class sync --threads 1 --workers 2"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("network")]


@pytest.fixture(scope="module")
def gunicorns(django_db_setup: None, server_var: Path) -> Iterator[Callable[[str], Served]]:
    """Starts a server by the options that choose gunicorn's own workers, each of them once."""
    with ExitStack() as stack:
        yield cache(
            lambda options: stack.enter_context(serving(server_var, {"GUNICORN_CMD_ARGS": options}))
        )


@pytest.fixture
def theirs(request: pytest.FixtureRequest, gunicorns: Callable[[str], Served]) -> Served:
    """A server with gunicorn's own workers, which nobody keeps busy."""
    server = gunicorns(request.param)
    until(lambda: seconds_for(server, "/live") < SOON)
    return server


@contextmanager
def clients(server: Served, count: int, words: bytes) -> Iterator[list[socket.socket]]:
    """Connect so many, each of which says these words and then nothing."""
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection((HOST, server.port))) for _ in range(count)
        ]
        for one in sockets:
            one.sendall(words)
        wait_until_read(server, 0.3)  # a worker whose threads are all taken never does
        yield sockets


def seconds_for(server: Served, path: str, patience: float = IN_TIME) -> float:
    """Return how long a page took, or infinity when it didn't come."""
    began = time.monotonic()
    connection = HTTPConnection(HOST, server.port, timeout=patience)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        assert connection.getresponse().status in {200, 302}
    except TimeoutError:
        return float("inf")
    finally:
        connection.close()
    return time.monotonic() - began


def seconds(server: Served) -> float:
    return max(seconds_for(server, path) for path in ("/till/", "/ready", "/live"))


SLOW = {
    "idle": b"",
    "slow headers": b"GET /till/ HTTP/1.1\r\nHost: x\r\n",
    "slow upload": b"POST /sign-in/ HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nusername=",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 0000900\r\n\r\nx",
    "kept alive": b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n",
    "never closed": b"GET /live HTTP/1.0\r\n\r\n",
    "far too long": b"POST /sign-in/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nx",
    "in chunks": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
}


@pytest.mark.parametrize("count", [40, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 4))])
@pytest.mark.parametrize("words", SLOW.values(), ids=SLOW)
def test_slow_clients_keep_nobody_waiting(served: Served, words: bytes, count: int) -> None:
    with clients(served, count, words):
        assert seconds(served) < IN_TIME


@pytest.mark.parametrize(("theirs", "count", "words"), [
    (SYNC, 2, SLOW["idle"]),
    (GUNICORNS_OWN, 60, SLOW["slow headers"]),
    (GUNICORNS_OWN, 16, SLOW["never closed"]),
], ids=["sync", "slow headers", "never closed"], indirect=["theirs"])  # fmt: skip
def test_with_gunicorns_own_workers_they_do(theirs: Served, count: int, words: bytes) -> None:
    with clients(theirs, count, words):
        # Each may come to the worker that has a thread left.
        assert any(seconds_for(theirs, "/live", patience=SOON) > SOON for _ in range(4))


def ended_of(sockets: list[socket.socket], count: int) -> list[socket.socket]:
    """Return those that the server has ended, if they are so many by now."""
    ended, _, _ = select.select(sockets, [], [], 0)
    return ended if len(ended) >= count else []


def test_more_clients_than_may_wait_end_the_oldest(served: Served) -> None:
    with clients(served, 2 * worker.MOST_WAITING + 50, b"") as sockets:
        assert seconds(served) < IN_TIME
        ended = until(lambda: ended_of(sockets, 50))
        assert sockets[-1] not in ended
        assert {one.recv(1) for one in ended} == {b""}


def answer(server: Served, *parts: bytes) -> bytes:
    """Return the first line of the answer to a request that comes in parts."""
    with socket.create_connection((HOST, server.port), timeout=10) as client:
        for part in parts:
            client.sendall(part)
            wait_until_read(server, 0.1)
        return client.makefile("rb").readline().split(b" ", 1)[1].strip()


WHOLE: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    "in pieces": ((b"GET /li", b"ve HTTP/1.1\r\nHo", b"st: x\r\n\r", b"\n"), b"200 OK"),
    "a body in pieces": (
        (b"POST /sign-out/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\na", b"b=", b"c"),
        b"403 Forbidden",  # without a token
    ),
    "first asks whether it may": (
        (b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",),
        b"100 Continue",
    ),
    "in chunks": ((SLOW["in chunks"],), b"411 Length Required"),
    "headers without end": ((b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000,),
                            b"431 Request Header Fields Too Large"),
    "nonsense": ((b"\x16\x03\x01 nonsense\r\n\r\n",), b"400 Bad Request"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "status"), WHOLE.values(), ids=WHOLE)
def test_a_request_is_answered_when_it_is_whole(
    served: Served, parts: tuple[bytes, ...], status: bytes
) -> None:
    assert answer(served, *parts) == status


BARE = [
    SLOW["in chunks"],
    b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000,
    b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01 nonsense\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nBad Name: x\r\n\r\n",
]


@pytest.mark.parametrize("words", BARE, ids=["411", "431", "414", "400", "version", "header"])
def test_no_refusal_is_a_bare_page(served: Served, words: bytes) -> None:
    with socket.create_connection((HOST, served.port), timeout=10) as client:
        client.sendall(words)
        said = client.makefile("rb").read().decode()
    head, _, page = said.partition("\r\n\r\n")
    assert f"Content-Length: {len(page.encode())}" in head
    assert "Begäran gick inte att läsa" in page
    assert "The request couldn't be read" in page


def test_a_length_of_zeros_keeps_nobody_waiting(served: Served) -> None:
    zeros = b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"0" * 60_000 + b"x\r\n\r\n"
    with clients(served, 8, zeros):
        assert seconds(served) < IN_TIME


def test_a_connection_is_closed_after_its_answer(served: Served) -> None:
    with socket.create_connection((HOST, served.port), timeout=10) as client:
        client.sendall(2 * SLOW["kept alive"])
        assert client.makefile("rb").read().count(b"HTTP/1.1 200 OK") == 1
