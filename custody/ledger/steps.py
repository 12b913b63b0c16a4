"""The one writer of a handout's state: all steps go through ``begin``, ``advance`` or ``remain``.

Callers hold the row's lock and a transaction. A step, the state it leads to and the audit rows
are written together or not at all.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import F

from befreg_reserv.acts import record
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from custody.journal import departures
from custody.journal.knowing import Journals
from custody.ledger.refusals import IllegalStep
from custody.models import Handout, HandoutStep
from custody.models.states import NEEDS_REASON, STEPS, Act, State, Step


def lock(handout_id: int) -> Handout:
    """Return the handout, re-read under lock, with the related rows that its rules need.

    Raises Handout.DoesNotExist.
    """
    rows = Handout.objects.select_related("number__binder", "outage", "ward__clinic", "patient")
    locked = rows.select_for_update(of=("self",)).filter(pk=handout_id)
    # PostgreSQL leaves out a row whose ward changed while this waited for its lock, since it joins
    # the former one. The row is locked by then: read again, it is there.
    return locked.first() or locked.get()


def lock_for(handout_id: int, act: Act, event: Event) -> tuple[Handout, Event]:
    """Return the locked handout, and the event at a time that follows the step to its state.

    Raises IllegalStep when the handout isn't in a state from which ``act`` starts, BadTime for a
    typed time out of order, Handout.DoesNotExist.
    """
    handout = lock(handout_id)
    if handout.state not in STEPS[act]:
        raise IllegalStep(handout, act)
    # The step that led to this state: a real number may have been created before somebody looked at
    # the wristband, or put the caller right, and is recorded after it.
    last = handout.steps.exclude(source=F("target")).order_by("sequence").last()
    return handout, event.after(last.at if last else handout.handed_out_at)


def begin(
    handouts: list[Handout], event: Event, seen: Journals, *, reason: str = ""
) -> list[LogEntry]:
    """Insert new handouts and their first steps. Returns entries for the log, not written yet.

    ``seen``: what the journals knew. ``reason``: why they were handed out all the same, when the
    act had to ask. Two statements.
    """
    record.insert(*handouts)
    first = Step(Act.HAND_OUT, "", State.HANDED_OUT)
    begun = [_step(row, first, event, 1, reason=reason) for row in handouts]
    record.insert(*begun)
    departures.keep(begun, seen)
    return [
        record.entry(
            row,
            Act.HAND_OUT,
            event,
            record.said(state=row.state, caller=row.caller_words) | _because(reason),
            action=trail.Action.CREATE,
        )
        for row in handouts
    ]


def _nothing() -> None:
    pass


def advance(
    handout: Handout,
    act: Act,
    event: Event,
    *,
    reason: str = "",
    identity: str = "",
    searched: bool = False,
    in_between: Callable[[], None] = _nothing,
    reference: str = "",
    **columns: Any,
) -> None:
    """Take a locked handout one step further.

    ``columns`` are the handout's columns that change with it; ``identity`` is the real number
    the step is about; ``searched``: Befreg was searched before it was created; ``reference``: of
    the notice, for the journal. ``in_between`` writes other rows when the step stands, and this
    handout's row is still as it was. Raises IllegalStep or ReasonMissing.
    """
    step = _legal(handout, act, reason)
    columns["state"] = step.target.value
    said = {"reason": reason, "identity": identity, "searched": searched}
    # The step first: the database lets a real number in only when a step has registered it.
    taken = _step(handout, step, event, handout.steps.count() + 1, **said)
    record.insert(taken)
    departures.keep([taken], reference=reference)
    in_between()
    try:
        changes = record.assign(handout, columns, {"state": step.source})
    except ObjectDoesNotExist:
        raise IllegalStep(handout, act) from None
    record.record(handout, act, event, changes | _because(reason))


def remain(
    handout: Handout,
    act: Act,
    event: Event,
    *,
    reason: str = "",
    place: str = "",
    identity: str = "",
    **columns: Any,
) -> None:
    """Record a step by which a locked handout stays in its state.

    ``columns`` are the handout's columns that change with it; the step keeps what ward, caller,
    call-back number and sex were. ``place``: where the patient lies, if the step says so;
    ``identity``: the real number that it is about. Raises IllegalStep or ReasonMissing.
    """
    step = _legal(handout, act, reason)
    if step.target != step.source:
        raise IllegalStep(handout, act)
    said = {"reason": reason, "place": place, "identity": identity, **_former(handout, act)}
    # The step first: the database lets these columns change only when a step keeps what they were.
    taken = _step(handout, step, event, handout.steps.count() + 1, **said)
    record.insert(taken)
    departures.keep([taken])
    changes = record.assign(handout, columns)
    if place:
        changes |= record.said(place=place)
    record.record(handout, act, event, changes | _because(reason))


def _legal(handout: Handout, act: Act, reason: str) -> Step:
    """Return the step by ``act`` from the handout's state. Raises IllegalStep or ReasonMissing."""
    if act in NEEDS_REASON and not reason:
        raise ReasonMissing
    if handout.state not in STEPS[act]:
        raise IllegalStep(handout, act)
    return Step(act, handout.state, STEPS[act][handout.state])


def _former(handout: Handout, act: Act) -> dict[str, Any]:
    """Return what the step must keep of the handout, which it is about to change."""
    if act == Act.TRANSFER:
        return {"former_ward": handout.ward}
    if act == Act.CORRECT:
        return {"former_caller": handout.caller, "former_callback": handout.callback}
    if act == Act.CORRECT_SEX:
        return {"former_sex": handout.patient.known_sex}
    return {}


def _because(reason: str) -> trail.Changes:
    return record.said(reason=reason) if reason else {}


def _step(handout: Handout, step: Step, event: Event, sequence: int, **columns: Any) -> HandoutStep:
    act, source, target = step
    return HandoutStep(
        handout=handout,
        sequence=sequence,
        act=act,
        source=source,
        target=target,
        at=event.at,
        by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        **columns,
    )
