"""What breaks, and who waits for how long: `make faults`.

    FAULTS=short python -m tests.faults            # some minutes, both databases
    FAULTS=long python -m tests.faults             # for the night
    python -m tests.faults --only "held" --on sqlite --as-it-is

While tills take calls, something is done to what is behind them; then what they saw is held against
what the database holds. Each protection is taken away once, and that run must miss a target. Prints
a table; ends with 1 if a target is missed, or if a run without its protection misses none. A run
that misses times alone is played once more, and both its rows are printed.
"""

import argparse
import math
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults import scenarios
from tests.faults.history import NotHere, Verdict
from tests.faults.scenarios import Played, Run
from tests.faults.world import NUMBERS, NUMBERS_OF_A_NIGHT, Worlds, worlds

BOTH, SQLITE, POSTGRESQL = ("sqlite", "postgresql"), ("sqlite",), ("postgresql",)
LONGEST, LIVE, NEXT, NEXT_AFTER_FAILOVER = 5.0, 0.2, 3.0, 10.0  # seconds
# Patroni gives a node up after 20 s at the least; until then nobody knows that it is gone.
NEXT_AFTER_A_NODE = 25.0
ROW = "SELECT * FROM outage_outage FOR UPDATE"
TABLE = "LOCK TABLE custody_handout"


@dataclass(frozen=True)
class Scenario:
    """Something that happens, on which databases, and the protection that it shows.

    ``without``: the protection that a further run takes away, and on which database; "" for none.
    """

    name: str
    play: Played
    databases: tuple[str, ...] = BOTH
    without: str = ""
    bare_on: tuple[str, ...] = POSTGRESQL
    short: int = 1
    long: int = 20
    on_a_small_disk: bool = False
    next_within: float = NEXT
    restores: bool = False


ALL = [
    Scenario("a worker is killed", scenarios.worker_killed, short=5, long=100),
    Scenario("the server is killed", scenarios.server_killed, short=2),
    Scenario(
        "PostgreSQL is killed", scenarios.database_killed, POSTGRESQL, "times of the pool", long=10
    ),
    Scenario(
        *("replies are cut at COMMIT", scenarios.cut_at_commit, POSTGRESQL, "the form's key"),
        short=10,
        long=500,
    ),
    Scenario(
        *("answers are cut on their way", scenarios.cut_at_answer, SQLITE, "the form's key"),
        bare_on=SQLITE,
        short=10,
        long=500,
    ),
    Scenario(
        *("the primary of three nodes dies", scenarios.failover, POSTGRESQL),
        without="synchronous standbys",
        short=3,
        long=100,
        next_within=NEXT_AFTER_FAILOVER,
    ),
    Scenario(
        *("the primary's whole node dies", scenarios.node_dies, POSTGRESQL),
        long=10,
        next_within=NEXT_AFTER_A_NODE,
    ),
    Scenario("a row is held", scenarios.something_held(ROW), BOTH, "limits of waits", BOTH),
    Scenario("a table is held", scenarios.something_held(TABLE), POSTGRESQL),
    Scenario("the standby is gone", scenarios.standby_gone, POSTGRESQL, "limits of waits"),
    Scenario("slow clients", scenarios.slow_clients, BOTH, "our worker", SQLITE),
    Scenario(
        "200 wrong passwords", scenarios.wrong_passwords, BOTH, "places for passwords", SQLITE
    ),
    Scenario("the disk is full", scenarios.disk_full, on_a_small_disk=True),
    Scenario("the clock is wrong", scenarios.wrong_clock, BOTH, "the shared clock"),
    Scenario("two servers, one dies", scenarios.two_servers),
    Scenario(
        *("an older state is restored", scenarios.restored, BOTH, "the journal", BOTH),
        long=5,
        restores=True,
    ),
]


def wronged(verdict: Verdict, *, restores: bool) -> Iterator[str]:
    """Yield what must never be; after a restore numbers are set aside."""
    nothing = {
        "lost": verdict.lost,
        "known to the journal alone": 0 if restores else verdict.aside,
        "twice": verdict.twice,
        "unresolved": verdict.unresolved,
        "bare pages": verdict.bare,
        "findings": len(verdict.findings),
        "no number": int(not verdict.numbers),
    }
    yield from (f"{count} {name}" for name, count in nothing.items() if count)


