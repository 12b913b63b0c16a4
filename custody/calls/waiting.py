"""Patients who wait for a number: who they are, and how their wait ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Q, QuerySet, UUIDField

from befreg_reserv.acts.act import Done, act
from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from befreg_reserv.people.wards.changes import chain
from befreg_reserv.sql import hot
from befreg_reserv.sql.reading import Unmade
from custody.binder import choosing
from custody.calls.refusals import OthersWaitLonger, OutageGoesOn
from custody.handouts import giving, missing_sheet
from custody.handouts.refusals import NoneLeft, NoOutage
from custody.ledger import calls
from custody.ledger.refusals import NotWaiting
from custody.models import Call, Handout, Patient, ReserveNumber
from custody.models.calls import PatientState
from outage.models import Outage

WAITING = Q(state=PatientState.WAITING)
# What pages show of where a patient is.
WHERE = (
    "call__ward__clinic",
    "call__ward__same_as",
    "corrected_ward__clinic",
    "corrected_ward__same_as",
)


# --- reading --------------------------------------------------------------------------------------


def queue(*, drill: bool, with_key: UUID | None = None) -> list[Patient]:
    """Return those who wait, in reality or in drills, in their order; one statement.

    The longest waiting first, but those ``from_before`` the ongoing outage last: the binder's
    numbers are for this one. ``with_key``: also all patients of the call with this key.
    """
    return ask_queue(drill=drill, with_key=with_key)()


def ask_queue(*, drill: bool, with_key: UUID | None = None) -> Callable[[], list[Patient]]:
    """Ask for them; return what then returns them."""
    return _queue.send(drill=drill, key=with_key, pause=calls.BREAK)


@hot.rows(key=UUIDField())
def _queue(*, drill: bool, key: Any, pause: timedelta) -> QuerySet[Patient]:
    wanted = WAITING & Q(call__drill=drill)
    if key:
        wanted |= Q(call__request_key=key)
    rows = Patient.objects.select_related("call__outage", *WHERE).filter(wanted)
    told = rows.annotate(waits_from_before=calls.waits_from_before(pause))
    return told.order_by("waits_from_before", "waiting_since", "call_id", "position")


def still_waiting(outage: Outage) -> QuerySet[Patient]:
    """Return the patients of an outage's calls who still wait, the longest waiting first."""
    rows = Patient.objects.filter(WAITING, call__outage=outage)
    return rows.select_related(*WHERE).order_by("waiting_since", "pk")


def handouts_of(call: Call | int) -> QuerySet[Handout]:
    """Return the handouts of a call's patients, in the order of the call, then of time."""
    rows = Handout.objects.select_related("number__binder", "outage", "ward__clinic", "patient")
    rows = missing_sheet.with_question(rows)
    return rows.filter(patient__call=call).order_by("patient__position", "pk")


@dataclass(frozen=True)
class Numbered:
    """A patient of a call with the number that stands, if any, for pages that show them in turn."""

    patient: Patient
    row: Unmade[Handout] | None

    @property
    def handout(self) -> Handout | None:
        """Return the handout that stands."""
        return self.row.made if self.row else None

    @property
    def to_read(self) -> bool:
        """Tell whether the caller still has to read the number back."""
        return bool(
            self.handout and self.handout.awaits_real_number and not self.handout.read_back_at
        )


def numbers_of(call_id: int) -> list[Numbered]:
    """Return a call's patients in order, each with the latest number; two statements."""
    return ask_numbers_of(call_id)()


def ask_numbers_of(call_id: int) -> Callable[[], list[Numbered]]:
    """Ask for them; return what then returns them."""
    handouts, patients = _handouts.send(call=call_id), _patients.send(call=call_id)

    def read() -> list[Numbered]:
        latest = {row.patient_id: row for row in handouts()}
        return [
            Numbered(patient, None if patient.waits else latest.get(patient.pk))
            for patient in patients()
        ]

    return read


@hot.rows_lazily(call=BigIntegerField())
def _handouts(call: Any) -> QuerySet[Handout]:
    return handouts_of(call)


@hot.rows(call=BigIntegerField())
def _patients(call: Any) -> QuerySet[Patient]:
    return Patient.objects.filter(call=call).order_by("position")


def next_to_read(handout: Handout) -> Handout | None:
    """Return the call's next number that was not read back, after this one, then from the first."""
    rows = numbers_of(handout.patient.call_id)
    at = next(place for place, row in enumerate(rows) if row.patient.pk == handout.patient_id)
    return next((row.handout for row in (*rows[at + 1 :], *rows[:at]) if row.to_read), None)


def said_again(call: Call) -> dict[str, str]:
    """Return what a new call of the same caller begins with: whom to call back, and for which ward.

    As its latest number says, where something was corrected since. Patients of the earlier call
    aren't asked about: the till knows that this is another one.
    """
    rows = Handout.objects.select_related("ward__clinic").filter(patient__call=call)
    said = rows.order_by("-pk").first() or call
    latest = call.patients.order_by("pk").last()
    return {
        "caller": said.caller,
        "caller_name": said.caller_name,
        "ward": str(said.ward),
        "callback": said.callback,
        "other_than": str(latest.pk) if latest else "",
    }


