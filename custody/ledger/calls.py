"""The one writer of calls, their patients, and whether a patient has a number.

Callers hold a transaction, and the lock of a patient whose state they change.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
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
    # The record is in Swedish, whatever language the person reads.
    with translation.override(settings.LANGUAGE_CODE):
        reason = _("As it stands on the former number")
    correct(patient, handout.ward, handout.caller, handout.callback, event, reason=reason)


def correct(
    patient: Patient, ward: Ward, caller: str, callback: str, event: Event, *, reason: str
) -> bool:
    """Put ward, caller and call-back number of a locked patient right; what they were stays.

    Return whether anything differed. What was said in the call stays too.
    """
    before = (patient.ward, patient.caller, patient.callback)
    if before == (ward, caller, callback):
        return False
    former_ward, former_caller, former_callback = before
    # The record first: the database lets these columns change only when it keeps what they were.
    record.insert(
        PatientCorrection(
            patient=patient,
            former_ward=former_ward,
            former_caller=former_caller,
            former_callback=former_callback,
            at=event.at,
            by=event.by,
            recorded_at=event.recorded_at,
            recorded_by=event.recorded_by,
            reason=reason,
        )
    )
    columns = {
        "corrected_ward": ward,
        "corrected_caller": caller,
        "corrected_callback": callback,
    }
    why = record.said(reason=reason)
    record.change(patient, Logged.CORRECT_PATIENT, event, columns, why)
    return True


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
