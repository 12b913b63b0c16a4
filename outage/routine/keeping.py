"""Writes versions of the routine: each is decided on as a whole, and none ever changes."""

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from outage.logged import Logged
from outage.models import Routine
from outage.refusals import RoutineChanged, RoutineNotWhole
from outage.routine import text
from outage.routine.text import Moment, Text

HEAD = ("responsible", "decided_by", "valid_from", "valid_until", "raps_link")


def _overtaken(draft: Text, _event: Event) -> Routine | None:
    return _earlier(draft, text.latest())


@act(on_conflict=_overtaken)
def decide(draft: Text, event: Event) -> Done[Routine]:
    """Store the draft as the next version, with all its steps.

    ``draft``: its version is the one after that which its writer has read. If it was decided on
    already, word for word, it isn't new. Raises RoutineChanged if somebody else has decided on
    another meanwhile, RoutineNotWhole if a moment has no step.
    """
    before = text.latest()
    if earlier := _earlier(draft, before):
        return Done(earlier, new=False)
    if left_out := [moment for moment in Moment if not draft.at.get(moment.value)]:
        raise RoutineNotWhole(", ".join(str(moment.label) for moment in left_out))
    row = draft.routine
    row.recorded_at, row.recorded_by = event.recorded_at, event.recorded_by
    record.insert(*draft.steps)  # before the row that seals them
    record.insert(row)
    record.record(row, Logged.DECIDE_ROUTINE, event, _changes(before, draft), action=CREATE)
    return Done(row)


CREATE = trail.Action.CREATE


def _earlier(draft: Text, last: Text) -> Routine | None:
    """Return the last version if it is the draft, None if the draft comes next."""
    if draft.routine.version == last.routine.version + 1:
        return None
    if draft.routine.version == last.routine.version and _said(draft) == _said(last):
        return last.routine
    raise RoutineChanged(about=last.routine)


def _said(version: Text) -> dict[str, str]:
    """Return all that a version says, as the log shows it."""
    head = {name: str(getattr(version.routine, name) or "") for name in HEAD}
    steps = {
        moment.value: "\n".join(f"{text} / {text_en}" for text, text_en in version.lines(moment))
        for moment in Moment
    }
    return head | steps


def _changes(before: Text, after: Text) -> trail.Changes:
    old, new = _said(before), _said(after)
    return {name: (old[name], new[name]) for name in new if old[name] != new[name]}
