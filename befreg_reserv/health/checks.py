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
# What must be free beside SQLite's file: several handouts, each about 100 KiB with the write-ahead
# log and its checkpoint.
ROOM_BYTES = 1024 * 1024
# More rows than a page of PostgreSQL has room for, so that the table must grow, as by a handout.
ROWS_OF_A_PAGE = 200

Check = Callable[[], str]
_registered: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Let ``/ready`` ask ``check`` too: it returns "", or what is wrong with the part ``name``.

    Apps call this in ``ready``. ``check`` is called only if the database can be written and is up
    to date, and must answer within a second.
    """
    _registered[name] = check


def failing() -> dict[str, str]:
    """Return part → what is wrong; empty when all is well.

    Parts: ``database`` (can't be written), ``disk`` (no room for a handout),
    ``migrations`` (some not applied), ``triggers`` (not exactly those that the code names: each
    with what is wrong with it). Of these only the first that fails is returned, since the others
    depend on it; if none fails, every failing part that an app has registered.
    """
    try:
        _write()
        full = _full()
        unapplied = _unapplied_migrations()
        faults = triggers.faults(connection)
        if not (full or unapplied or faults):
            return _of_apps()
    except (DatabaseError, psycopg.Error, PoolTimeout) as error:
        return {"database": type(error).__name__}
    if full:
        return {"disk": full}
    if unapplied:
        return {"migrations": ", ".join(unapplied)}
    return {"triggers": ", ".join(str(fault) for fault in faults)}


def _of_apps() -> dict[str, str]:
    answers = {name: check() for name, check in _registered.items()}
    return {name: answer for name, answer in answers.items() if answer}


def _write() -> None:
    """Commit one row: a full disk, a lock or a standby fails here, within PATIENCE_MS."""
    if connection.vendor == "sqlite":
        ordinary = int(1000 * connection.settings_dict["OPTIONS"]["timeout"])
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

    ``_write`` overwrites its row, which a full disk allows. Beside SQLite's file, space is
    allocated and freed again. In PostgreSQL a page of rows is inserted and rolled back: that fails
    only when the table has to grow, so its disk needs monitoring of its own.
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