def not_shown(user: User, outage: Outage) -> Call | None:
    """Return the person's latest call of an outage if its patients wait, and its answer was lost.

    Asks the log, as ``followup.not_shown`` does for a call that got a number.
    """
    calls_taken = Call.objects.filter(outage=outage, recorded_by=user, late=False)
    call = calls_taken.select_related("ward__clinic").order_by("-pk").first()
    if call is None or call.patients.exclude(WAITING).exists():
        return None
    looks = LogEntry.objects.get_for_object(call).filter(actor=user, timestamp__gte=call.taken_at)
    return None if looks.filter(action=trail.Action.ACCESS).exists() else call


# --- acts -----------------------------------------------------------------------------------------


@act
def serve(
    patient_id: int,
    event: Event,
    *,
    sex: str = "",
    other_sex_reason: str = "",
    before_others: str = "",
) -> Done[Handout]:
    """Give a waiting patient a number of their sex; a second call returns the same handout.

    ``sex``: of a number that will do, for ``other_sex_reason``, if the patient's own sex has none.
    ``before_others``: why this patient comes before those who have waited longer. Raises
    ReasonMissing, NotWaiting, NoOutage, NoneLeft, OthersWaitLonger, Patient.DoesNotExist; then
    nothing was taken.
    """
    # The outage first, as every act that takes a number out: else two could wait for each other.
    drill = Patient.objects.values_list("call__drill", flat=True).get(pk=patient_id)
    outage, event = giving.lock_outage(None, event, drill=drill)
    patient = calls.lock(patient_id)
    last = handouts_of(patient.call).filter(patient=patient).last()
    if not patient.waits:
        if patient.state == PatientState.SERVED and last:
            return Done(last, new=False)
        raise NotWaiting(patient)
    if outage is None:
        raise NoOutage
    columns = giving.following(last) if last else {}
    event = event.within(outage.started_at, None).after(patient.waiting_since or event.at)
    known = giving.known(columns.get("request_key", calls.handout_key(patient)))
    known.answer_restored(event)
    number = _number(patient, outage, sex, other_sex_reason, before_others)
    if number.sex != patient.known_sex:
        columns["other_sex_reason"] = other_sex_reason
    calls.end(patient, PatientState.SERVED, event, reason=before_others)
    # A ward that closed while its patient waited has no people any more.
    columns["ward"] = chain.now(patient.ward)
    handout = giving.handout_of(patient, number, outage, event, **columns)
    giving.give([handout], event, known, reason=before_others)
    return Done(handout)


def _number(
    patient: Patient, outage: Outage, other: str, other_sex_reason: str, before_others: str
) -> ReserveNumber:
    """Return a number of the patient's sex, or else of the ``other``, locked."""
    waiting, first = queue(drill=outage.drill), list[Patient]()
    from_before = any(row.from_before for row in waiting if row == patient)
    for sex in filter(None, (patient.known_sex, other)):
        ahead = list(takewhile(lambda row: row != patient, waiting))
        if sex != patient.known_sex:
            # Whoever waits for a number of their own sex, but for those who come later anyway.
            ahead = [row for row in waiting if from_before or not row.from_before]
        ahead = [row for row in ahead if row.known_sex == sex]
        if sex != patient.known_sex and not other_sex_reason:
            raise ReasonMissing(field="other_sex_reason")
        lying = choosing.lying(outage, sex, len(ahead) + 1)
        if lying and (len(lying) > len(ahead) or before_others):
            return choosing.hardest_to_mishear(lying)
        first += ahead if lying else []
    raise OthersWaitLonger(first, patient) if first else NoneLeft(patient, outage)


@act
def withdraw(patient_id: int, event: Event, *, reason: str) -> Done[Patient]:
    """Record why a waiting patient needs no number any more. A second call changes nothing.

    Raises ReasonMissing, NotWaiting, Patient.DoesNotExist.
    """
    return _end(calls.lock(patient_id), PatientState.WITHDRAWN, event, reason)


@act
def settle(patient_id: int, event: Event, *, reason: str) -> Done[Patient]:
    """Record that a patient who waited until the outage ended gets the number in Befreg.

    A second call changes nothing. Raises OutageGoesOn, ReasonMissing, NotWaiting,
    Patient.DoesNotExist.
    """
    patient = calls.lock(patient_id)
    if patient.call.outage and patient.call.outage.ongoing:
        raise OutageGoesOn(about=patient.call)
    return _end(patient, PatientState.SETTLED, event, reason)


def _end(patient: Patient, state: PatientState, event: Event, reason: str) -> Done[Patient]:
    if patient.state == state:
        return Done(patient, new=False)
    if not patient.waits:
        raise NotWaiting(patient)
    if not reason:
        raise ReasonMissing
    calls.end(patient, state, event, reason=reason)
    return Done(patient)
