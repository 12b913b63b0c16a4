"""The web server's worker: a request takes a thread when it is complete, and not before.

gunicorn's own gives each new connection a thread, for five seconds if nothing comes and without
limit if the request comes slowly: a few idle or slow clients would keep all others waiting. Here
the worker's loop gathers what arrives. It also doesn't block after the answer: gunicorn's own loop
waits up to two seconds for the client to close.

It uses internals of gunicorn's ``ThreadWorker``; ``tests/races/server/test_idle_clients.py`` shows
with the real server that they still mean the same.
"""

import re
import selectors
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

from befreg_reserv import deadline, waits
from befreg_reserv.serving import beside, budget, frames, refused

ARRIVAL_SECONDS = 20  # for a whole request: a file of 1 MiB over a line of 0.5 Mbit/s
LINGER_SECONDS = 2
# How long a thread waits for a client that doesn't take the answer.
SEND_SECONDS = 5
MOST_WAITING = 200  # connections without a whole request; a newer one closes the oldest
MOST_HEADERS = 64 * 1024
MOST_GATHERED = 64 * 1024 * 1024  # of all connections together
CHUNK = 64 * 1024

END_OF_HEADERS = b"\r\n\r\n"
# No two parts may match the same digits: backtracking over many zeros took a minute.
LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]+)[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
CHUNKED = re.compile(rb"^transfer-encoding:", re.IGNORECASE | re.MULTILINE)
CONTINUE = re.compile(rb"^expect:[ \t]*100-continue", re.IGNORECASE | re.MULTILINE)
# Which requests have threads of their own, and how many. A host may stand before the path.
PATH = re.compile(rb"([A-Z]+) (?:[a-z]+://[^/ ]*)?(/[^ ?]*)")
READ = {b"GET", b"HEAD"}
OWN_THREADS = {
    (b"/live", True): 1,
    (b"/ready", True): 1,
    (b"/metrics", True): 1,
    # Passwords are checked there: strangers who guess wait for each other, and not the till.
    (b"/sign-in/", False): waits.SIGN_IN_THREADS,
    (b"/locked/", False): waits.SIGN_IN_THREADS,
    (b"/sign-on/", False): waits.SIGN_ON_THREADS,
}
NO_LENGTH = b"411 Length Required"
TOO_LONG = b"431 Request Header Fields Too Large"


class Connection(TConn):  # type: ignore[misc]  # gunicorn ships no types
    """A client, with what has arrived of its next request."""

    def __init__(self, worker: "Worker", *args: Any) -> None:
        super().__init__(*args)
        self.worker = worker
        self.arrived = bytearray()
        self.whole_at = 0.0  # by time.monotonic
        self.size = 0  # of the whole request, once its headers are there
        self.unread = False  # its body is longer than we take
        self.done = False  # answered: anything more is read and discarded
        seconds = struct.pack("@ll", SEND_SECONDS, 0)
        for side in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            self.sock.setsockopt(socket.SOL_SOCKET, side, seconds)

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002  inherited
        """Close; gracefully: after the client has got the whole answer, without blocking."""
        if graceful and not self.done:
            self.done = True
            try:
                self.sock.shutdown(socket.SHUT_WR)
                self.sock.settimeout(0)
            except OSError:
                super().close()
                return
            self.worker.wait_for(self, LINGER_SECONDS)
        else:
            super().close()

    def is_whole(self) -> bool:
        """Tell whether the request has arrived as far as we take it."""
        if not self.size:
            end = self.arrived.find(END_OF_HEADERS)
            if end < 0:
                return False
            headers = self.arrived[: end + 2]
            # gunicorn refuses two lengths, once the longer body has arrived.
            lengths = (digits.lstrip(b"0")[:18] for digits in LENGTH.findall(headers))
            body = max((int(digits or b"0") for digits in lengths), default=0)
            # Refused because of its length: see uploads.py.
            self.unread = body > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
            self.size = end + len(END_OF_HEADERS) + (0 if self.unread else body)
            if len(self.arrived) < self.size and CONTINUE.search(headers):
                self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return len(self.arrived) >= self.size

    def refusal(self) -> bytes:
        """Return the status for a request that we don't read to its end; b"" if we do."""
        if self.size:
            return b""  # the headers were checked before
        end = self.arrived.find(END_OF_HEADERS)
        if (len(self.arrived) if end < 0 else end) > MOST_HEADERS:
            return TOO_LONG
        return NO_LENGTH if end > 0 and CHUNKED.search(self.arrived[:end]) else b""

    def refuse(self, status: bytes) -> None:
        """Answer, and end the connection."""
        self._send(refused.answer(status))
        self.close(graceful=True)

    def _send(self, words: bytes) -> None:
        try:
            self.sock.send(words)
        except OSError:
            return


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads for whole requests; those of OWN_THREADS wait for no others, nor for long work."""

    helps = False  # does long work, and takes connections from the others alone
    has_helper = False

    def init_process(self) -> None:
        """Start without waiting connections."""
        if self.helps:
            self.sockets = [beside.end()]
            budget.all_may_be_long()
        self._waiting: dict[Connection, float] = {}  # until when, the oldest first
        self._pools = {part: ThreadPoolExecutor(count) for part, count in OWN_THREADS.items()}
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Accept a connection, without a thread."""
        if self.helps:
            self._take()
            return
        try:
            client, address = listener.accept()
        except OSError:  # another worker was quicker, or the client is gone
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self, self.cfg, client, address, listener.getsockname()))

    def enqueue_req(self, conn: Any) -> None:
        """Gather the next request of a connection."""
        if self.cfg.is_ssl:  # what arrives can't be read here
            self._submit(self.tpool, conn)
            return
        conn.size = 0
        if conn.parser:  # a further request may have come with the last
            conn.arrived += conn.parser.unreader.take_buffered()
        conn.sock.settimeout(0)
        self.wait_for(conn, ARRIVAL_SECONDS)
        self._look(conn)
        self._more(conn, conn.sock)

    def _take(self) -> None:
        """Take a connection from another process, with its whole request."""
        if not (taken := beside.take()):
            return
        client, arrived, whole_at = taken
        try:
            conn = Connection(self, self.cfg, client, client.getpeername(), client.getsockname())
        except OSError:  # the client is gone
            client.close()
            return
        conn.arrived += arrived
        reads = _part(conn.arrived)[1]
        if self.nr_conns >= (beside.MOST_READING if reads else beside.MOST_WRITING):
            conn.refuse(beside.REFUSED)
            return
        self.nr_conns += 1
        self._answer(conn, self.tpool, whole_at)

    def wait_for(self, conn: Connection, seconds: float) -> None:
        """Wait at most so many seconds for what a client sends."""
        self._waiting[conn] = time.monotonic() + seconds
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._more, conn))
        self._bound()

    def _bound(self) -> None:
        """Close the oldest connections if there are too many, or if they have sent too much."""
        gathered = sum(len(conn.arrived) for conn in self._waiting)
        while len(self._waiting) > MOST_WAITING or gathered > MOST_GATHERED:
            oldest = next(iter(self._waiting))
            gathered -= len(oldest.arrived)
            self._drop(oldest)

    def _more(self, conn: Connection, _sock: Any) -> None:
        if conn not in self._waiting:
            return
        try:
            words = conn.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            words = b""
        if not words:
            self._drop(conn)
        elif not conn.done:
            conn.arrived += words
            self._bound()
            self._look(conn)

    def _look(self, conn: Connection) -> None:
        if conn not in self._waiting:
            return
        if status := conn.refusal():
            self._forget(conn)
            self.nr_conns -= 1
            conn.refuse(status)
        elif conn.is_whole():
            self._forget(conn)
            self._hand_over(conn)

    def _hand_over(self, conn: Connection) -> None:
        """Let a thread answer, or the helper."""
        whole_at, part = time.monotonic(), _part(conn.arrived)
        if not self.has_helper or not beside.is_long(part[0]):
            self._answer(conn, self._pools.get(part, self.tpool), whole_at)
            return
        self.nr_conns -= 1
        if beside.hand_over(conn.sock, bytes(conn.arrived), whole_at):
            conn.close()
        else:
            conn.refuse(beside.REFUSED)

    def _answer(self, conn: Connection, pool: Any, whole_at: float) -> None:
        """Let a thread of ``pool`` answer."""
        conn.whole_at = whole_at
        if not conn.parser:
            conn.parser = get_parser(self.cfg, conn.sock, conn.client)
            conn.initialized = True
        conn.parser.unreader.unread(bytes(conn.arrived))
        conn.arrived.clear()
        self._submit(pool, conn)

    def _submit(self, pool: ThreadPoolExecutor, conn: Connection) -> None:
        answer = pool.submit(self.handle, conn)
        answer.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def handle(self, conn: Any) -> Any:
        """Answer in a thread; the time that the request has waited for it counts as its own."""
        deadline.arrived(conn.whole_at or None)
        return frames.with_room(super().handle, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        """Log it as gunicorn does, and answer with a page of ours."""
        said = refused.Said()
        super().handle_error(req, said, addr, exc)
        if said.status:
            with suppress(OSError):
                client.sendall(refused.answer(said.status))

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """Tell whether the connection may be used again: not if a body was left unread."""
        return not conn.unread and super()._keepalive_after(conn, keepalive)

    def murder_pending(self) -> None:
        """Close those whose time is over; if the worker stops, also those that sent nothing."""
        now = time.monotonic()
        for conn, until in list(self._waiting.items()):
            if until < now or not (self.alive or conn.arrived):
                self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        self._forget(conn)
        if not conn.done:
            self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: Connection) -> None:
        del self._waiting[conn]
        try:
            self.poller.unregister(conn.sock)
        except (KeyError, ValueError, OSError):
            return  # closed already


def _part(request: bytearray) -> tuple[bytes, bool]:
    """Return its path, as Django will read it, and whether it only reads."""
    found = PATH.match(request)
    return (unquote_to_bytes(found[2]), found[1] in READ) if found else (b"", True)
