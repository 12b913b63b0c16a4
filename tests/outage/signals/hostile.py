"""A server that behaves badly: each manner is a function that gets the accepted socket."""

import contextlib
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PIECE = b"x" * 65_536
DRIP_SECONDS = 0.05
GIGABYTE = 1 << 30
Manner = Callable[["Conversation"], None]


@dataclass
class Server:
    """Counts what it got rid of, so that a test can tell where the other side stopped."""

    port: int
    sent: int = 0
    requests: list[bytes] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/page"


class Conversation:
    """One accepted connection."""

    def __init__(self, connection: socket.socket, server: Server) -> None:
        self.connection = connection
        self.server = server

    def send(self, data: bytes) -> None:
        """Send; raises OSError when the other side has left."""
        self.connection.sendall(data)
        self.server.sent += len(data)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait, until the test is over at most; tell whether it is."""
        return self.server.stopping.wait(seconds)


@contextmanager
def serving(manner: Manner, *, hears: bool = True) -> Iterator[Server]:
    """Answer on a port of its own, each connection in a thread; all end with the block."""
    with socket.create_server((HOST, 0)) as listener:
        server = Server(listener.getsockname()[1])
        talking: list[threading.Thread] = []
        accepting = threading.Thread(
            target=_accept, args=(listener, server, manner, hears, talking)
        )
        accepting.start()
        try:
            yield server
        finally:
            server.stopping.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *talking):
                thread.join()


def _accept(
    listener: socket.socket,
    server: Server,
    manner: Manner,
    hears: bool,
    talking: list[threading.Thread],
) -> None:
    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        thread = threading.Thread(target=_talk, args=(connection, server, manner, hears))
        talking.append(thread)
        thread.start()


def _talk(connection: socket.socket, server: Server, manner: Manner, hears: bool) -> None:
    # Somebody who stops reading mustn't keep the test from ending.
    connection.settimeout(5)
    with connection, contextlib.suppress(OSError):
        if hears:
            server.requests.append(connection.recv(65_536))
        manner(Conversation(connection, server))


# --- the manners ----------------------------------------------------------------------------


def answers(status: str, body: bytes = b"<p>hello</p>", *headers: str) -> Manner:
    """Answer as a server should."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda told: told.send("\r\n".join(lines).encode() + body)


def hangs(told: Conversation) -> None:
    """Take the request, and say nothing."""
    told.wait()


def _drip(told: Conversation) -> None:
    while not told.wait(DRIP_SECONDS):
        told.send(b"x")


def drips_headers(told: Conversation) -> None:
    """Send a header that never ends, a byte at a time."""
    told.send(OK + b"X-Slow: ")
    _drip(told)


def drips_body(told: Conversation) -> None:
    """Send a body that takes an hour, a byte at a time."""
    told.send(OK + b"Content-Length: 18000\r\n\r\n")
    _drip(told)


def stalls_in_the_body(told: Conversation) -> None:
    """Promise more than is sent, and keep the line open."""
    told.send(OK + b"Content-Length: 100\r\n\r\nhello")
    told.wait()


def _pour(told: Conversation, piece: bytes = PIECE) -> None:
    while not told.server.stopping.is_set():
        told.send(piece)


def sends_10_gigabytes(told: Conversation) -> None:
    """Announce it, and send for as long as somebody takes it."""
    told.send(OK + b"Content-Length: %d\r\n\r\n" % (10 * GIGABYTE))
    _pour(told)


def sends_without_end(told: Conversation) -> None:
    """Announce nothing."""
    told.send(OK + b"\r\n")
    _pour(told)


def sends_chunks_without_end(told: Conversation) -> None:
    """The same in chunks."""
    told.send(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    _pour(told, b"%x\r\n%b\r\n" % (len(PIECE), PIECE))


def sends_one_huge_chunk(told: Conversation) -> None:
    """Announce a chunk of a terabyte."""
    told.send(OK + b"Transfer-Encoding: chunked\r\n\r\n10000000000\r\n")
    _pour(told)


BOMB = gzip.compress(bytes(32 << 20))  # 32 MB in 32 kB


def sends_a_gzip_bomb(told: Conversation) -> None:
    """Send little that would become much, though nothing packed was asked for."""
    told.send(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB)


def sends_a_huge_header(told: Conversation) -> None:
    """Send one header without an end."""
    told.send(OK + b"X-Long: ")
    _pour(told)


def sends_many_headers(told: Conversation) -> None:
    """Send short headers without an end."""
    told.send(OK)
    _pour(told, b"X-More: x\r\n" * 1000)


def says_continue_for_ever(told: Conversation) -> None:
    """Send interim answers without an end."""
    _pour(told, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def talks_nonsense(told: Conversation) -> None:
    """Speak something that isn't HTTP."""
    told.send(b"220 mail.example.org ESMTP \x00\xff\r\n\r\n")


def breaks_off(told: Conversation) -> None:
    """Promise more than is sent, and hang up."""
    told.send(OK + b"Content-Length: 100\r\n\r\nhello")


def resets(told: Conversation) -> None:
    """Hang up as a crash does."""
    now = struct.pack("ii", 1, 0)
    told.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)


def resets_in_the_body(told: Conversation) -> None:
    """The same, with half of the answer sent."""
    breaks_off(told)
    resets(told)


def hangs_up(told: Conversation) -> None:
    """Take the request and close."""


def floods_twice(told: Conversation) -> None:
    """Send one whole answer after another, asked or not."""
    _pour(told, (OK + b"Content-Length: 2\r\n\r\nhi") * 1000)


def speaks_tls(certificate: Path, manner: Manner) -> Manner:
    """Answer in TLS, with a certificate that nobody vouches for; say no goodbye."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def talk(told: Conversation) -> None:
        with context.wrap_socket(told.connection, server_side=True) as secured:
            secured.recv(65_536)
            manner(Conversation(secured, told.server))
            told.wait()

    return talk
