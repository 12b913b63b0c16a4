"""What the tests want of the system, and what happens where it is missing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.browser import chromium
from tests.tooling import programs, wanted

OTHERS = "libatomic1 nginx poppler-utils postgresql systemd util-linux zbar-tools"
ALL = f"chromium-headless-shell {OTHERS}"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH with nothing on it, no library, no PostgreSQL: there is only what is put there."""
    for name in ("CHROMIUM", "CI", "PG_BINDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(wanted, "SBIN", str(tmp_path))
    monkeypatch.setattr(wanted, "LIBRARY", "libno-such-library.so.1")
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    monkeypatch.setattr(postgres, "WHEEL", "no_such_package")
    return tmp_path


def put(folder: Path, name: str, text: str = "") -> None:
    program = folder / name
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


@pytest.fixture
def apt(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be root, with an apt-get that writes down what it was asked."""
    put(bare, "apt-get", f'#!/bin/sh\necho "$@" >>{bare}/calls\n')
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return bare


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_all_that_is_missing_is_named_in_one_line_to_paste(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, ci: str, code: int
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert wanted.ensure() == code
    (line,) = capsys.readouterr().err.splitlines()
    wanted_line = f"apt-get update && apt-get install --yes --no-install-recommends {ALL}"
    assert line.partition("  #")[0] == wanted_line
    assert subprocess.run(["/bin/sh", "-n", "-c", line], check=False).returncode == 0


def test_what_is_there_is_not_named(bare: Path) -> None:
    put(bare, "chromium")
    put(bare, "zbarimg")
    others = ["libatomic1", "nginx", "poppler-utils", "postgresql", "systemd", "util-linux"]
    assert wanted.packages() == others


def test_it_is_named_before_anything_is_installed() -> None:
    bare_python = [sys.executable, "-S", "-m", "tests.tooling.wanted"]
    assert subprocess.run(bare_python, check=False).returncode == 0


def test_root_installs_it_all_at_once_but_the_browser_that_not_all_have(apt: Path) -> None:
    wanted.ensure()
    install = "install --yes --no-install-recommends"
    assert calls(apt) == [
        "--quiet update",
        f"{install} {OTHERS}",
        f"{install} chromium-headless-shell",
        f"{install} chromium",
    ]


def test_the_shell_is_added_to_another_browser_but_not_to_a_chosen_one(
    apt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(apt, "chromium")
    monkeypatch.setattr(wanted, "packages", list)
    wanted.ensure()
    assert calls(apt)[1:] == ["install --yes --no-install-recommends chromium-headless-shell"]
    monkeypatch.setenv("CHROMIUM", "chromium")
    wanted.ensure()
    assert len(calls(apt)) == 2


def test_nothing_is_installed_twice(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(apt, chromium.SHELL)
    monkeypatch.setattr(wanted, "packages", list)
    assert wanted.ensure() == 0
    assert not (apt / "calls").exists()


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail), ("", pytest.skip)])
def test_only_ci_fails_a_test_that_wants_them(
    bare: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: Any
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(
        outcome.Exception, match="nginx poppler-utils systemd util-linux zbar-tools"
    ):
        programs.skip_without()
