"""What is written in the log stays as it was written, whoever asks otherwise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from befreg_reserv.audit import triggers
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from tests.audit.entries import TABLE, entry, run
from tests.cast import person

pytestmark = pytest.mark.django_db

POSTGRESQL = connection.vendor == "postgresql"
on_postgresql = pytest.mark.skipif(not POSTGRESQL, reason="SQLite has no such statement")
on_sqlite = pytest.mark.skipif(POSTGRESQL, reason="PostgreSQL has no such statement")

REPLACE = (
    f"INSERT OR REPLACE INTO {TABLE} (id, act, number, unit, object_pk, object_repr, action,"  # noqa: S608
    " changes_text, timestamp, content_type_id)"
    " SELECT id, 'forged', number, unit, object_pk, object_repr, action, changes_text,"
    f" timestamp, content_type_id FROM {TABLE}"
)
ATTEMPTS: dict[str, Callable[[], object]] = {
    "update": lambda: run(f"UPDATE {TABLE} SET act = 'forged'"),  # noqa: S608
    "delete": lambda: run(f"DELETE FROM {TABLE}"),  # noqa: S608
    "queryset.update": lambda: LogEntry.objects.update(act="forged"),
    "queryset.delete": lambda: LogEntry.objects.all().delete(),
    "entry.save": lambda: LogEntry.objects.get().save(),
    "entry.delete": lambda: LogEntry.objects.get().delete(),
    "auditlogflush": lambda: call_command("auditlogflush", yes=True),
}


@contextmanager
def without_triggers() -> Iterator[None]:
    # PostgreSQL drops no trigger while a foreign key of this transaction waits to be checked.
    connection.check_constraints()
    with triggers.lifted(connection):
        yield


def refused(attempt: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            attempt()
    except (IntegrityError, ProtectedError):
        return True
    return False


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_database_refuses_to_change_what_is_written(name: str) -> None:
    written = entry(act="update")
    assert refused(ATTEMPTS[name])
    assert LogEntry.objects.values_list("pk", "act").get() == (written.pk, "update")


@pytest.mark.parametrize("name", ATTEMPTS)
def test_without_its_triggers_it_would_not(name: str) -> None:
    entry()
    with without_triggers():
        assert not refused(ATTEMPTS[name])


@on_postgresql
@pytest.mark.parametrize(
    "truncate",
    [
        lambda: run(f"TRUNCATE {TABLE}"),
        lambda: run("TRUNCATE people_user CASCADE"),
        lambda: call_command("auditlogflush", yes=True, truncate=True),
    ],
)
def test_the_log_is_not_truncated(truncate: Callable[[], object]) -> None:
    entry()
    connection.check_constraints()
    assert refused(truncate)
    with without_triggers():
        assert not refused(truncate)


@on_sqlite
def test_a_row_is_not_replaced() -> None:
    entry()
    assert refused(lambda: run(REPLACE))
    run("PRAGMA recursive_triggers = OFF")
    try:
        assert refused(lambda: run(REPLACE))  # each table and key: test_replace.py
    finally:
        run("PRAGMA recursive_triggers = ON")


def test_a_person_whom_the_log_mentions_stays() -> None:
    user = person("gone")
    entry(actor=user)
    delete = f"DELETE FROM people_user WHERE id = {user.pk}"  # noqa: S608
    assert refused(user.delete)
    assert refused(lambda: User.objects.filter(pk=user.pk).delete())
    assert refused(lambda: run(delete))
    with without_triggers():  # the foreign key holds by itself
        assert refused(lambda: run(delete))


def test_a_kind_of_thing_that_the_log_mentions_stays() -> None:
    kind = ContentType.objects.get_for_model(LogEntry)
    entry(content_type=kind)
    assert refused(kind.delete)
    assert refused(lambda: run(f"DELETE FROM django_content_type WHERE id = {kind.pk}"))  # noqa: S608


def test_every_registered_trigger_is_there() -> None:
    assert triggers.faults(connection) == []


def test_a_dropped_trigger_is_named() -> None:
    name = f"{TABLE}_no_update"
    run(f"DROP TRIGGER {name}" + (f" ON {TABLE}" if POSTGRESQL else ""))
    assert triggers.faults(connection) == [triggers.TriggerFault("missing", name, TABLE)]
    triggers.install(connection)
    assert triggers.faults(connection) == []


@on_postgresql
def test_a_trigger_that_is_switched_off_is_named() -> None:
    run(f"ALTER TABLE {TABLE} DISABLE TRIGGER {TABLE}_no_delete")
    assert [str(fault) for fault in triggers.faults(connection)] == [f"{TABLE}_no_delete disabled"]
