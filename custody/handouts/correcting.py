"""What was said or heard wrong of a handout, put right: its ward, its caller, its call-back number.

Each act leaves the handout in its state; the step keeps what it changed.
"""

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.register import keep_typed_in
from custody.handouts.refusals import NobodyToAsk, NothingToCorrect, SameWard
from custody.ledger import calls, steps
from custody.ledger.refusals import CorrectedMeanwhile, NamesAPerson
from custody.models import Call, Handout
from custody.models.states import STEPS, Act
from custody.numbers.identities import contains_identity


@act
def transfer(
    handout_id: int, ward: Ward, event: Event, *, reason: str, place: str = ""
) -> Done[Handout]:
    """Move a handout to the ward that has the patient: what is left to do of it is theirs.

    ``ward``: unsaved when it was typed in; a mistyped name counts as the ward it was settled as.
    ``place``: where in it the patient lies. The same form again changes nothing. Raises SameWard,
    NamesAPerson, IllegalStep or ReasonMissing.
    """
    if contains_identity(place):
        raise NamesAPerson
    handout, event = steps.lock_for(handout_id, Act.TRANSFER, event)
    kept = keep_typed_in(ward)
    meant = kept.same_as or kept
    if meant.pk in {handout.ward_id, handout.ward.same_as_id}:
        if _just_done(handout, Act.TRANSFER, event, reason=reason, place=place):
            return Done(handout, new=False)
        raise SameWard(handout)
    steps.remain(handout, Act.TRANSFER, event, reason=reason, place=place, ward=meant)
    _follow(handout, event)
    return Done(handout)


@act
def correct(
    handout_id: int, event: Event, *, caller: str, callback: str, reason: str, shown: str = ""
) -> Done[Handout]:
    """Correct who called, or the number to call back, of a handout and its call's others.

    The others are those with the same caller, number and ward. ``caller``: "" leaves it unknown;
    if the caller of the call didn't know the vgr-id, it is filled in there too. ``shown``: what
    the page showed (``shown_of``). The same form again changes nothing. Raises NothingToCorrect,
    NobodyToAsk, CorrectedMeanwhile, IllegalStep or ReasonMissing.
    """
    call = Call.objects.select_for_update(of=("self",)).get(patients__handouts=handout_id)
    handout, own = steps.lock_for(handout_id, Act.CORRECT, event)
    before, after = (handout.caller, handout.callback), (caller, callback)
    if before == after:
        if _just_done(handout, Act.CORRECT, own, reason=reason):
            return Done(handout, new=False)
        raise NothingToCorrect(handout)
    if shown not in {"", shown_of(handout)}:
        raise CorrectedMeanwhile(about=handout)
    if not caller and not (handout.caller_name and callback):
        raise NobodyToAsk(handout)
    _correct(handout, own, after, reason)
    for other in _alike(handout, call, before):
        _correct(*steps.lock_for(other, Act.CORRECT, event), after, reason)
    calls.fill_in_caller(call, caller, own)
    return Done(handout)


def shown_of(handout: Handout) -> str:
    """Return what tells caller and call-back number, as a page shows them, from others."""
    return f"{handout.caller}|{handout.callback}"


def find_caller(call: Call, caller: str, event: Event, *, reason: str) -> None:
    """Write who called on a call's handouts that were given to a caller without a vgr-id.

    Voided and undone ones stay as they are. Callers hold a transaction and the call's lock.
    """
    states = [*STEPS[Act.CORRECT]]
    given = Handout.objects.filter(patient__call=call, caller="", state__in=states)
    for pk in given.order_by("pk").values_list("pk", flat=True):
        handout, own = steps.lock_for(pk, Act.CORRECT, event)
        _correct(handout, own, (caller, handout.callback), reason)


def _just_done(handout: Handout, act: Act, event: Event, **said: str) -> bool:
    """Tell whether the latest step is this one: the button was pressed twice."""
    same = {"act": act, "recorded_by": event.recorded_by, **said}
    last = handout.steps.order_by("sequence").last()
    return all(getattr(last, name) == value for name, value in same.items())


def _correct(handout: Handout, event: Event, after: tuple[str, str], reason: str) -> None:
    caller, callback = after
    steps.remain(handout, Act.CORRECT, event, reason=reason, caller=caller, callback=callback)
    _follow(handout, event)


def _follow(handout: Handout, event: Event) -> None:
    """Let a patient who waits, since the sheet of this number is missing, be found with it."""
    if handout.patient.waits:
        patient = calls.lock(handout.patient_id)
        if patient.waits:
            calls.as_on(patient, handout, event)


def _alike(handout: Handout, call: Call, before: tuple[str, str]) -> list[int]:
    """Return the keys of the call's other handouts of which the same was said."""
    caller, callback = before
    others = Handout.objects.filter(
        patient__call=call,
        ward=handout.ward_id,
        caller=caller,
        callback=callback,
        state__in=[*STEPS[Act.CORRECT]],
    )
    return list(others.exclude(pk=handout.pk).order_by("pk").values_list("pk", flat=True))
