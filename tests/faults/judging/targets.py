"""What `make faults` asks of a run: what must never be, and how long anybody may wait."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.judging.history import Verdict

LONGEST, LIVE = 5.0, 0.2  # seconds
NEXT, NEXT_AFTER_FAILOVER = 3.0, 10.0
# Patroni gives a node up after 20 s at the least; until then nobody knows that it is gone.
NEXT_AFTER_A_NODE = 25.0

HEAD = (
    "| what happens | database | calls | lost | set aside | twice | unknown, resolved "
    "| next number | longest wait | /live | took | missed |"
)


@dataclass(frozen=True)
class Missed:
    """The targets that a run missed; ``broke``: why it never came to its end, else ""."""

    wrong: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    broke: str = ""

    @property
    def only_times(self) -> bool:
        """Tell whether it was slow, and nothing else."""
        return bool(self.times) and not self.wrong and not self.broke

    def faults(self, *, busy: bool) -> list[str]:
        """Return what fails; on a ``busy`` machine times don't."""
        broke = (f"broke: {self.broke}",) if self.broke else ()
        return [*broke, *self.wrong, *(() if busy else self.times)]


def missed(verdict: Verdict, next_within: float, *, restores: bool) -> Missed:
    """Hold a run against the targets."""
    return Missed(tuple(_wronged(verdict, restores=restores)), tuple(_slow(verdict, next_within)))


def _wronged(verdict: Verdict, *, restores: bool) -> Iterator[str]:
    """Yield what must never be; after a restore numbers are set aside."""
    nothing = {
        "lost": verdict.lost,
        "known to the journal alone": 0 if restores else verdict.aside,
        "twice": verdict.twice,
        "unresolved": verdict.unresolved,
        "bare pages": verdict.bare,
        "findings": len(verdict.findings),
        "no number": int(not verdict.numbers),
    }
    yield from (f"{count} {name}" for name, count in nothing.items() if count)


def _slow(verdict: Verdict, next_within: float) -> Iterator[str]:
    """Yield each time that was too long."""
    if verdict.longest > LONGEST:
        yield f"waited {verdict.longest:.1f} s"
    if verdict.live > LIVE:
        yield f"/live {verdict.live:.2f} s"
    if verdict.next_number is not None and verdict.next_number > next_within:
        yield f"next number: {_seconds(verdict.next_number)}"


def row(name: str, vendor: str, verdict: Verdict, took: float, found: Missed) -> str:
    """Return a row of the table."""
    resolved = verdict.unknown - verdict.unresolved
    after = "" if verdict.next_number is None else _seconds(verdict.next_number)
    cells = [
        *(name, vendor, verdict.calls, verdict.lost, verdict.aside, verdict.twice),
        *(f"{verdict.unknown}, {resolved}", after, f"{verdict.longest:.1f} s"),
        *(f"{verdict.live:.2f} s", f"{took:.0f} s", "; ".join(found.faults(busy=False))),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if math.isfinite(seconds) else "never"
