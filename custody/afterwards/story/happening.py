"""One thing that happened, as the story shows it, and what all kinds of it share."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise

from custody.binder.contents import life_of
from custody.models import Handout, HandoutStep
from custody.models.states import Act


@dataclass(frozen=True)
class Happening:
    """One thing that happened. ``text`` is what somebody wrote, ``detail`` what the page adds."""

    at: datetime
    by: str
    what: str | Promise
    text: str = ""
    detail: str = ""
    number: str = ""
    ward: str = ""
    link: str = ""
    # Set if it was recorded later, or by somebody else than the person who did it.
    recorded_at: datetime | None = None
    recorded_by: str = ""
    # The object whose number is shown, for the audit log.
    shown: Model | None = None

    @property
    def life(self) -> str:
        """Return the address of the life of the number that is shown; "" if no binder's."""
        return life_of(self.shown)


def recorded(at: datetime, by: str, row: Any) -> dict[str, Any]:
    """Return when and by whom a row was recorded, unless that is ``at`` and ``by``."""
    if row.recorded_at == at and row.recorded_by.username == by:
        return {}
    return {"recorded_at": row.recorded_at, "recorded_by": row.recorded_by.username}


def about(handout: Handout) -> dict[str, Any]:
    """Return the fields of what happened to a handout."""
    return {
        "number": handout.number.value,
        "ward": str(handout.ward),
        "link": handout.get_absolute_url(),
        "shown": handout,
    }


def at_wards_of_then(entries: Iterable[Happening]) -> list[Happening]:
    """Return the entries, each with the ward that had its handout then; one statement."""
    found = list(entries)
    shown = {entry.shown.pk for entry in found if isinstance(entry.shown, Handout)}
    moves: dict[Any, list[HandoutStep]] = defaultdict(list)
    steps = HandoutStep.objects.filter(act=Act.TRANSFER, handout__in=shown)
    for step in steps.select_related("former_ward__clinic").order_by("sequence"):
        moves[step.handout_id].append(step)
    return [_at_ward_of_then(entry, moves) for entry in found]


def _at_ward_of_then(entry: Happening, moves: dict[Any, list[HandoutStep]]) -> Happening:
    if not isinstance(entry.shown, Handout):
        return entry
    later = next((move for move in moves[entry.shown.pk] if move.at > entry.at), None)
    return replace(entry, ward=str(later.former_ward)) if later else entry
