"""The merge notice in RAPS: emergency number and real number are the same person."""

from django.db import transaction

from custody import steps
from custody.models import Handout, MergeNotice
from custody.states import Act
from custody.steps import Event


@transaction.atomic
def file_notice(handout_id: int, event: Event, *, reference: str = "") -> Handout:
    """Record that the notice was filed in RAPS, and close the handout.

    ``event``: filed when and by whom, recorded when and by whom. Raises IllegalStep or BadTime.
    """
    handout, event = steps.lock_for(handout_id, Act.FILE_NOTICE, event)
    identity = handout.real_identity or ""
    steps.advance(handout, Act.FILE_NOTICE, event, identity=identity, closed_at=event.at)
    MergeNotice.objects.create(
        handout=handout,
        identity=identity,
        reference=reference,
        filed_at=event.at,
        filed_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
    )
    return handout


@transaction.atomic
def withdraw_notice(handout_id: int, event: Event, *, reason: str) -> Handout:
    """Record that the notice was withdrawn in RAPS. It stays visible; a new one is owed.

    Raises IllegalStep or ReasonMissing.
    """
    handout, event = steps.lock_for(handout_id, Act.WITHDRAW_NOTICE, event)
    identity = handout.real_identity or ""
    steps.advance(
        handout, Act.WITHDRAW_NOTICE, event, reason=reason, identity=identity, closed_at=None
    )
    notice = MergeNotice.objects.get(handout=handout, withdrawn_at__isnull=True)
    notice.withdrawn_at = event.at
    notice.withdrawn_by = event.by
    notice.withdrawn_reason = reason
    notice.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    return handout
