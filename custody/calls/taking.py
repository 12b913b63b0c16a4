"""Take a call: each patient gets a number, as long as there are numbers, and the others wait.

Actor, time and request key are arguments; the act is one transaction: lock, re-read, check,
write, record.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Model

from befreg_reserv import clock
from befreg_reserv.acts.act import Done, act, answered
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.register import keep_typed_in
from befreg_reserv.sql import batch
from befreg_reserv.sql.batch import NewKeys
from befreg_reserv.sql.reading import Unmade
from befreg_reserv.text import sort_key
from custody.binder import choosing
from custody.calls import waiting
from custody.calls.refusals import OtherBoard, SameCall
from custody.handouts import giving
from custody.handouts.giving import Known, Like
from custody.journal import departures
from custody.ledger import calls
from custody.ledger.refusals import CallKeyReused
from custody.models import Call, Handout, HandoutStep, Patient, ReserveNumber
from outage.models import Outage


@dataclass(frozen=True)
class PatientDetails:
    """One patient, as the till typed it: never a name, and "" for what nobody said."""

    sex: str
    age_group: str = ""
    place: str = ""


@dataclass(frozen=True)
class CallDetails:
    """What a ward says on the telephone, as the till typed it.

    ``ward`` is unsaved when it was typed in, for an administrator to settle. ``caller``: a vgr-id;
    "" with ``caller_name`` and ``callback`` when the caller doesn't know it. ``drill``: whether the
    form is of the drill's board. ``outage_id``: the outage that it was shown for; None means the
    ongoing one of that board.
    """

    patients: tuple[PatientDetails, ...]
    caller: str
    ward: Ward
    callback: str
    request_key: UUID
    caller_name: str = ""
    outage_id: int | None = None
    # When the form for the call was opened, as the form says: it may be wrong.
    begun_at: datetime | None = None
    # Of the patients that the till has said are others, the one recorded last.
    other_than: int = 0
    drill: bool = False


@dataclass(frozen=True)
class Taken:
    """A call with the handouts of those patients who got a number at once; the others wait."""

    call: Call
    handouts: list[Handout]


OF_EACH_PATIENT: tuple[type[Model], ...] = (Patient, Handout, HandoutStep)
# A form that was open for longer doesn't tell when the call came.
LONGEST_CALL = timedelta(hours=1)
# A like call so soon may be the earlier one, whose answer was lost. The time is our own choice.
SAME_CALL_WITHIN = timedelta(minutes=10)


def _taken_meanwhile(details: CallDetails, _event: Event) -> Taken | None:
    """Return the call of the same form, if it was sent at the same moment for another outage."""
    own = Patient.objects.filter(call__request_key=details.request_key)
    call = _earlier(own.select_related("call__ward__clinic"), details)
    return Taken(call, list(waiting.handouts_of(call))) if call else None


@act(on_conflict=_taken_meanwhile)
def take(details: CallDetails, event: Event) -> Done[Taken]:
    """Record a call, and hand out a number to each patient while there are any.

    Whoever waits for a number of the same sex in this outage comes first. Without an ongoing outage
    all patients wait. The same request key again returns the same call, even after the outage.
    Raises OtherBoard, CallKeyReused or SameCall; then nothing was recorded.
    """
    # An outage has one call at a time, and its end waits for that.
    with batch.together():
        locked = giving.ask_outage(details.outage_id, drill=details.drill)
        asked = waiting.ask_queue(drill=details.drill, with_key=details.request_key)
    outage, queue = locked(), asked()
    event = event.not_ahead_of(clock.read_of(outage) if outage else clock.database_now())
    if outage and outage.drill != details.drill:
        raise OtherBoard(drill=outage.drill)
    known = giving.known(details.request_key, _like(details, outage, event))
    earlier = _earlier(queue, details)
    if earlier:
        handouts = list(waiting.handouts_of(earlier))
        departures.keep_again(handouts, known.journals)
        return Done(Taken(earlier, handouts), new=False)
    _check_not_alike(known.found, queue, details, event)
    if outage is None or not outage.ongoing:
        keys = batch.ask_keys({Call: 1, Patient: len(details.patients)})
        return Done(_record(details, None, event, known, keys()))
    event = event.within(outage.started_at, outage.ended_at)
    known.answer_restored(event)
    ahead = Counter(patient.known_sex for patient in queue if not patient.from_before)
    numbers, keys_of_all = _numbers(outage, details, ahead)
    return Done(_record(details, outage, event, known, keys_of_all, numbers))


def _earlier(patients: Iterable[Patient], details: CallDetails) -> Call | None:
    """Return the call that this form was answered with before. Raises CallKeyReused."""
    own = [patient for patient in patients if patient.call.request_key == details.request_key]
    own.sort(key=lambda patient: patient.position)  # a queue is in the order of waiting
    said = tuple(PatientDetails(patient.sex, patient.age_group, patient.place) for patient in own)

    def same(call: Call) -> bool:
        return (
            not call.late
            and giving.same_words(call, details)
            and (call.caller_name, said) == (details.caller_name, details.patients)
            and (call.outage_id is None or details.outage_id in {None, call.outage_id})
        )

    calls_found = [patient.call for patient in own]
    return answered(calls_found, details.request_key, same, CallKeyReused)


def _check_not_alike(
    found: Iterable[Unmade[Handout]], queue: Iterable[Patient], details: CallDetails, event: Event
) -> None:
    """Raise SameCall when a handout, or a patient who waits, may be this call's, sent once more."""
    sexes = {patient.sex for patient in details.patients}
    alike = [row.made for row in found if row.alike and _sexes(row.patient) & sexes]
    waiting = [row for row in queue if _sexes(row) & sexes and _waits_alike(row, details, event)]
    if alike or waiting:
        raise SameCall(alike, waiting[::-1])


