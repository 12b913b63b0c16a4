"""A database of commit 04e4bf9, which kept rules that the code no longer named.

It was made there by that commit's own migrations and acts, and holds rows in every table: training
numbers and invented people. ``tests/data/04e4bf9`` has it as SQL, one dump for each database.
"""

import gzip
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests.scenes import SHARED_DATA

DUMPS = SHARED_DATA / "04e4bf9"


@contextmanager
def database(folder: Path) -> Iterator[None]:
    """Connect to a new database of that commit; afterwards to the former one again."""
    on_sqlite = connection.vendor == "sqlite"
    with _on_sqlite(folder) if on_sqlite else _on_postgresql() as name, connected(name, folder):
        yield


@contextmanager
def connected(name: str, folder: Path) -> Iterator[None]:
    """Connect to the database of this name, with a journal in ``folder``; then back again."""
    with pytest.MonkeyPatch.context() as patch:
        _disconnect()
        patch.setitem(connection.settings_dict, "NAME", name)
        patch.setattr(settings, "CUSTODY_JOURNAL", folder / "custody.jsonl")
        try:
            yield
        finally:
            _disconnect()


def _disconnect() -> None:
    ContentType.objects.clear_cache()
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def _dump() -> str:
    return gzip.decompress((DUMPS / f"{connection.vendor}.sql.gz").read_bytes()).decode()


@contextmanager
def _on_sqlite(folder: Path) -> Iterator[str]:
    file = str(folder / "older.sqlite3")
    with closing(sqlite3.connect(file)) as client:
        client.executescript(_dump())
    yield file


@contextmanager
def _on_postgresql() -> Iterator[str]:
    name = f"older_{os.getpid()}_copy"  # the test processes share a server
    parameters = connection.get_connection_params()
    with psycopg.connect(**parameters | {"dbname": "postgres"}, autocommit=True) as administrator:
        administrator.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_template()}"')
        yield name
        administrator.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def _template() -> str:
    """Load the dump, once in each process; return the name of its database."""
    name = f"older_{os.getpid()}"
    parameters = connection.get_connection_params()
    with psycopg.connect(**parameters | {"dbname": "postgres"}, autocommit=True) as administrator:
        administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    with psycopg.connect(**parameters | {"dbname": name}) as client:
        client.execute(_dump())
    return name


@contextmanager
def another_client() -> Iterator[sqlite3.Connection | psycopg.Connection]:
    """Open a second connection to the same database; it waits for no lock, and commits at once."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(str(connection.settings_dict["NAME"]), 0)) as client:
            client.isolation_level = None
            yield client
        return
    with psycopg.connect(**connection.get_connection_params()) as client:
        client.autocommit = True
        client.execute("SET lock_timeout = '2ms'")
        yield client