def slow(verdict: Verdict, next_within: float) -> Iterator[str]:
    """Yield each time that was too long."""
    if verdict.longest > LONGEST:
        yield f"waited {verdict.longest:.1f} s"
    if verdict.live > LIVE:
        yield f"/live {verdict.live:.2f} s"
    if verdict.next_number is not None and verdict.next_number > next_within:
        yield f"next number: {_seconds(verdict.next_number)}"


HEAD = (
    "| what happens | database | calls | lost | set aside | twice | unknown, resolved "
    "| next number | longest wait | /live | missed |"
)


def row(name: str, vendor: str, verdict: Verdict, faults: list[str]) -> str:
    """Return a row of the table."""
    resolved = verdict.unknown - verdict.unresolved
    after = "" if verdict.next_number is None else _seconds(verdict.next_number)
    cells = [
        *(name, vendor, verdict.calls, verdict.lost, verdict.aside, verdict.twice),
        *(f"{verdict.unknown}, {resolved}", after, f"{verdict.longest:.1f} s"),
        *(f"{verdict.live:.2f} s", "; ".join(faults)),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if math.isfinite(seconds) else "never"


@dataclass(frozen=True)
class Missed:
    """The targets that a run missed."""

    wrong: list[str]
    times: list[str]

    @property
    def all(self) -> list[str]:
        """Return both."""
        return [*self.wrong, *self.times]


def played(scenario: Scenario, made: Worlds, run: Run) -> Missed | None:
    """Play a scenario and print its row; return None if it can't be played here."""
    name = f"{scenario.name}, without {run.without}" if run.without else scenario.name
    try:
        with made.world(on_a_small_disk=scenario.on_a_small_disk) as world:
            verdict = scenario.play(world, run)
    except NotHere as why:
        print(f"| {name} | {made.vendor} | not played: {why} |", flush=True)
        return None
    missed = Missed(
        list(wronged(verdict, restores=scenario.restores)),
        list(slow(verdict, scenario.next_within)),
    )
    print(row(name, made.vendor, verdict, missed.all), flush=True)
    for finding in verdict.findings[:5]:
        print(f"    {finding}", file=sys.stderr)
    return missed


def both(scenario: Scenario, made: Worlds, options: argparse.Namespace) -> Iterator[str]:
    """Play a scenario as it is and without its protection; yield what is wrong."""
    run = Run(scenario.long if options.length == "long" else scenario.short)
    missed = played(scenario, made, run)
    if missed and missed.times and not missed.wrong:
        # A busy machine may be slow once; what makes people wait does so again.
        missed = played(scenario, made, run)
    if missed and missed.all:
        yield f"{scenario.name} on {made.vendor}: {'; '.join(missed.all)}"
    if not scenario.without or made.vendor not in scenario.bare_on or options.as_it_is:
        return
    bare = played(scenario, made, Run(scenario.short, scenario.without))
    if bare and not bare.all:
        yield f"{scenario.name} on {made.vendor}: no worse without {scenario.without}"


def main(arguments: list[str]) -> int:
    """Play what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--on", choices=BOTH, help="one database alone")
    parser.add_argument("--as-it-is", action="store_true", help="take no protection away")
    options = parser.parse_args(arguments)
    # Whoever ends it wants its servers and disks ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options.length = os.environ.get("FAULTS") or "short"
    numbers = NUMBERS_OF_A_NIGHT if options.length == "long" else NUMBERS
    wrong: list[str] = []
    print(HEAD, "| --- " * HEAD.count(" | ") + "| --- |", sep="\n")
    for vendor in [options.on] if options.on else BOTH:
        chosen = [one for one in ALL if vendor in one.databases and options.only in one.name]
        with tempfile.TemporaryDirectory(prefix="befreg-faults-") as folder:
            if chosen:
                with worlds(vendor, Path(folder), numbers) as made:
                    wrong += [each for one in chosen for each in both(one, made, options)]
    print(*wrong, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
