"""A journal that has grown goes on in the next file, and all it knew is known."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from custody.journal import chain
from custody.journal.bounded import Unusable
from tests.custody.journal.test_journal import WRITER, add, names, write_at_once

pytestmark = pytest.mark.one_database("files")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(chain, "LARGE_BYTES", 200)
    return tmp_path / "kept" / "custody.jsonl"


def files(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def test_it_begins_with_the_last_line_of_the_one_before(path: Path) -> None:
    for name in "abcdefgh":
        add(path, name)
    assert files(path)[:2] == ["custody.0001.jsonl", "custody.0002.jsonl"]
    assert "".join(dict.fromkeys(names(path))) == "abcdefgh"
    assert path.stat().st_size < 2 * chain.LARGE_BYTES
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_next_file_it_grows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "_is_large", lambda *_: False)
    for name in "abcdefgh":
        add(path, name)
    assert path.stat().st_size > 2 * chain.LARGE_BYTES


@pytest.mark.parametrize("how", ["missing", "cut", "changed"])
def test_an_older_file_is_part_of_the_chain(path: Path, how: str) -> None:
    for name in "abcdefgh":
        add(path, name)
    older = path.with_name("custody.0001.jsonl")
    text = older.read_text()
    older.write_text(text.replace('"a"', '"x"') if how == "changed" else text[: len(text) // 2])
    if how == "missing":
        older.unlink()
    with pytest.raises(Unusable, match="is missing" if how == "missing" else "hash of the line"):
        names(path)


def test_on_a_disk_without_links_it_grows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    for name in "abcdefgh":
        add(path, name)
    assert (files(path), "".join(names(path))) == (["custody.jsonl"], "abcdefgh")


def test_those_who_write_meanwhile_lose_nothing(path: Path) -> None:
    small = WRITER.replace("for turn", "chain.LARGE_BYTES = 2000\nfor turn")
    write_at_once(path, small)
    turns = [line["turn"] for line in chain.read(path).lines if chain.AFTER not in line]
    assert sorted(turns) == sorted([*range(50)] * 3)
    assert len(files(path)) > 3
