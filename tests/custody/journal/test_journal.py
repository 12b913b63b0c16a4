"""The journal's file: a chain of lines, whole whatever happens to those who write it."""

import json
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custody.journal import bounded, chain
from custody.journal.bounded import Unusable
from custody.journal.chain import Journal, Line
from tests.served import ROOT

pytestmark = pytest.mark.one_database("files")

WRITER = """
import sys
from pathlib import Path
from custody.journal import chain
for turn in range(50):
    chain.append(Path(sys.argv[1]), lambda kept: [{"place": len(kept.lines), "turn": turn}])
"""
# A server looks at its journals before it forks its processes.
FORKS = """
import os, sys, threading
from pathlib import Path
from custody.journal import bounded
try:
    bounded.within(Path("share"), threading.Event().wait)
except bounded.Unusable:
    child = os.fork()
    if not child:
        bounded.within(Path("share"), lambda: None)
        os._exit(0)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "custody.jsonl"


def add(path: Path, *names: str) -> None:
    chain.append(path, lambda _kept: [{"name": name} for name in names])


def names(path: Path) -> list[str]:
    kept = chain.read(path)
    chain.verify(kept)
    return [line["name"] for line in kept.lines]


def test_the_file_is_made_on_first_use_and_closed_to_others(path: Path) -> None:
    add(path, "one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(path) == ["one"]


def test_each_line_has_the_hash_of_the_line_before(path: Path) -> None:
    add(path, "one")
    add(path, "två", "three")
    former = [line["former"] for line in chain.read(path).lines]
    assert former[0] == ""
    assert len({*former}) == 3
    assert former[2] != chain.latest(path).last_hash


def test_nothing_is_kept_before_the_first_use(path: Path) -> None:
    assert chain.read(path) == chain.latest(path) == Journal()
    chain.check(path)
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("before", "after"), [('"two"', '"too"'), ('{"former":""', '{"former":"0"')]
)
def test_a_changed_line_is_found(path: Path, before: str, after: str) -> None:
    add(path, "one", "two", "three")
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(Unusable, match="hash of the line before"):
        names(path)


def test_a_line_that_was_taken_out_is_found(path: Path) -> None:
    add(path, "one", "two", "three")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[2]]) + "\n")
    with pytest.raises(Unusable, match="line 2"):
        names(path)


@pytest.mark.parametrize("left", [1, 20, -1])
def test_a_torn_line_is_survived(path: Path, left: int) -> None:
    add(path, "one", "two")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"\n") + 1 + left] if left > 0 else whole[:left])
    add(path, "three")
    assert names(path) == (["one", "three"] if left > 0 else ["one", "two", "three"])


def test_the_latest_of_a_long_journal_are_read_without_the_others(path: Path) -> None:
    add(path, *(f"{each:0100}" for each in range(2000)))
    few, every = chain.latest(path), chain.read(path)
    assert (few.last, few.last_hash) == (every.last, every.last_hash)
    assert len(few.lines) < len(every.lines) == 2000


def write_at_once(path: Path, script: str) -> None:
    command = [sys.executable, "-c", script, str(path)]
    for writer in [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]:
        assert writer.wait(60) == 0


def test_writers_wait_for_each_other(path: Path) -> None:
    write_at_once(path, WRITER)
    kept = chain.read(path)
    chain.verify(kept)
    assert len(kept.lines) == 150


def test_without_waiting_they_break_the_chain(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(_kept: Journal) -> list[Line]:
        add(path, "two")
        return [{"name": "one"}]

    monkeypatch.setattr(chain, "_lock", lambda _descriptor: None)
    chain.append(path, meanwhile)
    with pytest.raises(Unusable, match="hash of the line before"):
        chain.verify(chain.read(path))


def test_a_journal_that_was_moved_away_is_begun_anew(path: Path) -> None:
    add(path, "one")
    path.rename(path.with_suffix(".old"))
    add(path, "two")
    assert names(path) == ["two"]


@pytest.fixture
def full(path: Path) -> Iterator[Path]:
    """A disk on which a few bytes more find room, and then none."""
    add(path, "one")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 10, before[1]))
    yield path
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_named_and_tears_no_chain(full: Path) -> None:
    with pytest.raises(Unusable, match="too large"):
        add(full, "two")
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    add(full, "three")
    assert names(full) == ["one", "three"]


def test_half_a_character_stops_nobody(path: Path) -> None:
    add(path, "one")
    with path.open("a") as file:
        file.write('{"former": "", "name": "\\ud800"}\n')
    assert chain.latest(path).last == {"former": "", "name": "\ud800"}


def test_who_gets_no_thread_leaves_the_file_to_others(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_arguments: Any, **_options: Any) -> None:
        raise Unusable

    def compose(_kept: Journal) -> list[Line]:
        patch.setattr(bounded, "Task", none_left)
        return [{"name": "one"}]

    with monkeypatch.context() as patch, pytest.raises(Unusable):
        chain.append(path, compose)
    add(path, "two")
    assert names(path) == ["two"]


def test_what_others_wrote_there_is_passed_over(path: Path) -> None:
    add(path, "one")
    with path.open("a") as file:
        file.write("[1]\n" + json.dumps({"name": "no line of ours"}) + "\n")
    add(path, "two")
    assert names(path) == ["one", "two"]


def test_lines_that_are_ready_are_added_in_one_go(path: Path) -> None:
    add(path, "one")
    chain.append(path, refuse, ready=lambda kept: [{"name": f"after {kept.lines[-1]['name']}"}])
    assert names(path) == ["one", "after one"]


def refuse(_kept: Journal) -> list[Line]:
    raise AssertionError("composed all the same")


def test_one_thread_after_the_other_is_used_again(path: Path) -> None:
    one, other = (bounded.within(path, threading.get_ident) for _ in range(2))
    assert one == other != threading.get_ident()


def test_what_hung_before_a_process_was_forked_is_tried_in_it() -> None:
    subprocess.run([sys.executable, "-c", FORKS], cwd=ROOT, check=True)
