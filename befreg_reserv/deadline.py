"""Until when the request of this thread must have its answer. Each wait for a database ends before.

A thread without a deadline, as a command's, waits as long as each wait by itself allows.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

NEVER = float("inf")


class _Of(threading.local):
    """What this thread works for."""

    until = NEVER
    arrived: float | None = None


_thread = _Of()


def arrived(at: float | None) -> None:
    """Note when the request that this thread takes had arrived, by ``time.monotonic``."""
    _thread.arrived = at


@contextmanager
def of_request(seconds: float) -> Iterator[None]:
    """Let all waits of the block end so many seconds after the request arrived."""
    since = 0.0 if _thread.arrived is None else time.monotonic() - _thread.arrived
    with within(seconds - since):
        yield


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all waits of the block end so many seconds from now; sooner, if an outer block does."""
    outer = _thread.until
    _thread.until = min(outer, time.monotonic() + seconds)
    try:
        yield
    finally:
        _thread.until = outer


@contextmanager
def at_least(seconds: float) -> Iterator[None]:
    """Let the waits of the block have so many seconds, also when the request's time is over."""
    outer = _thread.until
    _thread.until = max(outer, time.monotonic() + seconds)
    try:
        yield
    finally:
        _thread.until = outer


def extend(seconds: float) -> None:
    """Let the innermost block end so many seconds later."""
    _thread.until += seconds


def left(most: float = NEVER) -> float:
    """Return how many seconds a wait may take: ``most``, or those that are left; 0 at least."""
    return most if _thread.until == NEVER else min(most, max(0.0, _thread.until - time.monotonic()))


def over() -> bool:
    """Tell whether the time is over."""
    return left() == 0
