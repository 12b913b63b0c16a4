"""What is done to the application while tills are at work."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from threading import Thread
from urllib.parse import urlencode

from tests.faults.judging.history import Verdict
from tests.faults.line import Line
from tests.faults.till import HOST
from tests.faults.work import at_work
from tests.faults.world import Cluster, Server, World

HELD_SECONDS = 7
LAG_SECONDS = 1
FENCED_SECONDS = 3  # a device that cuts its power says so
SOCKET = ".s.PGSQL.5432"
SLOW_CLIENTS = 40
GUESSERS = 200
AHEAD, LOOKS = "lies ahead", ("logentry", "user", "signintries")
A_DAY, AN_HOUR = 86_400, 3_600


@dataclass(frozen=True)
class Run:
    """How a scenario is run: how often its fault strikes, and which protection is taken away."""

    rounds: int
    without: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """Return what a server is started with."""
        if self.without == "limits of waits":
            return {"ANSWER_SECONDS": "30"}
        return {"FAULTS_WITHOUT": self.without} if self.without else {}


Played = Callable[[World, Run], Verdict]


def worker_killed(world: World, run: Run) -> Verdict:
    """A worker dies in the middle of its requests."""
    server = world.server(**run.environment)
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            server.kill_a_worker()
            work.wait_for_next()
    return work.verdict()


def server_killed(world: World, run: Run) -> Verdict:
    """The whole server dies, and is started again: a cold start."""
    server = world.server(**run.environment)
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            server.kill()
            server.start()
            work.wait_for_next()
    return work.verdict()


def database_killed(world: World, run: Run) -> Verdict:
    """PostgreSQL dies, is away for a while, and comes back."""
    server, database = world.server(**run.environment), world.postgresql
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            database.kill()
            time.sleep(HELD_SECONDS)
            database.start()
            work.wait_for_next()
    return work.verdict()


def failover(world: World, run: Run) -> Verdict:
    """PostgreSQL dies on the primary of three nodes, cut off from its standbys; one takes over."""
    return _failover(world, run, whole=False)


def node_dies(world: World, run: Run) -> Verdict:
    """The primary's whole node dies, so nobody there can tell the others."""
    return _failover(world, run, whole=True)


def node_is_told_dead(world: World, run: Run) -> Verdict:
    """The primary's whole node dies, and whoever has seen to it that it is off tells the others."""
    return _failover(world, run, whole=True, told=True)


def _failover(world: World, run: Run, *, whole: bool, told: bool = False) -> Verdict:
    with world.three_nodes(synchronous=not run.without) as nodes:
        server = world.server(**run.environment)
        with at_work(world, server) as work:
            for number in range(run.rounds):
                if number:
                    nodes.complete()
                primary = nodes.primary()
                primary.stop_sending()
                time.sleep(LAG_SECONDS)
                primary.kill(whole=whole)
                work.history.mark()
                if told:
                    time.sleep(FENCED_SECONDS)
                    nodes.take_the_lead_from(primary)
                work.wait_for_numbers()
                work.wait_for_numbers(6)
                if run.without:  # what the dead node alone had is lost by now
                    break
        return work.verdict()


def cut_at_commit(world: World, run: Run) -> Verdict:
    """PostgreSQL commits, and its answer is lost on the way to the application."""
    database = world.postgresql
    line = Line(world.folder / SOCKET, database.folder / SOCKET, b"COMMIT")
    try:
        server = world.server(
            DATABASE_URL=database.url(world.name, world.folder), **run.environment
        )
        return _losing(world, run, server, server.port, line)
    finally:
        line.close()


def cut_at_answer(world: World, run: Run) -> Verdict:
    """The server answers, and that is lost on the way to the till."""
    server = world.server(**run.environment)
    line = Line((HOST, 0), (HOST, server.port), b"POST /till/hand-out/")
    try:
        return _losing(world, run, server, line.port, line)
    finally:
        line.close()


def _losing(world: World, run: Run, server: Server, port: int, line: Line) -> Verdict:
    same_key = run.without != "the form's key"
    with at_work(world, server, asked_at=port, same_key=same_key) as work:
        for _ in range(run.rounds):
            line.lose_next()
            work.wait_for_next()
    return work.verdict()


@contextmanager
def held(world: World, statement: str) -> Iterator[None]:
    """Keep a transaction open, as somebody does who forgot it."""
    with world.client() as client:
        client.execute("BEGIN IMMEDIATE" if world.vendor == "sqlite" else "BEGIN")
        if world.vendor != "sqlite":
            client.execute(statement)
        yield
        client.execute("ROLLBACK")


