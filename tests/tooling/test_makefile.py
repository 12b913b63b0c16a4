"""What make promises: every outcome counts, and a missing tool is named in one line."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The environment these tests run in must not be made anew underneath them.
KEPT = (".venv/synced-run", ".venv/synced-dev", "befreg_reserv/locale/sv/LC_MESSAGES/django.mo")
TOOLS = {"ruff", "djlint", "mypy", "lint-imports", "python"}


def make(*words: str) -> "subprocess.CompletedProcess[str]":
    kept = [word for name in KEPT for word in ("--assume-old", name)]
    # Flags of the make that started the tests are not for this one.
    environment = {key: value for key, value in os.environ.items() if "MAKE" not in key}
    return subprocess.run(
        ["make", "--no-print-directory", *kept, *words],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("succeeds_when", "failed"),
    [
        ('[ -z "$DATABASE_URL" ]', "Tests failed on: PostgreSQL"),
        ('[ -n "$DATABASE_URL" ]', "Tests failed on: SQLite"),
        ("false", "Tests failed on: SQLite PostgreSQL"),
    ],
)
def test_both_databases_are_tested_and_count(
    tmp_path: Path, succeeds_when: str, failed: str
) -> None:
    pytest_stub = script(tmp_path / "pytest", succeeds_when)
    made = make("test", f"PYTEST={pytest_stub}")
    assert made.returncode == 2
    assert failed in made.stderr.splitlines()


def test_sqlite_is_tested_whatever_the_shell_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://production.example/befreg")
    stub = script(tmp_path / "pytest", '[ -z "$DATABASE_URL" ]')
    assert make("test-sqlite", f"PYTEST={stub}").returncode == 0


@pytest.mark.parametrize("failing", sorted(TOOLS))
def test_every_check_runs_although_one_fails(tmp_path: Path, failing: str) -> None:
    for tool in TOOLS:
        log = f'echo "{tool}" >>{tmp_path}/log'
        script(tmp_path / tool, f"{log}; exit 1" if tool == failing else log)
    made = make("check", f"BIN={tmp_path}", "UV=true")
    assert made.returncode == 2
    assert set((tmp_path / "log").read_text(encoding="utf-8").split()) == TOOLS


def test_an_old_python_is_refused_in_one_line(tmp_path: Path) -> None:
    old = script(tmp_path / "python3.9", "exit 1")
    stamp = tmp_path / "uv"
    made = make(f"UV_STAMP={stamp}", f"PYTHON={old}", str(stamp))
    assert made.returncode == 2
    assert made.stderr.startswith("This needs Python 3.11 or later")
