"""What a password's check costs, and how many are under way at a time.

Whoever reaches the sign-in page can have passwords hashed. So a hash costs what OWASP asks for and
no more, and few are made at a time; a workstation that the person knows has a place of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id at OWASP's minimum: 19 MiB, two rounds, one lane.

    Older hashes stay valid, and are made anew when their person signs in.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class Places:
    """Lets one check go on at a time, and a few wait for it, ``room`` in all; for each process."""

    PATIENCE_SECONDS = 1

    def __init__(self, room: int) -> None:
        self._room = BoundedSemaphore(room)
        self._turn = BoundedSemaphore(1)

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Say whether a check may go on now, and keep its place meanwhile."""
        if not self._room.acquire(blocking=False):
            yield False
            return
        try:
            if not self._turn.acquire(timeout=self.PATIENCE_SECONDS):
                yield False
                return
            try:
                yield True
            finally:
                self._turn.release()
        finally:
            self._room.release()


OF_STRANGERS = Places(room=2)
# Workstations at which that person has signed in before: at a change of shift several at once.
OF_KNOWN = Places(room=3)
