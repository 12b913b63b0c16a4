"""A backup of the running test's database, taken and restored for real, on both databases.

    copy = Backup(tmp_path)     # of what is committed now
    copy.restore()              # and the database is as it was then; journals are no part of it

SQLite's is a copy made by its own backup interface; PostgreSQL's a database made from this one as
template. All connections to PostgreSQL are ended, as at a real restore.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
from django.db import connection


class Backup:
    """What the database held when this was made."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "backup.sqlite3"
        self._name = str(connection.settings_dict["NAME"])
        self._copy = f"{self._name}_backup"  # the test processes share a server
        if connection.vendor == "sqlite":
            _copy(self._name, str(self._file))
        else:
            _remake(self._copy, self._name)

    def restore(self) -> None:
        """Make the database what it was."""
        if connection.vendor == "sqlite":
            _copy(str(self._file), self._name)
        else:
            _remake(self._name, self._copy)


def _copy(source: str, target: str) -> None:
    connection.close()
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _remake(target: str, template: str) -> None:
    parameters = {**connection.get_connection_params(), "dbname": "postgres"}
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with psycopg.connect(**parameters, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)",
            [[target, template]],
        )
        administrator.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        administrator.execute(f'CREATE DATABASE "{target}" TEMPLATE "{template}"')
