"""`manage.py backup`: whole or not there, closed to others, one at a time."""

import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from befreg_reserv.backups import last, manifest, programs, shelf, taking
from befreg_reserv.backups.models import LastBackup
from befreg_reserv.backups.stopped import Stopped
from tests.backups.test_restore import back_up, refused, run
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground import emptying
from tests.pages import text_of

committed = pytest.mark.django_db(transaction=True)
MIB = 1024 * 1024


def lying(folder: Path) -> list[str]:
    """Return what lies in the folder, but for the lock."""
    return sorted(path.name for path in folder.iterdir() if path.name != shelf.LOCK)


@committed
def test_it_says_what_it_holds_and_is_closed_to_others(tmp_path: Path) -> None:
    folder = back_up(tmp_path)
    found = manifest.read(folder)
    rows = {table: count for table, (count, _last) in found.tables.items() if count}
    assert emptying.rows() == rows | {"backups_lastbackup": 1}  # written after it
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}
    assert sorted(modes.values()) == [0o600, 0o600, 0o700]
    assert manifest.check_file(found, folder).stat().st_size == found.bytes
    assert (found.version, found.vendor) == (manifest.version(), connection.vendor)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file become larger, as on a full disk."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


@committed
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with files_of_at_most(8192):
        assert "No backup was taken" in refused("backup", tmp_path)
    assert lying(tmp_path) == []
    assert LastBackup.objects.count() == 0


@committed
def test_it_does_not_begin_to_fill_the_tills_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "SPARE_BYTES", 2**60)
    assert "The disk is almost full" in refused("backup", tmp_path)
    assert lying(tmp_path) == []


@pytest.mark.django_db
def test_a_folder_that_is_missing_isnt_made(tmp_path: Path) -> None:
    assert "Make it, or mount its disk" in refused("backup", tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


@pytest.mark.django_db
def test_a_folder_that_cant_be_written_is_named() -> None:
    assert "/proc/self" in refused("backup", "/proc/self")


@pytest.mark.django_db
def test_two_at_once(tmp_path: Path) -> None:
    with shelf.locked(tmp_path):
        assert "Another backup is being taken" in refused("backup", tmp_path)


def test_what_an_interrupted_one_left_goes(tmp_path: Path) -> None:
    (tmp_path / f"{shelf.UNFINISHED}x").mkdir()
    (tmp_path / f"{shelf.UNFINISHED}x" / "half").touch()
    with shelf.locked(tmp_path):
        assert lying(tmp_path) == []


def test_one_that_is_killed_leaves_no_backup(tmp_path: Path) -> None:
    script = (
        "import os, signal; from pathlib import Path; from datetime import datetime, UTC\n"
        "from befreg_reserv.backups import shelf\n"
        f"with shelf.new(Path({str(tmp_path)!r}), datetime.now(UTC)) as folder:\n"
        "    (folder / 'half').touch(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], check=False, cwd=settings.BASE_DIR)
    assert len(lying(tmp_path)) == 1
    assert shelf.backups(tmp_path) == {}


# --- old ones ---------------------------------------------------------------------------------


@committed
def test_old_ones_are_thinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BACKUP_KEEP", (1, 2, 1))
    times = [datetime(2026, 3, day, hour, tzinfo=UTC) for day in (1, 2) for hour in (1, 2)]
    for at in [*times, datetime(2999, 1, 1, tzinfo=UTC)]:
        with shelf.new(tmp_path, at):
            pass
    (tmp_path / "notes").mkdir()
    assert run("backup", tmp_path).count("Taken away by the rule") == 4
    assert len(shelf.backups(tmp_path)) == 2  # this one stays though another is of the future
    assert (tmp_path / "notes").exists()


# --- PostgreSQL's programs --------------------------------------------------------------------


@pytest.fixture
def of_version_9(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a pg_dump of an old version, in the folder that PG_BINDIR names."""
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
    program.chmod(0o700)
    monkeypatch.setattr(settings, "PG_BINDIR", tmp_path)
    return program


def test_a_program_of_the_servers_version_is_taken(of_version_9: Path) -> None:
    assert programs.find("pg_dump", 9) == of_version_9


def test_one_of_another_version_is_refused_by_name(of_version_9: Path) -> None:
    with pytest.raises(Stopped, match=r"no pg_dump of that version.*pg_dump is of version 9"):
        programs.find("pg_dump", 15)


# --- what the overview says -------------------------------------------------------------------


def overview(cast: Cast, sign_in: SignIn) -> str:
    client: Client = sign_in(cast.adele)
    return text_of(client.get("/binder/overview/"))


def test_before_the_first_the_overview_asks_for_one(cast: Cast, sign_in: SignIn) -> None:
    assert "Ingen säkerhetskopia har tagits" in overview(cast, sign_in)


def test_it_tells_the_last_and_says_when_it_is_too_old(cast: Cast, sign_in: SignIn) -> None:
    last.note(timezone.now() - timedelta(hours=25))
    assert "Den senaste säkerhetskopian togs" in overview(cast, sign_in)
    assert "för gammal" not in overview(cast, sign_in)
    last.note(timezone.now() - timedelta(hours=27))
    assert "för gammal" in overview(cast, sign_in)


@pytest.mark.both_databases
def test_one_of_another_database_counts_for_nothing(cast: Cast, sign_in: SignIn) -> None:
    LastBackup.objects.create(vendor="oracle", taken_at=timezone.now())
    assert "Ingen säkerhetskopia har tagits" in overview(cast, sign_in)


def test_where_others_take_them_nothing_is_said(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BACKUP_OVERDUE_HOURS", 0)
    assert "äkerhetskopia" not in overview(cast, sign_in)
