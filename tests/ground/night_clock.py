"""A clock that a test sets, for itself and for a server of its own.

gunicorn dies under libfaketime, so a server that is given the clock's file shifts its time inside:
see ``tests.served_conf``. The time goes on from what was shown last. Show it the past alone: the
database's rules against times in the future go by its own clock.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Model
from django.utils import timezone

from befreg_reserv import clock

VARIABLE = "TEST_CLOCK"  # the file's name, in the environment of a server
real_now, real_database_now, real_read_of = timezone.now, clock.database_now, clock.read_of
Replace = Callable[[object, str, object], None]


@dataclass(frozen=True)
class NightClock:
    """The clock. Its file holds how many seconds it is ahead of the real one."""

    file: Path

    @classmethod
    def of_this_server(cls) -> "NightClock | None":
        """Return the clock that this process was started with, if any."""
        return cls(Path(os.environ[VARIABLE])) if VARIABLE in os.environ else None

    def show(self, at: datetime) -> None:
        """Let it be ``at`` now."""
        self._write(at - real_now())

    def show_real(self) -> None:
        """Let it be the real time again."""
        self._write(timedelta())

    def follow(self, replace: Replace = setattr) -> None:
        """Let this process go by the clock, what it reads of the database's clock included."""
        replace(timezone, "now", lambda: real_now() + self.shift)
        replace(clock, "database_now", lambda: real_database_now() + self.shift)

        def read_of(row: Model) -> datetime:
            return real_read_of(row) + self.shift

        replace(clock, "read_of", read_of)

    @property
    def shift(self) -> timedelta:
        """Return how far the clock is from the real one."""
        return timedelta(seconds=float(self.file.read_text()))

    def _write(self, shift: timedelta) -> None:
        fresh = self.file.with_suffix(".new")  # a server may read at any moment
        fresh.write_text(str(shift.total_seconds()))
        fresh.replace(self.file)
