"""The one writer of calls, their patients, and whether a patient has a number.

Callers hold a transaction, and the lock of a patient whose state they change.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv.acts import record
from befreg_reserv.acts.event import Event
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.register import keep_typed_in
from custody.ledger.refusals import NotWaiting
from custody.logged import Logged
from custody.models import Call, Handout, Patient, PatientCorrection
from custody.models.calls import PatientState
from custody.models.states import Act
from outage.models import Outage

# Who waits from an outage that ended so long before the ongoing one comes after those of this one:
# Befreg has answered meanwhile. A shorter break is none for who waits. The time is our own choice.
BREAK = timedelta(hours=1)


def waits_from_before(pause: timedelta) -> Exists:
    """Return the condition that an outage since a patient's call ended well before the ongoing one.

    Such a patient keeps no number from anybody of the ongoing one. ``pause``: BREAK.
    """
    # Of the ongoing one, of which there is one at most: the other way round all outages are read.
    ongoing = Outage.objects.filter(ended_at__isnull=True, drill=OuterRef("call__drill"))
    since_the_call = Outage.objects.filter(
        drill=OuterRef("drill"),
        ended_at__gte=OuterRef(OuterRef("call__taken_at")),
        ended_at__lte=ExpressionWrapper(OuterRef("started_at") - pause, DateTimeField()),
    )
    return Exists(ongoing.filter(Exists(since_the_call)))


def call_of(
    request_key: UUID, ward: Ward, outage: Outage | None, event: Event, **columns: Any
) -> Call:
    """Return a new call, unsaved. ``columns``: who called, and what not every call has."""
    return Call(
        request_key=request_key,
        ward=ward,
        outage=outage,
        taken_at=event.at,
        taken_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
        **({"drill": bool(outage and outage.drill)} | columns),
    )


def patient_of(call: Call, position: int, event: Event, *, waits: bool, **columns: str) -> Patient:
    """Return a new patient, unsaved, who waits or has got a number. ``columns``: as was said."""
    state = (
        {"state": PatientState.WAITING, "waiting_since": event.at}
        if waits
        else {"state": PatientState.SERVED, "ended_at": event.at, "ended_by": event.by}
    )
    return Patient(call=call, position=position, **state, **columns)


def insert(call: Call, patients: list[Patient], event: Event) -> LogEntry:
    """Insert a call with its patients. Returns the log's entry, for the caller to write."""
    call.ward = keep_typed_in(call.ward)
    record.insert(call)
    record.insert(*patients)
    waiting = sum(patient.waits for patient in patients)
    changes = record.said(
        caller=call.caller_words,
        patients=", ".join(patient.sex for patient in patients),
        **({"waiting": waiting} if waiting else {}),
    )
    return record.entry(call, Logged.TAKE_CALL, event, changes, action=trail.Action.CREATE)


def handout_key(patient: Patient) -> UUID:
    """Return the key of a patient's first handout: the call's own for its first patient."""
    key = patient.call.request_key
    return key if patient.position == 1 else uuid5(key, str(patient.position))


def lock(patient_id: int) -> Patient:
    """Return the patient with the call, re-read under lock. Raises Patient.DoesNotExist."""
    # Without the corrected ward: PostgreSQL would join the former one, as in ``steps.lock``.
    rows = Patient.objects.select_related("call__outage", "call__ward__clinic")
    return rows.select_for_update(of=("self",)).get(pk=patient_id)


def end(patient: Patient, state: PatientState, event: Event, *, reason: str = "") -> None:
    """Let a patient wait no longer: served, withdrawn or settled.

    Raises ObjectDoesNotExist unless the patient waits, ValueError for a state that doesn't end it.
    """
    columns: dict[str, Any] = {
        "state": state,
        "ended_at": event.after(_since(patient)).at,
        "ended_by": event.by,
        "reason": reason,
    }
    waited = {"state": PatientState.WAITING}
    record.change(patient, ENDS[state], event, columns, only_if=waited)


