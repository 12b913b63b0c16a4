"""Development is for this machine alone; production serves no demonstration; files are private."""

import socket
import stat
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client, RequestFactory
from gunicorn.config import Config
from pytest_django.fixtures import Settings

from befreg_reserv.people.models import User
from befreg_reserv.serving import gunicorn_conf
from befreg_reserv.serving.sense import FORWARDED, no_proxy_in_development
from custody.checks import readiness
from tests.served import ROOT, child_environment

# --- a proxy in front of development --------------------------------------------------------


def status(*headers: str) -> str:
    """Return what a request with these headers is answered; 200 is the application's answer."""
    answered: list[str] = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return []

    environ = RequestFactory().get("/", **dict.fromkeys(headers, "x")).environ  # type: ignore[arg-type]
    no_proxy_in_development(application)(environ, lambda line, _rest: answered.append(line))
    return answered[0]


@pytest.mark.parametrize("header", FORWARDED)
def test_what_a_proxy_forwards_is_not_served_in_development(
    header: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    assert status(header) == "503 Service Unavailable"
    assert "BEFREG_ENV isn't production: set it" in caplog.text
    settings.PRODUCTION = True
    assert status(header) == "200 OK"


def test_what_comes_directly_is_served() -> None:
    assert status() == "200 OK"


def listening(family: socket.AddressFamily, address: Any) -> SimpleNamespace:
    """Return what gunicorn tells its hook: the sockets that it listens on."""
    listener = socket.socket(family)
    listener.bind(address)
    return SimpleNamespace(LISTENERS=[listener])


def test_development_does_not_listen_to_others(settings: Settings, tmp_path: Path) -> None:
    everybody = listening(socket.AF_INET, ("", 0))
    a_proxy = listening(socket.AF_UNIX, str(tmp_path / "socket"))
    for server in (everybody, a_proxy):
        with closing(server.LISTENERS[0]), pytest.raises(SystemExit, match="set BEFREG_ENV="):
            gunicorn_conf.when_ready(server)
        settings.PRODUCTION = True
        gunicorn_conf.when_ready(server)
        settings.PRODUCTION = False


# --- options of the server ----------------------------------------------------------------------


def starting_with(**options: Any) -> SimpleNamespace:
    """Return a server that gunicorn starts with our configuration and these options."""
    config = Config()
    for name in ("worker_class", "threads", "timeout", "graceful_timeout"):
        config.set(name, options.get(name, getattr(gunicorn_conf, name)))
    return SimpleNamespace(cfg=config)


@pytest.mark.parametrize(
    "option",
    [
        {"worker_class": "sync"},
        {"threads": 99},
        {"timeout": 10},
        {"timeout": 0},
        {"graceful_timeout": 5},
    ],
    ids=str,
)
def test_an_option_that_lets_people_wait_ends_the_start(option: dict[str, Any]) -> None:
    gunicorn_conf.on_starting(starting_with(timeout=600, graceful_timeout=60, threads=1))
    with pytest.raises(SystemExit, match=f"--{next(iter(option)).replace('_', '-')}"):
        gunicorn_conf.on_starting(starting_with(**option))


# --- the demonstration in production ----------------------------------------------------------


@pytest.fixture
def demonstration(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    call_command("demo", stdout=StringIO())
    settings.PRODUCTION = True


def test_no_server_starts_on_it(demonstration: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # The connection holds the test's transaction.
    monkeypatch.setattr(readiness, "_leave", lambda: None)
    with pytest.raises(ImproperlyConfigured, match="begin with an empty one"):
        readiness.refuse()


def test_no_upgrade_and_no_check_passes_on_it(demonstration: None) -> None:
    with pytest.raises(SystemCheckError, match="begin with an empty one"):
        call_command("check", databases=["default"])


@pytest.mark.both_databases
def test_a_server_that_could_not_look_is_never_ready_on_it(
    demonstration: None, client: Client
) -> None:
    assert "demonstration" in client.get("/ready").json()["failing"]


def test_real_people_may_be_called_the_same(db: None, settings: Settings, client: Client) -> None:
    settings.PRODUCTION = True
    User.objects.create_user("demka")
    assert client.get("/ready").status_code == 200


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "rights"), [("check", 0o700), ("collectstatic --dry-run --noinput", 0o755)]
)
def test_what_commands_make_is_private_but_for_static_files(
    tmp_path: Path, command: str, rights: int
) -> None:
    environment = child_environment(BEFREG_VAR=str(tmp_path / "var"), SECRET_KEY="")
    words = [sys.executable, "manage.py", *command.split()]
    subprocess.run(
        words, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, umask=0o022
    )
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == rights
