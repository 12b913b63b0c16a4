"""What a scenario happens in: a database laid out anew, and the servers on it, each of which can
be killed and started again.

A database is laid once for a run, and copied for each scenario: SQLite's file, or PostgreSQL's
database by its template.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg

from tests import postgres
from tests.faults.judging.history import Held, NotHere
from tests.faults.nodes import Nodes, free_port, three_nodes
from tests.faults.till import HOST

ROOT = Path(__file__).parents[2]
SECRET = "the secret of the faults' servers, which are gone within minutes"
NUMBERS, NUMBERS_OF_A_NIGHT = 500, 15_000
START_SECONDS = 60
LAID = "laid"
SMALL_DISK = "32m"
# If the run is killed, its servers end too. Not every system has setpriv.
ENDS_WITH_US = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


@dataclass
class World:
    """A laid database, by its address, with a folder for everything that belongs to it."""

    name: str
    vendor: str
    url: str
    session: str
    folder: Path
    static: Path
    disk: Path  # where its database lies
    database: "Cluster | None" = None
    servers: list["Server"] = field(default_factory=list)

    @property
    def postgresql(self) -> "Cluster":
        """Return the PostgreSQL that the database lies in. Raises NotHere if it is SQLite."""
        if self.database is None:
            raise NotHere("SQLite is no server")
        return self.database

    def environment(self, server: str = "one", **more: str) -> dict[str, str]:
        """Return the environment of a process on this database; a server has its own journal."""
        own = {
            "DATABASE_URL": self.url,
            "SECRET_KEY": SECRET,
            "BEFREG_VAR": str(self.static),
            "CUSTODY_JOURNAL": str(self.folder / f"{server}.jsonl"),
            "PG_BINDIR": str(postgres.bindir()),
            "FAULTS_CLOCK": str(self.folder / "clock"),
        }
        return _clean() | own | more

    @contextmanager
    def three_nodes(self, *, synchronous: bool) -> Iterator[Nodes]:
        """Yield three nodes under Patroni, to which this world's database has moved."""
        with three_nodes(synchronous=synchronous) as nodes:
            nodes.run(f"CREATE DATABASE {self.name}")
            dump = self.folder / "dump"
            programs = postgres.bindir()
            _program(programs / "pg_dump", "--format=custom", "--file", dump, self.url)
            into = nodes.url(self.name)
            _program(programs / "pg_restore", "--exit-on-error", "--dbname", into, dump)
            self.url = into
            yield nodes

    def server(self, name: str = "one", **environment: str) -> "Server":
        """Start a server; return when it is ready."""
        server = self.started(name, **environment)
        server.wait_until_ready()
        return server

    def started(self, name: str, **environment: str) -> "Server":
        """Start a server, and don't wait for it."""
        server = Server(self.environment(name, **environment), self.folder / f"{name}.log")
        self.servers.append(server)
        server.start()
        return server

    def manage(self, *words: str, may_fail: bool = False) -> None:
        """Run a command of manage.py. Raises RuntimeError when it says no."""
        run("manage.py", *words, environment=self.environment(), may_fail=may_fail)

    def make_empty(self) -> None:
        """Lose the database; an empty one takes its place."""
        if self.database:
            self.database.run(f"DROP DATABASE {self.name} WITH (FORCE)")
            self.database.run(f"CREATE DATABASE {self.name} TEMPLATE template0")
            return
        file = Path(self.url.removeprefix("sqlite:///"))
        for each in file.parent.glob(f"{file.name}*"):
            each.unlink()

    def held(self) -> Held:
        """Return what the database holds."""
        answer = run("-m", "tests.faults.laid", "held", environment=self.environment())
        found: dict[str, Any] = json.loads(answer)
        pairs = [(key, number) for key, number in found.pop("numbers")]
        return Held(numbers=pairs, **found)

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Yield a connection of a stranger, who waits for nothing and begins by hand."""
        if self.vendor == "sqlite":
            path = self.url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, isolation_level=None)) as lite:
                yield lite
        else:
            with psycopg.connect(self.url, autocommit=True) as client:
                yield client


class Server:
    """gunicorn as in production, in a group of processes of its own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def start(self) -> None:
        """Start; don't wait."""
        command = ["-m", "gunicorn", "--config", "python:tests.faults.conf"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*ENDS_WITH_US, sys.executable, *command, "--bind", f"{HOST}:{self.port}"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return when it could hand out a number. Raises RuntimeError."""
        deadline = time.monotonic() + START_SECONDS
        while (answer := self.ready()) != "":
            if time.monotonic() > deadline:
                raise RuntimeError(f"no server: {answer}\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)

    def ready(self) -> str:
        """Return what /ready finds wrong."""
        try:
            with urlopen(f"http://{HOST}:{self.port}/ready", timeout=START_SECONDS):
                return ""
        except HTTPError as error:
            with error:
                return error.read().decode()
        except OSError as error:
            return str(error)

    def kill(self) -> None:
        """Kill it with its workers, as a power cut does."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def kill_a_worker(self) -> None:
        """Kill one of its workers; the master starts another."""
        os.kill(self.workers()[0], signal.SIGKILL)

    def processes(self) -> list[int]:
        """Return the process ids of its master and its workers."""
        return [self._process.pid, *self.workers()] if self._process else []

    def workers(self) -> list[int]:
        """Return the process ids of its workers."""
        if self._process is None:
            return []
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children]


