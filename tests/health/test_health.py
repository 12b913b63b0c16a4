"""/live and /ready: the one touches nothing, the other names the part that fails."""

import os
import resource
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from befreg_reserv import waits
from befreg_reserv.audit import triggers
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.health import checks, unapplied
from befreg_reserv.health.models import Heartbeat
from custody.models import Handout
from outage.models import Outage
from tests.faults.inside import held
from tests.ground.patience import soon

SHORT = 0.2  # seconds
sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a fault of SQLite's")
postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL's")
# A check that really commits, and is really refused: no transaction of the test around it.
committed = pytest.mark.django_db(transaction=True)


def ready(client: Client) -> tuple[int, dict[str, str]]:
    """Return the status and what fails, after making sure that the answer came soon."""
    with soon(0.7 * waits.LONG_SECONDS):  # then PostgreSQL ends what waits
        response = client.get("/ready")
    return response.status_code, response.json()["failing"]


@contextmanager
def ready_within(seconds: float) -> Iterator[None]:
    """Let an answer take so long at most, whatever it waits for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waits, "READY_SECONDS", seconds)
        yield


def close_all() -> None:
    """Close the connection, and the pool: it knows the place of its own first connection."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _each_look_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_wrote_well", [])
    monkeypatch.setattr(checks, "FRESH_SECONDS", 0)


@pytest.fixture
def elsewhere(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let a test send the connection somewhere else; afterwards it is where it was."""
    with monkeypatch.context() as patch:

        def send(**settings: str) -> None:
            close_all()
            for name, value in settings.items():
                patch.setitem(connection.settings_dict, name, value)

        yield send
    close_all()


# No mark for the database: pytest-django fails whatever touches it.
def test_live_touches_no_database(client: Client) -> None:
    assert client.get("/live").json() == {"live": True}


def test_where_another_page_would(client: Client) -> None:
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        client.get("/ready")


@pytest.mark.parametrize("host", ["evil.example", "", "a b", "10.0.0.1:99999"])
def test_the_host_does_not_matter(db: None, client: Client, host: str) -> None:
    assert client.get("/live", headers={"host": host}).status_code == 200
    assert client.get("/ready", headers={"host": host}).status_code == 200
    assert client.get("/sign-in/", headers={"host": host or "x"}).status_code == 400


@pytest.mark.both_databases
def test_ready_when_all_is_well(db: None, client: Client) -> None:
    assert ready(client) == (200, {})


def test_nobody_signs_in_for_it_and_nothing_is_logged(db: None, client: Client) -> None:
    ready(client)
    assert not client.cookies
    assert not LogEntry.objects.exists()


@committed
def test_ready_has_written_for_real_and_left_the_ordinary_patience(client: Client) -> None:
    ordinary = (3000,) if connection.vendor == "sqlite" else ("12s",)
    setting = "PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW statement_timeout"
    ready(client)
    first = Heartbeat.objects.get().at
    ready(client)
    assert Heartbeat.objects.get().at > first
    with connection.cursor() as cursor:
        cursor.execute(setting)
        assert cursor.fetchone() == ordinary


def test_a_migration_that_is_not_applied_is_named(db: None, client: Client) -> None:
    (latest,) = MigrationLoader(connection).graph.leaf_nodes("custody")
    MigrationRecorder(connection).record_unapplied(*latest)
    status, failing = ready(client)
    assert (status, list(failing)) == (503, ["migrations"])
    assert ".".join(latest) in failing["migrations"]


def test_the_migrations_known_by_name_are_those_that_django_finds() -> None:
    assert unapplied.known() == sorted(MigrationLoader(None).disk_migrations)


def test_a_trigger_that_is_missing_is_named(db: None, client: Client) -> None:
    lost = triggers.append_only(LogEntry)[0]
    with connection.cursor() as cursor:
        for statement in lost.drop(connection.vendor):
            cursor.execute(statement)
    assert ready(client) == (503, {"triggers": f"{lost.name} missing"})


def test_what_an_app_has_registered_is_asked_and_named(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["", "stopped"]
    monkeypatch.setattr(checks, "_registered", {})
    checks.register("press", lambda: answers.pop(0))
    assert ready(client) == (200, {})
    assert ready(client) == (503, {"press": "stopped"})


def test_a_check_that_breaks_is_named_and_not_a_page_of_ours(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_registered", {})
    checks.register("press", lambda: str(int("broken")))
    assert ready(client) == (503, {"press": "ValueError"})


@postgresql
def test_a_trigger_that_is_switched_off_is_named(db: None, client: Client) -> None:
    lost = triggers.append_only(LogEntry)[0]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{lost.table}" DISABLE TRIGGER "{lost.name}"')
    assert ready(client) == (503, {"triggers": f"{lost.name} disabled"})


@sqlite
@committed
def test_a_file_that_cannot_be_written(client: Client, elsewhere: Any) -> None:
    elsewhere(NAME=f"file:{connection.settings_dict['NAME']}?mode=ro")
    assert ready(client) == (503, {"database": "OperationalError"})


@sqlite
@committed
def test_a_file_that_is_gone(client: Client, elsewhere: Any, tmp_path: Path) -> None:
    elsewhere(NAME=f"file:{tmp_path}/nowhere/befreg.sqlite3?mode=rw")
    assert ready(client) == (503, {"database": "OperationalError"})


@sqlite
@committed
def test_a_file_that_another_writer_holds(client: Client) -> None:
    ready(client)
    with held(Heartbeat._meta.db_table, patience_ms=60_000), ready_within(SHORT):
        assert ready(client) == (503, {"database": "OperationalError"})
    assert ready(client) == (200, {})


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Make the folder a disk of 64 MiB; where that may not be, let no file grow beyond 8 KiB.

    The database takes a few, and more after tests that wrote much.
    """
    mounted = not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=False
    ).returncode
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        if not mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, free: int) -> None:
    """Write files until so many bytes are left."""
    room = os.statvfs(folder)
    with (folder / "filler").open("wb") as filler:
        filler.write(bytes(max(0, room.f_bavail * room.f_frsize - free)))


