"""What ``verify`` finds: which row somebody has touched, and how."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from befreg_reserv.audit.seals.heads import Checkpoint


class Kind(StrEnum):
    """What has happened to something that was sealed."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    MOVED = "changed, removed, inserted or put in another order"
    SEAL = "seal"
    RULE = "rule"


@dataclass(frozen=True)
class Finding:
    """One thing that isn't as it was sealed.

    ``place``: where the row stood, or stands, among all that were sealed; -1 for what has none.
    """

    kind: Kind
    table: str = ""
    row: int | None = None
    place: int = -1
    why: str = ""

    def __str__(self) -> str:
        what = f"{self.table} {self.row}" if self.row is not None else self.table
        where = f"place {self.place}" if _number(self.place) >= 0 else ""
        named = ", ".join(part for part in (what, where) if part)
        said = ": ".join(part for part in (str(self.kind), named, self.why) if part)
        return said.encode("utf-8", "backslashreplace").decode()  # a name may be no text


@dataclass(frozen=True)
class Anchor:
    """A head that was kept outside of the database, and where."""

    checkpoint: Checkpoint
    where: str
    state: str = ""  # as text; "" where it was not kept
    note: str = ""  # the signed text that was read


@dataclass
class Verdict:
    """What ``verify`` came to: ``findings`` in the order in which the rows were sealed."""

    findings: list[Finding] = field(default_factory=list)
    sealed: int = 0
    heads: int = 0
    newest: int = 0  # how many rows the database's own newest seal is over
    anchors: int = 0
    redacted: int = 0  # rows of which a text was taken away, and nothing else
    waiting: dict[str, int] = field(default_factory=dict)  # rows that aren't sealed yet, by table

    def add(self, findings: Iterable[Finding]) -> None:
        """Take further findings."""
        self.findings.extend(findings)

    def in_order(self) -> list[Finding]:
        """Return each finding once, the first place first."""
        return sorted(
            set(self.findings),
            key=lambda each: (_number(each.place), each.table, _number(each.row), each.why),
        )


def _number(key: object) -> int:
    return key if isinstance(key, int) else 0  # whoever has the database may write anything
