"""What was said or heard wrong of a waiting patient, or of who called, is put right."""

from typing import TypedDict, Unpack

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.register import keep_typed_in
from custody.calls.refusals import AnotherSexStands, NobodyToCall
from custody.ledger import calls
from custody.ledger.refusals import CorrectedMeanwhile, NotWaiting
from custody.models import Call, Patient


class Further(TypedDict, total=False):
    """What a correction may say besides; "" leaves it. ``shown``: what the page showed."""

    sex: str
    age_group: str
    shown: str


@act
def correct(
    patient_id: int,
    ward: Ward,
    event: Event,
    *,
    caller: str,
    callback: str,
    reason: str,
    **further: Unpack[Further],
) -> Done[Patient]:
    """Correct what is known of a waiting patient. The place in the queue stays.

    ``ward``: unsaved when it was typed in; a mistyped name counts as the ward it was settled as.
    ``caller``: "" leaves it unknown; if the caller of the call didn't know the vgr-id, it is filled
    in there too. ``shown``: see ``shown_of``. What is right already changes nothing. Raises
    NotWaiting, NobodyToCall, AnotherSexStands, CorrectedMeanwhile, ReasonMissing,
    Patient.DoesNotExist.
    """
    # The call first, as ``handouts.correcting``: else two could wait for each other.
    call = Call.objects.select_for_update(of=("self",)).get(patients=patient_id)
    patient = calls.lock(patient_id)
    if not patient.waits:
        raise NotWaiting(patient)
    if not caller and not (call.caller_name and callback):
        raise NobodyToCall(about=call)
    sex = further.get("sex") or patient.known_sex
    age_group = further.get("age_group") or patient.known_age_group
    if sex != patient.known_sex and patient.handouts.exists():
        raise AnotherSexStands(about=call)
    if not reason:
        raise ReasonMissing
    right = {"ward": _meant(ward, patient), "caller": caller, "callback": callback}
    right |= {"sex": sex, "age_group": age_group}
    before = shown_of(patient)
    new = calls.correct(patient, event, reason=reason, **right)
    if new and further.get("shown") not in {None, "", before}:
        raise CorrectedMeanwhile(about=call)  # takes the above back
    # Last: the record keeps what was said until then.
    calls.fill_in_caller(call, caller, event)
    return Done(patient, new=new)


def _meant(ward: Ward, patient: Patient) -> Ward:
    """Return the ward that is meant: the patient's own, if only the name is another."""
    kept = keep_typed_in(ward)
    meant = kept.same_as or kept
    return patient.ward if meant.pk == patient.ward.same_as_id else meant


def shown_of(patient: Patient) -> str:
    """Return what tells what is known of a patient, as a page shows it, from what is put right."""
    said = (patient.ward.pk, patient.caller, patient.callback)
    return "|".join(map(str, (*said, patient.known_sex, patient.known_age_group)))
