"""How long a handout takes while others fetch the largest report and boards ask for news.

One outage of many handouts lies there. Each fetcher asks for its file again as soon as it has it.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from threading import Event, Thread
from typing import TYPE_CHECKING

from tests.bench import tills
from tests.bench.tills import Slice

if TYPE_CHECKING:
    from tests.bench.__main__ import Product

HANDOUTS = 10_000
FETCHERS = 4
BOARDS = 10
REFRESH_SECONDS = 10  # as each board does
LIVE = re.compile(rb'hx-get="(/till/live/[^"]*)"')
MARK = re.compile(rb'name="mark" value="([^"]*)"')
PAGE = re.compile(rb"^Location: (/files/[0-9]+/)\r?$", re.MULTILINE)


@dataclass
class Beside:
    """What went on beside the handouts."""

    fetched: list[float] = field(default_factory=list)  # seconds of each file
    refused: int = 0
    boards: list[float] = field(default_factory=list)  # seconds of each look
    faults: list[str] = field(default_factory=list)


def measured(product: "Product", reader: str, outage: int, seconds: float) -> Iterator[str]:
    """Yield the lines of a table: a till alone, with boards, and with fetchers too."""
    yield "| a till hands out | a second | p50 ms | p99 | most | files | s each | refused | board |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, fetchers, boards in (
        ("alone", 0, 0),
        (f"while {BOARDS} boards ask", 0, BOARDS),
        (f"and {FETCHERS} people fetch {HANDOUTS:,} rows", FETCHERS, BOARDS),
    ):
        found, beside = _with(product, reader, outage, fetchers, boards, seconds)
        files = beside.fetched
        each = f"{sum(files) / len(files):.1f}" if files else ""
        board = f"{1000 * median(beside.boards):.0f}" if beside.boards else ""
        yield (
            f"| {name} | {found.rate:.0f} | {found.p50:.1f} | {found.p99:.1f} "
            f"| {1000 * max(found.times):.0f} "
            f"| {len(files) or ''} | {each} | {beside.refused or ''} | {board} |"
        )


def _with(
    product: "Product", reader: str, outage: int, fetchers: int, boards: int, seconds: float
) -> tuple[Slice, Beside]:
    port, beside, over = product.server.port, Beside(), Event()
    work: list[Callable[[], None]] = [
        partial(_fetch, port, reader, outage, beside, over)
    ] * fetchers
    work += [Board(port, product.sessions[0], place, beside, over) for place in range(boards)]
    product.fill()
    threads = [Thread(target=_until_over, args=(each, beside, over)) for each in work]
    for thread in threads:
        thread.start()
    try:
        if fetchers:
            time.sleep(1)  # until they are under way
        found = product.calls(1, seconds)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if beside.faults:
        raise RuntimeError(beside.faults[0])
    return found, beside


def _until_over(work: Callable[[], None], beside: Beside, over: Event) -> None:
    try:
        while not over.is_set():
            work()
    except (OSError, tills.Wrong) as error:
        beside.faults.append(str(error)[:2000])


def _fetch(port: int, session: str, outage: int, beside: Beside, over: Event) -> None:
    """Fetch the file, by way of the page that says how far it is, if there is one."""
    began, path = time.perf_counter(), f"/outage/{outage}/rows.csv"
    while True:
        head, _, body = tills.ask(port, session, "GET", path).partition(b"\r\n\r\n")
        if b" 503 " in head[:20]:
            beside.refused += 1
            over.wait(1)
            return
        if b" 302 " in head[:20] and (page := PAGE.search(head)):
            path = page[1].decode()
        elif b"text/html" in head and path.startswith("/files/"):
            if b"/fetch/" in body:
                path += "fetch/"
            else:
                over.wait(1)
        elif b"text/csv" in head and body.count(b"\n") > HANDOUTS:
            beside.fetched.append(time.perf_counter() - began)
            return
        else:
            raise tills.Wrong((head + body[:1000]).decode(errors="replace"))
        if over.is_set():
            return


class Board:
    """A board on a screen, which asks for news from time to time."""

    def __init__(self, port: int, session: str, place: int, beside: Beside, over: Event) -> None:
        self.port, self.session, self.beside, self.over = port, session, beside, over
        self.pause = REFRESH_SECONDS * place / BOARDS  # before the first time: not all at once
        self.live = self.mark = ""

    def __call__(self) -> None:
        """Wait until it is time, and ask. Raises Wrong."""
        if self.over.wait(self.pause):
            return
        self.pause = REFRESH_SECONDS
        if not self.live:
            page = tills.ask(self.port, self.session, "GET", "/till/")
            self.live, self.mark = _found(LIVE, page), _found(MARK, page)
        began = time.perf_counter()
        answer = tills.ask(self.port, self.session, "GET", f"{self.live}&mark={self.mark}")
        self.beside.boards.append(time.perf_counter() - began)
        if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204")):
            raise tills.Wrong(answer[:1000].decode(errors="replace"))
        self.mark = _found(MARK, answer) or self.mark


def _found(what: re.Pattern[bytes], page: bytes) -> str:
    found = what.search(page)
    return found[1].decode() if found else ""
