"""The roles of deploy/postgresql/database.sql, in the tests' own database.

Servers and other processes of the tests connect as the running role (``tests.served``), so that
what it may not do shows. The tests themselves are the superuser, who empties tables.
"""

import fcntl
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection

from befreg_reserv.backups import programs

SQL = Path(settings.BASE_DIR) / "deploy" / "postgresql" / "database.sql"
OWNER, RUNNING = "befreg_test_owner", "befreg_test"
MAJOR = 10_000  # PostgreSQL's version 150013 is 15.13
_given: set[str] = set()


def give(database: str, lock: Path) -> None:
    """Make the roles and the database, if they aren't there, and give each what it may do.

    Roles belong to all databases of a server: ``lock`` lets the test processes do it in turn.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        psql = programs.find("psql", cursor.fetchone()[0] // MAJOR)
    chosen = connection.get_connection_params()
    names = {"database": database, "owner": OWNER, "running": RUNNING}
    with lock.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        subprocess.run(
            [
                *(psql, "--no-psqlrc", "--quiet", "--username", chosen["user"]),
                *("--host", chosen["host"], "--dbname", "postgres", "--file", SQL),
                *(f"--set={name}={value}" for name, value in names.items()),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    _given.add(database)


def running_as() -> str:
    """Return whom a process beside the test connects as: the running role, where it has rights."""
    chosen = connection.settings_dict
    return RUNNING if chosen["NAME"] in _given else str(chosen["USER"])
