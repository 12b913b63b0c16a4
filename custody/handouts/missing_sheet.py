"""The sheet of a number isn't in the binder while its caller waits: the next one is given.

While a journal can't be relied on, the till says of each number whether its sheet lies there.
"""

from collections import Counter

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from befreg_reserv.acts import record
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import Refused
from befreg_reserv.sql.reading import Unmade
from custody.binder import choosing, quarantine
from custody.handouts import giving
from custody.handouts.refusals import NoneLeft, NotOpen
from custody.journal import marks
from custody.ledger import calls, steps
from custody.ledger.refusals import OutageEnded
from custody.logged import Logged
from custody.models import Handout, Patient, ReserveNumber, SheetSeen
from custody.models.calls import PatientState
from custody.models.states import OPEN, State
from outage.models import Outage


def give_next(handout_id: int, event: Event) -> Done[Handout]:
    """Set aside a number whose sheet is missing, and answer the same call with the next one.

    Two acts, one after the other. Returns the handout that the caller gets instead, the same one
    when the button is pressed twice. A number that was read back, or seen at the wrist, is with the
    patient: its handout stays open, for the ward to close or void. Raises NotMissing when it has
    gone further or was given out on paper, OutageEnded after the outage. NoneLeft, and OutageEnded
    with ``kept``, mean that there is no next number: the missing one is set aside all the same,
    and the patient waits.
    """
    missing = quarantine.set_aside_given(handout_id, event).row
    given = give_instead(missing, event)
    if given.row is None:
        raise _none(missing)
    return Done(given.row, new=given.new)


@act
def saw_sheet(handout_id: int, event: Event) -> Done[SheetSeen]:
    """Record that the sheet of a number lies in the binder. The same word again is one.

    Raises NotOpen.
    """
    handout = steps.lock(handout_id)
    if handout.state not in OPEN:
        raise NotOpen(handout)
    said = {
        "at": event.at,
        "by": event.by,
        "recorded_at": event.recorded_at,
        "recorded_by": event.recorded_by,
    }
    seen, new = SheetSeen.objects.get_or_create(handout=handout, defaults=said)
    if new:
        record.record(handout, Logged.SHEET_SEEN, event)
    return Done(seen, new=new)


def with_question(handouts: QuerySet[Handout]) -> QuerySet[Handout]:
    """Return handouts with ``asks_for_sheet``: whether the number waits for that word."""
    given = Q(state=State.HANDED_OUT, late=False, read_back_at=None, bedside_at=None)
    asks = given & Q(sheet_seen=None) & Q(marks.of_handout())
    return handouts.annotate(asks_for_sheet=ExpressionWrapper(asks, BooleanField()))


def _none(missing: Handout) -> Refused:
    outage = Outage.objects.get(pk=missing.outage_id)
    refusal: Refused = OutageEnded(about=outage)
    if outage.ongoing:
        refusal = NoneLeft(missing.patient, outage)
    refusal.kept = missing
    return refusal


@act
def give_instead(missing: Handout, event: Event) -> Done[Handout | None]:
    """Give the next number to the caller of a handout whose sheet is missing.

    Returns None if there is none that nobody asked for before, or the outage has ended: then the
    patient waits. Raises
    NotWaiting if that wait has been ended.
    """
    outage, event = giving.lock_outage(missing.outage_id, event)
    columns = giving.following(missing)
    known = giving.known(columns["request_key"])
    key = columns["request_key"]
    earlier = answered(known.of_form(key), key, lambda row: row.instead_of_id == missing.pk)
    if earlier:
        return giving.again(earlier, known)
    patient = calls.lock(missing.patient_id)
    urgent = bool(patient.reason)  # the till has said why this patient comes first
    calls.without_number(patient, missing, event)
    if outage is None or not outage.ongoing:
        return Done(None)
    event = event.within(outage.started_at, outage.ended_at)
    known.answer_restored(event)
    lying = _lying(outage, patient, missing, urgent=urgent)
    if not lying:
        return Done(None)
    # The caller has just heard the missing one.
    number = choosing.hardest_to_mishear(lying, [missing.number])
    if number.sex != patient.known_sex:
        columns["other_sex_reason"] = missing.other_sex_reason
    calls.end(patient, PatientState.SERVED, event)
    handout = giving.handout_of(patient, number, outage, event, **columns)
    giving.give([handout], event, known)
    return Done(handout)


def _lying(
    outage: Outage, patient: Patient, missing: Handout, *, urgent: bool
) -> list[Unmade[ReserveNumber]]:
    """Return the numbers to choose from, locked: none if whoever asked before needs all of them.

    A number of the other sex would do, if the missing one was of it.
    """
    before = Patient.objects.filter(
        state=PatientState.WAITING,
        call__drill=outage.drill,
        waiting_since__lt=patient.call.taken_at,
    ).exclude(calls.waits_from_before(calls.BREAK))
    ahead = Counter(row.known_sex for row in before) if not urgent else Counter[str]()
    for sex in dict.fromkeys([patient.known_sex, missing.number.sex]):
        lying = choosing.lying(outage, sex, ahead[sex] + 1)
        if len(lying) > ahead[sex]:
            return lying
    return []
