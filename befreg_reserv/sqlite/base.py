"""The database's connection, as Django looks for it in this place."""

import time
from threading import Lock
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

_turn = Lock()
AT_ONCE = 0.05  # seconds that nobody counts as a wait


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread at a time waits for SQLite's lock; the others wait for that thread.

    SQLite's waiters don't queue, they look again every now and then. Eight of them, and some were
    passed over for more than three seconds.
    """

    def _start_transaction_under_autocommit(self) -> None:
        """Begin; raise OperationalError when the turn, and then the lock, don't come in time."""
        most = float(self.settings_dict["OPTIONS"]["timeout"])
        began = time.monotonic()
        if not _turn.acquire(timeout=most):
            raise OperationalError("database is locked")
        try:
            waited = time.monotonic() - began
            if waited < AT_ONCE:
                self._begin()
            else:
                self._begin_within(most - waited, most)
        finally:
            _turn.release()

    def _begin(self) -> None:
        super()._start_transaction_under_autocommit()  # type: ignore[misc]

    def _begin_within(self, left: float, most: float) -> None:
        connection: Any = self.connection
        connection.execute(f"PRAGMA busy_timeout = {max(0, int(left * 1000))}")
        try:
            self._begin()
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(most * 1000)}")
