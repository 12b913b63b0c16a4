"""The parts that must work before this server may be asked for a number."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from psycopg_pool import PoolTimeout

from befreg_reserv.audit import triggers
from befreg_reserv.health.models import Heartbeat

PATIENCE_MS = 2000
# What must be free beside SQLite's file: several handouts, each some 100 KiB with what is written
# ahead and checkpointed.
ROOM_BYTES = 1024 * 1024
# Rows for which a page of PostgreSQL's has no room left, as it may be with those of a handout.
ROWS_OF_A_PAGE = 200

Check = Callable[[], str]
_registered: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Let ``/ready`` ask ``check`` too: it returns "", or what is wrong with the part ``name``.

    For apps, when they are ready. It is asked only of a database that can be written and is up to
    date, and has to answer within a second.
    """
    _registered[name] = check


def failing() -> dict[str, str]:
    """Return part → what is wrong; empty when all is well.

    Parts: ``database`` (can't be written), ``disk`` (no room for a handout),
    ``migrations`` (some not applied), ``triggers`` (not exactly those that the code names: each
    with what is wrong with it). The first that fails is named, since the others lean on it; then
    every part that an app has registered.
    """
    try:
        _write()
        full = _full()
        unapplied = _unapplied_migrations()
        wrong = triggers.faults(connection)
        if not (full or unapplied or wrong):
            return _of_apps()
    except (DatabaseError, psycopg.Error, PoolTimeout) as error:
        return {"database": type(error).__name__}
    if full:
        return {"disk": full}
    if unapplied:
        return {"migrations": ", ".join(unapplied)}
    return {"triggers": ", ".join(str(fault) for fault in wrong)}


def _of_apps() -> dict[str, str]:
    answers = {name: check() for name, check in _registered.items()}
    return {name: wrong for name, wrong in answers.items() if wrong}


def _write() -> None:
    """Commit one row for real: a full disk, a lock or a standby fails here, and soon."""
    if connection.vendor == "sqlite":
        ordinary = 1000 * connection.settings_dict["OPTIONS"]["timeout"]
        _write_row(f"PRAGMA busy_timeout = {PATIENCE_MS}", f"PRAGMA busy_timeout = {ordinary}")
        return
    # The pool itself would wait for as long as a handout may.
    parameters = {**connection.get_connection_params(), "connect_timeout": PATIENCE_MS // 1000}
    psycopg.connect(**parameters).close()
    _write_row(f"SET statement_timeout = {PATIENCE_MS}", "RESET statement_timeout")


def _write_row(be_impatient: str, be_patient: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(be_impatient)
    try:
        with transaction.atomic():
            Heartbeat.objects.update_or_create(pk=1, defaults={"at": timezone.now()})
    finally:
        with connection.cursor() as cursor:
            cursor.execute(be_patient)


def _full() -> str:
    """Return why the disk has no room for a handout, or "".

    The row above is written where it stood before, which a full disk allows. Beside SQLite's file
    room is asked for and given back. PostgreSQL is asked for a page of rows, taken back: it tells
    that its disk is full only when the table needs the page, so its disk needs a watch of its own.
    """
    if connection.vendor == "sqlite":
        return _no_room_beside(str(connection.settings_dict["NAME"]))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Heartbeat._meta.db_table} (id, at)"  # noqa: S608
            f" SELECT 1 + n, now() FROM generate_series(1, {ROWS_OF_A_PAGE}) n"
        )
        transaction.set_rollback(True)
    return ""


def _no_room_beside(name: str) -> str:
    if name.startswith("file:"):  # in memory, or a test's
        return ""
    try:
        with TemporaryFile(dir=Path(name).parent) as file:
            os.posix_fallocate(file.fileno(), 0, ROOM_BYTES)
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _unapplied_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _backwards in plan]
