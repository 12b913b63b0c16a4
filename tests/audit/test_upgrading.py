"""A SQLite database that is in use, with its triggers, takes the migrations that come after it."""

from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.ground import older

# The triggers of today look into tables that the next migrations make or remake.
BEFORE = ("custody", "0003")


def test_it_is_migrated_and_protected_again(tmp_path: Path, django_db_blocker: Any) -> None:
    out = StringIO()
    with django_db_blocker.unblock(), older.connected(str(tmp_path / "used.sqlite3"), tmp_path):
        call_command("migrate", *BEFORE, verbosity=0)
        call_command("migrate", verbosity=0)
        call_command("check_custody", stdout=out)
    assert "All well" in out.getvalue()
