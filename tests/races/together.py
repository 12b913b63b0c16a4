"""Several acts at the same moment, each in a thread of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Barrier
from typing import ParamSpec, TypeVar

from django.db import connection, connections

from befreg_reserv.acts.act import Done
from tests.ground.patience import until
from tests.races.processes.job import PATIENCE_SECONDS

WAITS_FOR_ME = """
    SELECT EXISTS (SELECT FROM pg_locks
                   WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))
"""
P = ParamSpec("P")
Result = TypeVar("Result")
Act = Callable[[], Result]


def together(
    acts: list[Act[Result]],
    surroundings: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> list[Result]:
    """Release the acts together; return their results in their order, or raise what one raised.

    Each thread enters its ``surroundings`` before the release.
    """
    barrier = Barrier(len(acts), timeout=PATIENCE_SECONDS)

    def released(act: Act[Result]) -> Result:
        with surroundings():
            barrier.wait()
            return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(released, acts))


def race(*acts: Act[Result]) -> list[Result | Exception]:
    """Release acts on the database together; return what each of them returned or raised.

    Each has its own connection, open beforehand. Six acts at most: the tests' pool has eight
    connections (tests/conftest.py), and two may be the test's own.
    """
    return together([_outcome(act) for act in acts], _connected)


def row_of(act: Callable[P, Done[Result]], *args: P.args, **options: P.kwargs) -> Act[Result]:
    """Return an act with its arguments, to be released; it returns the row that it wrote."""
    return lambda: act(*args, **options).row


@contextmanager
def patiently() -> Iterator[None]:
    """Wait for locks as long as the test does: for a long act, in a long queue, a busy machine."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_SECONDS * 1000}")
            yield  # the thread's connection ends with it
            return
        cursor.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
        try:
            yield
        finally:
            cursor.execute("RESET lock_timeout")  # others get this connection from the pool


def until_another_waits() -> None:
    """Within a transaction, wait until another one can't go on before this has ended.

    On SQLite that is so from the beginning: another transaction can't even begin. Raises
    AssertionError when none comes.
    """
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:

        def somebody_waits() -> bool:
            cursor.execute(WAITS_FOR_ME)
            return bool(cursor.fetchone()[0])

        until(somebody_waits, PATIENCE_SECONDS, otherwise="Nobody waits")


def _outcome(act: Act[Result]) -> Act[Result | Exception]:
    def outcome() -> Result | Exception:
        try:
            return act()
        except Exception as error:  # noqa: BLE001  the test says which are right
            return error

    return outcome


@contextmanager
def _connected() -> Iterator[None]:
    connection.ensure_connection()
    try:
        with patiently():
            yield
    finally:
        connections.close_all()
