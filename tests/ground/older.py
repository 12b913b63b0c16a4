"""A database of commit 04e4bf9, which kept rules that the code no longer named.

It was made there by that commit's own migrations and acts, and holds rows in every table: training
numbers and invented people. ``tests/data/04e4bf9`` has it as SQL, one dump for each database.
"""

import fcntl
import gzip
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User, Ward
from custody.calls.taking import CallDetails, PatientDetails
from custody.models import Handout
from outage.models import Outage
from tests import scenes

DUMPS = scenes.SHARED_DATA / "04e4bf9"


@contextmanager
def database(folder: Path) -> Iterator[None]:
    """Connect to a new database of that commit; afterwards to the former one again."""
    with _copy_of(_as_it_was()) as name, connected(name, folder):
        yield


@contextmanager
def upgraded(folder: Path, of_run: Path) -> Iterator[None]:
    """Connect to a new database that `migrate` has brought from that commit to this one.

    ``of_run``: a folder that all processes of the run share.
    """
    with _copy_of(_as_it_is_now(of_run).name) as name, connected(name, folder):
        yield


def tried_meanwhile(of_run: Path) -> Counter[str]:
    """Return what came of another client's tries to delete history while it was upgraded."""
    return Counter(_as_it_is_now(of_run).tried)


@contextmanager
def empty(folder: Path) -> Iterator[None]:
    """Connect to a new database without a table; the journal is that of ``folder``."""
    name = _new_name()
    if connection.vendor == "postgresql":
        _administer(f'CREATE DATABASE "{name}" TEMPLATE template0')
    with connected(name, folder):
        yield
    _remove(name)


@contextmanager
def connected(name: str, folder: Path) -> Iterator[None]:
    """Connect to the database of this name, with a journal in ``folder``; then back again."""
    with pytest.MonkeyPatch.context() as patch:
        _disconnect()
        patch.setitem(connection.settings_dict, "NAME", name)
        patch.setattr(settings, "CUSTODY_JOURNAL", folder / "custody.jsonl")
        try:
            yield
        finally:
            _disconnect()


def _disconnect() -> None:
    ContentType.objects.clear_cache()
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def _dump() -> str:
    return gzip.decompress((DUMPS / f"{connection.vendor}.sql.gz").read_bytes()).decode()


@cache
def _as_it_was() -> str:
    """Load the dump, once in each process; return the name of its database."""
    name = _new_name()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(name)) as client:
            client.executescript(_dump())
    else:
        _administer(f'CREATE DATABASE "{name}" TEMPLATE template0')
        with psycopg.connect(**_unbounded(name)) as client:
            client.execute(_dump())
    return name


class Upgraded(NamedTuple):
    """A database that was upgraded, and what a client that deletes met with meanwhile."""

    name: str
    tried: dict[str, int]


@cache
def _as_it_is_now(of_run: Path) -> Upgraded:
    """Upgrade a copy of it, once in each run, since that takes seconds."""
    done = of_run / "older.json"
    with (of_run / "older.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            # A file of a process would go with it.
            kept = of_run / "older.sqlite3" if connection.vendor == "sqlite" else _new_name()
            name = _copied(_as_it_was(), str(kept))
            with connected(name, of_run), a_client_that_deletes() as tried:
                call_command("migrate", verbosity=0)
            done.write_text(json.dumps(Upgraded(name, tried)), encoding="utf-8")
    return Upgraded(*json.loads(done.read_text(encoding="utf-8")))


@contextmanager
def _copy_of(name: str) -> Iterator[str]:
    copy = _copied(name, _new_name())
    yield copy
    _remove(copy)


def _remove(name: str) -> None:
    if connection.vendor == "sqlite":
        Path(name).unlink(missing_ok=True)
    else:
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def _copied(name: str, copy: str) -> str:
    if connection.vendor == "sqlite":
        shutil.copyfile(name, copy)
    else:
        _administer(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    return copy


def _new_name() -> str:
    name = f"older_{uuid4().hex}"  # the test processes share a server
    if connection.vendor == "sqlite":
        return str(Path(connection.settings_dict["NAME"]).with_name(name))
    return name


def _administer(statement: str) -> None:
    with psycopg.connect(**_unbounded("postgres"), autocommit=True) as administrator:
        administrator.execute(statement)


def _unbounded(name: str) -> dict[str, Any]:
    """Return how to connect to a database of this name, where a statement takes what it takes.

    A busy machine needs longer to copy, load or drop one than a request may wait.
    """
    return connection.get_connection_params() | {"dbname": name, "options": ""}


@contextmanager
def another_client() -> Iterator[sqlite3.Connection | psycopg.Connection]:
    """Open a second connection to the same database; it waits for no lock, and commits at once."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(str(connection.settings_dict["NAME"]), 0)) as client:
            client.isolation_level = None
            yield client
        return
    with psycopg.connect(**connection.get_connection_params()) as client:
        client.autocommit = True
        client.execute("SET lock_timeout = '2ms'")
        yield client


@contextmanager
def a_client_that_deletes() -> Iterator[Counter[str]]:
    """Try to delete a sign-off from another: before each statement of this one, and at the end.

    Yields what came of it: "refused", "locked" or "deleted", and how often.
    """
    seen: Counter[str] = Counter()
    with another_client() as client:

        def delete() -> None:
            try:
                gone = client.execute("DELETE FROM custody_signoff").rowcount
                seen["deleted" if gone else "none left"] += 1
            except (sqlite3.IntegrityError, psycopg.errors.IntegrityError):
                seen["refused"] += 1
            except (sqlite3.OperationalError, psycopg.errors.LockNotAvailable) as error:
                seen["locked" if "lock" in str(error) else str(error)] += 1

        def watch(execute: Callable[..., Any], *statement: Any) -> Any:
            delete()
            return execute(*statement)

        with connection.execute_wrapper(watch):
            yield seen
        delete()


def hand_out() -> Handout:
    """Hand out a number in the drill that goes on there."""
    drill = Outage.objects.get(ended_at=None)
    ward = Ward.objects.get(name="IVA")
    man = (PatientDetails("M"),)
    call = CallDetails(man, "wilma", ward, "2102", uuid4(), outage_id=drill.pk, drill=True)
    event = Event.now(User.objects.get(username="tilda"), timezone.now())
    return scenes.hand_out(call, event)
