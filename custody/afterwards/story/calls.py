"""Calls, and how the waiting of a patient ended."""

from datetime import datetime
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.people.models import User
from befreg_reserv.times import duration
from custody.afterwards.merged import Source
from custody.afterwards.story.happening import Happening, recorded
from custody.calls import unmet
from custody.calls.waiting import WHERE
from custody.logged import Logged
from custody.models import Patient, PatientCorrection
from custody.models.calls import PatientState
from outage.models import Outage


def sources(outage: Outage, user: User) -> list[Source]:
    """Return the sources of the calls of an outage that the person may see."""
    calls = (
        unmet.calls_seen_by(user)
        .filter(outage=outage)
        .annotate(
            asked_for=CountOf("patients"),
            # Those who had to wait from the beginning, also if they have got a number since.
            waited=CountOf("patients", filter=Q(patients__waiting_since=F("taken_at"))),
        )
    )
    patients = unmet.patients_seen_by(user).filter(call__outage=outage)
    corrected = PatientCorrection.objects.filter(patient__in=patients.order_by().values("pk"))
    related = ("former_ward__clinic", "recorded_by", *(f"patient__{each}" for each in WHERE))
    return [
        Source(corrected, "at", _corrected, related),
        Source(calls, "taken_at", _called, ("ward__clinic", "recorded_by")),
        of_waiting(patients),
    ]


def of_waiting(patients: QuerySet[Patient]) -> Source:
    """Return the source of how the waiting of these patients ended, of those who had to wait.

    Who got another number in the same act, as for a missing sheet, had not.
    """
    waited = patients.filter(waiting_since__isnull=False, ended_at__isnull=False)
    waited = waited.exclude(state=PatientState.SERVED, ended_at=F("waiting_since"))
    return Source(waited, "ended_at", _waited, WHERE)


def _called(call: Any, at: datetime) -> Happening:
    who = _("Caller: %(caller)s") % {"caller": call.caller_words}
    number = call.asked_for
    patients = ngettext("%(number)d patient", "%(number)d patients", number) % {"number": number}
    unknown = "" if call.caller else _("vgr-id not known")
    waited = _("without a number: %(number)d") % {"number": call.waited} if call.waited else ""
    late = _("Entered afterwards") if call.late else ""
    return Happening(
        at,
        call.taken_by,
        _("Call taken"),
        detail=" · ".join(filter(None, (who, unknown, patients, waited, late))),
        ward=str(call.ward),
        **recorded(at, call.taken_by, call),
    )


HOW_A_WAIT_ENDED = {
    PatientState.SERVED.value: Logged.SERVE_PATIENT,
    PatientState.WITHDRAWN.value: Logged.WITHDRAW_PATIENT,
    PatientState.SETTLED.value: Logged.SETTLE_PATIENT,
}


def _waited(patient: Patient, at: datetime) -> Happening:
    waited = _("waited %(duration)s") % {"duration": duration(patient.waited)}
    return Happening(
        at,
        patient.ended_by,
        str(HOW_A_WAIT_ENDED[patient.state].label),
        text=patient.reason,
        detail=f"{patient.words} · {waited}",
        ward=str(patient.ward),
    )


def _corrected(correction: PatientCorrection, at: datetime) -> Happening:
    before = _("before: %(before)s") % {"before": correction.before}
    return Happening(
        at,
        correction.by,
        str(Logged.CORRECT_PATIENT.label),
        text=correction.reason,
        detail=f"{correction.patient.words} · {before}",
        ward=str(correction.patient.ward),
        **recorded(at, correction.by, correction),
    )