@sqlite
@committed
@pytest.mark.parametrize("free", [0, 64 * 1024])
def test_a_disk_without_room_for_a_handout(
    client: Client, elsewhere: Any, tmp_path: Path, free: int
) -> None:
    with small_disk(tmp_path):
        here = sqlite3.connect(tmp_path / "befreg.sqlite3")
        connection.ensure_connection()
        connection.connection.backup(here)
        here.close()
        elsewhere(NAME=str(tmp_path / "befreg.sqlite3"))
        checks._write()
        fill(tmp_path, free)
        looks = [ready(client)[0] for _look in range(9)]
        connection.close()
    assert looks == [503] * 9


@sqlite
@committed
def test_a_heartbeat_alone_finds_room_there(
    client: Client, elsewhere: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_full", lambda: "")
    with pytest.raises(AssertionError, match="== "):
        test_a_disk_without_room_for_a_handout(client, elsewhere, tmp_path, 64 * 1024)


@committed
def test_who_asks_often_costs_one_write(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "FRESH_SECONDS", 60)
    ready(client)
    first = Heartbeat.objects.get().at
    assert ready(client) == (200, {})
    assert Heartbeat.objects.get().at == first


@sqlite
@committed
def test_even_so_a_writer_who_holds_the_file_is_found(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "FRESH_SECONDS", 60)
    test_a_file_that_another_writer_holds(client)


HELD = [
    f"SELECT * FROM {Outage._meta.db_table} FOR UPDATE",  # noqa: S608
    f"LOCK TABLE {Handout._meta.db_table}",
]


@postgresql
@committed
@pytest.mark.parametrize("statement", HELD, ids=["a row", "a table"])
def test_a_lock_that_a_handout_needs(client: Client, outage: Outage, statement: str) -> None:
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(statement)
        assert ready(client) == (503, {"lock": "OperationalError"})
    assert ready(client) == (200, {})


@committed
def test_many_looks_leave_nothing_behind(client: Client) -> None:
    assert [ready(client)[0] for _look in range(5)] == [200] * 5
    assert Heartbeat.objects.count() == 1


@postgresql
@committed
def test_postgresql_is_asked_for_a_page(client: Client) -> None:
    sizes = []
    with connection.cursor() as cursor:
        for look in (checks._write, lambda: ready(client)):
            cursor.execute("VACUUM FULL health_heartbeat")
            look()
            cursor.execute("SELECT pg_relation_size('health_heartbeat')")
            sizes.append(cursor.fetchone()[0])
    assert sizes[0] < sizes[1]


@postgresql
@committed
def test_a_server_that_is_down(client: Client, elsewhere: Any, tmp_path: Path) -> None:
    elsewhere(HOST=str(tmp_path))
    assert ready(client) == (503, {"database": "OperationalError"})


@postgresql
@committed
def test_a_server_that_never_answers(client: Client, elsewhere: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        elsewhere(HOST="127.0.0.1", PORT=str(silent.getsockname()[1]))
        status, failing = ready(client)
    assert (status, list(failing)) == (503, ["database"])


@postgresql
@committed
def test_a_server_that_only_reads(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")  # what a standby is like
        assert ready(client) == (503, {"database": "InternalError"})
        cursor.execute("SET default_transaction_read_only = off")
    assert ready(client) == (200, {})


@postgresql
@committed
def test_a_row_that_another_writer_holds(client: Client) -> None:
    ready(client)
    with held(Heartbeat._meta.db_table, patience_ms=60_000), ready_within(SHORT):
        assert ready(client) == (503, {"database": "OperationalError"})
    assert ready(client) == (200, {})
