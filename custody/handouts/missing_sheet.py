"""The sheet of a number isn't in the binder while its caller waits: the next one is given."""

from uuid import uuid5

from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from custody.binder import quarantine
from custody.handouts import giving, telephone
from custody.handouts.telephone import Call
from custody.models import Handout


def give_next(handout_id: int, event: Event, *, other_sex_reason: str = "") -> Done[Handout]:
    """Set aside a number whose sheet is missing, and answer the same call with the next one.

    Two acts, one after the other. Returns the handout that the caller gets instead, the same one
    when the button is pressed twice. A number that was read back may be with the patient by now:
    its handout stays open, for the ward to close or void. Raises NotMissing when the handout has
    gone further or was given out on paper, OutageEnded after the outage. NoneLeft, and OutageEnded
    with ``kept``, mean that there is no next number; the missing one is set aside all the same.
    """
    missing = quarantine.set_aside_given(handout_id, event).row
    reason = other_sex_reason or missing.other_sex_reason
    try:
        return give_instead(missing, event, other_sex_reason=reason)
    except Refused as refusal:
        refusal.kept = missing
        raise


@act
def give_instead(missing: Handout, event: Event, *, other_sex_reason: str) -> Done[Handout]:
    """Give the next number to the caller of a handout whose sheet is missing.

    Raises OutageEnded or NoneLeft.
    """
    call = Call(
        sex=missing.patient_sex.value,
        caller=missing.caller,
        ward=missing.ward,
        callback=missing.callback,
        # It follows from the first form's key, so that a button pressed twice gives one number.
        request_key=uuid5(missing.request_key, "sheet missing"),
        outage_id=missing.outage_id,
        other_sex_reason=other_sex_reason,
        called_at=missing.called_at,
    )
    outage, event = telephone.lock_outage(call.outage_id, event)
    known = giving.known(call.request_key)
    earlier = answered(known.found, call.request_key, lambda row: row.instead_of_id == missing.pk)
    if earlier:
        return giving.again(earlier, known)
    return Done(telephone.serve(call, outage, event, known, instead_of=missing))