def something_held(statement: str) -> Played:
    """Return a scenario in which somebody holds what this statement locks, for a while."""

    def play(world: World, run: Run) -> Verdict:
        server = world.server(**run.environment)
        with at_work(world, server) as work:
            for _ in range(run.rounds):
                with held(world, statement):
                    time.sleep(HELD_SECONDS)
                work.wait_for_next()
        return work.verdict()

    return play


def standby_gone(world: World, run: Run) -> Verdict:
    """The one standby that each COMMIT waits for is gone for a while."""
    server, database = world.server(**run.environment), world.postgresql
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            _let_commits_wait_for(database, "gone")
            try:
                time.sleep(HELD_SECONDS)
            finally:  # or whoever clears up would wait too
                _let_commits_wait_for(database, "")
            work.wait_for_next()
    return work.verdict()


def _let_commits_wait_for(database: Cluster, standby: str) -> None:
    database.run(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'")
    database.run("SELECT pg_reload_conf()")


SLOW = {
    "idle": b"",
    "slow headers": b"GET /till/ HTTP/1.1\r\nHost: x\r\n",
    "slow upload": b"POST /sign-in/ HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nusername=",
}


def slow_clients(world: World, run: Run) -> Verdict:
    """Idle sockets, headers that never end, uploads that stand still."""
    server = world.server(**run.environment)
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            with ExitStack() as stack:
                for words in [*SLOW.values()] * SLOW_CLIENTS:
                    client = socket.create_connection((HOST, server.port))
                    stack.enter_context(client).sendall(words)
                time.sleep(HELD_SECONDS)
            work.wait_for_next()
    return work.verdict()


def wrong_passwords(world: World, run: Run) -> Verdict:
    """Two hundred strangers try a wrong password each, all at once."""
    server = world.server(**run.environment)
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            guessers = [Thread(target=_guess, args=(server, n)) for n in range(GUESSERS)]
            work.history.mark()
            for guesser in guessers:
                guesser.start()
            for guesser in guessers:
                guesser.join()
            work.wait_for_next()
    return work.verdict()


def _guess(server: Server, stranger: int) -> None:
    fields = {
        "username": f"x{stranger}",
        "password": "x" * 20,
        "csrfmiddlewaretoken": "t" * 32,
    }
    headers = {
        "Cookie": f"csrftoken={'t' * 32}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    client = HTTPConnection(HOST, server.port, timeout=60)
    with suppress(OSError, HTTPException):
        client.request("POST", "/sign-in/", urlencode(fields), headers)
        client.getresponse().read()
    client.close()


def disk_full(world: World, run: Run) -> Verdict:
    """The database's disk is full for a while."""
    server = world.server(**run.environment)
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            ballast = world.disk / "ballast"
            with suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
            time.sleep(HELD_SECONDS)
            ballast.unlink()
            work.wait_for_next()
    return work.verdict()


def wrong_clock(world: World, run: Run) -> Verdict:
    """The server's clock goes back an hour, then a day ahead, then right again."""
    server = world.server(**run.environment)
    clock = world.folder / "clock"
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            for ahead in (-AN_HOUR, A_DAY, 0):
                clock.write_text(str(ahead))
                work.wait_for_next()
                work.wait_for_numbers(6)
    verdict = work.verdict()
    return replace(verdict, findings=tuple(_wrong_times(world, verdict.findings)))


def _wrong_times(world: World, findings: tuple[str, ...]) -> Iterator[str]:
    """Yield findings but for times ahead that nobody could know to be wrong.

    SQLite's machine has no other clock. On PostgreSQL looks and sign-ins have the server's time;
    what starts, ends or is handed out has not.
    """
    for finding in findings:
        looked = world.vendor == "sqlite" or finding.startswith(LOOKS)
        if not (AHEAD in finding and looked):
            yield finding


def two_servers(world: World, run: Run) -> Verdict:
    """Two servers on one database, each with its journal; one dies and comes back."""
    one, two = world.server("one", **run.environment), world.server("two", **run.environment)
    with at_work(world, one, two) as work:
        for _ in range(run.rounds):
            one.kill()
            work.wait_for_next()
            one.start()
            one.wait_until_ready()
            work.wait_for_numbers(6)
    return work.verdict()


def restored(world: World, run: Run) -> Verdict:
    """The database is lost, and an older state is restored; the journal is not lost."""
    backups = world.folder / "backups"
    backups.mkdir()
    server = world.server(**run.environment)
    with at_work(world, server) as work:
        for _ in range(run.rounds):
            world.manage("backup", str(backups))
            work.wait_for_numbers(10)
            server.kill()
            if run.without:
                (world.folder / "one.jsonl").unlink()
            world.make_empty()
            world.manage("restore", str(max(backups.iterdir())), may_fail=bool(run.without))
            server.start()
            work.wait_for_next()
            work.wait_for_numbers(20)
    return work.verdict()
