"""What checking a password costs, and how many checks run at a time.

Whoever reaches the sign-in page can make the server hash passwords. So a hash costs what OWASP asks
for and no more, and few run at a time; workstations known to the person have places of their own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id at OWASP's minimum: 19 MiB, two rounds, one lane.

    Older hashes stay valid, and are replaced when the person signs in.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class Places:
    """Lets one check run at a time while others wait, ``room`` in all, in each process."""

    PATIENCE_SECONDS: float = 1

    def __init__(self, room: int, patience: float = 0) -> None:
        self._patience = patience  # 0: as all
        self._room = BoundedSemaphore(room)
        self._turn = BoundedSemaphore(1)

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Yield whether a check may run now, and hold its place until the block ends."""
        if not self._room.acquire(blocking=False):
            yield False
            return
        try:
            if not self._turn.acquire(timeout=self._patience or self.PATIENCE_SECONDS):
                yield False
                return
            try:
                yield True
            finally:
                self._turn.release()
        finally:
            self._room.release()


OF_STRANGERS = Places(room=2)
# Strangers who have waited for their turn (``turns``): who comes without one is in nobody's way.
OF_TURNS = Places(room=6, patience=2)
# Workstations at which the person has signed in before: several at once at a change of shift.
OF_KNOWN = Places(room=3)


# Longer than a hash, and than what is written of a failure.
EVEN_SECONDS = 0.25


@contextmanager
def even() -> Iterator[None]:
    """Let what is inside take EVEN_SECONDS, whatever it does: nobody learns by time who exists.

    The log has a line for people alone, and an older hash may cost less.
    """
    began = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0, began + EVEN_SECONDS - time.monotonic()))
