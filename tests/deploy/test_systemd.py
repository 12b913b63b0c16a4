"""The units: systemd reads them, each command is ours, and the server starts by its own."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from tests.served import ENDS_WITH_US, HOST, ROOT, child_environment
from tests.tooling import programs

UNITS = ROOT / "deploy" / "systemd"
CODE = "/opt/befreg-reserv/current"
ENVIRONMENT = "/etc/befreg-reserv/environment"
PATRONI = "befreg-patroni.service"
SERVICES = ["befreg-reserv-web.service", "befreg-reserv-run@.service"]
MOST_EXPOSED = 1.5  # of ten, as `systemd-analyze security` counts; a network service has 1 at least
TIMED = sorted(path.name for path in UNITS.glob("*.timer"))
START_SECONDS = 30
# The socket is number 3, and the variables are for this process alone.
AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, as they would be read where this checkout is the code."""
    programs.skip_without()
    copy = tmp_path / "units"
    shutil.copytree(UNITS, copy)
    shutil.copy(ROOT / "deploy" / "patroni" / PATRONI, copy)
    for file in copy.rglob("*"):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            text = text.replace(CODE, str(ROOT)).replace("/opt/patroni/bin/patroni", "/bin/true")
            file.write_text(text, encoding="utf-8")
    return copy


def analyzed(units: Path, *words: str) -> str:
    """Return what systemd says; fail when it finds a fault."""
    done = subprocess.run(
        ["systemd-analyze", *words],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_COLORS": "0"},
        check=True,
        text=True,
        capture_output=True,
    )
    return done.stdout + done.stderr


def test_systemd_finds_no_fault(units: Path) -> None:
    names = ["befreg-reserv-web.socket", "befreg-reserv-web.service", PATRONI, *TIMED]
    runs = [name.replace(".timer", ".service") for name in TIMED]
    assert analyzed(units, "verify", "--man=no", *names, *runs) == ""


def exposure(units: Path, service: str) -> float:
    """Return how much a service may do, of ten."""
    said = analyzed(units, "security", "--offline=yes", str(units / service))
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found
    return float(found[1])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_do_little_on_the_machine(units: Path, service: str) -> None:
    assert exposure(units, service) <= MOST_EXPOSED
    shutil.rmtree(units / "befreg-reserv-.service.d")
    assert exposure(units, service) > 8  # without what all have in common


def commands() -> dict[str, list[str]]:
    """Return the words behind manage.py, by the timer that runs them."""
    return {timer: _command(timer.replace(".timer", ".service")) for timer in TIMED}


def _command(service: str) -> list[str]:
    own = UNITS / f"{service}.d" / "folder.conf"
    file = own if own.exists() else UNITS / "befreg-reserv-run@.service"
    (line,) = re.findall(r"^ExecStart=(.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    instance = service.removeprefix("befreg-reserv-run@").removesuffix(".service")
    return shlex.split(line.replace("%i", instance).partition(" manage.py ")[2])


@pytest.mark.parametrize("timer", TIMED)
def test_each_timer_runs_a_command_of_ours(timer: str) -> None:
    name, *arguments = commands()[timer]
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(arguments)
    assert timer == f"befreg-reserv-run@{name}.timer"


def test_what_is_to_run_by_a_timer_has_one() -> None:
    wanted = {"probe", "remind", "check_custody", "backup", "clearsessions", "gateway_pages"}
    wanted |= {"seal", "verify", "forget"}
    assert {name for name, *_ in commands().values()} == wanted


# --- the server's unit, started as systemd starts it ------------------------------------------


def settings_in(file: Path) -> dict[str, str]:
    """Return the variables of an EnvironmentFile."""
    lines = file.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=")[::2] for line in lines if line and not line.startswith("#"))
    return {name: shlex.split(value)[0] for name, value in pairs}


def environment(folder: Path) -> dict[str, str]:
    """Return deploy/environment, on the test's database and with files of its own."""
    given = settings_in(ROOT / "deploy" / "environment")
    for name in ("SECRET_KEY_FILE", "METRICS_TOKEN_FILE"):
        path = folder / Path(given[name]).name
        path.write_text(settings.SECRET_KEY, encoding="utf-8")
        given[name] = str(path)
    given |= {"CUSTODY_JOURNAL": str(folder / "custody.jsonl"), "BEFREG_VAR": str(folder)}
    given |= {"SQLITE_IS_MEANT": "1", "ALLOWED_HOSTS": HOST, "WEB_CONCURRENCY": "1"}
    theirs = child_environment()
    base = {name: theirs[name] for name in ("PATH", "DATABASE_URL")}
    return {**given, **base, "PYTHONPATH": str(ROOT)}


@contextmanager
def started(listener: socket.socket, told: socket.socket, folder: Path) -> Iterator[None]:
    """Run the unit's ExecStart with systemd's socket and its place to say that it is ready."""
    text = (UNITS / "befreg-reserv-web.service").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
    command = [sys.executable, "-m", *shlex.split(line.replace(f"{CODE}/.venv/bin/", ""))]
    server = subprocess.Popen(
        [*ENDS_WITH_US, sys.executable, "-c", AS_SYSTEMD, str(listener.fileno()), *command],
        cwd=ROOT,
        env={**environment(folder), "NOTIFY_SOCKET": told.getsockname()},
        pass_fds=[listener.fileno()],
    )
    try:
        assert b"READY=1" in told.recv(4096)
        yield
    finally:
        server.terminate()
        server.wait(START_SECONDS)


@pytest.mark.one_database("network")
@pytest.mark.django_db(transaction=True)
def test_who_calls_while_it_starts_waits_and_is_not_refused(tmp_path: Path) -> None:
    with (
        socket.create_server((HOST, 0)) as listener,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told,
        socket.create_connection(listener.getsockname()) as early,
    ):
        told.bind(str(tmp_path / "notify"))
        told.settimeout(START_SECONDS)
        early.sendall(b"GET /live HTTP/1.0\r\n\r\n")
        with started(listener, told, tmp_path):
            assert b" 200 OK" in early.recv(4096)
