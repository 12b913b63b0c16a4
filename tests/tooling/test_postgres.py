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


class Seen:
    """What was seen of a cluster while it ran."""

    def __init__(self, url: str) -> None:
        self.folder = folder_of(url)
        self.existed = self.folder.exists()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE mine ()")
            self.fsync = connection.execute("SHOW fsync").fetchone()


@pytest.fixture(scope="module")
def two() -> dict[bool, Seen]:
    """What was seen of two clusters side by side, by whether they have ``fsync``."""
    with (
        postgres.throwaway_cluster(fsync=True) as one,
        postgres.throwaway_cluster(fsync=False) as other,
    ):
        return {True: Seen(one), False: Seen(other)}


@pytest.mark.parametrize("fsync", [True, False])
def test_a_cluster_serves_and_goes(two: dict[bool, Seen], *, fsync: bool) -> None:
    assert two[fsync].existed
    assert two[fsync].fsync == ("on" if fsync else "off",)
    assert not two[fsync].folder.exists()


def test_two_clusters_do_not_meet(two: dict[bool, Seen]) -> None:
    one, other = two.values()  # each has a table of the same name
    assert one.folder != other.folder


@pytest.fixture(scope="module")
def ended() -> "subprocess.CompletedProcess[str]":
    """A command that shows its cluster's address and ends with 7."""
    command = [*RUN, "sh", "-c", 'echo "$DATABASE_URL"; exit 7']
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)


def test_passes_on_how_the_command_ended(ended: "subprocess.CompletedProcess[str]") -> None:
    assert ended.returncode == 7


def test_passes_on_that_it_was_killed() -> None:
    assert subprocess.run([*RUN, "sh", "-c", "kill -9 $$"], check=False).returncode == 128 + 9


def test_the_cluster_is_gone_after_the_command(
    ended: "subprocess.CompletedProcess[str]",
) -> None:
    assert ended.stdout.startswith("postgres://")
    assert not folder_of(ended.stdout).exists()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_behind(signum: signal.Signals) -> None:
    command = [*RUN, "sh", "-c", 'echo "$DATABASE_URL $$"; read for_ever']
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        url, pid = running.stdout.readline().split()
        running.send_signal(signum)
        if signum == signal.SIGINT:  # a terminal sends it to the command too, which ends by itself
            running.stdin.close()
        assert running.wait() == 128 + signum
    assert not folder_of(url).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