ENDS = {
    PatientState.SERVED: Logged.SERVE_PATIENT,
    PatientState.WITHDRAWN: Logged.WITHDRAW_PATIENT,
    PatientState.SETTLED: Logged.SETTLE_PATIENT,
}


def _wait_again(patient: Patient, event: Event) -> None:
    """Let a patient wait whose number can't be used, since when the first wait began, if any."""
    columns: dict[str, Any] = {
        "state": PatientState.WAITING,
        "waiting_since": patient.waiting_since or event.at,
        "ended_at": None,
        "ended_by": "",
        "reason": "",
    }
    served = {"state": PatientState.SERVED}
    record.change(patient, Logged.WAIT_AGAIN, event, columns, only_if=served)


def without_number(patient: Patient, handout: Handout, event: Event) -> None:
    """Let a locked patient wait, if not already, since the number of ``handout`` can't be used.

    Ward and caller are then as they stand on that handout. Raises NotWaiting if the wait was ended
    without a number.
    """
    if patient.state == PatientState.SERVED:
        _wait_again(patient, event)
    if not patient.waits:
        raise NotWaiting(patient)
    as_on(patient, handout, event)


def as_on(patient: Patient, handout: Handout, event: Event) -> None:
    """Give a locked patient who waits the ward and the caller that stand on the former number."""
    right = {"ward": handout.ward, "caller": handout.caller, "callback": handout.callback}
    correct(patient, event, reason=as_it_stands(), **right)


def as_it_stands() -> str:
    """Return the reason of a correction that nobody makes by hand: a handout was corrected."""
    # The record is in Swedish, whatever language the person reads.
    with translation.override(settings.LANGUAGE_CODE):
        return _("As it stands on the former number")


def correct(patient: Patient, event: Event, *, reason: str, **right: Any) -> bool:
    """Put right what is known of a locked patient who waits; what it was stays.

    ``right``: ward, caller and callback, sex, age_group; what isn't named stays as it is. Return
    whether anything differed. What was said in the call stays too.
    """
    before = {
        "ward": patient.ward,
        "caller": patient.caller,
        "callback": patient.callback,
        "sex": patient.known_sex,
        "age_group": patient.known_age_group,
    }
    now = before | right
    if now == before:
        return False
    # The record first: the database lets these columns change only when it keeps what they were.
    record.insert(
        PatientCorrection(
            patient=patient,
            at=event.at,
            by=event.by,
            recorded_at=event.recorded_at,
            recorded_by=event.recorded_by,
            reason=reason,
            **{f"former_{name}": value for name, value in before.items()},
        )
    )
    why = record.said(reason=reason)
    record.change(patient, Logged.CORRECT_PATIENT, event, _corrected(patient, before, now), why)
    return True


def _corrected(patient: Patient, before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of what differs. Ward, caller and call-back number go together."""
    columns: dict[str, Any] = {}
    together = ("ward", "caller", "callback")
    if any(now[name] != before[name] for name in together):
        columns |= {f"corrected_{name}": now[name] for name in together}
    for name in ("sex", "age_group"):
        if now[name] != before[name]:
            said = now[name] == getattr(patient, name)
            columns[f"corrected_{name}"] = "" if said else now[name]
    return columns


def correct_sex(patient: Patient, sex: str, event: Event) -> None:
    """Record what a patient's sex is, after the step that keeps what it was until then.

    What was said in the call stays.
    """
    corrected = "" if sex == patient.sex else sex
    record.change(patient, Act.CORRECT_SEX, event, {"corrected_sex": corrected})


def fill_in_caller(call: Call, caller: str, event: Event) -> None:
    """Fill in the vgr-id of a caller who didn't know it. Writes nothing if it is known."""
    if caller and not call.caller:
        record.change(call, Logged.FIND_CALLER, event, {"caller": caller})


def _since(patient: Patient) -> datetime:
    return patient.waiting_since or patient.call.taken_at
