"""How long something took, in figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Times:
    """How long something took: the median and the longest of those ``known``."""

    known: int
    median: timedelta | None
    longest: timedelta | None

    @classmethod
    def of(cls, durations: Iterable[timedelta]) -> "Times":
        """Return the figures of these durations."""
        taken = sorted(durations)
        if not taken:
            return cls(0, None, None)
        half = len(taken) // 2
        # The middle one, or the mean of the middle two.
        return cls(len(taken), (taken[half] + taken[-half - 1]) / 2, taken[-1])
