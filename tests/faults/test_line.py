"""A line that loses an answer has passed on all that was asked."""

import socket
from collections.abc import Iterator
from queue import Queue
from threading import Thread

import pytest

from tests.faults.line import Line
from tests.faults.till import HOST

PIECES = b"POST /till/ HTTP/1.1\r\n\r\n", b"caller=wilma"
ANSWER = b"a number"
SECONDS = 30  # for what takes none


class Server(Thread):
    """Answers once both pieces of a message have come."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._listener = socket.create_server((HOST, 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self.heard: Queue[bytes] = Queue()

    def run(self) -> None:
        with self._listener, self._listener.accept()[0] as client:
            for piece in PIECES:
                self.heard.put(client.recv(len(piece)))
            client.sendall(ANSWER)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.join(SECONDS)


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    line = Line((HOST, 0), server.address, b"POST /till/")
    yield line
    line.close()


def asked(line: Line, server: Server) -> bytes:
    """Send the pieces, each once the one before has come; return the answer."""
    with socket.create_connection((HOST, line.port), timeout=SECONDS) as client:
        for piece in PIECES:
            client.sendall(piece)
            assert server.heard.get(timeout=SECONDS) == piece
        return client.recv(len(ANSWER))


def test_an_answer_comes_through(line: Line, server: Server) -> None:
    assert asked(line, server) == ANSWER


def test_a_lost_one_is_that_to_the_whole_message(line: Line, server: Server) -> None:
    line.be_about_to_lose()
    assert asked(line, server) == b""
