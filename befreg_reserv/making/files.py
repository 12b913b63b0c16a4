"""Files that are made one after the other, and then kept for a while for who asked.

They lie in the memory of the process that does long work: nothing of them comes to a disk, and a
restart leaves nothing. A file is its session's: it goes when the person signs out, and behind the
lock nobody has it; who unlocks has a new session.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from math import ceil

from django.contrib.sessions.models import Session
from django.db import Error, connection
from django.utils import timezone

from befreg_reserv import deadline

logger = logging.getLogger(__name__)

KEPT_SECONDS = 600  # after it was made
FRESH_SECONDS = 60  # likewise; who asks later wants what has come since
MAKING_SECONDS = 120
LOOK_SECONDS = 3  # between two looks whether a session has ended
MOST_FILES = 8  # that wait, are made or lie there
MOST_BYTES = 16 * 1024 * 1024  # of one of them
# The till's threads come first where all want a processor.
NICE = 19


# Yields how many rows are done, and their part of the file.
Parts = Callable[[], Iterator[tuple[int, str]]]


@dataclass(frozen=True)
class Order:
    """What to make, and for whom."""

    address: str  # where it was asked for
    back: str  # where the person goes on
    person: int
    session: str
    permission: str  # asked for again when the file is fetched
    name: str
    content_type: str
    drill: bool
    total: int
    parts: Parts


@dataclass
class File:
    """A file that was ordered. Its thread alone writes how far it is."""

    order: Order
    pk: int = field(default_factory=lambda: secrets.randbits(60))
    begun: bool = False
    done: int = 0
    content: bytes | None = None
    failed: bool = False
    fetched: bool = False
    dropped: bool = False
    ended_at: float = 0.0  # by time.monotonic

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.failed or self.content is not None

    @property
    def is_fresh(self) -> bool:
        """Whether it has what somebody wants who asks for it now."""
        return not self.ended or time.monotonic() - self.ended_at < FRESH_SECONDS

    @property
    def kept_minutes(self) -> int:
        """How long it still lies there, a begun minute as a whole one."""
        return max(0, ceil((self.ended_at + KEPT_SECONDS - time.monotonic()) / 60))


class Full(Exception):
    """So many files lie there that no further one is taken."""


_turn = threading.Lock()  # one file is made at a time
_files: dict[int, File] = {}
_lock = threading.Lock()
_looks = [False]  # whether somebody looks after them


def order_or_join(order: Order) -> File:
    """Have a file made; return it, or the same that was asked for just before and not fetched yet.

    Raises Full.
    """
    _forget_old()
    with _lock:
        for each in _files.values():
            same = (each.order.session, each.order.address) == (order.session, order.address)
            if same and each.is_fresh and not (each.fetched or each.failed):
                return each
        if len(_files) >= MOST_FILES:
            raise Full
        file = File(order)
        _files[file.pk] = file
        if not _looks[0]:
            _looks[0] = True
            threading.Thread(target=_look_after, daemon=True).start()
    # Who acts, from where and in which language are the request's. Nobody waits when it stops.
    threading.Thread(target=copy_context().run, args=(_make, file), daemon=True).start()
    return file


def find(pk: int, session: str | None, person: int) -> File | None:
    """Return a file of this person's session."""
    _forget_old()
    file = _files.get(pk)
    mine = file and (file.order.session, file.order.person) == (session, person)
    return file if mine else None


def drop(file: File) -> None:
    """Forget it, and make no more of it."""
    file.dropped = True
    with _lock:
        _files.pop(file.pk, None)


def _make(file: File) -> None:
    with _turn:
        if not file.dropped:
            _make_now(file)


def _make_now(file: File) -> None:
    with suppress(OSError, AttributeError):  # not every system knows priorities of threads
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    file.begun = True
    content = None
    try:
        with deadline.within(MAKING_SECONDS):
            content = b"".join(_bounded(file))
    except Exception:
        logger.exception("A file could not be made")
    finally:
        connection.close()
    file.ended_at = time.monotonic()  # first, or it would count as one that is long made
    file.content, file.failed = content, content is None


def _bounded(file: File) -> Iterator[bytes]:
    """Yield the file's parts, until nobody wants it. Raises OverflowError if it is too much."""
    size = 0
    for done, part in file.order.parts():
        text = part.encode()
        size += len(text)
        if size > MOST_BYTES or deadline.over():
            raise OverflowError(f"more than {MOST_BYTES} bytes, or {MAKING_SECONDS} s")
        yield text
        file.done = done
        if file.dropped:
            return


def _forget_old() -> None:
    for file in list(_files.values()):
        if file.ended and time.monotonic() - file.ended_at > KEPT_SECONDS:
            drop(file)


def _look_after() -> None:
    """Forget what nobody may fetch any more, as long as there is anything."""
    while True:
        time.sleep(LOOK_SECONDS)
        with suppress(Error):
            forget_ended()
        connection.close()
        with _lock:
            if not _files:
                _looks[0] = False
                return


def forget_ended() -> None:
    """Forget the files of sessions that have ended, and old ones."""
    _forget_old()
    sessions = {file.order.session for file in list(_files.values())}
    living = Session.objects.filter(pk__in=sessions, expire_date__gt=timezone.now())
    ended = sessions - set(living.values_list("pk", flat=True))
    for file in list(_files.values()):
        if file.order.session in ended:
            drop(file)
