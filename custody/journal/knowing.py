"""Whether the register knows what a journal's last line says. If not, a backup was restored."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Exists, OuterRef

from custody.journal.bounded import Unusable
from custody.journal.chain import Journal, Line
from custody.models import Handout, HandoutStep, ReserveNumber, Restoration
from custody.models.states import State

# The kinds of lines: a handout, one undone, another step of one, a number that a count missed, a
# restored backup that was found.
HANDED_OUT, RETURNED, STEP = "handed_out", "returned", "step"
SET_ASIDE, RESTORED = "set_aside", "restored"
# What a handout is annotated with, for the last line of each journal.
KNOWS = "knows_{}"


@dataclass(frozen=True)
class Journals:
    """The journals of this server that could be read, and why the others couldn't."""

    by_path: dict[Path, Journal] = field(default_factory=dict)
    faults: dict[Path, str] = field(default_factory=dict)

    @property
    def ends(self) -> list[Journal]:
        """Return one journal for each different last line."""
        different = {journal.last_hash: journal for journal in self.by_path.values()}
        return [journal for journal in different.values() if journal.last]

    @property
    def hashes(self) -> set[str]:
        """Return the hashes of the last lines."""
        return {journal.last_hash for journal in self.by_path.values()}

    @property
    def merged(self) -> Journal:
        """Return the lines of all as those of one."""
        return Journal([line for each in self.by_path.values() for line in each.lines])


def keys_of(journals: Journals) -> list[UUID]:
    """Return the request keys in the journals' last lines."""
    return [key for journal in journals.ends for key in _key_of(journal.last)]


def _key_of(line: Line | None) -> list[UUID]:
    key = line and line.get("key")
    try:
        return [UUID(key)] if key else []
    except (ValueError, AttributeError, TypeError):  # edited by hand: no call stops for that
        return []


class LaterStep(NamedTuple):
    """Which step of a handout the last line at this place is about, if not the first."""

    place: int
    sequence: int
    recorded: datetime


def later_steps(journals: Journals) -> list[LaterStep]:
    """Return the later steps that the last lines are about."""
    return [
        LaterStep(place, *step)
        for place, journal in enumerate(journals.ends)
        for step in _step_of(journal.last)
    ]


def annotations(steps: Iterable[tuple[Any, Any, Any]]) -> dict[str, Any]:
    """Return what ``are_known_by`` must know of the handouts with those keys: for one statement.

    ``steps``: ``later_steps``.
    """
    return {
        KNOWS.format(place): Exists(
            HandoutStep.objects.filter(
                handout=OuterRef("pk"), sequence=sequence, recorded_at=recorded
            )
        )
        for place, sequence, recorded in steps
    }


def _step_of(line: Line | None) -> list[tuple[int, datetime]]:
    """Return which step the line is about, in a list: empty if it isn't about a later step."""
    try:
        return [(int(line["sequence"]), datetime.fromisoformat(line["recorded"]))] if line else []
    except (KeyError, TypeError, ValueError):  # a handout, a former version's, edited by hand
        return []


def are_known_by(journals: Journals, handouts: Iterable[Any]) -> bool:
    """Tell whether these handouts show that the register knows the last lines. No statement.

    ``handouts``: with ``annotations``; made or ``Unmade``.
    """
    found = list(handouts)
    return all(_shows(each, place, found) for place, each in enumerate(journals.ends))


def _shows(journal: Journal, place: int, handouts: list[Any]) -> bool:
    line = journal.last or {}
    its = next((row for row in handouts if str(row.request_key) == line.get("key")), None)
    if its is None:
        return False
    if line.get("kind") == RETURNED and its.state != State.UNDONE:
        return False
    if _step_of(line):
        return bool(getattr(its, KNOWS.format(place)))
    return line.get("kind") != STEP


def is_known(journal: Journal) -> bool:
    """Tell whether the register knows a journal's last line, or a restoration answered it."""
    line, alone = journal.last, Journals({Path(): journal})
    if line is None:
        return True
    rows = Handout.objects.annotate(**annotations(later_steps(alone))).filter(
        request_key__in=keys_of(alone)
    )
    if are_known_by(alone, rows):
        return True
    answered = [journal.last_hash, line.get("line", journal.last_hash)]
    if Restoration.objects.filter(line__in=answered).exists():
        return True
    out = ReserveNumber.objects.filter(value=line.get("number"), taken_at__isnull=False)
    return line.get("kind") == SET_ASIDE and out.exists()


def unknown(journals: Journals) -> list[Journal]:
    """Return the journals whose last line the register doesn't know."""
    return [journal for journal in journals.ends if not is_known(journal)]


def is_foreign(journal: Journal) -> bool:
    """Tell whether a line comes from another installation."""
    ours = installation() if journal.lines else ""
    return any(line.get("of") != ours for line in journal.lines)


def check_ours(journal: Journal) -> None:
    """Raise Unusable for another installation's journal."""
    if is_foreign(journal):
        raise Unusable("it belongs to another installation")


def check_answered(journal: Journal) -> None:
    """Raise Unusable while the last line is unknown: a line after it would hide the loss."""
    if not is_known(journal):
        raise Unusable("a backup was restored, and what it forgot isn't set aside yet")


def installation() -> str:
    """Return what tells this database from others; copies of it share that."""
    return _first_migrated_at(str(connection.settings_dict["NAME"]))


@cache
def _first_migrated_at(_database: str) -> str:
    first = MigrationRecorder(connection).migration_qs.order_by("id").first()
    return first.applied.isoformat() if first else ""
