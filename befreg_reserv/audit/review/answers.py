"""The log as answers: who has seen a number, what a person did, what a ward got.

An answer is counted from one range of one index (``pages.rows``), the newest entries first, and
from a bounded number of them: it costs the same however old and large the log is.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from befreg_reserv.audit import acts
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review.pages import Position, rows

MOST_COUNTED = 2_000  # entries that a page is counted from: half the time that it may take
MOST_IN_FILE = 10_000  # likewise a file, which may take longer
COLUMNS = ("timestamp", "action", "act", "number", "unit", "actor", "actor_unit", "actor_role")


class Row(NamedTuple):
    """What is read of an entry."""

    timestamp: datetime
    action: int
    act: str
    number: str
    unit: str
    actor: int | None
    actor_unit: str
    actor_role: str


@dataclass
class Line:
    """What several entries have in common, how many they are, and when the first and last was."""

    row: Row  # the newest of them: all agree in what they are grouped by
    first: datetime
    looks: int = 0
    done: int = 0
    names: dict[str, None] = field(default_factory=dict)  # of their acts, the latest first
    actors: set[int | None] = field(default_factory=set)
    who: str = ""  # the vgr-id, if they are one person's

    @property
    def last(self) -> datetime:
        """Return when the latest of them was."""
        return self.row.timestamp

    @property
    def number(self) -> str:
        """Return the number that they are about, or ""."""
        return self.row.number

    @property
    def unit(self) -> str:
        """Return which unit has the number, or "": without a number they are about several."""
        return self.row.unit if self.number else ""

    @property
    def ways(self) -> str:
        """Return what was done, in words."""
        return ", ".join(acts.label(name) for name in self.names)

    @property
    def roles(self) -> str:
        """Return the person's roles at that time, in words."""
        return in_words(self.row.actor_role)

    @property
    def people(self) -> int:
        """Return how many people they are of."""
        return len(self.actors - {None})

    @property
    def is_known(self) -> bool:
        """Tell whether the log says from where the person acted: older entries don't."""
        return bool(self.row.actor_unit or self.row.actor_role) or self.row.actor is None

    def add(self, row: Row) -> None:
        """Count one more entry, an older one."""
        self.first = row.timestamp
        if row.action == LogEntry.Action.ACCESS:
            self.looks += 1
        else:
            self.done += 1
        self.names[row.act] = None
        self.actors.add(row.actor)


def in_words(roles: str) -> str:
    """Return roles as people read them; ``roles``: as the log keeps them."""
    return ", ".join(acts.value("actor_role", role) for role in roles.split(",") if role)


@dataclass(frozen=True)
class Answer:
    """Lines, the latest first. ``more``: there are older entries than those counted."""

    lines: list[Line]
    more: bool = False


Key = Callable[[Row], Hashable]
KEYS: dict[str, Key] = {
    "number": lambda row: (row.actor, row.actor_unit, row.actor_role),
    "person": lambda row: (row.number, row.unit if row.number else ""),  # as Line.unit
    "unit": lambda row: row.number,
}
# What is asked, by the field that people fill in, and the column in which it stands.
COLUMN = {"number": "number", "person": "actor", "unit": "unit"}


def answer(kind: str, value: Any, lower: Position, upper: Position, most: int) -> Answer:
    """Return the answer to a question about ``value``, of the time between two positions.

    ``kind``: "number", "person" (``value`` is a key) or "unit"; ``most``: entries to be counted.
    Two statements.
    """
    found = [Row(*values) for values in entries(kind, value, lower, upper, most)]
    lines = _grouped(found[:most], KEYS[kind])
    if kind == "number":
        names = _vgr_ids(line.row.actor for line in lines)
        for line in lines:
            line.who = names.get(line.row.actor, "")
    return Answer(lines, more=len(found) > most)


def entries(
    kind: str, value: Any, lower: Position, upper: Position, most: int
) -> QuerySet[Any, Any]:
    """Return the newest entries of an answer, one more than ``most``."""
    found = rows({COLUMN[kind]: value}, lower, upper)
    return found.values_list(*COLUMNS)[: most + 1]


def _grouped(found: Iterable[Row], key: Key) -> list[Line]:
    lines: dict[Hashable, Line] = {}
    for row in found:
        lines.setdefault(key(row), Line(row, row.timestamp)).add(row)
    return list(lines.values())


def _vgr_ids(keys: Iterable[int | None]) -> dict[int | None, str]:
    known = {key for key in keys if key is not None}
    people = get_user_model()._default_manager.filter(pk__in=known)  # noqa: SLF001
    return dict(people.values_list("pk", "username"))
