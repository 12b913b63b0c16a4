"""The settings: production refuses to start half set up, development needs nothing."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from befreg_reserv import env

SETTINGS = Path(env.__file__).with_name("settings.py")
PRODUCTION = {
    "BEFREG_ENV": "production",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "befreg.example.org,10.0.0.1",
    "DATABASE_URL": "postgres://befreg@db/befreg",
}


class Settings:
    """Reads the settings file in an environment of its own."""

    def __init__(self, patch: pytest.MonkeyPatch, var: Path) -> None:
        self.patch = patch
        self.var = var

    def __call__(self, **environment: str) -> dict[str, Any]:
        for name in {*PRODUCTION, "DEBUG", "TRUSTED_PROXIES", "SECRET_KEY_FILE"}:
            self.patch.delenv(name, raising=False)
        self.patch.setenv("BEFREG_VAR", str(self.var))
        for name, value in environment.items():
            self.patch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    return Settings(monkeypatch, tmp_path / "var")


# --- development ----------------------------------------------------------------------------


def test_development_needs_no_environment(read: Settings, tmp_path: Path) -> None:
    found = read()
    assert found["DATABASES"]["default"]["NAME"] == f"{tmp_path}/var/befreg.sqlite3"
    assert (found["DEBUG"], found["SESSION_COOKIE_AGE"]) == (False, 12 * 3600)


def test_its_secret_is_made_once_and_closed_to_others(read: Settings, tmp_path: Path) -> None:
    secret = read()["SECRET_KEY"]
    assert len(secret) >= 50
    assert read()["SECRET_KEY"] == secret
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_each_place_has_a_secret_of_its_own(tmp_path: Path) -> None:
    assert env.kept_secret(tmp_path / "a") != env.kept_secret(tmp_path / "b")


# --- production -----------------------------------------------------------------------------


def test_production_starts_when_all_is_said(read: Settings) -> None:
    found = read(**PRODUCTION)
    assert found["ALLOWED_HOSTS"] == ["befreg.example.org", "10.0.0.1"]
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_production_misses_is_named(read: Settings, name: str, value: str | None) -> None:
    said = {key: text for key, text in PRODUCTION.items() if key != name}
    with pytest.raises(ImproperlyConfigured, match=name):
        read(**said, **({} if value is None else {name: value}))


def test_a_blank_host_is_no_host(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
        read(**PRODUCTION | {"ALLOWED_HOSTS": " , "})


def test_blanks_around_hosts_are_forgiven(read: Settings) -> None:
    assert read(**PRODUCTION | {"ALLOWED_HOSTS": "a, b,"})["ALLOWED_HOSTS"] == ["a", "b"]


def test_production_refuses_debug(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        read(**PRODUCTION, DEBUG="1")


@pytest.mark.parametrize("mode", ["prod", "Production", "production "])
def test_an_unknown_mode_is_no_development(read: Settings, mode: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="BEFREG_ENV"):
        read(BEFREG_ENV=mode)


def test_an_empty_mode_is_refused_too(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="BEFREG_ENV"):
        read(BEFREG_ENV="")


def test_the_refusal_is_what_a_person_sees(tmp_path: Path) -> None:
    environment = {**os.environ, **PRODUCTION, "SECRET_KEY": "", "BEFREG_VAR": str(tmp_path)}
    started = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment,
        cwd=SETTINGS.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode != 0
    assert "SECRET_KEY (or SECRET_KEY_FILE) must be set" in started.stderr.splitlines()[-1]


def test_without_a_proxy_of_ours_its_header_is_not_believed(read: Settings) -> None:
    assert "SECURE_PROXY_SSL_HEADER" not in read(**PRODUCTION)
    assert "SECURE_PROXY_SSL_HEADER" in read(**PRODUCTION, TRUSTED_PROXIES="10.0.0.2")


# --- reading the environment ----------------------------------------------------------------


def test_a_secret_comes_from_its_file(read: Settings, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    said = {**PRODUCTION, "SECRET_KEY_FILE": str(tmp_path / "key")}
    assert read(**said)["SECRET_KEY"] == "from the file"


def test_a_secret_file_that_is_not_there_is_named(read: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE=/nowhere"):
        read(**PRODUCTION, SECRET_KEY_FILE="/nowhere")


def test_a_secret_file_that_is_no_text_is_named(read: Settings, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE"):
        read(**PRODUCTION, SECRET_KEY_FILE=str(tmp_path / "key"))


@pytest.mark.parametrize(("text", "value"), [("1", True), ("YES", True), ("", False), ("0", False)])
def test_flags(monkeypatch: pytest.MonkeyPatch, text: str, *, value: bool) -> None:
    monkeypatch.setenv("SOME_FLAG", text)
    assert env.flag("SOME_FLAG", default=True) is value


def test_what_is_no_flag_or_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_NAME", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="SOME_NAME='perhaps'"):
        env.flag("SOME_NAME", default=False)
    with pytest.raises(ImproperlyConfigured, match="SOME_NAME='perhaps'"):
        env.integer("SOME_NAME", 1)


# --- the database's address -----------------------------------------------------------------


def test_sqlite_waits_its_turn_and_keeps_what_it_promised() -> None:
    found = env.database("sqlite:////var/lib/befreg/befreg.sqlite3")
    assert found["NAME"] == "/var/lib/befreg/befreg.sqlite3"
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON"):
        assert pragma in found["OPTIONS"]["init_command"]


def test_several_hosts_and_every_parameter_of_libpq() -> None:
    found = env.database(
        "postgres://befreg:s%40crt@one:5432,two:5433/befreg"
        "?target_session_attrs=read-write&connect_timeout=2"
    )
    named = {key: found[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    assert named == {
        "HOST": "one,two",
        "PORT": "5432,5433",
        "USER": "befreg",
        "PASSWORD": "s@crt",
        "NAME": "befreg",
    }
    assert found["OPTIONS"]["target_session_attrs"] == "read-write"
    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (0, True)


@pytest.mark.parametrize(
    "url", ["", "mysql://x/y", "befreg", "sqlite:x", "postgres://h/db?nonsense=1", "postgres://[::"]
)
def test_a_bad_address_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        env.database(url)
    assert "x/y" not in str(refused.value)
