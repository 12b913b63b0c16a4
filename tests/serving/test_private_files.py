"""SQLite's files: closed to others, and copied so that no acknowledged handout is lost."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from befreg_reserv.environment import databases, env


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def written(path: Path) -> sqlite3.Connection:
    """Return a connection that has just been told that its row is kept; its log lies beside."""
    server = sqlite3.connect(path, isolation_level=None)
    server.execute("PRAGMA journal_mode=WAL")
    server.execute("CREATE TABLE handout (number)")
    server.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    server.execute("INSERT INTO handout VALUES ('K007')")
    return server


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(copy.execute("SELECT count(*) FROM handout").fetchone()[0])


def test_a_new_file_and_those_beside_it_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "befreg.sqlite3"
    databases.at(f"sqlite:///{path}", settings.PATIENCE)
    with closing(written(path)):
        assert {rights(file) for file in tmp_path.iterdir()} == {0o600}
        assert len(list(tmp_path.iterdir())) == 3


def test_what_was_open_to_others_is_closed_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "befreg.sqlite3"
    with closing(written(path)):
        for file in tmp_path.iterdir():
            file.chmod(0o644)
        databases.at(f"sqlite:///{path}", settings.PATIENCE)
        assert {rights(file) for file in tmp_path.iterdir()} == {0o600}


def test_an_address_that_is_read_again_ends_no_lock_of_the_process(tmp_path: Path) -> None:
    path = tmp_path / "befreg.sqlite3"
    look = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM handout')"
    with closing(written(path)):
        databases.at(f"sqlite:///{path}", settings.PATIENCE)
        subprocess.run([sys.executable, "-c", look, path], check=True)
        assert path.with_name(f"{path.name}-wal").exists(), "its log was thrown away"


@pytest.mark.parametrize("name", [":memory:", "file:x?mode=ro", "no/such/folder/befreg.sqlite3"])
def test_what_is_no_file_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    databases.at(f"sqlite:///{name}", settings.PATIENCE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["VACUUM INTO", ".backup"])
def test_the_documented_copies_have_what_was_acknowledged(tmp_path: Path, how: str) -> None:
    copy = tmp_path / "copy"
    with (
        closing(written(tmp_path / "befreg.sqlite3")) as server,
        closing(sqlite3.connect(tmp_path / "befreg.sqlite3")) as other,
    ):
        if how == "VACUUM INTO":
            other.execute("VACUUM INTO ?", [str(copy)])
        else:
            with closing(sqlite3.connect(copy)) as target:
                other.backup(target)
        assert server.execute("SELECT count(*) FROM handout").fetchone() == (1,)
    assert rows(copy) == 1


def test_a_plain_copy_of_the_file_loses_it(tmp_path: Path) -> None:
    with closing(written(tmp_path / "befreg.sqlite3")):
        shutil.copy(tmp_path / "befreg.sqlite3", tmp_path / "copy")
    assert rows(tmp_path / "copy") == 0


def test_the_journal_lies_beside_the_file_under_a_name_of_its_own(tmp_path: Path) -> None:
    chosen = databases.at(f"sqlite:///{tmp_path}/befreg.sqlite3", settings.PATIENCE)
    place = databases.beside(chosen, "custody.jsonl", otherwise=tmp_path / "var")
    assert place == tmp_path / "befreg-custody.jsonl"
    chosen = databases.at("postgres://befreg@/befreg", settings.PATIENCE)
    assert (
        databases.beside(chosen, "custody.jsonl", otherwise=tmp_path) == tmp_path / "custody.jsonl"
    )


def test_a_relative_place_for_the_journal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTODY_JOURNAL", "custody.jsonl")
    with pytest.raises(ImproperlyConfigured, match="absolute"):
        env.path("CUSTODY_JOURNAL")
