"""The parts that must work before this server may be asked for a number."""

from collections.abc import Callable

import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from psycopg_pool import PoolTimeout

from befreg_reserv.audit import triggers
from befreg_reserv.health.models import Heartbeat

PATIENCE_MS = 2000

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

    Parts: ``database`` (can't be written), ``migrations`` (some not applied), ``triggers``
    (some missing). The first that fails is named, since the others lean on it; then every part
    that an app has registered.
    """
    try:
        _write()
        unapplied = _unapplied_migrations()
        lost = triggers.missing(connection)
        if not (unapplied or lost):
            return _of_apps()
    except (DatabaseError, psycopg.Error, PoolTimeout) as error:
        return {"database": type(error).__name__}
    if unapplied:
        return {"migrations": ", ".join(unapplied)}
    return {"triggers": ", ".join(lost)}


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


def _unapplied_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _backwards in plan]
