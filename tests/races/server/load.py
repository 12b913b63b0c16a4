"""How fast are numbers handed out over HTTP? Prints throughput and percentiles.

    python -m tests.races.server.load                                # SQLite
    python -m tests.postgres -- python -m tests.races.server.load    # PostgreSQL
    … --clients 16 --calls 125

On a database of its own, with the server as in production. Ends with 1 unless each call got a
handout of its own that stands in the database. Compare figures of one machine and one hour only.
"""

import argparse
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from django.db import connection

from befreg_reserv import wsgi  # noqa: F401  sets Django up, before any model is imported
from custody.models import Handout
from tests import cast, scenes
from tests.races import pool
from tests.races.server.clients import Answer, Workstation, calls_in_a_row
from tests.races.together import together
from tests.served import collect_static, serving, session_of


def measure(clients: int, calls: int, var: Path) -> tuple[list[Answer], float]:
    """Let so many workstations make so many calls each; return the answers and the seconds."""
    people = cast.assemble()
    scenes.begin(people.tilda)
    pool.lay_in_women(clients * calls)
    collect_static(var)
    with serving(var) as served:
        workstations = [Workstation(served, session_of(people.tilda)) for _ in range(clients)]
        began = time.perf_counter()
        answers = together([partial(calls_in_a_row, one, calls) for one in workstations])
        seconds = time.perf_counter() - began
    return [answer for of_one in answers for answer in of_one], seconds


def report(answers: list[Answer], seconds: float) -> bool:
    """Print the figures; tell whether each answer names a handout of its own."""
    handouts = {answer.handout for answer in answers} - {None}
    stored = Handout.objects.count()
    cuts = statistics.quantiles((answer.seconds * 1000 for answer in answers), n=100)
    print(f"{connection.vendor}: {len(answers)} calls in {seconds:.1f} s")
    print(f"{len(handouts)} different handouts answered, {stored} stored")
    print(f"{stored / seconds:.0f} handouts a second")
    print("ms: " + ", ".join(f"p{cut} {cuts[cut - 1]:.0f}" for cut in (50, 90, 99)))
    return len(answers) == len(handouts) == stored


def main(arguments: list[str]) -> int:
    """Measure as the command line asks; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.races.server.load", description=__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--calls", type=int, default=125, help="of each client")
    options = parser.parse_args(arguments)
    configured = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory() as folder:
        # A file on SQLite, shared with the server; PostgreSQL has its own name for it.
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/load.sqlite3"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            all_well = report(*measure(options.clients, options.calls, Path(folder)))
        finally:
            connection.creation.destroy_test_db(configured, verbosity=0)
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
