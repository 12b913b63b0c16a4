"""What breaks, and who waits for how long: `make faults`.

    FAULTS=short python -m tests.faults            # some minutes, both databases
    FAULTS=long python -m tests.faults             # for the night
    CI=true python -m tests.faults                 # on a machine that may be busy
    python -m tests.faults --only "held" --on sqlite --as-it-is

While tills take calls, something is done to what is behind them; then what they saw is held against
what the database holds. Each protection is taken away once, and that run must miss a target. Prints
a table; ends with 1 if a target is missed, if a run without its protection misses none, or if a
scenario breaks or doesn't end: the others are played all the same. A run that misses times alone,
and one that is no worse without its protection, are played once more; all rows are printed.

With CI=true times are printed and fail nothing, since they are the machine's as much as ours; what
is lost, given twice, unresolved or not ours fails. Protections that only times show aren't taken
away then, and both databases are played at the same time.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.faults import scenarios, taken_away
from tests.faults.judging import targets
from tests.faults.judging.history import NotHere
from tests.faults.judging.targets import NEXT, NEXT_AFTER_A_NODE, NEXT_AFTER_FAILOVER, Missed
from tests.faults.scenarios import Played, Run
from tests.faults.world import NUMBERS, NUMBERS_OF_A_NIGHT, Worlds, worlds

BOTH, SQLITE, POSTGRESQL = ("sqlite", "postgresql"), ("sqlite",), ("postgresql",)
# Seconds. A scenario is broken off after so long, and so much for each of its rounds.
LIMIT, LIMIT_OF_A_ROUND, LIMIT_OF_CLEARING = 120, 60, 60
LIMIT_OF_ALL = {"short": 1_200, "long": 43_200}  # then nothing further is begun
TRIES = 2  # a fault may strike where nothing was at stake
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
        *("the primary's whole node dies, and that is told", scenarios.node_is_told_dead),
        POSTGRESQL,
        long=10,
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


class TooLongError(Exception):
    """A scenario hasn't ended in its time."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Break off what takes longer, and what then clears up too. Raises TooLongError."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooLongError(f"not ended after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, LIMIT_OF_CLEARING)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def played(scenario: Scenario, made: Worlds, run: Run) -> Missed | None:
    """Play a scenario and print its row; return None if it can't be played here."""
    name = f"{scenario.name}, without {run.without}" if run.without else scenario.name
    began = time.monotonic()
    try:
        with (
            bounded(LIMIT + LIMIT_OF_A_ROUND * run.rounds),
            made.world(on_a_small_disk=scenario.on_a_small_disk) as world,
        ):
            verdict = scenario.play(world, run)
    except NotHere as why:
        print(f"| {name} | {made.vendor} | not played: {why} |", flush=True)
        return None
    except Exception as why:  # noqa: BLE001  the others are played all the same
        traceback.print_exc()
        print(f"| {name} | {made.vendor} | broke |", flush=True)
        return Missed(broke=f"{type(why).__name__}: {why}")
    found = targets.missed(verdict, scenario.next_within, restores=scenario.restores)
    took = time.monotonic() - began
    print(targets.row(name, made.vendor, verdict, took, found), flush=True)
    for finding in verdict.findings[:5]:
        print(f"    {finding}", file=sys.stderr)
    return found


@dataclass(frozen=True)
class Plan:
    """How the scenarios are played.

    ``busy``: on a machine whose times fail nothing. ``rounds``: how often a fault strikes, where
    that isn't what ``length`` says.
    """

    length: str
    busy: bool
    as_it_is: bool
    rounds: int = 0

    def faults(self, scenario: Scenario, made: Worlds) -> Iterator[str]:
        """Play a scenario as it is and without its protection; yield what is wrong."""
        run = Run(self.rounds or (scenario.long if self.length == "long" else scenario.short))
        found = played(scenario, made, run)
        if found and found.only_times and not self.busy:
            # A quiet machine may be slow once too; what makes people wait does so again.
            found = played(scenario, made, run)
        if found and (faults := found.faults(busy=self.busy)):
            yield f"{scenario.name} on {made.vendor}: {'; '.join(faults)}"
        if self._takes_away(scenario, made.vendor):
            yield from _without(scenario, made)

    def _takes_away(self, scenario: Scenario, vendor: str) -> bool:
        if self.as_it_is or not scenario.without or vendor not in scenario.bare_on:
            return False
        return not self.busy or scenario.without in taken_away.COUNTED


def _without(scenario: Scenario, made: Worlds) -> Iterator[str]:
    """Play a scenario without its protection; yield that this was no worse, or broke."""
    name = f"{scenario.name} on {made.vendor}, without {scenario.without}"
    for _once in range(TRIES):
        found = played(scenario, made, Run(scenario.short, scenario.without))
        if found is None:
            return
        if found.broke:
            yield f"{name}: broke: {found.broke}"
            return
        if found.wrong or (found.times and scenario.without not in taken_away.COUNTED):
            return
    yield f"{name}: no worse"


def main(arguments: list[str]) -> int:
    """Play what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--on", choices=BOTH, help="one database alone")
    parser.add_argument("--as-it-is", action="store_true", help="take no protection away")
    parser.add_argument("--rounds", type=int, default=0, help="how often each fault strikes")
    options = parser.parse_args(arguments)
    # Whoever ends it wants its servers and disks ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    length, busy = os.environ.get("FAULTS") or "short", os.environ.get("CI") == "true"
    if length not in LIMIT_OF_ALL:
        parser.error(f"FAULTS is short or long, not {length}")
    plan = Plan(length, busy, options.as_it_is, options.rounds)
    if busy and not options.on:
        return _side_by_side(arguments)
    ends = time.monotonic() + LIMIT_OF_ALL[length]
    wrong: list[str] = []
    print(targets.HEAD, "| --- " * (targets.HEAD.count(" | ") + 1) + "|", sep="\n")
    for vendor in [options.on] if options.on else BOTH:
        chosen = [one for one in ALL if vendor in one.databases and options.only in one.name]
        wrong += _faults_on(vendor, chosen, plan, ends)
    print(*wrong, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


def _side_by_side(arguments: list[str]) -> int:
    """Play both databases at the same time, a process each; return the worse exit code."""
    command = [sys.executable, "-m", "tests.faults", *arguments]
    playing = [subprocess.Popen([*command, "--on", vendor]) for vendor in BOTH]
    try:
        return max(abs(one.wait()) for one in playing)
    finally:
        for one in playing:
            one.terminate()


def _faults_on(vendor: str, chosen: list[Scenario], plan: Plan, ends: float) -> Iterator[str]:
    """Play scenarios on a database; yield what is wrong, and what there was no time for."""
    if not chosen:
        return
    numbers = NUMBERS_OF_A_NIGHT if plan.length == "long" else NUMBERS
    with (
        tempfile.TemporaryDirectory(prefix="befreg-faults-") as folder,
        worlds(vendor, Path(folder), numbers) as made,
    ):
        for scenario in chosen:
            if time.monotonic() < ends:
                yield from plan.faults(scenario, made)
            else:
                yield f"{scenario.name} on {vendor}: not begun, the time is up"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
