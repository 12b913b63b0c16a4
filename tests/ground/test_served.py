"""The server that other tests lean on: one for all, or a test's own that it can stop and start."""

import dataclasses
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

from befreg_reserv.environment import databases
from tests import served as serving_module
from tests.ground.patience import until
from tests.served import ENDS_WITH_US, HOST, Served, database_url, serving, wait_until_idle
from tests.tooling.wanted import required

pytestmark = pytest.mark.one_database("network")


@pytest.mark.django_db(transaction=True)
def test_one_that_was_stopped_comes_back_at_its_address_and_goes_when_a_test_fails(
    server_var: Path,
) -> None:
    @contextmanager
    def come_back() -> Iterator[str]:
        with serving(server_var) as own:
            own.stop()
            with pytest.raises(URLError, match="refused"):
                urlopen(f"{own.url}/live")
            own.start()
            yield f"{own.url}/live"

    with pytest.raises(ZeroDivisionError, match="200"), come_back() as address:
        raise ZeroDivisionError(urlopen(address).status)
    with pytest.raises(URLError, match="refused"):
        urlopen(address)


@pytest.mark.django_db
def test_it_says_that_it_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEFREG_ENV", "no such mode")
    with pytest.raises(RuntimeError, match="exit code"), serving(tmp_path):
        pytest.fail("It started.")


@pytest.mark.django_db
def test_it_is_started_in_another_environment(server_var: Path) -> None:
    refused = {"IDLE_LOCK_SECONDS": "soon"}
    with pytest.raises(RuntimeError, match="exit code"), serving(server_var, refused):
        pytest.fail("It started.")


@pytest.mark.both_databases
def test_a_child_waits_for_the_database_as_its_own_environment_says(db: None) -> None:
    wait = dataclasses.replace(settings.PATIENCE, lock=20.5, connect=21, turn=21)
    options = databases.at(database_url(), wait)["OPTIONS"]
    on_postgresql = {"options": wait.words, "connect_timeout": "21"}
    expected = on_postgresql if connection.vendor == "postgresql" else {"timeout": 21}
    assert options.items() >= expected.items()


def test_a_server_does_not_outlive_a_process_that_is_killed() -> None:
    if not ENDS_WITH_US:
        (pytest.fail if required() else pytest.skip)("No setpriv found: install util-linux.")
    code = (
        "import subprocess, sys, time\n"
        f"print(subprocess.Popen([*{ENDS_WITH_US}, 'sleep', '60']).pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as killed:
        assert killed.stdout
        server = Path("/proc", killed.stdout.readline().decode().strip())
        until(lambda: (server / "comm").read_text() == "sleep\n")  # from here on it is bound to us
        killed.kill()
        until(lambda: not server.exists() or ") Z " in (server / "stat").read_text())


def test_a_test_ends_when_everything_asked_is_answered(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_module, "STOP_SECONDS", 0.1)
    unanswered = socket.create_connection((HOST, served.port))
    with unanswered, pytest.raises(AssertionError, match="Somebody still talks"):
        wait_until_idle(served)
    monkeypatch.undo()
    wait_until_idle(served)
