"""One process of a run migrates its database; the others copy what it made, triggers included."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker


@contextmanager
def migrated_once(shared: Path, blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let Django make this process's test database as a copy, if another has migrated one.

    ``shared`` is a folder of all processes of the run.
    """
    creation: Any = connection.creation
    named = shared / "migrated.name"
    create, migrated_here = creation.create_test_db, False

    def create_or_copy(**options: Any) -> str:
        nonlocal migrated_here
        with _one_at_a_time(shared):
            if named.exists():
                return _copy(named.read_text(encoding="utf-8"), options["verbosity"])
            name = str(create(**options))
            named.write_text(_laid_aside(shared), encoding="utf-8")
            migrated_here = True
            return name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(creation, "create_test_db", create_or_copy)
        yield
    if migrated_here:
        with _one_at_a_time(shared), blocker.unblock():
            # A server that stays would keep it.
            creation._destroy_test_db(named.read_text(encoding="utf-8"), verbosity=0)
            named.unlink()


def _copy(source: str, verbosity: int) -> str:
    """Do what ``create_test_db`` does, but for the migrations: it would look at each of them."""
    creation: Any = connection.creation
    name = str(creation._get_test_db_name())
    if connection.vendor == "sqlite":
        shutil.copy(source, name)
    else:
        connection.settings_dict["TEST"]["TEMPLATE"] = source
        creation._create_test_db(verbosity, autoclobber=True)
    connection.close()
    settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    return name


def _laid_aside(shared: Path) -> str:
    """Copy this process's database for the others; return the copy's name."""
    if connection.vendor == "sqlite":
        copy = str(shared / "migrated.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [copy])
        return copy
    suffix = f"migrated_{uuid4().hex[:8]}"  # a test makes one beside its run's
    connection.creation.clone_test_db(suffix, verbosity=0)
    return str(connection.creation.get_test_db_clone_settings(suffix)["NAME"])


@contextmanager
def _one_at_a_time(shared: Path) -> Iterator[None]:
    with (shared / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
