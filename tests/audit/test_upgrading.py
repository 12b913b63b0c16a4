"""A SQLite database that is in use, with its triggers, takes the migrations that come after it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.served import ROOT

# The triggers of today look into tables that the next migrations make or remake.
BEFORE = ("custody", "0003")


@pytest.fixture
def manage(tmp_path: Path) -> Callable[..., str]:
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'used.sqlite3'}"}
    environment.pop("DATABASE_URL_FILE", None)

    def run(*args: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


def test_it_is_migrated_and_protected_again(manage: Callable[..., str]) -> None:
    manage("migrate", *BEFORE)
    manage("migrate")
    assert "All well" in manage("check_custody")
