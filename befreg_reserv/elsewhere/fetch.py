"""One bounded request of another server, with the standard library only.

http.client limits the time of each read, which a server that sends byte by byte never exceeds. So
each operation on the connection gets only what remains of the whole try's seconds and bytes.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, urlsplit

# Reveals nothing of ours: no cookies, no language, no version. Compressed answers are not asked for
# and never decompressed: a few bytes could become gigabytes.
HEADERS = {
    "User-Agent": "befreg-reserv",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
MOST_HEADERS = 64 * 1024  # bytes of status line and headers, interim answers included
MOST_FRAMES = 64 * 1024  # bytes around the body: the sizes of its chunks
PIECE = 16 * 1024  # bytes read at a time
# Look-ups of names at a time: one that hangs can't be ended, and holds its thread until it is.
LOOK_UPS = BoundedSemaphore(8)


class TooMuch(Exception):
    """The server sent more bytes than may be read."""


@dataclass(frozen=True)
class Limits:
    """What one try may cost: seconds over the whole exchange, bytes of the answer's body."""

    seconds: float
    bytes: int


@dataclass(frozen=True)
class Response:
    """What a server answered. ``whole``: the body is complete, or wasn't to be read.

    ``charset``: of its header, or empty.
    """

    status: int
    location: str = ""
    body: bytes = b""
    whole: bool = True
    charset: str = ""


def get(url: str, limits: Limits, *, read: Container[int]) -> Response:
    """Return the answer of ``url``, with its body if the status is one to ``read``.

    Follows no redirect and uses no proxy, which could answer instead of the server. Raises
    TimeoutError; OSError if no answer began; HTTPException, ValueError or TooMuch for one that
    can't be read.
    """
    return _asked("GET", url, limits, read, headers={}, body=None)


def post(
    url: str, limits: Limits, *, read: Container[int], headers: Mapping[str, str], body: bytes
) -> Response:
    """Return the answer of ``url`` to ``body``. ``headers`` are sent beside ours. Raises as get."""
    return _asked("POST", url, limits, read, headers, body)


def _asked(
    method: str,
    url: str,
    limits: Limits,
    read: Container[int],
    headers: Mapping[str, str],
    body: bytes | None,
) -> Response:
    line = _connected(urlsplit(url), monotonic() + limits.seconds)
    with line.socket:
        connection = _Connection(line)
        sent = {**_headers(url), **headers}
        connection.request(method, _target(urlsplit(url)), body=body, headers=sent)
        answer = connection.getresponse()
        with answer:
            location = answer.getheader("Location") or ""
            if answer.status not in read:
                return Response(answer.status, location)
            line.most += limits.bytes + MOST_FRAMES
            charset = answer.headers.get_content_charset() or ""
            return Response(answer.status, location, *_body(answer, limits.bytes), charset)


def _headers(url: str) -> dict[str, str]:
    return {"Host": urlsplit(url).netloc, **HEADERS}


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _body(answer: http.client.HTTPResponse, most: int) -> tuple[bytes, bool]:
    """Return the body, ``most`` bytes at most, and whether that is all of it."""
    body = bytearray()
    try:
        while piece := answer.read(PIECE):
            body += piece
            if len(body) > most:
                return bytes(body[:most]), False
    except TooMuch:
        return bytes(body), False
    except TimeoutError:
        raise
    except OSError as error:
        raise http.client.IncompleteRead(bytes(body)) from error
    # Read in pieces, a body that ends too early looks like a whole one to http.client.
    if answer.length:
        raise http.client.IncompleteRead(bytes(body), answer.length)
    return bytes(body), True


class _Line:
    """A connection until ``deadline`` for ``most`` bytes, which http.client uses as a socket."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self.socket = connected
        self.deadline = deadline
        self.most = MOST_HEADERS

    def sendall(self, data: bytes) -> None:
        """Send. Raises OSError."""
        self.socket.settimeout(_left(self.deadline))
        self.socket.sendall(data)

    def makefile(self, *_mode: Any) -> io.BufferedReader:
        """Return what the other side sends."""
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Do nothing, since http.client closes before it has read; ``get`` closes the socket."""


class _Reader(io.RawIOBase):
    """The reading side of a line."""

    def __init__(self, line: _Line) -> None:
        super().__init__()
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._line.socket.settimeout(_left(self._line.deadline))
        count = self._line.socket.recv_into(buffer)
        self._line.most -= count
        if self._line.most < 0:
            raise TooMuch
        return count


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over a line that is already open."""

    def __init__(self, line: _Line) -> None:
        super().__init__("")  # the request has a Host header of its own
        self._line = line

    def connect(self) -> None:
        self.sock = self._line  # has the methods of a socket that http.client uses


def _connected(parts: SplitResult, deadline: float) -> _Line:
    """Return a line to the first of the name's addresses that accepts it. Raises OSError."""
    host, port = str(parts.hostname), parts.port or {"http": 80, "https": 443}[parts.scheme]
    found = _addresses(host, port, _left(deadline))
    refused = OSError("the name has no address")
    for waiting, one in zip(range(len(found), 0, -1), found, strict=True):
        try:
            # Each gets a share of the time: one that never answers leaves time for the others.
            return _Line(_connect(parts, one, _left(deadline) / waiting, deadline), deadline)
        except OSError as error:
            refused = error
    raise refused


def _addresses(host: str, port: int, seconds: float) -> list[Any]:
    """Return the addresses of a name. Raises OSError, TimeoutError after so many ``seconds``.

    In a thread of its own: the system's resolver has no time limit that a caller could set.
    """
    if not LOOK_UPS.acquire(blocking=False):
        raise TimeoutError
    found: SimpleQueue[list[Any] | Exception] = SimpleQueue()
    Thread(target=_look_up, args=(host, port, found), daemon=True).start()
    try:
        answer = found.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, UnicodeError):
        raise OSError(f"{host[:100]} is no name of a host") from answer
    if isinstance(answer, Exception):
        raise answer
    return answer


def _look_up(host: str, port: int, found: "SimpleQueue[list[Any] | Exception]") -> None:
    try:
        found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        found.put(error)
    finally:
        LOOK_UPS.release()


def _connect(parts: SplitResult, one: Any, seconds: float, deadline: float) -> socket.socket:
    family, kind, protocol, _name, address = one
    connected = socket.socket(family, kind, protocol)
    try:
        connected.settimeout(seconds)
        connected.connect(address)
        if parts.scheme == "https":
            connected.settimeout(_left(deadline))
            return _trust().wrap_socket(connected, server_hostname=parts.hostname)
    except BaseException:
        connected.close()
        raise
    return connected


@cache
def _trust() -> ssl.SSLContext:
    """Return a context that trusts the system's certificates, or those in SSL_CERT_FILE."""
    return ssl.create_default_context()


def _left(deadline: float) -> float:
    """Return the seconds until ``deadline``. Raises TimeoutError after it."""
    if (left := deadline - monotonic()) > 0:
        return left
    raise TimeoutError
