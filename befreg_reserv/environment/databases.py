"""Django's settings of a database, read from its address."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from befreg_reserv.environment.env import OTHERS

PRIVATE = 0o600
# So many times a connection sends a hot statement before the server keeps its plan: see ``hot``.
PREPARED_AFTER = 3


def beside(chosen: dict[str, Any], name: str, *, otherwise: Path) -> Path:
    """Return the path of a file that goes with a database: beside SQLite's, or in ``otherwise``.

    Two SQLite files in one folder have one each.
    """
    file = _file_of(chosen)
    return file.absolute().with_name(f"{file.stem}-{name}") if file else otherwise.absolute() / name


def _file_of(chosen: dict[str, Any]) -> Path | None:
    """Return the file of a SQLite database that is one."""
    name = str(chosen["NAME"])
    if "sqlite" not in chosen["ENGINE"] or name.startswith((":memory:", "file:")):
        return None
    return Path(name)


@dataclass(frozen=True)
class Patience:
    """How many seconds to wait for the database, as ``waits`` explains them."""

    lock: float
    turn: float
    connect: int
    retry: float
    statement: float
    abandoned: float
    connections: int

    @property
    def words(self) -> str:
        """Return the same as options of a PostgreSQL session.

        Without its compiler: once a table has some hundred thousand rows, PostgreSQL compiled the
        binder's statement for half a second, to read eight hundred pages in two milliseconds.
        """
        return (
            f"-c lock_timeout={self.lock * 1000:.0f}ms"
            f" -c statement_timeout={self.statement * 1000:.0f}ms"
            f" -c idle_in_transaction_session_timeout={self.abandoned * 1000:.0f}ms"
            " -c jit=off"
        )


def at(url: str, patience: Patience) -> dict[str, Any]:
    """Return Django's database settings for ``sqlite:///path`` or ``postgres://…``.

    A PostgreSQL address is read by libpq's own rules, so several hosts and every libpq
    parameter work. Raises ImproperlyConfigured for any other address.
    """
    if url.startswith("sqlite:///"):
        chosen = _sqlite(url.removeprefix("sqlite:///"), patience)
        if file := _file_of(chosen):
            _keep_private(file)
        return chosen
    if url.startswith(("postgres://", "postgresql://")):
        return _postgresql(url, patience)
    raise ImproperlyConfigured("DATABASE_URL: write sqlite:///path or postgres://user@host/name.")


def _sqlite(path: str, patience: Patience) -> dict[str, Any]:
    return {
        "ENGINE": "befreg_reserv.sqlite",
        "NAME": path,
        # Opening it, and planning all statements anew, took two thirds of a handout. Our backend
        # sees whether the file is still the database.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A deferred transaction fails with "database is locked" when it turns to writing
            # after another writer's commit; an immediate one waits its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": patience.turn,
            # FULL: an acknowledged handout survives a power cut. recursive_triggers: without
            # it INSERT OR REPLACE slips past the append-only triggers.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
            ),
        },
    }


def _keep_private(path: Path) -> None:
    """Close the database's files to everybody else: they hold patients' numbers.

    SQLite would make the file as readable as the umask lets it, and the others like it. One that
    is there is never opened: to close it again would end all locks that SQLite has on it in this
    process, and the next process that leaves would throw away what isn't in the file yet.
    """
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE))
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            file = path.with_name(name)
            if file.exists() and stat.S_IMODE(file.stat().st_mode) & OTHERS:
                file.chmod(PRIVATE)
    except OSError:
        return  # no such folder, or somebody else's file: the first connection reports it


def _postgresql(url: str, patience: Patience) -> dict[str, Any]:
    try:
        parameters = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except ProgrammingError as error:
        raise ImproperlyConfigured("DATABASE_URL is not an address libpq understands.") from error
    return {
        "ENGINE": "befreg_reserv.postgresql",
        "NAME": parameters.pop("dbname", ""),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        # The pool keeps connections, and our backend checks each before its use. The pool's own
        # check (CONN_HEALTH_CHECKS) gives up on broken ones, though new ones could be opened.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {
            "connect_timeout": str(patience.connect),
            **parameters,
            "options": f"{patience.words} {parameters.get('options', '')}".strip(),
            "prepare_threshold": PREPARED_AFTER,
            "pool": {
                "min_size": 1,
                "max_size": patience.connections,
                # Our backend asks it several times, and each time it tries anew.
                "timeout": patience.retry,
                # Otherwise it tries for minutes, ever less often, even if somebody waits.
                "reconnect_timeout": patience.retry,
            },
        },
    }
