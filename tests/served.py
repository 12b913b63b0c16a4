"""The real server, gunicorn as in production, on the database of the running test.

    def test_something(served: Served, cast: Cast) -> None:
        cookie = session_of(cast.tilda)      # a browser with it is signed in
        urlopen(f"{served.url}/till/")

What a test writes is seen by the server at once, and the reverse. The server's stderr is the
test's own, so pytest shows it when the test fails.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
WORKERS = 2
START_SECONDS = 60
STOP_SECONDS = 10


@dataclass(frozen=True)
class Served:
    """A running server: the address of its root, without a slash at the end."""

    url: str
    port: int


def child_environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that works on this test's database.

    It has our secret, so that it believes our sessions.
    """
    # A *_FILE would win over the variable, and these words are for another server's start.
    foreign = {"DATABASE_URL_FILE", "SECRET_KEY_FILE", "GUNICORN_CMD_ARGS"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    ours = {"DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY}
    return kept | ours | more


def database_url() -> str:
    """Return the DATABASE_URL of the database that this process is connected to."""
    chosen = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{chosen['NAME']}"
    parameters = {name: chosen[name.upper()] for name in ("user", "password", "host", "port")}
    parameters |= {name: v for name, v in chosen["OPTIONS"].items() if isinstance(v, str)}
    parameters["dbname"] = chosen["NAME"]
    # libpq takes a plus sign for itself and not for a blank.
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


@contextmanager
def serving(var: Path) -> Iterator[Served]:
    """Run gunicorn with the static files of ``var`` until the block is left, however it is left."""
    # Bound here and handed down: no other process can take the port in between, and no answer
    # can come from yesterday's server.
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port = listener.getsockname()[1]
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "befreg_reserv.wsgi"),
                *("--bind", f"fd://{listener.fileno()}", "--workers", str(WORKERS)),
                *("--no-control-socket", "--log-level", "warning"),
            ],
            cwd=ROOT,
            env=child_environment(BEFREG_VAR=str(var)),
            pass_fds=[listener.fileno()],
        )
    try:
        served = Served(f"http://{HOST}:{port}", port)
        _wait_until_ready(server, served)
        yield served
    finally:
        _stop(server)


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


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()  # its workers notice that they are orphans and leave
        server.wait()


def session_of(user: User) -> str:
    """Return the value of a session cookie by which the server knows this person."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(scope="session")
def server_var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the servers' own, with the static files."""
    var = tmp_path_factory.mktemp("var")
    collect_static(var)
    return var


@pytest.fixture
def served(transactional_db: None, server_var: Path) -> Iterator[Served]:
    """A server on this test's database."""
    with serving(server_var) as running:
        yield running
