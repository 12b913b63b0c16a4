"""The throwaway PostgreSQL: where its programs come from, and that nothing of it is left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import postgres

RUN = [sys.executable, "-m", "tests.postgres", "--"]
SHOW_URL = [sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'], flush=True)"]


def make_programs(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in postgres.PROGRAMS:
        (folder / name).touch(mode=0o755)
    return folder


def folder_of(url: str) -> Path:
    return Path(url.strip().partition("host=")[2])


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PG_BINDIR", raising=False)
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    monkeypatch.setattr(postgres, "WHEEL", "no_such_package")


def test_pg_bindir_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen = make_programs(tmp_path / "bin")
    monkeypatch.setenv("PG_BINDIR", str(chosen))
    assert postgres.bindir() == chosen


def test_a_wrong_pg_bindir_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    with pytest.raises(postgres.Unavailable, match="PG_BINDIR"):
        postgres.bindir()


@pytest.mark.usefixtures("no_programs")
def test_takes_the_newest_complete_version(tmp_path: Path) -> None:
    for version in ("9", "15"):
        make_programs(tmp_path / version / "bin")
    (tmp_path / "17" / "bin").mkdir(parents=True)
    assert postgres.bindir() == tmp_path / "15" / "bin"


@pytest.mark.usefixtures("no_programs")
def test_finds_the_wheel_without_running_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "wheel"
    programs = make_programs(package / "pginstall" / "bin")
    (package / "__init__.py").write_text("raise SystemExit", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(postgres, "WHEEL", "wheel")
    assert postgres.bindir() == programs


@pytest.mark.usefixtures("no_programs")
def test_says_in_one_line_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    assert postgres.main(["--which"]) == 1
    assert capsys.readouterr().err == f"{postgres.HINT}\n"


@pytest.mark.usefixtures("no_programs")
def test_programs_that_do_not_start_leave_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(make_programs(tmp_path / "bin")))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(postgres.Unavailable), postgres.throwaway_cluster():
        pass
    assert list(tmp_path.glob("befreg-pg-*")) == []


@pytest.mark.parametrize("fsync", [True, False])
def test_a_cluster_serves_and_goes(*, fsync: bool) -> None:
    with postgres.throwaway_cluster(fsync=fsync) as url:
        with psycopg.connect(url) as connection:
            row = connection.execute("SHOW fsync").fetchone()
        assert folder_of(url).exists()
    assert row == ("on" if fsync else "off",)
    assert not folder_of(url).exists()


def test_two_clusters_do_not_meet() -> None:
    with postgres.throwaway_cluster() as one, postgres.throwaway_cluster() as other:
        assert folder_of(one) != folder_of(other)
        for url in (one, other):
            with psycopg.connect(url) as connection:
                connection.execute("CREATE TABLE mine ()")


@pytest.mark.parametrize(("end", "code"), [("exit 7", 7), ("kill -9 $$", 128 + 9)])
def test_passes_on_how_the_command_ended(end: str, code: int) -> None:
    ended = subprocess.run([*RUN, "sh", "-c", end], check=False)
    assert ended.returncode == code


def test_the_cluster_is_gone_after_the_command() -> None:
    shown = subprocess.run([*RUN, *SHOW_URL], check=True, capture_output=True, text=True)
    assert shown.stdout.startswith("postgres://")
    assert not folder_of(shown.stdout).exists()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_behind(signum: signal.Signals) -> None:
    command = [*RUN, "sh", "-c", 'echo "$DATABASE_URL $$"; exec sleep 2']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        url, pid = running.stdout.readline().split()
        running.send_signal(signum)
        assert running.wait() == 128 + signum
    assert not folder_of(url).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
