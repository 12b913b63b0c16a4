"""Callers who didn't know their vgr-id: found out afterwards."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from custody.calls.refusals import CallerKnown
from custody.handouts import correcting
from custody.ledger import calls
from custody.logged import Logged
from custody.models import Call, Patient
from custody.models.calls import PatientState


def unknown() -> QuerySet[Call]:
    """Return the real calls whose caller's vgr-id nobody knows yet, the oldest first."""
    rows = Call.objects.filter(caller="", drill=False).order_by("taken_at", "pk")
    return rows.select_related("ward__clinic", "ward__same_as")


@act
def find_out(call_id: int, vgr_id: str, event: Event) -> Done[Call]:
    """Record whose call it was, on its handouts too. Name and telephone stay.

    A second call changes nothing. Raises CallerKnown when somebody wrote another vgr-id before,
    Call.DoesNotExist.
    """
    call = (
        Call.objects.select_for_update(of=("self",)).select_related("ward__clinic").get(pk=call_id)
    )
    if call.caller == vgr_id:
        return Done(call, new=False)
    if call.caller:
        raise CallerKnown(about=call)
    # The record is in Swedish, whatever language the person reads.
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("It was found out afterwards who called")
    # The call last: the records keep what was known until then.
    correcting.find_caller(call, vgr_id, event, reason=reason)
    _correct_waiting(call, vgr_id, event, reason)
    record.change(call, Logged.FIND_CALLER, event, {"caller": vgr_id})
    return Done(call)


def _correct_waiting(call: Call, vgr_id: str, event: Event, reason: str) -> None:
    """Write who called on those who wait and were put right before: the others go by the call."""
    right = Patient.objects.filter(call=call, corrected_ward__isnull=False, corrected_caller="")
    waiting = right.filter(state=PatientState.WAITING).order_by("pk")
    for patient in map(calls.lock, waiting.values_list("pk", flat=True)):
        if patient.waits:
            calls.correct(patient, event, reason=reason, caller=vgr_id)
