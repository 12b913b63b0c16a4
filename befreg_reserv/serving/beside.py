"""Long work has a process of its own: no thread of the till's waits for Python with it.

The till's processes hand over the connection itself, with all that has arrived of its request. The
helper answers as they would: session, rights and log are its own, so no rule has a second way.
More threads wouldn't help, since those of a process run one at a time; a pool that only makes files
would leave what the file is made from, and who may have it, to the till (``docs/performance.md``).
"""

import os
import socket
import struct
from functools import cache, lru_cache

from django.urls import Resolver404, resolve

from befreg_reserv import waits
from befreg_reserv.serving.budget import LONG_WORK

# Requests that the helper has and hasn't answered. A further one that reads is refused, so that no
# burst fills the memory; one that writes is refused later: somebody has typed what it brings.
MOST_READING = 3 * waits.THREADS
MOST_WRITING = 2 * MOST_READING
MOST_OF_A_PATH = 100  # bytes; no address of ours is as long, and what is remembered stays small
REFUSED = b"503 Service Unavailable"
_WHOLE_AT = struct.Struct("@d")


@cache
def _channel() -> tuple[socket.socket, socket.socket]:
    """Return the ends to give to and to take from; the master makes them, before its first fork."""
    give_to, take_from = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    give_to.settimeout(0)
    return give_to, take_from


def end() -> socket.socket:
    """Return the end that the helper takes connections from."""
    return _channel()[1]


def helps_next(helpers: int, others: int, workers: int) -> bool:
    """Tell whether the next process of so many ``workers`` is the helper.

    The till's come first. In a reload there are twice as many for a while, and each half is whole.
    """
    _channel()
    return workers > 1 and others >= (helpers + 1) * (workers - 1)


def is_long(path: bytes) -> bool:
    """Tell whether the view at this path is marked as long work."""
    return len(path) <= MOST_OF_A_PATH and _is_long(path)


@lru_cache(1024)
def _is_long(path: bytes) -> bool:
    try:
        return hasattr(resolve(path.decode(errors="replace")).func, LONG_WORK)
    except Resolver404:
        return False


def hand_over(client: socket.socket, arrived: bytes, whole_at: float) -> bool:
    """Hand a connection over, with its request; tell whether there was room for it."""
    request = os.memfd_create("request")  # of any size, where a message has little room
    try:
        with os.fdopen(request, "wb", closefd=False) as file:
            file.write(arrived)
        socket.send_fds(_channel()[0], [_WHOLE_AT.pack(whole_at)], [client.fileno(), request])
    except OSError:
        return False
    finally:
        os.close(request)
    return True


def take() -> tuple[socket.socket, bytes, float] | None:
    """Return a connection that was handed over, its request, and when that was whole."""
    try:
        sent, ends, _flags, _sender = socket.recv_fds(_channel()[1], _WHOLE_AT.size, 2)
    except BlockingIOError:
        return None
    client, request = ends
    with os.fdopen(request, "rb") as file:
        file.seek(0)
        arrived = file.read()
    return socket.socket(fileno=client), arrived, *_WHOLE_AT.unpack(sent)
