"""The real server, gunicorn as in production but for its leaving (``tests.served_conf``), on the
database of the running test.

    def test_something(served: Served, cast: Cast) -> None:
        cookie = session_of(cast.tilda)      # a browser with it is signed in
        urlopen(f"{served.url}/till/")

What a test writes is seen by the server at once, and the reverse. The server's stderr is the
test's own, so pytest shows it when the test fails.

One server serves all tests of a process, from the first that asks for it. What it keeps in memory
stays true for the next test: content types and rights keep their keys, no key is given out twice
(see ``tests.ground.emptying``), and nothing else of the database is kept.
A test that needs another server, or one that it can stop, starts its own with ``serving``.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from befreg_reserv.people.models import User
from tests.ground import roles
from tests.ground.patience import until

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
METRICS_TOKEN = "the token of the tests' servers"
START_SECONDS = 60
STOP_SECONDS = 10
CONNECTIONS = Path("/proc/net/tcp")
UNANSWERED = {"01", "08"}  # established; closed by the other side alone
LISTENING = "0A"
# A test process that is killed can't stop its server, which would keep the output open; whoever
# reads that to its end, as CI may, would wait for ever. Not every system has setpriv.
ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


@dataclass
class Served:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        """The address of its root, without a slash at the end."""
        return f"http://{HOST}:{self.port}"


def child_environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that works on this test's database.

    It has our secret, so that it accepts our sessions.
    """
    # A *_FILE would win over its variable, and gunicorn's options here are another server's.
    foreign = {
        *("METRICS_TOKEN_FILE", "DATABASE_URL_FILE", "SECRET_KEY_FILE", "CUSTODY_JOURNAL_FILE"),
        *("GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"),
    }
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    ours = {
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "CUSTODY_JOURNAL": str(settings.CUSTODY_JOURNAL),
        "METRICS_TOKEN": METRICS_TOKEN,
    }
    return kept | ours | more


def database_url() -> str:
    """Return the DATABASE_URL of the database that this process is connected to.

    A child is the running role there, as a server in production is. How long to wait for it isn't
    part of that: a child's own environment says so.
    """
    chosen = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{chosen['NAME']}"
    parameters = {name: chosen[name.upper()] for name in ("password", "host", "port")}
    parameters |= {name: v for name, v in chosen["OPTIONS"].items() if isinstance(v, str)}
    parameters["options"] = parameters["options"].removeprefix(settings.PATIENCE.words).strip()
    del parameters["connect_timeout"]
    parameters |= {"dbname": chosen["NAME"], "user": roles.running_as()}
    # libpq reads a plus sign as itself, not as a blank.
    filled = {name: value for name, value in parameters.items() if value}
    return "postgres:///?" + urlencode(filled, quote_via=quote)


def collect_static(var: Path) -> None:
    """Lay the static files below ``var``, hashed and compressed as the server wants them."""
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        cwd=ROOT,
        env=child_environment(BEFREG_VAR=str(var)),
        check=True,
    )


class Server(Served):
    """A server that its test may stop, and start again at the same address."""

    def __init__(self, environment: dict[str, str]) -> None:
        super().__init__(port=0)
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start; return when it is ready. Raises RuntimeError when it never is."""
        # Bound here and passed on: no answer can come from the server of an earlier run.
        with socket.socket() as listener:
            # The last connections to a server that was stopped keep its port for a minute.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, self.port))
            self.port = listener.getsockname()[1]
            self._process = _gunicorn(listener, self._environment)
        _wait_until_ready(self._process, self)

    def processes(self) -> list[int]:
        """Return the process ids of its workers, in the order in which they began."""
        if self._process is None:
            return []
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children]

    def stop(self) -> None:
        """Finish the answers under way and stop; connections are refused from then on."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its workers notice that they are orphans and leave
            self._process.wait()
        self._wait_until_closed()

    def _wait_until_closed(self) -> None:
        """Wait for the last worker's end of the listening socket, for STOP_SECONDS at most.

        The master kills a worker that missed its signal while it started, and leaves without
        waiting: a connection made in that moment would be reset, not refused.
        """
        with suppress(AssertionError):
            until(lambda: all(sides[3] != LISTENING for sides in _sockets(self.port)), STOP_SECONDS)


