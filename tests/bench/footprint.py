"""What a server takes besides its answers: seconds until it hands out, and memory."""

import json
import os
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.bench import tills
from tests.faults.world import ROOT, World, run

OF_OLD = 300  # handouts, so that lists have a page and more
CLIENTS = 4
MOST_REFUSED = 0.02  # of the requests: long pages have few places


class Used(NamedTuple):
    """The MB that a server's processes use, pages that are shared counted once among all."""

    the_workers: float
    all_processes: float  # the master and the helper too


def starts(world: World, environment: Mapping[str, str], session: str) -> Iterator[str]:
    """Yield the lines of a table: with a warm disk, and with a cold one."""
    for cold, words in ((False, "a warm disk"), (True, "a cold disk")):
        seconds = start(world, environment, session, cold=cold)
        yield f"| start to first handout, {words} | {world.vendor} | {seconds:.1f} s |"


def table(world: World, environment: Mapping[str, str], requests: tuple[int, ...]) -> Iterator[str]:
    """Yield the lines of a table: the memory after so many requests."""
    for count, used in zip(requests, memory(world, environment, requests), strict=True):
        for who, megabytes in used._asdict().items():
            words = f"memory of {who.replace('_', ' ')} after {count:,} requests"
            yield f"| {words} | {world.vendor} | {megabytes:.0f} MB |"


def start(world: World, environment: Mapping[str, str], session: str, *, cold: bool) -> float:
    """Return the seconds from nothing to the first handout. ``cold``: read from the disk again."""
    if cold:
        forget_files()
    began = time.perf_counter()
    server = world.started("one", **environment)
    try:
        while True:
            try:
                tills.call(server.port, session)
            except OSError:
                time.sleep(0.01)
            else:
                return time.perf_counter() - began
            if time.perf_counter() - began > tills.PATIENCE_SECONDS:
                raise RuntimeError("no handout")
    finally:
        server.kill()


def forget_files() -> None:
    """Let the system forget our files and Python's, but for what a running program has mapped."""
    os.sync()
    for folder in {ROOT, Path(sys.prefix), Path(sysconfig.get_path("stdlib"))}:
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                descriptor = os.open(file, os.O_RDONLY)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)


def memory(world: World, environment: Mapping[str, str], requests: tuple[int, ...]) -> list[Used]:
    """Return the memory after so many requests of every page, for each count.

    Raises RuntimeError if many requests got no answer.
    """
    world.make_empty()
    own = world.environment(**environment)
    printed = run("-m", "tests.bench.pages", "seen", str(OF_OLD), environment=own)
    asked = json.loads(printed.splitlines()[-1])
    server = world.server("one", **environment)
    used, done, refused = list[Used](), 0, 0

    def ask(number: int) -> bool:
        session, path = asked[number % len(asked)]
        return tills.ask(server.port, session, "GET", path).startswith(b"HTTP/1.1 5")

    with ThreadPoolExecutor(CLIENTS) as clients:
        for count in requests:
            refused += sum(clients.map(ask, range(done, count)))
            done = count
            # The helper is the last that the master has forked.
            ours = tills.memory(server.workers()[:-1])
            used.append(Used(ours, tills.memory(server.processes())))
    if refused > MOST_REFUSED * done:
        raise RuntimeError(f"{refused} of {done} requests got no answer")
    return used
