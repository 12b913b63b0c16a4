"""`manage.py move`: every row of a SQLite file, under its own key, in PostgreSQL."""

import gzip
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection

from befreg_reserv.audit import triggers
from befreg_reserv.backups import held
from befreg_reserv.backups.taking import KINDS
from custody.models import Handout
from tests.backups.test_restore import refused
from tests.ground import older

JOURNAL = "from custody.journal import looks; looks.trouble()"
long = pytest.mark.long
committed = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="moves there alone")


def manage(url: str, *command: str) -> tuple[int, str]:
    """Run a command as people do; return its exit code and what it says."""
    journal = str(settings.CUSTODY_JOURNAL)
    environment = {**os.environ, "DATABASE_URL": url, "CUSTODY_JOURNAL": journal}
    program = [sys.executable, "manage.py", *command]
    run = subprocess.run(
        program, env=environment, cwd=settings.BASE_DIR, check=False, capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr


def here() -> str:
    """Return the address of the database that the test is connected to."""
    parts = {"dbname": "NAME", "host": "HOST", "user": "USER", "port": "PORT"}
    known = {key: str(connection.settings_dict[name]) for key, name in parts.items()}
    return "postgres:///?" + urlencode({key: value for key, value in known.items() if value})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite database of this version with rows of every kind."""
    file = tmp_path_factory.mktemp("sqlite") / "befreg.sqlite3"
    with closing(sqlite3.connect(file)) as client:
        client.executescript(gzip.decompress((older.DUMPS / "sqlite.sql.gz").read_bytes()).decode())
    assert manage(f"sqlite:///{file}", "migrate")[0] == 0
    return file


@pytest.fixture
def file(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    with closing(sqlite3.connect(whole)) as old, closing(sqlite3.connect(tmp_path / "file")) as new:
        old.backup(new)
    return tmp_path / "file"


@long
@committed
@on_postgresql
def test_every_row_arrives_and_numbers_are_handed_out(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as client:
        there = held.read(client, "sqlite")
    with older.empty(tmp_path):
        manage(f"sqlite:///{file}", "shell", "-c", JOURNAL)
        assert settings.CUSTODY_JOURNAL.exists()
        status, said = manage(here(), "move", str(file))
        assert (status, "all compared" in said, "All well" in said) == (0, True, True), said
        assert "knows nothing that the database doesn't" in said  # it is this installation's still
        assert held.differing(there, KINDS["postgresql"].read()) == []
        assert triggers.faults(connection) == []
        key = Handout.objects.latest("pk").pk
        assert older.hand_out().pk > key
        assert "isn't empty" in manage(here(), "move", str(file))[1]


@long
@committed
@on_postgresql
def test_a_row_that_does_not_fit_stops_it_and_nothing_is_there(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as client:
        client.execute("UPDATE people_ward SET telephone = printf('%.1000c', '1')")
        client.commit()
    with older.empty(tmp_path):
        status, said = manage(here(), "move", str(file))
        assert (status, "Nothing was moved" in said) == (1, True), said
        assert "Traceback" not in said
        assert triggers.faults(connection) == []
        assert not Handout.objects.exists()


@long
@committed
@on_postgresql
def test_what_is_wrong_with_the_file_is_said(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as client:
        client.execute("CREATE TABLE theirs (id integer)")
    with older.empty(tmp_path):
        assert "tables that aren't ours: theirs" in manage(here(), "move", str(file))[1]
        file.write_bytes(b"no database at all, but long enough to look like one" * 10)
        assert "file is not a database" in manage(here(), "move", str(file))[1]
        assert connection.introspection.table_names() == []


@on_postgresql
@pytest.mark.both_databases
def test_a_file_that_isnt_there(tmp_path: Path) -> None:
    assert "is no file" in refused("move", tmp_path / "gone")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="there it goes on")
def test_sqlite_is_no_place_to_move_to(tmp_path: Path) -> None:
    assert "names no PostgreSQL" in refused("move", tmp_path)
