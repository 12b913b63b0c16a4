"""A sheet that isn't in the binder: its number is set aside until somebody knows where it went."""

from collections.abc import Collection
from datetime import datetime
from uuid import uuid5

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody import handouts, steps
from custody.handouts import Call
from custody.models import Count, Handout, Quarantine, ReserveNumber
from custody.refusals import AlreadyExplained, NotMissing, OutageEnded, ReasonMissing, Refused
from custody.states import Act, State
from custody.steps import Event


def sheet_missing(handout_id: int, event: Event, *, other_sex_reason: str = "") -> Handout:
    """Set aside a number whose sheet is missing, and answer the same call with the next one.

    Returns the handout that the caller gets instead; pressed twice, the same one. A number that
    was read back may be with the patient by now: its handout stays open, for the ward to close or
    void. Raises NotMissing when the handout has gone further, OutageEnded after the outage.
    NoneLeft, and OutageEnded with ``set_aside``, mean that there is no next one; the missing one
    is set aside all the same.
    """
    missing = _set_aside(handout_id, event)
    call = Call(
        sex=missing.patient_sex.value,
        caller=missing.caller,
        ward=missing.ward,
        callback=missing.callback,
        # From the key of the first form: however often the button is pressed, one number.
        request_key=uuid5(missing.request_key, "sheet missing"),
        outage_id=missing.outage_id,
        other_sex_reason=other_sex_reason or missing.other_sex_reason,
        instead_of=missing,
        called_at=missing.called_at,
    )
    try:
        return handouts.hand_out(call, event)
    except Refused as refusal:
        refusal.set_aside = missing
        raise


@transaction.atomic
def _set_aside(handout_id: int, event: Event) -> Handout:
    handout = steps.lock(handout_id)
    if handout.number.quarantines.exists():
        return handout
    if handout.state != State.HANDED_OUT:
        raise NotMissing(handout)
    if not handout.outage.ongoing:
        raise OutageEnded(drill=handout.outage.drill)
    # The record speaks Swedish, whoever pressed the button.
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("The sheet wasn't in the binder")
    if handout.read_back_at is None:
        handout, event = steps.lock_for(handout_id, Act.VOID, event)
        steps.advance(handout, Act.VOID, event, reason=reason)
    event = event.after(handout.handed_out_at)
    Quarantine.objects.create(
        number=handout.number,
        reason=reason,
        found_at=event.at,
        found_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
    )
    return handout


def set_aside(numbers: Collection[ReserveNumber], event: Event, *, count: Count) -> None:
    """Take the numbers whose sheets a count missed out of the binder: nobody is to get them.

    Callers hold a transaction and the numbers' locks. Raises IntegrityError when one of them has
    left the binder all the same.
    """
    with translation.override(settings.LANGUAGE_CODE):  # as above
        reason = _("Missing at the count")
    _take(numbers, event)
    missing = Quarantine.objects.bulk_create(
        Quarantine(
            number=number,
            reason=reason,
            count=count,
            found_at=event.at,
            found_by=event.by,
            recorded_at=event.recorded_at,
            recorded_by=event.recorded_by,
        )
        for number in numbers
    )
    trail.write(*(entry for each in missing for entry in _set_aside_entries(each, event)))


def _take(numbers: Collection[ReserveNumber], event: Event) -> None:
    lying = ReserveNumber.objects.filter(pk__in=[each.pk for each in numbers], taken_at=None)
    if lying.update(taken_at=event.recorded_at) != len(numbers):
        raise IntegrityError("a number was taken under the lock of a count")


def _set_aside_entries(missing: Quarantine, event: Event) -> list[LogEntry]:
    by, at = event.recorded_by, event.recorded_at
    left: trail.Changes = {"taken_at": (None, at)}
    return [
        trail.entry(missing, "create", actor=by, at=at, action=LogEntry.Action.CREATE),
        trail.entry(missing.number, "leave_binder", actor=by, at=at, changes=left),
    ]


@transaction.atomic
def explain(quarantine_id: int, *, by: User, at: datetime, explanation: str) -> Quarantine:
    """Record where a missing sheet went. Its number stays spent: it may have been in use.

    Raises AlreadyExplained, ReasonMissing, Quarantine.DoesNotExist.
    """
    quarantine = Quarantine.objects.select_for_update().get(pk=quarantine_id)
    if quarantine.explained_at:
        raise AlreadyExplained
    if not explanation:
        raise ReasonMissing
    quarantine.explained_at = max(at, quarantine.found_at)
    quarantine.explained_by = by.username
    quarantine.explanation = explanation
    quarantine.save(update_fields=["explained_at", "explained_by", "explanation"])
    trail.record(quarantine, "explain_quarantine", actor=by, at=at)
    return quarantine


def unexplained() -> list[Quarantine]:
    """Return what waits for an explanation, the oldest first."""
    waiting = Quarantine.objects.filter(explained_at__isnull=True)
    return list(waiting.select_related("number__binder"))
