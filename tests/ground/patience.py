"""How tests wait for what another process, thread or server does by itself, a moment later."""

import time
from collections.abc import Callable

LONG_SECONDS = 20.0  # nobody waits so long on a machine that does nothing else
LOOKS_EVERY_SECONDS = 0.01


def until(happens: Callable[[], object], seconds: float = LONG_SECONDS) -> None:
    """Wait until ``happens`` returns something true. Raises AssertionError if it never does."""
    ends = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < ends, f"It did not happen within {seconds:g} s."
        time.sleep(LOOKS_EVERY_SECONDS)
