"""How fast the product hands out, beside what its databases could do at best.

    make bench                    # nine minutes, in which little else may run
    BENCH=short make bench        # a minute, to see that it works
    BENCH=long make bench         # an hour: a million handouts of old, fifty thousand requests
    make bench ARGS="--on postgresql"

A PostgreSQL of its own, durable; pgbench with the bare transaction and with the product's own
statements; the product as it is served in production, with signed-in tills over HTTP. A machine's
speed drifts by half, so all take turns in short slices, and figures are medians of these; the
ratios are of slices of the same round. After each slice the rows are counted against the answers.
It fails where a ratio is below the one in ``least``, and where a part couldn't be measured: it says
which and why, and goes on with the next.
"""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench import beside, footprint, growth, scripts, tills
from tests.bench.handouts import least
from tests.bench.line import Line
from tests.bench.scripts import Pgbench
from tests.bench.slow import table as slow
from tests.bench.tills import Slice
from tests.faults.world import Server, World, Worlds, run, worlds

DATABASES = ("postgresql", "sqlite")
NUMBERS = 8_000
CLIENTS = (1, 8)
PRODUCTION = {
    "BEFREG_ENV": "production",
    "ALLOWED_HOSTS": tills.HOST,
    "SECRET_KEY": "Ooz4aeNg-of-the-bench-ahPh3ieYai0eeQu-ohGh1Xoh7Aing",
    "SECURE_SSL_REDIRECT": "0",
    "SQLITE_IS_MEANT": "1",
}
WARM_UP = 60  # handouts: then PostgreSQL has planned what it prepares
TRIPS = 50


@dataclass(frozen=True)
class Length:
    """How long a bench is."""

    rounds: int
    seconds: int
    histories: tuple[int, ...]  # handouts of old
    requests: tuple[int, ...]  # after which memory is looked at
    calls: int  # on the slow line


LENGTHS = {
    "short": Length(1, 2, (1_000, 3_000), (200, 400), 5),
    "full": Length(3, 2, (1_000, 100_000), (300, 900), 8),
    # An hour: a million handouts are laid in five minutes on PostgreSQL, and in as many on SQLite.
    "long": Length(3, 3, (1_000, 100_000, 1_000_000), (10_000, 50_000), 40),
}
Kinds = dict[str, Worlds]
Found = dict[tuple[str, int], list[Slice]]


@dataclass
class Product:
    """A served product, on one database."""

    world: World
    server: Server
    sessions: list[str]

    def handouts(self) -> int:
        """Return how many handouts the database holds."""
        with self.world.client() as client:
            return int(client.execute("SELECT count(*) FROM custody_handout").fetchone()[0])

    def free(self) -> int:
        """Return how many numbers lie there."""
        statement = "SELECT count(*) FROM custody_reservenumber WHERE taken_at IS NULL"
        with self.world.client() as client:
            return int(client.execute(statement).fetchone()[0])

    def fill(self) -> None:
        """Lay numbers until as many lie there as in the beginning, or nearly."""
        if (missing := NUMBERS - self.free()) > NUMBERS // 20:
            inside(self.world, "add", str(missing))

    def calls(self, clients: int, seconds: float) -> Slice:
        """Let so many tills take calls. Raises RuntimeError if rows and answers differ."""
        self.fill()
        before = self.handouts()
        found = tills.calls(
            self.server.port, self.sessions[:clients], seconds, self.server.workers()
        )
        if self.handouts() - before != len(found.times):
            raise RuntimeError(f"{len(found.times)} answers, and {self.handouts() - before} rows")
        return found


def inside(world: World, *words: str) -> str:
    """Return what ``tests.bench.inside`` prints."""
    return run("-m", "tests.bench.inside", *words, environment=world.environment(**PRODUCTION))


@contextmanager
def product(world: World) -> Iterator[Product]:
    """Serve the product on this world, warm."""
    server = world.server("one", **PRODUCTION)
    sessions = json.loads(inside(world, "sessions", str(max(CLIENTS))).splitlines()[-1])
    for _ in range(WARM_UP):
        tills.call(server.port, sessions[0])
    yield Product(world, server, sessions)


# --- handouts -------------------------------------------------------------------------------------


