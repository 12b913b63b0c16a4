"""The rules of what the register knows of journals."""

from befreg_reserv.audit.triggers import Trigger, append_only, set_once, unchangeable, undeletable
from custody.models import JournalDoubt, JournalMark, SheetSeen

RULES: list[Trigger] = [
    *undeletable(JournalMark),
    unchangeable(JournalMark, "server", "path"),
    *undeletable(JournalDoubt),
    unchangeable(JournalDoubt, "server", "path", "fault", "since", "found_at"),
    set_once(JournalDoubt, "ended_at"),
    *append_only(SheetSeen),
]
