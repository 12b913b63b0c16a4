"""One bounded GET, by the standard library alone.

http.client limits the time of each read, and a server that drips never meets such a limit. So every
act on the connection gets what is left of the whole: of its seconds, and of its bytes.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, urlsplit

# Nothing of ours goes out: no cookies, no language, no version. Packed answers are not asked for,
# and never unpacked: a few bytes could become gigabytes.
HEADERS = {
    "User-Agent": "befreg-reserv",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
MOST_HEADERS = 64 * 1024  # bytes of status line and headers, interim answers included
MOST_FRAMES = 64 * 1024  # bytes around the body: the sizes of its chunks
PIECE = 16 * 1024  # bytes read at a time


class TooMuch(Exception):
    """More bytes came than may be read."""


@dataclass(frozen=True)
class Limits:
    """What one try may cost: seconds over the whole exchange, bytes of the answer's body."""

    seconds: float
    bytes: int


@dataclass(frozen=True)
class Response:
    """What a server answered. ``whole``: the body is all of it, or none was to be read."""

    status: int
    location: str = ""
    body: bytes = b""
    whole: bool = True


def get(url: str, limits: Limits, *, read: Container[int]) -> Response:
    """Return the answer of ``url``, with its body if the status is one to ``read``.

    Follows no redirect and asks no proxy: that would answer in the server's place. Raises
    TimeoutError; OSError where no answer began; HTTPException, ValueError or TooMuch for one that
    can't be read. Nothing can bound the look-up of the name: the system's resolver takes its time.
    """
    line = _connected(urlsplit(url), monotonic() + limits.seconds)
    with line.socket:
        connection = _Connection(line)
        connection.request("GET", _target(urlsplit(url)), headers=_headers(url))
        answer = connection.getresponse()
        with answer:
            location = answer.getheader("Location") or ""
            if answer.status not in read:
                return Response(answer.status, location)
            line.most += limits.bytes + MOST_FRAMES
            return Response(answer.status, location, *_body(answer, limits.bytes))


def _headers(url: str) -> dict[str, str]:
    return {"Host": urlsplit(url).netloc, **HEADERS}


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _body(answer: http.client.HTTPResponse, most: int) -> tuple[bytes, bool]:
    """Return as much of the body as may be read, and whether that is all."""
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
    """A connection that ends at ``deadline`` and yields ``most`` bytes; a socket to http.client."""

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
        """Leave the socket to who opened it: http.client closes before it has read."""


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
    """A connection over a line that stands already."""

    def __init__(self, line: _Line) -> None:
        super().__init__("")  # the request says the host itself
        self._line = line

    def connect(self) -> None:
        self.sock = self._line  # as much of a socket as is asked of it


def _connected(parts: SplitResult, deadline: float) -> _Line:
    """Return a line to the first of the name's addresses that takes one. Raises OSError."""
    host, port = str(parts.hostname), parts.port or {"http": 80, "https": 443}[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host[:100]} is no name of a host") from error
    refused = OSError("the name has no address")
    for waiting, one in zip(range(len(found), 0, -1), found, strict=True):
        try:
            # A share for each: an address that swallows everything leaves time for the others.
            return _Line(_connect(parts, one, _left(deadline) / waiting, deadline), deadline)
        except OSError as error:
            refused = error
    raise refused


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
    """Return what certificates are checked by: the system's, or those that SSL_CERT_FILE names."""
    return ssl.create_default_context()


def _left(deadline: float) -> float:
    """Return the seconds that are left. Raises TimeoutError when none are."""
    if (left := deadline - monotonic()) > 0:
        return left
    raise TimeoutError
