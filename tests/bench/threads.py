"""How many threads a server should have: eight clients hand out, and one looks at the board.

    python -m tests.bench.threads                               # SQLite
    python -m tests.postgres -- python -m tests.bench.threads   # PostgreSQL

Each line: processes x threads; numbers a second; milliseconds of a handout, the median and of a
hundred the slowest; of the board the slowest of twenty; memory of all processes, shared pages
counted once. Two rounds, one after the other, since a machine's speed drifts. Ends with 1 unless
each call got a number.
"""

import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from django.db import connection

from befreg_reserv import wsgi  # noqa: F401  sets Django up, before any model is imported
from custody.models import Handout
from tests import cast, scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.server.clients import Workstation, calls_in_a_row
from tests.races.together import together
from tests.served import Server, collect_static, serving, session_of

CLIENTS, CALLS, LOOKS, ROUNDS = 8, 25, 20, 2
# gunicorn's own worker with one thread, then ours.
WAYS = {"2 x 1, sync": 0, "2 x 1": 1, "2 x 2": 2, "2 x 4": 4, "2 x 8": 8}
SYNC = {"GUNICORN_CMD_ARGS": "--worker-class sync --threads 1 --workers 2"}


def memory(server: Server) -> float:
    """Return the MiB of a server's processes."""
    assert server._process
    master = server._process.pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return sum(_shared_once(pid) for pid in [str(master), *children]) / 1024


def _shared_once(pid: str) -> int:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(row for row in rows if row.startswith("Pss:")).split()[1])


def measure(var: Path, people: Cast, threads: int) -> list[float]:
    """Serve with so many threads; return the figures of a line."""
    way = {"WEB_CONCURRENCY": "2", "WEB_THREADS": str(threads or 1), **({} if threads else SYNC)}
    with serving(var, way) as server:
        tills = [Workstation(server, session_of(people.tilda)) for _client in range(CLIENTS + 1)]
        for till in tills:
            till.call()
        looking, board = tills.pop(), list[float]()
        began = time.perf_counter()
        with ThreadPoolExecutor(1) as beside:
            beside.submit(_look, looking, board)
            answers = together([partial(calls_in_a_row, till, CALLS) for till in tills])
            took = time.perf_counter() - began
        seconds = sorted(each.seconds for some in answers for each in some)
        middle, slowest = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
        rate = len(seconds) / took
        return [rate, middle * 1000, slowest * 1000, max(board) * 1000, memory(server)]


def _look(till: Workstation, board: list[float]) -> None:
    for _look in range(LOOKS):
        board.append(till.look("/till/"))
        time.sleep(0.1)


def measure_all(var: Path) -> int:
    """Print a line for each way; return how many calls got no number."""
    people = cast.assemble()
    scenes.begin(people.tilda)
    wanted = ROUNDS * len(WAYS) * (CLIENTS * CALLS + CLIENTS + 1)
    pool.lay_in_women(wanted)
    collect_static(var)
    found: defaultdict[str, list[list[float]]] = defaultdict(list)
    for _round in range(ROUNDS):
        for way, threads in WAYS.items():
            found[way].append(measure(var, people, threads))
    print(f"{connection.vendor:12} per s  median  slowest   board    MiB")
    for way, rows in found.items():
        means = [sum(column) / ROUNDS for column in zip(*rows, strict=True)]
        print(f"{way:12}" + "".join(f"{mean:8.1f}" for mean in means), flush=True)
    return wanted - Handout.objects.count()


def main() -> int:
    """Measure on a database of its own."""
    configured = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            return 1 if measure_all(Path(folder)) else 0
        finally:
            connection.creation.destroy_test_db(configured, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
