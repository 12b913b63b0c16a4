"""How long handouts take, counted by all worker processes together.

The table lies in memory that they share from the fork. Each process writes a row of its own, so
nobody waits for another's lock, and a row stays when its process is replaced. The library's way for
several processes is a folder with files of each process, which somebody has to clear.
"""

import mmap
import time
from bisect import bisect_left
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

from prometheus_client.core import HistogramMetricFamily

View = TypeVar("View", bound=Callable[..., Any])

ROWS = 64  # more than the workers that live at one time
BOUNDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
BEYOND, SUM = len(BOUNDS), len(BOUNDS) + 1  # the columns after those of the bounds
WIDTH = SUM + 1
_table = memoryview(mmap.mmap(-1, ROWS * WIDTH * 8)).cast("d")
_threads = Lock()
_first_column = [0]  # of this process's own row


def take_row(worker: int) -> None:
    """Let this process write the row of the ``worker``-th worker that the server has started."""
    _first_column[0] = worker % ROWS * WIDTH


def hands_out(view: View) -> View:
    """Count how long a view takes, also when it ends in a refusal or a fault."""

    @wraps(view)
    def timed(*args: Any, **kwargs: Any) -> Any:
        begun = time.monotonic()
        try:
            return view(*args, **kwargs)
        finally:
            observe(time.monotonic() - begun)

    return timed  # type: ignore[return-value]


def observe(seconds: float) -> None:
    """Count one handout."""
    with _threads:
        own = _first_column[0]
        _table[own + bisect_left(BOUNDS, seconds)] += 1
        _table[own + SUM] += seconds


def family() -> HistogramMetricFamily:
    """Return what all processes have counted since the server's start."""
    totals = [sum(_table[column::WIDTH]) for column in range(WIDTH)]
    counts = [sum(totals[: bound + 1]) for bound in range(BEYOND + 1)]
    names = [*map(str, BOUNDS), "+Inf"]
    return HistogramMetricFamily(
        "befreg_handout_seconds",
        "Seconds until a handout's form was answered, whatever the answer.",
        buckets=list(zip(names, counts, strict=True)),
        sum_value=totals[SUM],
    )
