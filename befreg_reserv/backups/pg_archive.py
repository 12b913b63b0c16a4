"""A backup of a PostgreSQL database: what pg_dump writes, and pg_restore reads."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

from befreg_reserv.backups import held, programs
from befreg_reserv.backups.held import Held
from befreg_reserv.backups.stopped import Stopped

FILE = "befreg.pgdump"
LAST_LINES = 3  # of what a program says when it fails
_RELATIONS = (
    "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')"
    " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
)
_SECRET = {"password", "sslpassword"}
_LIBPQ = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()} - _SECRET


def server() -> str:
    """Return the version of PostgreSQL."""
    with _client() as client:
        return str(_major(client))


def least_bytes() -> int:
    """Return 0: how well a dump can be compressed shows when it is written."""
    return 0


def take(into: Path) -> Held:
    """Write the database into an empty file; return what it holds. Raises Stopped.

    What is counted is what pg_dump saw, whatever others write meanwhile.
    """
    with _client() as client:
        client.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        (snapshot,) = client.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        major = _major(client)
        to = ("--format=custom", f"--snapshot={snapshot}", f"--file={into}")
        _run("pg_dump", major, *to, f"--dbname={_address(client)}")
        _run("pg_restore", major, "--file=/dev/null", str(into))  # it can be read to its end
        return held.read(client, "postgresql")


def read() -> Held:
    """Return what the database holds."""
    with _client() as client:
        return held.read(client, "postgresql")


def check_empty() -> None:
    """Raise Stopped unless the configured database is empty."""
    with _client() as client:
        (relations,) = client.execute(_RELATIONS).fetchone() or (0,)
    if relations:
        name = connection.settings_dict["NAME"]
        raise Stopped(
            f"The database {name} isn't empty: it has {relations} tables and sequences. Create an"
            " empty one (CREATE DATABASE … TEMPLATE template0) and name it in DATABASE_URL."
        )


def check_takes(server_then: str) -> None:
    """Raise Stopped when the backup is of a newer PostgreSQL than the server. Finds pg_restore."""
    now = server()
    if int(server_then) > int(now):
        raise Stopped(f"The backup is of PostgreSQL {server_then}, and the server is {now}.")
    programs.find("pg_restore", int(now))


def fill(file: Path) -> None:
    """Fill the configured database, which is empty, with the backup: all or nothing."""
    with _client() as client:
        major, address = _major(client), _address(client)
    one = ("--single-transaction", "--no-owner", f"--dbname={address}")
    _run("pg_restore", major, *one, str(file))


def _run(name: str, major: int, *arguments: str) -> None:
    password = str(connection.settings_dict["PASSWORD"])
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    command = [str(programs.find(name, major)), *arguments]
    done = subprocess.run(  # noqa: S603  a program of PostgreSQL's
        command, env=environment, check=False, stdin=subprocess.DEVNULL, capture_output=True
    )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise Stopped("\n".join([f"{name} failed:", *lines[-LAST_LINES:]]))


def _address(client: "psycopg.Connection[tuple[Any, ...]]") -> str:
    """Return for libpq where we are connected, of several hosts too.

    Without passwords, since others see a command line.
    """
    parameters = connection.get_connection_params()
    words = {key: parameters[key] for key in _LIBPQ & parameters.keys()}
    words |= {"host": client.info.host, "port": client.info.port}
    if "hostaddr" in words:
        words["hostaddr"] = client.info.hostaddr
    return make_conninfo(**words)


@contextmanager
def _client() -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    connection.close()
    try:
        with psycopg.connect(**connection.get_connection_params()) as client:
            client.execute("SET statement_timeout = 0")
            client.execute("SET idle_in_transaction_session_timeout = 0")
            client.commit()
            yield client
            client.rollback()
    except psycopg.Error as error:
        raise Stopped(f"PostgreSQL: {str(error).strip()}") from error


def _major(client: "psycopg.Connection[tuple[Any, ...]]") -> int:
    return client.info.server_version // 10_000
