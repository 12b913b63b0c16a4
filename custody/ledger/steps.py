"""The one writer of a handout's state: every step goes through ``begin`` or ``advance``.

Callers hold the row's lock and a transaction. A step, the state it leads to and the audit rows
are written together or not at all.
"""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from befreg_reserv.acts import record
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from custody.ledger.refusals import IllegalStep
from custody.models import Handout, HandoutStep
from custody.models.states import NEEDS_REASON, STEPS, Act


def lock(handout_id: int) -> Handout:
    """Return the handout, re-read under lock, with the related rows that its rules need.

    Raises Handout.DoesNotExist.
    """
    rows = Handout.objects.select_related("number__binder", "outage", "ward__clinic", "patient")
    return rows.select_for_update(of=("self",)).get(pk=handout_id)


def lock_for(handout_id: int, act: Act, event: Event) -> tuple[Handout, Event]:
    """Return the locked handout, and the event at a time that follows the handout's last step.

    Raises IllegalStep when the handout isn't in the state from which ``act`` starts, BadTime for a
    typed time out of order, Handout.DoesNotExist.
    """
    handout = lock(handout_id)
    if handout.state != STEPS[act].source:
        raise IllegalStep(handout, act)
    last = handout.steps.order_by("sequence").last()
    return handout, event.after(last.at if last else handout.handed_out_at)


def begin(handouts: list[Handout], event: Event, *, reason: str = "") -> list[LogEntry]:
    """Insert new handouts and their first steps. Returns entries for the log, not written yet.

    ``reason``: why they were handed out all the same, when the act had to ask. Two statements.
    """
    record.insert(*handouts)
    record.insert(*(_step(row, Act.HAND_OUT, event, 1, reason) for row in handouts))
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


def advance(
    handout: Handout,
    act: Act,
    event: Event,
    *,
    reason: str = "",
    identity: str = "",
    **columns: Any,
) -> None:
    """Take a locked handout one step further.

    ``columns`` are the handout's columns that change with it; ``identity`` is the real number
    the step is about. Raises IllegalStep or ReasonMissing.
    """
    if act in NEEDS_REASON and not reason:
        raise ReasonMissing
    columns["state"] = STEPS[act].target.value
    try:
        changes = record.assign(handout, columns, {"state": STEPS[act].source})
    except ObjectDoesNotExist:
        raise IllegalStep(handout, act) from None
    record.insert(_step(handout, act, event, handout.steps.count() + 1, reason, identity))
    record.record(handout, act, event, changes | _because(reason))


def _because(reason: str) -> trail.Changes:
    return record.said(reason=reason) if reason else {}


def _step(
    handout: Handout, act: Act, event: Event, sequence: int, reason: str = "", identity: str = ""
) -> HandoutStep:
    source, target = STEPS[act]
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
        reason=reason,
        identity=identity,
    )
