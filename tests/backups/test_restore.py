"""A backup is put back for real, by the commands; then numbers are handed out again."""

import json
import sqlite3
import subprocess
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from befreg_reserv.audit import triggers
from befreg_reserv.backups import held, manifest, pg_archive, shelf
from befreg_reserv.backups.models import LastBackup
from befreg_reserv.backups.taking import KINDS
from custody.checks import readiness
from custody.models import LostHandout
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.ground import emptying, older


def run(command: str, *arguments: Any) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def refused(*command: Any) -> str:
    with pytest.raises(CommandError) as error:
        run(*command)
    return str(error.value)


def back_up(shelf_: Path) -> Path:
    """Take a backup; return its folder."""
    run("backup", shelf_)
    return shelf.backups(shelf_)[max(shelf.backups(shelf_))]


@pytest.fixture
def cast(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(settings, "CUSTODY_JOURNAL", tmp_path / "custody.jsonl")
    cast = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.many_numbers(12), training=False)
    scenes.begin(cast.tilda)
    scenes.handed_out(cast)
    return cast


def test_what_was_handed_out_during_the_backup_and_after_it_never_comes_back(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = []

    def read(*arguments: Any) -> held.Held:
        """Hand out a number before what the backup holds is counted."""
        lost.append(scenes.handed_out(cast).number.value)
        return whole(*arguments)

    whole = held.read
    with monkeypatch.context() as patch:
        patch.setattr(held, "read", read)
        folder = back_up(tmp_path)
    lost.append(scenes.handed_out(cast).number.value)
    with older.empty(tmp_path):
        said = run("restore", folder)
        assert "the journal knows and the database doesn't: 2" in said
        assert "All well" in said
        assert set(LostHandout.objects.values_list("number", flat=True)) == set(lost)
        assert scenes.handed_out(cast).number.value not in lost
        assert triggers.faults(connection) == []
        # In the backup itself stands the one before it: none.
        assert LastBackup.objects.get().taken_at == manifest.read(folder).taken_at


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_rows_of_every_kind_come_back(tmp_path: Path, folder_of_run: Path) -> None:
    with older.upgraded(tmp_path, folder_of_run):
        before = KINDS[connection.vendor].read()
        folder = back_up(tmp_path)
    with older.empty(tmp_path):
        assert "All well" in run("restore", folder)
        after = KINDS[connection.vendor].read()
    # Which backup it was, and how far this server's journal had come when it was restored.
    assert set(held.differing(before, after)) <= {"backups_lastbackup", "custody_journalmark"}


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_one_of_an_older_version_is_upgraded_after_it(tmp_path: Path) -> None:
    with older.database(tmp_path):
        folder = back_up(tmp_path)
    with older.empty(tmp_path):
        assert "run `manage.py migrate`" in run("restore", folder)
        run("migrate")
        assert readiness.journal() == ""
        assert "All well" in run("check_custody")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no file to copy")
def test_a_copy_of_the_file_would_lack_what_was_handed_out_last(cast: Cast, tmp_path: Path) -> None:
    file = Path(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(file)) as reader:  # as a server keeps the file open
        reader.execute("SELECT count(*) FROM custody_handout").fetchone()
        reader.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # none comes by itself in between
        pk = scenes.handed_out(cast).pk
        # By another process: to close the file in this one would end SQLite's locks on it, and
        # then nobody's view of the database is to be trusted.
        subprocess.run(["cp", file, tmp_path / "copy"], check=True)
        folder = back_up(tmp_path)
    assert not knows(tmp_path / "copy", pk)
    assert knows(folder / "befreg.sqlite3", pk)


def knows(file: Path, pk: int) -> bool:
    with closing(sqlite3.connect(file)) as client:
        assert client.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = client.execute("SELECT 1 FROM custody_handout WHERE id = ?", [pk]).fetchone()
    return found is not None


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's copy is counted itself")
def test_counted_at_another_moment_it_would_differ_from_its_manifest(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pg_archive._run

    def run_without(name: str, *arguments: Any) -> None:
        words = [word for word in arguments if not str(word).startswith("--snapshot")]
        if name == "pg_dump":
            scenes.handed_out(cast)
        whole(name, *words)

    with monkeypatch.context() as patch:
        patch.setattr(pg_archive, "_run", run_without)
        folder = back_up(tmp_path)
    with older.empty(tmp_path):
        assert "custody_handout" in refused("restore", folder)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="of SQLite's files")
def test_a_log_that_lies_there_without_its_database_is_left_alone(
    cast: Cast, tmp_path: Path
) -> None:
    folder = back_up(tmp_path)
    with older.empty(tmp_path):
        log = Path(f"{connection.settings_dict['NAME']}-wal")
        log.write_bytes(b"handouts")
        assert "lies there without its database" in refused("restore", folder)
        assert log.read_bytes() == b"handouts"
        log.unlink()


def test_a_database_with_tables_is_left_alone(cast: Cast, tmp_path: Path) -> None:
    folder = back_up(tmp_path)
    before = emptying.rows()
    assert "isn't empty" in refused("restore", folder)
    assert emptying.rows() == before


# --- a backup that isn't what it was; no database is asked ------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of something like a backup."""
    (tmp_path / "file").write_bytes(b"rows")
    manifest.Manifest(
        manifest.FORMAT, "0.1.0", connection.vendor, "15", scenes.LONG_AGO, "file", 4,
        manifest.sha256(tmp_path / "file"), ["custody.0001_initial"], {"a": (1, "1")},
    ).write(tmp_path)  # fmt: skip
    return tmp_path


def test_what_was_written_is_read(folder: Path) -> None:
    found = manifest.read(folder)
    assert manifest.check_file(found, folder).read_bytes() == b"rows"
    assert found.tables == {"a": (1, "1")}


@pytest.mark.parametrize("data", [b"rowz", b"row", b""])
def test_a_changed_file_is_refused(folder: Path, data: bytes) -> None:
    (folder / "file").write_bytes(data)
    assert "changed or cut short" in refused("restore", folder / "file")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "is of format 2"),
        ({"vendor": "oracle"}, "is a backup of oracle"),
        ({"migrations": ["custody.9999_later"]}, "doesn't know custody.9999_later"),
        ({"file": "../file"}, "was changed"),
        ({"tables": 3}, "was changed"),
        ({"taken_at": "yesterday"}, "was changed"),
        ({"more": 1}, "was changed"),
        ({"server": "new"}, "was changed"),
        ({"migrations": 3}, "was changed"),
        ({"bytes": "4"}, "was changed"),
    ],
)
def test_another_manifest_is_refused(folder: Path, change: dict[str, Any], words: str) -> None:
    path = folder / manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert words in refused("restore", folder)


@pytest.mark.parametrize("text", ["", "[1]", '{"format": 1}', '{"format"'])
def test_what_is_no_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / manifest.NAME).write_text(text)
    assert "was changed" in refused("restore", folder)


def test_a_folder_without_a_backup_is_refused(tmp_path: Path) -> None:
    assert "is no backup" in refused("restore", tmp_path)