class Bench:
    """What pgbench does on copies of a database, each laid anew."""

    def __init__(self, world: World, folder: Path) -> None:
        cluster = world.postgresql
        self._run, self._template = cluster.run, f"{world.name}_as_laid"
        recorded = json.loads(inside(world, "record").splitlines()[-1])
        with world.client() as client:
            row = client.execute(A_PATIENT).fetchone()
            client.execute("VACUUM ANALYZE")
        rows = dict(zip(("ward", "user", "patient"), row, strict=True))
        self._run(f"CREATE DATABASE {self._template} TEMPLATE {world.name}")
        sent = scripts.of_product(recorded)
        self.scripts = {
            "bare transaction, prepared": (scripts.bare(recorded, rows), "prepared"),
            "the product's statements, prepared": (sent, "prepared"),
            "the product's statements, not prepared": (sent, "simple"),
        }
        self._pgbench = Pgbench(cluster.folder, folder)

    def slice(self, name: str, clients: int, seconds: int) -> Slice:
        """Run a script on a fresh copy."""
        script, mode = self.scripts[name]
        self._run("DROP DATABASE IF EXISTS slice WITH (FORCE)")
        self._run(f"CREATE DATABASE slice TEMPLATE {self._template}")
        self._run("CHECKPOINT")
        return self._pgbench.run(script, "slice", clients, seconds, mode)


A_PATIENT = """
    SELECT call.ward_id, call.recorded_by_id, patient.id
    FROM custody_patient patient JOIN custody_call call ON call.id = patient.call_id
"""
BARE = "bare transaction, prepared"
OURS = "the product on {}"


def handouts(made: dict[str, World], folder: Path, length: Length) -> Found:
    """Let all take turns."""
    found: Found = defaultdict(list)
    with ExitStack() as stack:
        bench = Bench(made["postgresql"], folder) if "postgresql" in made else None
        served = {name: stack.enter_context(product(world)) for name, world in made.items()}
        for _ in range(length.rounds):
            for clients in CLIENTS:
                if bench:
                    for name in bench.scripts:
                        found[name, clients].append(bench.slice(name, clients, length.seconds))
                for name, each in served.items():
                    one = each.calls(clients, length.seconds)
                    found[OURS.format(name), clients].append(one)
    return found


def ratios(found: Found) -> dict[tuple[str, int], float]:
    """Return the medians of the ratios to the bare transaction, of slices of one round."""
    if not any(name == BARE for name, _clients in found):
        return {}
    return {
        (name, clients): median(
            mine.rate / bare.rate for mine, bare in zip(slices, found[BARE, clients], strict=True)
        )
        for (name, clients), slices in found.items()
    }


def table_of_handouts(found: Found) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| one handout | tills | a second | of bare | p50 ms | p99 ms | server's CPU ms |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    to_bare = ratios(found)
    for (name, clients), slices in found.items():
        rate, p50, p99, cpu = (
            median(getattr(each, what) for each in slices)
            for what in ("rate", "p50", "p99", "cpu_each")
        )
        own = f"{cpu:.1f}" if cpu else ""
        of_bare = f"{to_bare[name, clients]:.2f}" if to_bare else ""
        yield f"| {name} | {clients} | {rate:.0f} | {of_bare} | {p50:.1f} | {p99:.1f} | {own} |"


# --- the rest -------------------------------------------------------------------------------------


def trips(world: World, folder: Path) -> str:
    """Return how often a handout goes to the database, over a line that counts."""
    line = Line(folder, world.postgresql.folder)
    away = replace(world, url=world.postgresql.url(world.name, folder), servers=[])
    try:
        with product(away) as served:
            before = line.trips
            for _ in range(TRIPS):
                tills.call(served.server.port, served.sessions[0])
            return f"{(line.trips - before) / TRIPS:.1f}"
    finally:
        for server in away.servers:
            server.kill()
        line.close()


def reports(world: World, length: Length) -> Iterator[str]:
    """Yield the lines of the table of what goes on beside the till."""
    laid = json.loads(inside(world, "history", str(beside.HANDOUTS)).splitlines()[-1])
    with product(world) as served:
        yield from beside.measured(served, laid["reader"], laid["outage"], 4 * length.seconds)


