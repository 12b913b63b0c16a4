"""File operations that may never come back, as on a network share that hangs.

Each runs in another thread, and is waited for briefly. A path that gave no answer in time is
not tried again while that thread still hangs, nor for a while after it. A leaf of custody.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from befreg_reserv import deadline

SECONDS = 1.0  # a handout waits for this once, whatever hangs
# So long it waits if its own time is over: by then the number is handed out, and must be recorded.
LEAST_SECONDS = 0.25
REST_SECONDS = 10.0  # until a path that gave no answer is tried again
MOST_IDLE = 8  # threads that wait for a next operation: as many as serve requests, or nearly

T = TypeVar("T")


class Unusable(Exception):
    """The journal can't be read or written; the message says why, for an administrator."""


class Task(Generic[T]):
    """One operation on a path, which has begun. ``undo`` takes a result that came too late."""

    def __init__(
        self, path: Path, work: Callable[[], T], *, undo: Callable[[T], object] | None = None
    ) -> None:
        self._path, self._work, self._undo = path, work, undo
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._given_up = False
        wait = seconds(SECONDS)
        self._ends = time.monotonic() + wait
        self._rests = REST_SECONDS if wait == SECONDS else 0.0
        self._lock, self._done = threading.Lock(), threading.Event()
        _hand_over(self)

    def run(self) -> None:
        """Do it; never raises. ``end`` says then that it is done."""
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001  raised where the result is waited for
            self._error = error
        else:
            with self._lock:
                self._result.append(result)
                late = self._given_up
            if late and self._undo:
                with suppress(OSError):
                    self._undo(result)

    def end(self) -> None:
        """Let whoever waits for it go on."""
        self._done.set()

    @property
    def hangs(self) -> bool:
        """Tell whether it hasn't ended yet."""
        return not self._done.is_set()

    def result(self) -> T:
        """Return what the operation returned, or raise what it raised; Unusable if it hangs."""
        if not self._done.wait(max(0.0, self._ends - time.monotonic())):
            with self._lock:
                self._given_up = not self._result
            if self._given_up:
                _late[self._path] = (self, time.monotonic() + self._rests)
                raise Unusable("it gives no answer")
        if self._error:
            raise self._error
        return self._result[0]


_late: dict[Path, tuple[Task[Any], float]] = {}


class _Helper:
    """A thread that does one operation after the other; the next one needs no new thread."""

    def __init__(self) -> None:
        self.work: SimpleQueue[Task[Any]] = SimpleQueue()
        threading.Thread(target=self._run, name="journal", daemon=True).start()

    def _run(self) -> None:
        stays = True
        while stays:
            task = self.work.get()
            try:
                task.run()
            finally:
                stays = len(_idle) < MOST_IDLE
                if stays:  # before whoever waits goes on, who may have the next operation
                    _idle.append(self)
                task.end()
            del task  # or its result would be kept until the next one


_idle: list[_Helper] = []


def _begin_anew() -> None:
    """Forget the parent's threads, which this process hasn't: none of them would ever end here."""
    _idle.clear()
    _late.clear()


os.register_at_fork(after_in_child=_begin_anew)


def _hand_over(task: Task[Any]) -> None:
    """Let a thread that has nothing to do work, or a new one. Raises Unusable."""
    try:
        helper = _idle.pop()
    except IndexError:
        try:
            helper = _Helper()
        except RuntimeError as error:
            raise Unusable("the server has no thread for it") from error
    helper.work.put(task)


def seconds(most: float) -> float:
    """Return how long to wait for a journal: ``most``, or what is left of the request's time."""
    return max(LEAST_SECONDS, deadline.left(most))


def start(
    path: Path, work: Callable[[], T], *, undo: Callable[[T], object] | None = None
) -> Task[T]:
    """Begin an operation on a path. Raises Unusable at once while the path gives no answer."""
    late, until = _late.get(path, (None, 0.0))
    if late is not None and (late.hangs or time.monotonic() < until):
        raise Unusable("it gives no answer")
    _late.pop(path, None)
    return Task(path, work, undo=undo)


def within(path: Path, work: Callable[[], T], *, undo: Callable[[T], object] | None = None) -> T:
    """Return what ``work`` returns. Raises what it raises, and Unusable if it takes too long."""
    return start(path, work, undo=undo).result()
