"""Long work has a process of its own: which of the processes that is, and what it is handed."""

import socket
import time
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from befreg_reserv.serving import beside, budget, refused
from befreg_reserv.serving.gunicorn_conf import workers


def kinds(begins: str, count: int, workers: int) -> str:
    """Let so many more begin beside these: H helps, T is the till's."""
    for _ in range(count):
        helps = beside.helps_next(begins.count("H"), begins.count("T"), workers)
        begins += "H" if helps else "T"
    return begins


@pytest.mark.parametrize(("living", "count", "workers", "then"), [
    ("", 3, 3, "TTH"),
    ("TH", 1, 3, "THT"),
    ("TT", 1, 3, "TTH"),
    ("", 3, 2, "THT"),
    ("", 1, 1, "T"),
    # All begin anew beside the old ones, which then leave, the oldest first.
    ("TTH", 3, 3, "TTHTTH"),
    ("TTTTH", 5, 5, "TTTTHTTTTH"),
])  # fmt: skip
def test_one_of_them_helps(living: str, count: int, workers: int, then: str) -> None:
    assert kinds(living, count, workers) == then


def test_the_till_keeps_all_processes_that_it_had() -> None:
    assert kinds("", workers, workers).count("T") == workers - 1


@pytest.mark.parametrize(("path", "long"), [
    (b"/outage/7/rows.csv", True),
    (b"/outage/7/report.pdf", True),
    (b"/till/hand-out/", False),
    (b"/till/live/", False),
    (b"/no/such/page", False),
    (b"/\xff", False),
])  # fmt: skip
def test_what_is_long(path: bytes, long: bool) -> None:
    assert beside.is_long(path) == long


def test_nobody_waits_for_long_work_to_sign_in_to_hand_out_or_to_see_the_board() -> None:
    marked = {where for where, view in views(get_resolver()) if hasattr(view, budget.LONG_WORK)}
    till = {where for where in marked if where.startswith(("till/", "ward/", "sign-", "locked"))}
    assert marked
    assert till == {"ward/done/rows.csv"}  # a file, which no page waits for


def views(part: URLResolver, before: str = "") -> Iterator[tuple[str, object]]:
    for each in part.url_patterns:
        where = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield where, each.callback
        else:
            yield from views(each, where)


@pytest.fixture
def empty() -> Iterator[None]:
    """Nothing waits to be taken before, nor after."""
    beside.end().settimeout(0)
    drain()
    yield
    drain()


def drain() -> int:
    taken = list(iter(beside.take, None))
    for client, *_request in taken:
        client.close()
    return len(taken)


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("size", [100, 4 * 1024 * 1024])
def test_the_connection_comes_with_all_that_has_arrived(size: int) -> None:
    ours, theirs = socket.socketpair()
    at, request = time.monotonic(), bytes(size)
    assert beside.hand_over(ours, request, at)
    ours.close()
    taken = beside.take()
    assert taken is not None
    assert taken[1:] == (request, at)
    with taken[0] as client, theirs:
        client.sendall(b"here")
        assert theirs.recv(9) == b"here"


@pytest.mark.usefixtures("empty")
def test_a_burst_is_refused_in_words() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert not all(beside.hand_over(one, b"GET", 0.0) for _ in range(10_000))
    assert drain() > beside.MOST_WRITING
    answer = refused.answer(beside.REFUSED).decode()
    assert "\r\nRetry-After: 12\r\n" in answer
    assert "Vänta 12 sekunder" in answer
