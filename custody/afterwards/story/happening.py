"""One thing that happened, as the story shows it, and what all kinds of it share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise

from custody.binder.contents import life_of
from custody.models import Handout


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
