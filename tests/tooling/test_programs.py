"""What reads the slip back, and what happens where it is missing."""

from pathlib import Path
from typing import Any

import pytest

from tests.tooling import programs


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH with nothing on it: what is put there is all there is."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def put(folder: Path, name: str, text: str = "") -> None:
    program = folder / name
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


def test_names_the_packages_of_what_is_missing(path: Path) -> None:
    put(path, "zbarimg")
    assert programs.hint() == "No pdftoppm, pdfinfo found: install poppler-utils as root."


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_only_ci_fails_without_them(
    path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, code: int
) -> None:
    monkeypatch.setenv("CI", ci)
    assert programs.ensure() == code


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail), ("", pytest.skip)])
def test_only_ci_fails_a_test_that_wants_them(
    path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: Any
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome.Exception, match="install poppler-utils and zbar-tools"):
        programs.skip_without()


def test_root_installs_them_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(path, "apt-get", f'#!/bin/sh\necho "$@" >>{path}/calls\n')
    monkeypatch.setattr("os.geteuid", lambda: 0)
    programs.ensure()
    assert (path / "calls").read_text(encoding="utf-8").splitlines() == [
        "--quiet update",
        "--quiet install --yes --no-install-recommends poppler-utils zbar-tools",
    ]


def test_nothing_is_installed_by_others_or_twice(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, "apt-get", f'#!/bin/sh\necho "$@" >>{path}/calls\n')
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    programs.ensure()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    for name in programs.PACKAGES:
        put(path, name)
    assert programs.ensure() == 0
    assert not (path / "calls").exists()