def machine() -> str:
    """Return what it ran on, and when."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    day = datetime.now(UTC).date()
    return f"{day}: {os.cpu_count()} cores of {cpu}, Python {platform.python_version()}"


def show(what: str, lines: Iterable[str]) -> None:
    """Print lines as they come: what was measured stands there, whatever happens to the rest."""
    print(f"\n{what}\n", flush=True)
    for line in lines:
        print(line, flush=True)


def print_handouts(kinds: Kinds, folder: Path, length: Length) -> list[str]:
    """Print what handouts take on both databases in turns; return which ratios are too low."""
    with ExitStack() as stack:
        made = {name: stack.enter_context(kind.world()) for name, kind in kinds.items()}
        measured = handouts(made, folder, length)
        print(*table_of_handouts(measured), sep="\n", flush=True)
        return [*least.below(ratios(measured))]


def print_beside(kind: Worlds, length: Length) -> None:
    """Print what a handout takes beside long work and boards."""
    with kind.world() as world:
        show(kind.vendor, reports(world, length))


def print_slow(kinds: Kinds, _folder: Path, length: Length) -> None:
    """Print what people wait for on a slow line, whatever database lies behind it."""
    with next(iter(kinds.values())).world() as world:
        print("", *slow.lines(world, PRODUCTION, length.calls), sep="\n", flush=True)


def print_trips(kinds: Kinds, folder: Path, _length: Length) -> None:
    """Print how many round trips a handout takes to a database on another machine."""
    if kind := kinds.get("postgresql"):
        with kind.world() as world:
            found = trips(world, _made(folder / "line"))
            print(f"\n| round trips of a handout | {found} |\n| --- | ---: |", flush=True)


def print_starts(kind: Worlds, _length: Length) -> None:
    """Print how soon a server that was started hands out a number."""
    with kind.world() as world:
        session = json.loads(inside(world, "sessions", "1").splitlines()[-1])[0]
        starts = footprint.starts(world, PRODUCTION, session)
        show(kind.vendor, starts)


def print_memory(kind: Worlds, length: Length) -> None:
    """Print how much memory a server's processes have."""
    with kind.world() as world:
        used = footprint.table(world, PRODUCTION, length.requests)
        show(kind.vendor, used)


def print_pages(kind: Worlds, length: Length) -> None:
    """Print what each page takes after years of history."""
    grown = growth.measured(kind, length.histories, PRODUCTION)
    print("", *growth.table(kind.vendor, grown), sep="\n", flush=True)


# What takes turns, or needs one database alone; and what is measured on one after the other.
TOGETHER: Mapping[str, Callable[[Kinds, Path, Length], list[str] | None]] = {
    "handouts": print_handouts,
    "slow": print_slow,
    "trips": print_trips,
}
ON_EACH: Mapping[str, Callable[[Worlds, Length], None]] = {
    "beside": print_beside,
    "start": print_starts,
    "memory": print_memory,
    "pages": print_pages,
}
PARTS = ("handouts", "beside", "slow", "trips", "start", "memory", "pages")


def measure(part: str, kinds: Kinds, folder: Path, length: Length) -> Iterator[str]:
    """Print a part's tables; yield what is worse than it may be, or couldn't be measured."""
    if part in TOGETHER:
        yield from going_on(part, lambda: TOGETHER[part](kinds, folder, length))
        return
    for name, kind in kinds.items():
        yield from going_on(f"{part} on {name}", partial(ON_EACH[part], kind, length))


def going_on(what: str, work: Callable[[], list[str] | None]) -> list[str]:
    """Do it, and return what is worse; if it breaks, that: what comes after it is worth measuring.

    A busy machine breaks one part or the other, and the whole takes minutes.
    """
    try:
        return work() or []
    except Exception as error:  # noqa: BLE001  whatever it is
        print(f"\n{what}: NOT MEASURED\n{error}", flush=True)
        last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        return [f"{what}: not measured: {last[0]}"]


def main(arguments: list[str]) -> int:
    """Measure what the command line asks for; print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--on", choices=DATABASES, help="one database alone")
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args(arguments)
    length = LENGTHS[os.environ.get("BENCH") or "full"]
    # Whoever ends it wants its servers ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(machine(), end="\n\n", flush=True)
    worse: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="befreg-bench-")))
        folder.chmod(0o755)
        kinds = {
            vendor: stack.enter_context(worlds(vendor, _made(folder / vendor), NUMBERS))
            for vendor in ([options.on] if options.on else DATABASES)
        }
        for part in [options.only] if options.only else PARTS:
            began = time.perf_counter()
            worse += measure(part, kinds, folder, length)
            print(f"\n{part}: {time.perf_counter() - began:.0f} seconds", flush=True)
    print(*worse, sep="\n", file=sys.stderr)
    return 1 if worse else 0


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
