"""Several journals, one of them on a share: what one knows is known, and none holds up a call."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection, transaction
from django.test import Client

from befreg_reserv import deadline
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.environment import env
from custody.checks import both_ways
from custody.handouts import closing
from custody.journal import bounded, chain, departures
from custody.journal.bounded import Unusable
from custody.models import LostHandout, Restoration
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.ground.patience import soon
from tests.ground.restoring import Backup
from tests.scenes import now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("files")]

# Whoever opens the file then waits until the kernel takes the lease away: 45 s. As a share does
# that gives no answer.
HOLDS = """
import fcntl, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = open(sys.argv[1], "r+b")
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.many_numbers(12), training=False)
    scenes.begin(cast.tilda)
    return cast


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "share" / "custody.jsonl"
    monkeypatch.setattr(settings, "CUSTODY_JOURNAL_COPIES", [path])
    return path


@pytest.fixture
def hanging(cast: Cast, share: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(bounded, "SECONDS", 0.6)
    scenes.handed_out(cast)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(share)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        yield share
        holder.terminate()
    bounded._late.clear()


def kinds(path: Path) -> list[str]:
    kept = chain.read(path)
    chain.verify(kept)
    return [line["kind"] for line in kept.lines]


def test_each_has_all(cast: Cast, share: Path) -> None:
    closing.void(scenes.handed_out(cast).pk, now(cast.adele), reason="not needed")
    assert kinds(share) == kinds(settings.CUSTODY_JOURNAL) == ["handed_out", "step"]


@pytest.mark.both_databases
@pytest.mark.parametrize("gone", [0, 1])
def test_either_knows_what_a_restored_backup_forgot(
    cast: Cast, share: Path, tmp_path: Path, gone: int
) -> None:
    backup = Backup(tmp_path)
    lost = scenes.handed_out(cast).number.value
    backup.restore()
    departures.paths()[gone].unlink()
    assert scenes.handed_out(cast).number.value != lost
    assert LostHandout.objects.get().number == lost


def test_one_that_could_not_be_written_catches_up(cast: Cast, share: Path) -> None:
    share.mkdir(parents=True)
    scenes.handed_out(cast)
    assert departures.trouble() == f"{share}: not a file"
    share.rmdir()
    assert departures.trouble() == ""
    assert kinds(share) == ["handed_out"]


def test_a_share_of_two_servers_has_both_servers_lines(
    cast: Cast, share: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for server in ("a", "b", "a"):
        monkeypatch.setattr(settings, "CUSTODY_JOURNAL", tmp_path / server)
        scenes.handed_out(cast)
    assert kinds(share) == ["handed_out"] * 3


def test_each_last_line_that_a_restore_answers_is_in_the_log(
    cast: Cast, share: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = Backup(tmp_path)
    scenes.handed_out(cast)
    (tmp_path / "out of reach").mkdir()
    monkeypatch.setattr(settings, "CUSTODY_JOURNAL_COPIES", [tmp_path / "out of reach"])
    scenes.handed_out(cast)
    monkeypatch.setattr(settings, "CUSTODY_JOURNAL_COPIES", [share])
    backup.restore()
    scenes.handed_out(cast)
    assert Restoration.objects.count() == 2
    assert LogEntry.objects.filter(act="restored").count() == 2
    assert [*both_ways.log_and_rows_agree()] == []


def test_one_that_hangs_holds_a_call_once_and_briefly(
    cast: Cast, hanging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Path] = []
    begin = bounded.Task.__init__

    def count(task: bounded.Task[Any], path: Path, *args: Any, **options: Any) -> None:
        tried.append(path)
        begin(task, path, *args, **options)

    monkeypatch.setattr(bounded.Task, "__init__", count)
    monkeypatch.setattr(bounded, "REST_SECONDS", 60.0)  # however slow the machine
    with soon():  # it hangs for 45 s
        for _ in range(3):
            scenes.handed_out(cast)
    assert tried.count(hanging) == 1
    assert kinds(settings.CUSTODY_JOURNAL) == ["handed_out"] * 4


def test_whose_own_time_is_over_waits_for_it_more_briefly(
    hanging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 60)
    with soon(), deadline.within(0), pytest.raises(Unusable, match="no answer"):
        chain.latest(hanging)


def test_what_was_committed_at_the_last_moment_is_written_all_the_same(cast: Cast) -> None:
    handout = scenes.handed_out(cast)
    with deadline.within(60), transaction.atomic():
        transaction.on_commit(partial(deadline.extend, -60))
        closing.void(handout.pk, now(cast.adele), reason="not needed")
    assert kinds(settings.CUSTODY_JOURNAL) == ["handed_out", "step"]


def test_a_database_that_is_gone_by_then_keeps_a_line_from_no_other_journal(
    cast: Cast, share: Path
) -> None:
    def gone(*_statement: object) -> None:
        raise OperationalError

    scenes.handed_out(cast)
    settings.CUSTODY_JOURNAL.unlink()  # so that all it lacks must be read
    with ExitStack() as stack, transaction.atomic():
        refuse = connection.execute_wrapper(gone)
        transaction.on_commit(partial(stack.enter_context, refuse))
        scenes.handed_out(cast)
    assert kinds(share) == ["handed_out", "handed_out"]


def test_ready_names_it(hanging: Path, client: Client) -> None:
    assert f"{hanging}: it gives no answer" in client.get("/ready").json()["failing"]["journal"]


def test_waited_for_without_a_bound_it_holds_the_call(hanging: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(["cat", hanging], timeout=2 * bounded.SECONDS, check=False)


@pytest.mark.parametrize("paths", ["share/custody.jsonl", "/a/b,/a/b"])
def test_paths_that_mean_nothing_are_refused(monkeypatch: pytest.MonkeyPatch, paths: str) -> None:
    monkeypatch.setenv("CUSTODY_JOURNAL_COPIES", paths)
    with pytest.raises(ImproperlyConfigured, match="CUSTODY_JOURNAL_COPIES"):
        env.paths("CUSTODY_JOURNAL_COPIES")
