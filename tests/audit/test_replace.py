"""A client of SQLite's own replaces no row that must stay, whatever its settings are."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import connection, models
from pytest_django import DjangoDbBlocker

from befreg_reserv.audit import triggers

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no such statement"),
]
STAYING = {rule.table for rule in triggers._registered.values() if rule.event == "DELETE"}
MODELS = [model for model in apps.get_models() if model._meta.db_table in STAYING]
KEYS = [
    pytest.param(model, columns, id=f"{model._meta.db_table}-{'-'.join(columns)}")
    for model in MODELS
    for columns, _present, _new in triggers._unique_keys(model)
]
Attempt = Callable[[sqlite3.Connection, type[models.Model], list[str]], None]
Kept = tuple[str, ...]  # words in the names of the triggers that a client meets
KEEPS: Kept = ("_no_delete", "_no_update", "_no_replace_")
WITHOUT: Kept = ("_no_delete", "_no_update")


def foreign_client(kept: Kept) -> sqlite3.Connection:
    """Return a connection with SQLite's own settings to an empty register with these triggers.

    Without its CHECKs, so that rows can be made up.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        parts = [part for part in cursor.fetchall() if not part[1].startswith("sqlite_")]
    client = sqlite3.connect(":memory:", isolation_level=None)
    client.execute("PRAGMA ignore_check_constraints = ON")
    for wanted in ("table", "index", "trigger"):
        for kind, name, statement in parts:
            if kind == wanted and (kind != "trigger" or any(word in name for word in kept)):
                client.execute(statement)
    return client


def row(
    model: type[models.Model], key: list[str], of_key: int, pk: int, of_others: int = 0
) -> dict[str, object]:
    """Return a made up row whose key is ``of_key`` and whose other keys are ``of_others``.

    It is one that the key holds for: it has each column that the key's condition wants filled in.
    """
    fields = model._meta.concrete_fields
    values: dict[str, object] = {
        str(field.column): None if field.null else "" if field.empty_strings_allowed else pk
        for field in fields
    }
    others = {column for columns, *_ in triggers._unique_keys(model) for column in columns}
    values |= {column: of_others or pk for column in others if values[column] is not None}
    values |= dict.fromkeys(filled_in(model, key), pk)
    return values | {str(model._meta.pk.column): pk} | dict.fromkeys(key, of_key)


def filled_in(model: type[models.Model], key: list[str]) -> list[str]:
    """Return the columns without which the key doesn't hold for a row."""
    holds = [present for columns, present, _new in triggers._unique_keys(model) if columns == key]
    return re.findall(r'"(\w+)" IS NOT NULL', " ".join(holds))


def insert(client: sqlite3.Connection, how: str, table: str, values: dict[str, object]) -> None:
    columns, places = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
    client.execute(f'{how} INTO "{table}" ({columns}) VALUES ({places})', [*values.values()])


def replace(client: sqlite3.Connection, model: type[models.Model], columns: list[str]) -> None:
    """Write a row over the first of two, which has the same key."""
    table, pk = model._meta.db_table, str(model._meta.pk.column)
    taken = 1001 if columns == [pk] else 1003
    insert(client, "INSERT OR REPLACE", table, row(model, columns, 1001, taken))


def push_out(client: sqlite3.Connection, model: type[models.Model], columns: list[str]) -> None:
    """Give the second of two rows the key of the first."""
    table, pk = model._meta.db_table, str(model._meta.pk.column)
    anew = ", ".join(f'"{name}" = 1001' for name in columns)
    client.execute(f'UPDATE OR REPLACE "{table}" SET {anew} WHERE "{pk}" = 1002')  # noqa: S608


def come_under(client: sqlite3.Connection, model: type[models.Model], columns: list[str]) -> None:
    """Fill in what the key wants in a third row, with the key of the first but not under it yet."""
    table, pk = model._meta.db_table, str(model._meta.pk.column)
    wanted = filled_in(model, columns)
    insert(client, "INSERT", table, row(model, columns, 1001, 1003) | dict.fromkeys(wanted))
    anew = ", ".join(f'"{name}" = 1003' for name in wanted)
    client.execute(f'UPDATE OR REPLACE "{table}" SET {anew} WHERE "{pk}" = 1003')  # noqa: S608


def two_rows(client: sqlite3.Connection, model: type[models.Model], columns: list[str]) -> None:
    for key in (1001, 1002):
        insert(client, "INSERT", model._meta.db_table, row(model, columns, key, key))


