"""How tests wait for what another process, thread or server does by itself, a moment later.

A test that asks at once fails on a busy machine, and so does one whose limit lies near what it
tells apart: let what would happen without the protection take far longer than LONG_SECONDS, and
allow so much for what happens with it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

LONG_SECONDS = 20.0  # nothing takes so long on a machine that does other things too
T = TypeVar("T")


def _breath() -> None:
    time.sleep(0.01)


def until(
    happens: Callable[[], T],
    seconds: float = LONG_SECONDS,
    *,
    otherwise: str = "It did not happen",
    between: Callable[[], object] = _breath,
) -> T:
    """Wait until ``happens`` returns something true, and return that.

    ``between``: what to do between two looks. Raises AssertionError after so many seconds.
    """
    ends = time.monotonic() + seconds
    while not (seen := happens()):
        assert time.monotonic() < ends, f"{otherwise}, for {seconds:g} s."
        between()
    return seen


@contextmanager
def soon(seconds: float = LONG_SECONDS) -> Iterator[None]:
    """Fail if the block takes longer."""
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    assert took < seconds, f"It took {took:.1f} s."
