"""The backend's connection; Django requires this module's name."""

import time
from threading import Lock
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from befreg_reserv.sqlite.schema import DatabaseSchemaEditor

_turn = Lock()
AT_ONCE = 0.05  # seconds that don't count as a wait


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread at a time waits for SQLite's lock; the others wait for that thread.

    SQLite's waiters don't queue, they only try again after a while. With eight of them, some waited
    for more than three seconds.
    """

    SchemaEditorClass = DatabaseSchemaEditor

    def _start_transaction_under_autocommit(self) -> None:
        """Begin; raise OperationalError if the turn and the lock don't come in time."""
        began, most = time.monotonic(), self._busy_timeout()
        if not _turn.acquire(timeout=most):
            raise OperationalError("database is locked")
        try:
            waited = time.monotonic() - began
            self._begin_within(most - waited if waited > AT_ONCE else most, most)
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
