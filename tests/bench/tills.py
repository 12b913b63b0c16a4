"""Tills that take one call after the other as fast as the server answers, and what that took.

Each request has a connection of its own, as the server closes it. Written on a bare socket: a
client that costs as much as the server would measure itself, on the same two cores.
"""

import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

HOST = "127.0.0.1"
TOKEN = "t" * 32
PATIENCE_SECONDS = 30
# Above every handout's key: the till has said that all earlier numbers are other patients'.
ANOTHER_PATIENT = 2**63 - 1
NUMBER = re.compile(
    rb"^HTTP/1.1 302 .*^Location: (/till/handouts/[0-9]+/)\r$", re.MULTILINE | re.DOTALL
)


@dataclass
class Slice:
    """What a slice of time gave: how many handouts, in how many seconds, and how long each took."""

    seconds: float
    times: list[float] = field(default_factory=list)
    cpu: float = 0.0  # seconds of the server's processes

    @property
    def rate(self) -> float:
        """Handouts a second."""
        return len(self.times) / self.seconds

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return 1000 * median(self.times)

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return 1000 * sorted(self.times)[int(len(self.times) * 0.99)]

    @property
    def cpu_each(self) -> float:
        """Milliseconds of the server's processes for each handout."""
        return 1000 * self.cpu / len(self.times)


class Wrong(Exception):
    """The server gave no number: nothing was measured."""


def ask(
    port: int, session: str, method: str, path: str, sent: dict[str, Any] | None = None
) -> bytes:
    """Return the whole answer."""
    body = urlencode({"csrfmiddlewaretoken": TOKEN, **sent}) if sent else ""
    words = (
        f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Cookie: __Host-sessionid={session}; __Host-csrftoken={TOKEN}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    parts = []
    with socket.create_connection((HOST, port), timeout=PATIENCE_SECONDS) as line:
        line.sendall(words.encode())
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)


def form() -> dict[str, Any]:
    """Return a form that no earlier call was sent with, for a woman."""
    return {
        "sex": "K",
        "caller": "wilma",
        "ward": "Anestesikliniken / IVA",
        "callback": "2102",
        "request_key": uuid4(),
        "other_than": ANOTHER_PATIENT,
    }


def call(port: int, session: str) -> float:
    """Take a call for a woman; return the seconds until its number's address. Raises Wrong."""
    began = time.perf_counter()
    answer = ask(port, session, "POST", "/till/hand-out/", form())
    seconds = time.perf_counter() - began
    if not NUMBER.match(answer):
        raise Wrong(answer[:2000].decode(errors="replace"))
    return seconds


def calls(port: int, sessions: Sequence[str], seconds: float, workers: Sequence[int]) -> Slice:
    """Let a till for each session take calls for so long. ``workers``: the server's processes."""
    times: list[float] = []
    faults: list[Exception] = []
    until = time.perf_counter() + seconds

    def work(session: str) -> None:
        try:
            while time.perf_counter() < until:
                times.append(call(port, session))
        except (Wrong, OSError) as error:
            faults.append(error)

    before, began = cpu(workers), time.perf_counter()
    threads = [Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return Slice(time.perf_counter() - began, times, cpu(workers) - before)


def cpu(processes: Sequence[int]) -> float:
    """Return how many seconds of a processor these have used."""
    return sum(_ticks(pid) for pid in processes) / 100


def _ticks(pid: int) -> int:
    # The fields after the name, which may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory(processes: Sequence[int]) -> float:
    """Return the MB that these use, shared pages counted once."""
    kilobytes = 0
    for pid in processes:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024