class Cluster:
    """A PostgreSQL that can be killed, and started again."""

    def __init__(self, place: tuple[Path, Path, dict[str, Any]]) -> None:
        self._place = place
        self.folder = place[1]
        postgres.make(*place)
        self._server = postgres.start(*place, fsync=True)

    def url(self, database: str, folder: Path | None = None) -> str:
        """Return the address of a database."""
        return f"postgres://postgres@/{database}?host={folder or self.folder}"

    def run(self, statement: str) -> None:
        """Run a statement outside of any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as client:
            client.execute(statement)

    def make_place(self, folder: Path) -> None:
        """Let the server write in a folder, which it finds below its own user's."""
        as_whom = self._place[2]
        for each in (folder, *folder.parents):
            if each.stat().st_uid == os.geteuid():
                each.chmod(each.stat().st_mode | 0o055)
        if "user" in as_whom:
            os.chown(folder, as_whom["user"], as_whom["group"])

    def kill(self) -> None:
        """Kill the server; its other processes notice, and nothing is written any more."""
        self._server.kill()
        self._server.wait()

    def start(self) -> None:
        """Start it again; return when it answers."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._server = postgres.start(*self._place, fsync=True)
            except postgres.Unavailable:  # the killed one's last processes are still there
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def see_to_it(self) -> None:
        """Let it run, also if a scenario that broke has left it dead."""
        if self._server.poll() is not None:
            self.start()

    def end(self) -> None:
        """Stop it for good."""
        postgres.end(self._server)


class Worlds:
    """Makes worlds of one kind of database."""

    def __init__(self, vendor: str, folder: Path, cluster: Cluster | None) -> None:
        self.vendor, self._folder, self._cluster = vendor, folder, cluster
        self.static = folder / "var"
        self._session = ""
        self._made = 0

    def lay(self, numbers: int) -> None:
        """Lay the database that each world is a copy of, with so many numbers."""
        if self._cluster:
            self._cluster.run(f"CREATE DATABASE {LAID}")
        here = self._world(LAID, self._folder, self._folder)
        run(
            *("manage.py", "collectstatic", "--noinput", "--verbosity=0"),
            environment=here.environment(),
        )
        answer = run("-m", "tests.faults.laid", "lay", str(numbers), environment=here.environment())
        self._session = json.loads(answer)["session"]

    @contextmanager
    def world(self, *, on_a_small_disk: bool = False) -> Iterator[World]:
        """Yield a world of its own; nothing of it runs afterwards. Raises NotHere."""
        self._made += 1
        name = f"world{self._made}"
        folder = self._folder / name
        folder.mkdir()
        with small_disk(folder / "small") if on_a_small_disk else nullcontext(folder) as disk:
            world = self._world(name, folder, disk)
            self._copy(name, disk, tablespace=on_a_small_disk)
            try:
                yield world
            finally:
                for server in world.servers:
                    server.kill()
                self._remove(name)

    def _copy(self, name: str, disk: Path, *, tablespace: bool) -> None:
        if self._cluster is None:
            shutil.copyfile(self._folder / f"{LAID}.sqlite3", disk / f"{name}.sqlite3")
            return
        self._cluster.see_to_it()
        where = ""
        if tablespace:
            self._cluster.make_place(disk)
            self._cluster.run(f"CREATE TABLESPACE {name} LOCATION '{disk}'")
            where = f"TABLESPACE {name}"
        self._cluster.run(f"CREATE DATABASE {name} TEMPLATE {LAID} {where}")

    def _remove(self, name: str) -> None:
        if self._cluster:
            self._cluster.see_to_it()
            self._cluster.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            self._cluster.run(f"DROP TABLESPACE IF EXISTS {name}")

    def _world(self, name: str, folder: Path, disk: Path) -> World:
        lite = f"sqlite:///{disk}/{name}.sqlite3"
        url = self._cluster.url(name) if self._cluster else lite
        return World(
            name, self.vendor, url, self._session, folder, self.static, disk, self._cluster
        )


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk with little room at a new folder. Raises NotHere: only root may."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)]
    mounted = subprocess.run(words, check=False, capture_output=True, text=True)
    if mounted.returncode:
        raise NotHere(f"no disk of its own: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


@contextmanager
def worlds(vendor: str, folder: Path, numbers: int = NUMBERS) -> Iterator[Worlds]:
    """Yield the worlds of one kind of database, with its own PostgreSQL where it needs one."""
    if vendor == "sqlite":
        made = Worlds(vendor, folder, None)
        made.lay(numbers)
        yield made
        return
    with postgres.place() as place:
        cluster = Cluster(place)
        try:
            made = Worlds(vendor, folder, cluster)
            made.lay(numbers)
            yield made
        finally:
            cluster.end()


def _program(*words: str | Path) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def _clean() -> dict[str, str]:
    """Return this process's environment without what would lead ours astray."""
    foreign = {"GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "BEFREG_ENV", "DATABASE_URL_FILE"}
    return {name: value for name, value in os.environ.items() if name not in foreign}


def run(*words: str, environment: dict[str, str], may_fail: bool = False) -> str:
    """Run a program in Python; return what it prints. Raises RuntimeError."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode and not may_fail:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout
