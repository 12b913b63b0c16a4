"""What goes to PostgreSQL together, so that its answers are waited for once; and new rows."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from functools import cache
from operator import attrgetter
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections
from django.db.models import BooleanField, CharField, Model, QuerySet, TextField

MOST_ROWS = 50  # that one statement inserts: as many as a page shows


class _Block(threading.local):
    """What this thread's ``at_once`` has: keys for new rows, and what is to be checked."""

    keys: "NewKeys | None" = None
    checks: list[tuple[Any, int]]


_block = _Block()


def check(cursor: Any, expected: int) -> None:
    """Raise IntegrityError if a statement didn't change as many rows as expected.

    Within ``at_once`` that is raised at the end of the block.
    """
    if _block.keys is None:
        _check(cursor, expected)
    else:
        _block.checks.append((cursor, expected))


def _check(cursor: Any, expected: int) -> None:
    with cursor:
        if cursor.rowcount != expected:
            raise IntegrityError(f"under the lock {cursor.rowcount} rows changed, not {expected}")


@contextmanager
def together() -> Iterator[None]:
    """Let all that the block sends go to PostgreSQL at once: its answers are waited for once.

    What is sent in the block is read after it.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


NewKeys = dict[type[Model], list[int]]
NEXT_KEYS = "SELECT nextval(pg_get_serial_sequence(model, 'id')) FROM unnest(%s::text[]) AS model"


def ask_keys(new: Mapping[type[Model], int]) -> Callable[[], NewKeys]:
    """Ask for the keys of so many new rows of these models; return what then returns them.

    SQLite gives none before: there nothing is sent together.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    found: NewKeys = {model: [] for model in new}
    if connection.vendor != "postgresql":
        return lambda: found
    models = [model for model, count in new.items() for _ in range(count)]
    cursor = connection.prepared_cursor()
    cursor.execute(NEXT_KEYS, [[model._meta.db_table for model in models]])

    def read() -> NewKeys:
        with cursor:
            for model, (key,) in zip(models, cursor.fetchall(), strict=True):
                found[model].append(key)
        return found

    return read


@contextmanager
def at_once(keys: NewKeys) -> Iterator[None]:
    """Write all of the block together, as above. ``keys``: those of the rows that it inserts.

    So one row can name another before the database has answered. What the database refuses is
    raised at the end of the block. In it nothing that was written is read, nor how many rows an
    UPDATE has changed, but by ``check``. Outside of a transaction each is sent by itself.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        yield
        return
    _block.keys, _block.checks = keys, []
    try:
        with together():
            yield
        for cursor, expected in _block.checks:
            _check(cursor, expected)
    finally:
        _block.keys = None


# --- new rows -------------------------------------------------------------------------------------


def insert(new: Sequence[Model], *, with_keys: bool = True) -> None:
    """Insert new rows of one model; each gets its key, unless nobody needs it.

    Their ``save`` isn't called, and no signal is sent, as with ``bulk_create``. Outside of a
    transaction each MOST_ROWS of them are one: while SQL is composed, nobody waits for SQLite.
    """
    if any(row.pk is not None for row in new):
        manager: QuerySet[Any] = QuerySet(type(new[0]))
        manager.bulk_create(new)
        return
    for at in range(0, len(new), MOST_ROWS):
        _insert(new[at : at + MOST_ROWS], with_keys=with_keys)


def _insert(new: Sequence[Model], *, with_keys: bool) -> None:
    for row in new:  # what they point at may have got its key since
        prepared: Any = row
        prepared._prepare_related_fields_for_save(operation_name="insert")  # noqa: SLF001
    connection: Any = connections[DEFAULT_DB_ALIAS]
    keys = (_block.keys or {}).get(type(new[0]), [])[: len(new)]
    kind = Keys.GIVEN if keys else Keys.RETURNED if with_keys else Keys.UNKNOWN
    if keys:
        del (_block.keys or {})[type(new[0])][: len(new)]
        for row, key in zip(new, keys, strict=True):
            row.pk = key
    fields, sql = _insertion(type(new[0]), len(new), kind, connection.vendor)
    parameters = [
        value
        if type(value := getattr(row, field.attname)) in as_they_are
        else field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in new
        for field, as_they_are in fields
    ]
    with connection.prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchall() if kind is Keys.RETURNED else []
    for row, (key,) in zip(new, found, strict=False):
        row.pk = key
    for row in new:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  as the ORM does


class Keys(Enum):
    """Where the keys of new rows come from."""

    RETURNED = auto()
    GIVEN = auto()
    UNKNOWN = auto()


# Asking a field what becomes of its value is most of the work of an insertion.
AS_THEY_ARE: dict[type, tuple[type, ...]] = {
    CharField: (str, type(None)),
    TextField: (str, type(None)),
    BooleanField: (bool, type(None)),
}


@cache
def _insertion(
    model: type[Model], count: int, keys: Keys, _vendor: str
) -> tuple[list[tuple[Any, tuple[type, ...]]], str]:
    """Return the fields that are written, in their order, and the statement for so many rows.

    With each field, the types of values that it gives to the database as they are.
    """
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    table, key = quote(model._meta.db_table), cast("Any", model._meta.pk)
    fields: list[Any] = list(model._meta.local_concrete_fields)
    if keys is not Keys.GIVEN:
        fields.remove(key)
    columns = ", ".join(quote(name) for name in map(attrgetter("column"), fields))
    values = f"({', '.join(['%s'] * len(fields))})"
    places = ", ".join([values] * count)
    returned = f" RETURNING {table}.{quote(key.column)}" if keys is Keys.RETURNED else ""
    written = [(field, AS_THEY_ARE.get(type(field), ())) for field in fields]
    return written, f"INSERT INTO {table} ({columns}) VALUES {places}{returned}"  # noqa: S608
