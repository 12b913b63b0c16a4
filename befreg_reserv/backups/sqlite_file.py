"""A backup of a SQLite database: a file like its own."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

from befreg_reserv.backups import held
from befreg_reserv.backups.held import Held
from befreg_reserv.backups.stopped import Stopped

FILE = "befreg.sqlite3"
WAIT_SECONDS = 20


def server() -> str:
    """Return the version of SQLite."""
    return sqlite3.sqlite_version


def least_bytes() -> int:
    """Return how large a backup becomes, about."""
    path = _path()
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def take(into: Path) -> Held:
    """Copy the database into an empty file; return what the copy holds. Raises Stopped.

    In one step, so that the copy is of one moment; others write meanwhile.
    """
    with _errors(), closing(_open(_path())) as source, closing(_open(into)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read where it lies
        _check(copy)
        return held.read(copy, "sqlite")


def read() -> Held:
    """Return what the database holds. Raises Stopped when its file is damaged."""
    with _errors(), closing(_open(_path())) as client:
        _check(client)
        return held.read(client, "sqlite")


def check_empty() -> None:
    """Raise Stopped unless the configured database is empty."""
    path = _path()
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size and not (path.exists() and path.stat().st_size):
        # SQLite would delete it unread, and it may hold the former database's last handouts.
        raise Stopped(f"{log} lies there without its database: move it to where that is.")
    with _errors(), closing(_open(path)) as client:
        tables = held.read(client, "sqlite")
    if tables:
        raise Stopped(
            f"{path} isn't empty: it has {len(tables)} tables. Stop the server and move the file"
            f" away, with {path.name}-wal and {path.name}-shm if they are there."
        )


def check_takes(server_then: str) -> None:
    """Do nothing: every SQLite of ours reads every other's file."""


def fill(file: Path) -> None:
    """Fill the configured database, which is empty, with the backup: all or nothing."""
    opened = closing(_open(file, "mode=ro&immutable=1"))
    with _errors(), opened as source, closing(_open(_path())) as target:
        source.backup(target)


def _path() -> Path:
    name = str(connection.settings_dict["NAME"])
    if name.startswith((":memory:", "file:")):
        raise Stopped("The database is in memory: DATABASE_URL names no file.")
    connection.close()
    return Path(name)


def _open(path: Path, how: str = "mode=rwc") -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", WAIT_SECONDS, uri=True)


def _check(client: sqlite3.Connection) -> None:
    faults = [row[0] for row in client.execute("PRAGMA integrity_check")]
    if faults != ["ok"] or client.execute("PRAGMA foreign_key_check").fetchone():
        said = faults[0] if faults != ["ok"] else "a row refers to one that isn't there"
        raise Stopped(f"SQLite's check found the database damaged: {said}.")


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise Stopped(f"SQLite: {error}.") from error
