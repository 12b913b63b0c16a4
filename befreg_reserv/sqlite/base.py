"""The backend's connection; Django requires this module's name."""

import time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, operations

from befreg_reserv import deadline
from befreg_reserv.sql.compiling import QuickOperations
from befreg_reserv.sqlite.schema import DatabaseSchemaEditor

_turn = Lock()
AT_ONCE = 0.05  # seconds that don't count as a wait
# How often a long statement looks at the clock, in steps of SQLite's machine: some milliseconds.
STEPS = 100_000


class NoTurn(OperationalError):
    """The turn or the lock didn't come in time: nothing was begun."""


class DatabaseOperations(QuickOperations, operations.DatabaseOperations):
    """Composes SQL quicker."""


def _identity(name: object) -> tuple[int, int] | None:
    """Return what tells a file from one that was put in its place; None without one."""
    try:
        found = Path(str(name)).stat()
    except OSError:  # none, or in memory
        return None
    return found.st_dev, found.st_ino


@cache
def _places(query: str) -> str:
    """Return a statement with the places of its values as SQLite writes them."""
    found: str = base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
    return found


class PreparedCursor(base.SQLiteCursorWrapper):
    """Finds the places in a statement's text once, where Django's own looks each time."""

    def convert_query(self, query: str, *, param_names: Any = None) -> str:
        """Return the statement as SQLite takes it."""
        return (
            super().convert_query(query, param_names=param_names) if param_names else _places(query)
        )


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread at a time waits for SQLite's lock; the others wait for that thread.

    SQLite's waiters don't queue, they only try again after a while. With eight of them, some waited
    for more than three seconds. All waits, and each statement, end with the request's time.
    """

    SchemaEditorClass = DatabaseSchemaEditor
    ops_class = DatabaseOperations
    _file: tuple[int, int] | None = None  # that it was opened on

    def prepared_cursor(self) -> Any:
        """Return a cursor for statements that are few. SQLite's own module keeps their plans."""
        with self.wrap_database_errors:
            self.ensure_connection()
            connection: Any = self.connection
            cursor = connection.cursor(factory=PreparedCursor)
        return self._prepare_cursor(cursor)  # type: ignore[attr-defined]  # the stubs leave it out

    def close_if_unusable_or_obsolete(self) -> None:
        """Close it between requests if its file isn't the database any more: restored, or moved.

        Also after a fault: one that was opened while nobody could write never writes again.
        """
        if self.connection is not None and not self.in_atomic_block and self._is_out_of_date():
            self.close()
        super().close_if_unusable_or_obsolete()

    def _is_out_of_date(self) -> bool:
        return self.errors_occurred or self._file != _identity(self.settings_dict["NAME"])

    def get_new_connection(self, conn_params: Any) -> Any:
        """Return a connection that ends a statement when the request's time is over."""
        name = self.settings_dict["NAME"]
        # Before it is opened: if another comes in its place at this moment, that is seen later.
        before = _identity(name)
        connection: Any = super().get_new_connection(conn_params)
        self._file = before or _identity(name)
        connection.set_progress_handler(deadline.over, STEPS)
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        """Begin; raise NoTurn if the turn and the lock don't come in time."""
        began, most = time.monotonic(), self._busy_timeout()
        mine = deadline.left(most)
        if not mine or not _turn.acquire(timeout=mine):
            raise NoTurn("database is locked")
        try:
            waited = time.monotonic() - began
            self._begin_within(mine - waited if waited > AT_ONCE else mine, most)
        finally:
            _turn.release()

    def _begin_within(self, left: float, most: float) -> None:
        if left == most:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
            return
        self._be_busy_for(left)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        finally:
            self._be_busy_for(most)

    def _busy_timeout(self) -> float:
        milliseconds = self._plain("PRAGMA busy_timeout").fetchone()[0]
        return float(milliseconds) / 1000

    def _be_busy_for(self, seconds: float) -> None:
        self._plain(f"PRAGMA busy_timeout = {max(0, int(seconds * 1000))}")

    def _plain(self, statement: str) -> Any:
        connection: Any = self.connection
        return connection.execute(statement)
