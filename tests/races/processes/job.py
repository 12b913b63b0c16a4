"""What a process of a crowd is told to do, and what it answers."""

from dataclasses import dataclass, field

PATIENCE_SECONDS = 180  # a machine that does other things too may be slow

# Between two calls. SQLite's waiters don't queue, they look again every now and then: without a
# breath, whoever releases the lock has it again at once, and some wait longer than its timeout.
BREATH_SECONDS = 0.002


@dataclass(frozen=True)
class Job:
    """So many calls from a ward, answered by one person."""

    calls: int
    ward: int
    user: int
    locked: bool = True


@dataclass
class Told:
    """What callers were told: their numbers; how often the database said no; anything else."""

    numbers: list[str] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, other: "Told") -> None:
        """Put the answers of another process with these."""
        self.numbers += other.numbers
        self.refused += other.refused
        self.errors += other.errors
