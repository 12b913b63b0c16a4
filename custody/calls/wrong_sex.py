"""A patient's sex was said or heard wrong: another number, and the first goes back or is voided."""

from typing import Any

from django.db.models import Q

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.binder import choosing
from custody.calls import waiting
from custody.calls.refusals import AnotherStands, SameSex, WearsOtherSex
from custody.handouts import closing, giving
from custody.handouts.refusals import NoneLeft, TabRefilled
from custody.ledger import calls, steps
from custody.ledger.refusals import IllegalStep, OfHandout, OutageEnded
from custody.logged import Logged
from custody.models import Handout, Patient, ReserveNumber
from custody.models.calls import PatientState
from custody.models.states import Act
from outage.models import Outage


def give_another(
    handout_id: int, sex: str, event: Event, *, reason: str, lies_there: bool = False
) -> Done[Handout]:
    """Correct the patient's sex, and give a number of it in the same act.

    As ``replace_number``; raises NoneLeft with ``kept`` when there is none: then the patient waits.
    """
    done = replace_number(handout_id, sex, event, reason=reason, lies_there=lies_there)
    if done.row is None:
        handout = Handout.objects.select_related("patient__call", "outage").get(pk=handout_id)
        refusal = NoneLeft(handout.patient, handout.outage)
        refusal.kept = handout
        raise refusal
    return Done(done.row, new=done.new)


def _refilled_meanwhile(handout_id: int, *_others: Any, **_options: Any) -> None:
    """Raise TabRefilled: the tab got a new number at the moment when this one was to return."""
    raise TabRefilled(Handout.objects.select_related("number").get(pk=handout_id))


@act(on_conflict=_refilled_meanwhile)
def replace_number(
    handout_id: int, sex: str, event: Event, *, reason: str, lies_there: bool = False
) -> Done[Handout | None]:
    """Correct a patient's sex: the handout ends, and the patient gets another number.

    ``lies_there``: the till has seen the sheet in its tab. Then the number goes back, unless
    somebody may have it by now (``is_untouched``); else it is voided. Returns None if no number of
    that sex is left, those for whoever has waited longer aside: the patient waits. The same form
    again returns the same. Raises OutageEnded, SameSex, AnotherStands, WearsOtherSex while it is
    confirmed at the patient, NotWaiting, IllegalStep, ReasonMissing or TabRefilled.
    """
    # The outage first, as every act that takes a number out: else two could wait for each other.
    outage_id = Handout.objects.values_list("outage_id", flat=True).get(pk=handout_id)
    outage, event = giving.lock_outage(outage_id, event)
    handout = steps.lock(handout_id)
    patient = calls.lock(handout.patient_id)
    if handout.had_wrong_sex:
        return _answered(handout, patient, sex)
    if outage is None or not outage.ongoing:
        raise OutageEnded(about=handout.outage)
    _check_is_wrong(handout, patient, sex)
    columns = giving.following(handout)
    known = giving.known(columns["request_key"])
    known.answer_restored(event)
    handout, event = steps.lock_for(handout_id, Act.CORRECT_SEX, event)
    if handout.bedside_at:
        raise WearsOtherSex(handout)
    steps.remain(handout, Act.CORRECT_SEX, event, reason=reason)
    calls.correct_sex(patient, sex, event)
    handout.patient = patient  # whose sex the journal's line tells
    _end(handout, event, reason, lies_there=lies_there)
    calls.without_number(patient, handout, event)
    number = _number(patient, outage)
    if number is None:
        return Done(None)
    calls.end(patient, PatientState.SERVED, event)
    given = giving.handout_of(patient, number, outage, event, **columns)
    giving.give([given], event, known)
    return Done(given)


def _check_is_wrong(handout: Handout, patient: Patient, sex: str) -> None:
    """Raise SameSex, or AnotherStands when the wrong one stands on a later handout."""
    if sex == patient.known_sex:
        raise SameSex(handout)
    if Handout.objects.filter(instead_of=handout).exists():
        raise AnotherStands(handout)


def _answered(handout: Handout, patient: Patient, sex: str) -> Done[Handout | None]:
    """Return what was given instead before. Raises IllegalStep if it was for another sex."""
    if patient.known_sex != sex:
        raise IllegalStep(handout, Act.CORRECT_SEX)
    return Done(Handout.objects.filter(instead_of=handout).first(), new=False)


def is_untouched(handout: Handout) -> bool:
    """Tell whether nobody can have the number but by ear.

    It was neither read back, seen at a patient, printed, nor shown to its ward in writing.
    """
    if handout.is_with_a_patient or handout.late:
        return False
    looks = LogEntry.objects.filter(number=handout.number.value, action=trail.Action.ACCESS)
    printed = Q(act=Logged.SLIP, object_id=handout.pk)
    everywhere = User.objects.with_perm("custody.see_all_wards")
    return not looks.filter(printed | ~Q(actor__in=everywhere)).exists()


def _end(handout: Handout, event: Event, reason: str, *, lies_there: bool) -> None:
    """Put the number back into its tab if that is safe, else void the handout."""
    number = _to_return(handout) if lies_there else None
    if number:
        closing.return_to_tab(handout, number, event, reason=reason)
    else:
        steps.advance(handout, Act.VOID, event, reason=reason)


def _to_return(handout: Handout) -> ReserveNumber | None:
    if not is_untouched(handout) or handout.number.quarantines.exists():
        return None
    try:
        number = closing.check_may_return(handout)
    except OfHandout:
        return None
    of_tab = number.binder.numbers.filter(tab=number.tab)
    return None if of_tab.exclude(pk=number.pk).exists() else number


def _number(patient: Patient, outage: Outage) -> ReserveNumber | None:
    """Return a number of the patient's sex that nobody who has waited longer needs."""
    same = [
        row.pk for row in waiting.queue(drill=outage.drill) if row.known_sex == patient.known_sex
    ]
    ahead = same.index(patient.pk)
    lying = choosing.lying(outage, patient.known_sex, ahead + 1)
    return choosing.hardest_to_mishear(lying) if len(lying) > ahead else None