def _sexes(patient: Patient) -> set[str]:
    """Return the sex as it was said and as it is known: the same call may say either."""
    return {patient.sex, patient.known_sex}


def _waits_alike(patient: Patient, details: CallDetails, event: Event) -> bool:
    """Tell whether a waiting patient may be this call's, just now.

    The same caller and ward as in the earlier call, or as put right since.
    """
    call = patient.call
    return (
        patient.pk > details.other_than
        and call.taken_at >= event.at - SAME_CALL_WITHIN
        and details.caller in {call.caller, patient.caller}
        and call.caller_name == details.caller_name
        and any(giving.same_ward(ward, details.ward) for ward in {call.ward, patient.ward})
        and not call.late
    )


def _like(details: CallDetails, outage: Outage | None, event: Event) -> Like | None:
    """Return which handouts may be this call's, which was sent once more; none after the outage.

    The same caller got a number for the same ward just now, and nobody has read it back. The sex is
    compared in ``_check_not_alike``.
    """
    if outage is None or not outage.ongoing:
        return None
    ward = details.ward
    return Like(
        outage=outage.pk,
        since=event.at - SAME_CALL_WITHIN,
        ward=ward.pk,
        ward_key=None if ward.pk else sort_key(ward.name),
        caller=details.caller,
        caller_name=details.caller_name,
        other_than=details.other_than,
    )


def _numbers(
    outage: Outage, details: CallDetails, ahead: Counter[str]
) -> tuple[list[ReserveNumber | None], NewKeys]:
    """Return each patient's number, in the order of the call; None for those who wait.

    A number that somebody else waits for is given to nobody here. Besides, keys for all rows.
    """
    wanted = Counter(patient.sex for patient in details.patients)
    with batch.together():
        keys = batch.ask_keys({Call: 1} | dict.fromkeys(OF_EACH_PATIENT, len(details.patients)))
        asked = {sex: choosing.ask(outage, sex, n + ahead[sex]) for sex, n in wanted.items()}
    lying = {sex: numbers() for sex, numbers in asked.items()}
    found: list[ReserveNumber | None] = []
    for patient in details.patients:
        number = None
        if len(lying[patient.sex]) > ahead[patient.sex]:
            number = choosing.hardest_to_mishear(lying[patient.sex], filter(None, found))
            lying[patient.sex] = [row for row in lying[patient.sex] if row.value != number.value]
        found.append(number)
    return found, keys()


def _record(
    details: CallDetails,
    outage: Outage | None,
    event: Event,
    known: Known,
    keys: NewKeys,
    numbers: Sequence[ReserveNumber | None] = (),
) -> Taken:
    """Write the call, its patients, and a handout for each number."""
    call = calls.call_of(
        details.request_key,
        keep_typed_in(details.ward),
        outage,
        event,
        drill=details.drill,
        caller=details.caller,
        caller_name=details.caller_name,
        callback=details.callback,
        begun_at=_begun_at(details, event),
    )
    given = numbers or [None] * len(details.patients)
    patients = [
        calls.patient_of(call, position, event, waits=number is None, **vars(wanted))
        for position, (wanted, number) in enumerate(zip(details.patients, given, strict=True), 1)
    ]
    with batch.at_once(keys):
        entry = calls.insert(call, patients, event)
        handouts = [
            giving.handout_of(patient, number, outage, event)
            for patient, number in zip(patients, given, strict=True)
            if number and outage
        ]
        if handouts:
            giving.give(handouts, event, known, entry)
        else:
            trail.write(entry)
    return Taken(call, handouts)


def _begun_at(details: CallDetails, event: Event) -> datetime | None:
    """Return when the call came, or None when the form's time can't be right."""
    opened = details.begun_at
    return opened if opened and event.at - LONGEST_CALL <= opened <= event.at else None
