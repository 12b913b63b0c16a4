"""A backup of the running test's database, taken and restored for real, on both databases.

    copy = Backup(tmp_path)     # of what is committed now
    copy.restore()              # and the database is as it was then; journals are no part of it

SQLite's is a copy made by its own backup interface. PostgreSQL's holds what a dump of the data
holds: each table's rows, by COPY, and where each sequence stood. All connections to PostgreSQL are
ended, as at a real restore. A database made from a template would do as well, but waits a second
for the disk each time.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
from django.db import connection

WAIT_MILLISECONDS = 10_000
ENDED = (
    f"SELECT pg_terminate_backend(pid, {WAIT_MILLISECONDS}) FROM pg_stat_activity "  # noqa: S608
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Backup:
    """What the database held when this was made."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "backup.sqlite3"
        self._name = str(connection.settings_dict["NAME"])
        if connection.vendor == "sqlite":
            _copy(self._name, str(self._file))
        else:
            self._dump = _Dump()

    def restore(self) -> None:
        """Make the database what it was."""
        if connection.vendor == "sqlite":
            _copy(str(self._file), self._name)
        else:
            self._dump.load()


def _copy(source: str, target: str) -> None:
    connection.close()
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


class _Dump:
    """The rows of all tables, and the sequences."""

    def __init__(self) -> None:
        self._parameters = connection.get_connection_params()
        with psycopg.connect(**self._parameters) as client:
            client.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            tables = client.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            self._rows = {table: _rows(client, table) for (table,) in tables.fetchall()}
            self._sequences = client.execute(
                "SELECT sequencename, coalesce(last_value, 1), last_value IS NOT NULL "
                "FROM pg_sequences WHERE schemaname = 'public'"
            ).fetchall()

    def load(self) -> None:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        with psycopg.connect(**self._parameters) as client:
            client.execute(ENDED)
            client.execute("SET LOCAL session_replication_role = replica")  # no trigger, no check
            for table, rows in self._rows.items():
                client.execute(f'DELETE FROM "{table}"')  # noqa: S608
                with client.cursor() as cursor, cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)
            for sequence in self._sequences:
                client.execute("SELECT setval(quote_ident(%s)::regclass, %s, %s)", sequence)


def _rows(client: "psycopg.Connection[tuple[object, ...]]", table: str) -> bytes:
    with client.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
        return b"".join(copy)