def _gunicorn(listener: socket.socket, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            *ENDS_WITH_US,
            *(
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "python:tests.served_conf",
            ),
            *("--bind", f"fd://{listener.fileno()}", "--log-level", "warning"),
        ],
        cwd=ROOT,
        env=environment,
        pass_fds=[listener.fileno()],
    )


@contextmanager
def serving(var: Path, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run gunicorn with the static files of ``var`` until the block ends, also by an exception.

    ``environment`` overrides this process's own: serving(var, {"IDLE_LOCK_SECONDS": "2"}).
    """
    server = Server(child_environment(BEFREG_VAR=str(var), **(environment or {})))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _wait_until_ready(server: "subprocess.Popen[bytes]", served: Served) -> None:
    deadline = time.monotonic() + START_SECONDS
    while failing := _failing(served):
        if server.poll() is not None:
            raise RuntimeError(f"gunicorn left with exit code {server.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"gunicorn isn't ready after {START_SECONDS} s: {failing}")
        time.sleep(0.1)


def _failing(served: Served) -> str:
    """Return why the server isn't ready yet, or nothing when it is."""
    try:
        with urlopen(f"{served.url}/ready", timeout=START_SECONDS):
            return ""
    except HTTPError as error:
        with error:
            return error.read().decode()
    except OSError as error:
        return str(error)


def wait_until_idle(served: Served) -> None:
    """Wait until the server has answered every request, also those of pages that are closed.

    Otherwise a request of one test could write into the database of the next. Raises AssertionError
    when connections stay open.
    """
    otherwise = "Somebody still talks to the server: close the browser's contexts"
    until(lambda: not _open_connections(served.port), STOP_SECONDS, otherwise=otherwise)


def wait_until_read(served: Served, seconds: float) -> None:
    """Wait until the server has read all that clients have sent, for ``seconds`` at most."""
    with suppress(AssertionError):
        until(lambda: not _unread(served.port), seconds)


def _open_connections(port: int) -> int:
    """Count the connections that the server has yet to close."""
    return sum(sides[3] in UNANSWERED for sides in _sockets(port))


def _unread(port: int) -> bool:
    """Tell whether a connection or a byte waits for the server; yes where that can't be known."""
    queues = [sides[4].partition(":")[2] for sides in _sockets(port)]
    return not queues or any(int(queue, 16) for queue in queues)


def _sockets(port: int) -> list[list[str]]:
    """Return the server's own sides of its sockets, as Linux lists them."""
    if not CONNECTIONS.exists():
        return []
    lines = [line.split() for line in CONNECTIONS.read_text().splitlines()[1:]]
    return [line for line in lines if line[1].endswith(f":{port:04X}")]


def session_of(user: User) -> str:
    """Return the value of a session cookie by which the server knows this person."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(scope="session")
def folder_of_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def server_var(folder_of_run: Path) -> Path:
    """A folder of the servers' own, with the static files; all processes of a run share it."""
    var = folder_of_run / "served"
    with (folder_of_run / "served.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed
        if not (var / "static" / "staticfiles.json").exists():  # which is written last
            collect_static(var)
    return var


@pytest.fixture(scope="session")
def server(django_db_setup: None, server_var: Path) -> Iterator[Served]:
    """The one server of this process. Tests take ``served``."""
    # Tests sit in the hospital's own network: a stranger reads the routine there.
    with serving(server_var, {"ROUTINE_NETWORKS": "127.0.0.0/8"}) as running:
        yield running


@pytest.fixture
def served(transactional_db: None, server: Served) -> Iterator[Served]:
    """A server on this test's database."""
    yield server
    wait_until_idle(server)
