"""A SQLite database is moved to PostgreSQL: every row, under its own key."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, models, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Collate

from befreg_reserv.audit import triggers
from befreg_reserv.backups import manifest, pg_archive
from befreg_reserv.backups.stopped import Stopped
from befreg_reserv.environment import databases

SOURCE = "moved_from"
CHUNK = 2000
Model = type[models.Model]


def move(file: Path) -> dict[str, int]:
    """Move the rows of a SQLite file to the configured PostgreSQL, which is empty.

    Returns how many rows each table got. All is one transaction: until its end nobody sees a row,
    and no table without its triggers. Nobody may write to the file meanwhile. Raises Stopped.
    """
    if connection.vendor != "postgresql":
        raise Stopped("DATABASE_URL names no PostgreSQL: that is where the rows would go.")
    with _source(file):
        _check_version(file)
        _check_tables(file)
        pg_archive.check_empty()
        call_command("migrate", verbosity=0)
        try:
            with transaction.atomic(), transaction.atomic(using=SOURCE):
                return _move()
        except (DatabaseError, psycopg.Error) as error:
            raise Stopped(f"Nothing was moved. {str(error).strip()}") from error
        finally:
            ContentType.objects.clear_cache()  # they have other keys now


@contextmanager
def _source(file: Path) -> Iterator[None]:
    """Connect to the file as SOURCE."""
    if not file.is_file():
        raise Stopped(f"{file} is no file.")
    described = databases.at(f"sqlite:///{file.absolute()}", settings.PATIENCE)
    connections.databases[SOURCE] = connections.configure_settings({"default": described})[
        "default"
    ]
    try:
        yield
    except DatabaseError as error:
        raise Stopped(f"{file}: {str(error).strip()}") from error
    finally:
        connections[SOURCE].close()
        del connections[SOURCE], connections.databases[SOURCE]


def _check_version(file: Path) -> None:
    differing = set(manifest.applied(connections[SOURCE])) ^ manifest.known()
    if differing:
        raise Stopped(
            f"{file} is of another version ({', '.join(sorted(differing))}). Upgrade it first:"
            f" SQLITE_IS_MEANT=1 DATABASE_URL=sqlite:///{file.absolute()} manage.py migrate"
        )


def _check_tables(file: Path) -> None:
    """Raise Stopped when a table would be left behind."""
    ours = {model._meta.db_table for model in _models()}
    others = set(connections[SOURCE].introspection.table_names()) - ours
    if others:
        raise Stopped(f"{file} has tables that aren't ours: {', '.join(sorted(others))}.")


def _models() -> list[Model]:
    """Return every table's model; that of the migrations too, by which the journal knows us."""
    ours = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    return [*(model for model in ours if not model._meta.proxy), MigrationRecorder.Migration]


def _move() -> dict[str, int]:
    tables = _models()
    triggers.remove(connection)
    with connection.cursor() as cursor:
        for model in tables:  # what the migrations laid down has keys of its own
            cursor.execute(f"DELETE FROM {_quoted(model._meta.db_table)}")  # noqa: S608
        for model in tables:
            _copy(cursor, model)
        _set_sequences(cursor)
    connection.check_constraints()
    moved = {model._meta.db_table: _compared(model) for model in tables}
    triggers.install(connection)
    if faults := triggers.faults(connection):
        raise Stopped(f"Nothing was moved. Triggers: {', '.join(map(str, faults))}.")
    return moved


def _copy(cursor: CursorWrapper, model: Model) -> None:
    fields = model._meta.concrete_fields
    columns = ", ".join(_quoted(str(field.column)) for field in fields)
    into = f"COPY {_quoted(model._meta.db_table)} ({columns}) FROM STDIN"
    with cursor.copy(into) as copy:
        for row in _rows(model, SOURCE):
            cells = zip(fields, row, strict=True)
            copy.write_row([field.get_db_prep_save(value, connection) for field, value in cells])


def _rows(model: Model, using: str) -> Iterable[tuple[Any, ...]]:
    """Return all rows in the order of their keys, which both databases sort alike."""
    names = [field.attname for field in model._meta.concrete_fields]
    key: Any = "pk"
    if isinstance(model._meta.pk, models.CharField):
        key = Collate("pk", "C" if using != SOURCE else "BINARY")
    rows: models.QuerySet[Any] = models.QuerySet(model, using=using).order_by(key)
    return rows.values_list(*names).iterator(chunk_size=CHUNK)


def _compared(model: Model) -> int:
    """Return how many rows the model has. Raises Stopped unless they are those of the file."""
    count = 0
    pairs = zip_longest(_rows(model, SOURCE), _rows(model, connection.alias))
    for count, (there, here) in enumerate(pairs, start=1):
        if there != here:
            raise Stopped(f"Nothing was moved: row {count} of {model._meta.db_table} differs.")
    return count


def _set_sequences(cursor: CursorWrapper) -> None:
    """Let no key be given again that a row ever had: SQLite remembers the highest."""
    with connections[SOURCE].cursor() as source:
        source.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
        given = dict(source.fetchall())
    for model in _models():
        table, key = model._meta.db_table, model._meta.pk
        if table in given and key is not None:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                [_quoted(table), key.column, given[table]],
            )


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
