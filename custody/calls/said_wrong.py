"""Ward, caller or call-back number of a waiting patient were said or heard wrong: put right."""

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.register import keep_typed_in
from custody.calls.refusals import NobodyToCall
from custody.ledger import calls
from custody.ledger.refusals import NotWaiting
from custody.models import Call, Patient


@act
def correct(
    patient_id: int, ward: Ward, event: Event, *, caller: str, callback: str, reason: str
) -> Done[Patient]:
    """Correct where a waiting patient is, and whom to call back. The place in the queue stays.

    ``ward``: unsaved when it was typed in; a mistyped name counts as the ward it was settled as.
    ``caller``: "" leaves it unknown; if the caller of the call didn't know the vgr-id, it is filled
    in there too. What is right already changes nothing. Raises NotWaiting, NobodyToCall,
    ReasonMissing, Patient.DoesNotExist.
    """
    # The call first, as ``handouts.correcting``: else two could wait for each other.
    call = Call.objects.select_for_update(of=("self",)).get(patients=patient_id)
    patient = calls.lock(patient_id)
    if not patient.waits:
        raise NotWaiting(patient)
    if not caller and not (call.caller_name and callback):
        raise NobodyToCall(about=call)
    if not reason:
        raise ReasonMissing
    kept = keep_typed_in(ward)
    meant = kept.same_as or kept
    if meant.pk == patient.ward.same_as_id:
        meant = patient.ward  # by another name
    new = calls.correct(patient, meant, caller, callback, event, reason=reason)
    # Last: the record keeps what was said until then.
    calls.fill_in_caller(call, caller, event)
    return Done(patient, new=new)