def ids(client: sqlite3.Connection, model: type[models.Model]) -> list[int]:
    table, pk = model._meta.db_table, str(model._meta.pk.column)
    found = client.execute(f'SELECT "{pk}" FROM "{table}" ORDER BY "{pk}"')  # noqa: S608
    return [pk for (pk,) in found]


@pytest.fixture(scope="module")
def clients(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[Kept, sqlite3.Connection]]:
    """A client where these rules are, and one where they aren't, for all tests of the module."""
    with django_db_blocker.unblock():
        kinds: tuple[tuple[str, ...], ...] = (KEEPS, WITHOUT)
        opened = {kept: foreign_client(kept) for kept in kinds}
    yield opened
    for each in opened.values():
        each.close()


@contextmanager
def rolled_back(client: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    client.execute("BEGIN")
    yield client
    client.execute("ROLLBACK")


@pytest.fixture
def client(clients: dict[Kept, sqlite3.Connection]) -> Iterator[sqlite3.Connection]:
    with rolled_back(clients[KEEPS]) as client:
        yield client


@pytest.fixture
def without_rules(
    clients: dict[Kept, sqlite3.Connection],
) -> Iterator[sqlite3.Connection]:
    with rolled_back(clients[WITHOUT]) as client:
        yield client


@pytest.mark.parametrize("attempt", [replace, push_out])
@pytest.mark.parametrize(("model", "columns"), KEYS)
def test_no_row_makes_way_for_another(
    client: sqlite3.Connection, model: type[models.Model], columns: list[str], attempt: Attempt
) -> None:
    two_rows(client, model, columns)
    with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE constraint failed|is append-only"):
        attempt(client, model, columns)
    assert ids(client, model) == [1001, 1002]


@pytest.mark.parametrize(
    ("model", "columns"),
    [key for key in KEYS if filled_in(*key.values)],  # type: ignore[arg-type]
)
def test_nor_for_one_that_comes_under_its_key(
    client: sqlite3.Connection, model: type[models.Model], columns: list[str]
) -> None:
    two_rows(client, model, columns)
    with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE constraint failed|is append-only"):
        come_under(client, model, columns)
    assert ids(client, model) == [1001, 1002, 1003]


@pytest.mark.parametrize(("model", "columns"), KEYS)
def test_without_these_rules_it_would(
    without_rules: sqlite3.Connection, model: type[models.Model], columns: list[str]
) -> None:
    two_rows(without_rules, model, columns)
    replace(without_rules, model, columns)
    assert len(ids(without_rules, model)) == 2  # and not three


@pytest.mark.parametrize("kept", [KEEPS, WITHOUT])
@pytest.mark.parametrize("model", [model for model in MODELS if [*triggers._rowid(model)]])
def test_no_row_makes_way_for_one_with_its_rowid(
    clients: dict[Kept, sqlite3.Connection], model: type[models.Model], kept: Kept
) -> None:
    """Their key is no whole number to SQLite: each row has a hidden one besides."""
    table, key = model._meta.db_table, [str(model._meta.pk.column)]
    with rolled_back(clients[kept]) as client:
        two_rows(client, model, key)
        (hidden,) = client.execute(f'SELECT min(rowid) FROM "{table}"').fetchone()  # noqa: S608
        values = {"rowid": hidden} | row(model, key, 1003, 1003)
        if kept == WITHOUT:
            insert(client, "INSERT OR REPLACE", table, values)
            assert ids(client, model) == [1002, 1003]
            return
        with pytest.raises(sqlite3.IntegrityError, match=r"rowid"):
            insert(client, "INSERT OR REPLACE", table, values)
        assert ids(client, model) == [1001, 1002]


@pytest.mark.parametrize(("model", "columns"), KEYS)
def test_a_plain_insert_is_refused_in_sqlites_own_words(
    client: sqlite3.Connection, model: type[models.Model], columns: list[str]
) -> None:
    table = model._meta.db_table
    insert(client, "INSERT", table, row(model, columns, 1001, 1001))
    words = "UNIQUE constraint failed: " + ", ".join(f"{table}.{column}" for column in columns)
    taken = 1001 if columns == [str(model._meta.pk.column)] else 1002
    with pytest.raises(sqlite3.IntegrityError, match=f"^{words}$"):
        insert(client, "INSERT", table, row(model, columns, 1001, taken, 1002))
