"""The parts that must work before this server may be asked for a number."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import psycopg
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from befreg_reserv import deadline, waits
from befreg_reserv.audit import triggers
from befreg_reserv.health import unapplied
from befreg_reserv.health.models import Heartbeat

# How long a try to write that went well counts: who asks often costs no more writes.
FRESH_SECONDS = 5
# What must be free beside SQLite's file: several handouts, each about 100 KiB with the write-ahead
# log and its checkpoint.
ROOM_BYTES = 1024 * 1024
# More rows than a page of PostgreSQL has room for, so that the table must grow, as by a handout.
ROWS_OF_A_PAGE = 200

logger = logging.getLogger(__name__)

Check = Callable[[], str]
_registered: dict[str, Check] = {}
_locks: list[Callable[[], None]] = []
_wrote_well: list[float] = []  # when, in this process; empty if not, or not the last time


def register(name: str, check: Check) -> None:
    """Let ``/ready`` ask ``check`` too: it returns "", or what is wrong with the part ``name``.

    Apps call this in ``ready``. ``check`` is called only if the database can be written and is up
    to date, and must answer within a second.
    """
    _registered[name] = check


def register_lock(take: Callable[[], None]) -> None:
    """Let ``/ready`` take, and give back, a lock that a handout needs.

    ``take`` raises DatabaseError if it doesn't get it within the request's time.
    """
    _locks.append(take)


def failing() -> dict[str, str]:
    """Return part → what is wrong, within READY_SECONDS; empty when all is well.

    Parts: ``database`` (can't be written), ``disk`` (no room for a handout), ``lock`` (somebody
    holds what a handout locks),
    ``migrations`` (some not applied), ``triggers`` (not exactly those that the code names: each
    with what is wrong with it). Of these only the first that fails is returned, since the others
    depend on it; if none fails, every failing part that an app has registered.
    """
    with deadline.of_request(waits.READY_SECONDS):
        try:
            found = _of_database()
        except (DatabaseError, psycopg.Error) as error:  # the pool's own are psycopg's
            found = {"database": type(error).__name__}
        if not found:
            return _of_apps()
        _wrote_well.clear()
        return found


def _of_database() -> dict[str, str]:
    if _wrote_well and time.monotonic() - _wrote_well[0] < FRESH_SECONDS:
        with transaction.atomic():  # SQLite's one writer, without a write
            transaction.set_rollback(True)
    else:
        _write()
        if full := _full():
            return {"disk": full}
        if held := _held():
            return {"lock": held}
        _wrote_well[:] = [time.monotonic()]
    if missing := unapplied.names():
        return {"migrations": ", ".join(missing)}
    faults = triggers.faults(connection)
    return {"triggers": ", ".join(map(str, faults))} if faults else {}


def _held() -> str:
    """Return why a lock that a handout needs can't be had, or ""."""
    try:
        for take in _locks:
            take()
    except DatabaseError as error:
        return type(error).__name__
    return ""


def _of_apps() -> dict[str, str]:
    answers = {name: _ask(name, check) for name, check in _registered.items()}
    return {name: answer for name, answer in answers.items() if answer}


def _ask(name: str, check: Check) -> str:
    """Return what a check says; if it breaks, that is what is wrong."""
    try:
        return check()
    except Exception as error:
        logger.exception("/ready got no answer about %s", name)
        return type(error).__name__


def _write() -> None:
    """Commit one row: a disk that only reads, a lock or a standby fails here."""
    with transaction.atomic():
        Heartbeat.objects.update_or_create(pk=1, defaults={"at": timezone.now()})


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
