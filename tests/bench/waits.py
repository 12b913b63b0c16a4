"""How long the till waits when something is held, on SQLite and on PostgreSQL.

    python -m tests.bench.waits                                     # as served
    ANSWER_SECONDS=30 python -m tests.bench.waits --sync     # as it was: two sync workers
    python -m tests.postgres -- python -m tests.bench.waits [--sync]

Each line: what is wrong; the longest of the board, a handout, /ready and /live, in seconds, each
asked once while it lasts; 20 stands for 20 or more.
"""

import argparse
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from django.db import connection

from befreg_reserv import wsgi  # noqa: F401  sets Django up, before any model is imported
from tests import cast, scenes
from tests.races import pool
from tests.races.server.clients import Workstation
from tests.races.server.strangers import guessing, held
from tests.races.together import together
from tests.served import HOST, Served, collect_static, serving, session_of

MOST = 20
BEFORE = {"GUNICORN_CMD_ARGS": "--worker-class sync --threads 1 --workers 2 --timeout 30"}


@contextmanager
def silent(server: Served, count: int, words: bytes = b"") -> Iterator[None]:
    """Connect so many clients that say no more than these words."""
    with ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(socket.create_connection((HOST, server.port)))
            client.sendall(words)
        time.sleep(0.3)
        yield


def faults(server: Served) -> dict[str, Callable[[], AbstractContextManager[None]]]:
    """Return what may go wrong: its name, and how it is brought about."""
    common: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "nothing": nullcontext,
        "2 idle sockets": partial(silent, server, 2),
        "4 idle sockets": partial(silent, server, 4),
        "40 idle sockets": partial(silent, server, 40),
        "40 slow headers": partial(silent, server, 40, b"GET / HTTP/1.1\r\n"),
        "24 wrong sign-ins": partial(guessing, server),
    }
    if connection.vendor == "sqlite":
        return common | {"held file": partial(held, "BEGIN IMMEDIATE")}
    return common | {
        "held row": partial(held, "SELECT * FROM outage_outage FOR UPDATE"),
        "held table": partial(held, "LOCK TABLE custody_handout"),
    }


def seconds(ask: Callable[[], object]) -> float:
    """Return how long it took, whatever came of it."""
    began = time.monotonic()
    try:
        ask()
    except OSError:  # no answer in time
        return time.monotonic() - began
    return time.monotonic() - began


def measure(var: Path, environment: dict[str, str]) -> None:
    """Print a line for each fault."""
    people = cast.assemble()
    scenes.begin(people.tilda)
    pool.lay_in_women(100)
    collect_static(var)
    print(f"{connection.vendor:20} /till/  handout  /ready   /live")
    for name in faults(Served(0)):
        # A server for each: what waits on the last would wait here too.
        with serving(var, environment) as server:
            till = Workstation(server, session_of(people.tilda), patience=MOST)
            board, ready, live = (
                partial(till.look, path) for path in ("/till/", "/ready", "/live")
            )
            with faults(server)[name]():
                asked: list[Callable[[], object]] = [board, till.call, ready, live]
                times = together([partial(seconds, ask) for ask in asked])
        print(f"{name:20}" + " ".join(f"{one:7.2f}" for one in times), flush=True)


def main(arguments: list[str]) -> int:
    """Measure as the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.waits", description=__doc__)
    parser.add_argument("--sync", action="store_true", help="as it was: two sync workers")
    options = parser.parse_args(arguments)
    configured = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            with Path(os.devnull).open("w") as nowhere:
                os.dup2(nowhere.fileno(), 2)  # the server's own words about what it was denied
            measure(Path(folder), BEFORE if options.sync else {})
        finally:
            connection.creation.destroy_test_db(configured, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
