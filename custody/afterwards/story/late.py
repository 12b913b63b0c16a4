"""Patients without a number, who are registered late."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from custody.afterwards.merged import Source
from custody.afterwards.story.happening import Happening, recorded
from custody.models import LateRegistration, LateWithdrawal


def listed(late: QuerySet[LateRegistration]) -> Source:
    """Return the source of when each patient was treated."""
    return Source(late, "treated_at", _listed)


def sources(late: QuerySet[LateRegistration]) -> list[Source]:
    """Return the sources of registrations, withdrawn ones too, and of those struck."""
    withdrawn = LateWithdrawal.objects.filter(registration__in=late.order_by().values("pk"))
    related = ("registration__ward__clinic", "recorded_by")
    return [
        Source(late.filter(registered_at__isnull=False), "registered_at", _registered),
        Source(withdrawn, "registered_at", _registered_once, related),
        Source(withdrawn, "at", _withdrawn, related),
        Source(late.filter(struck_at__isnull=False), "struck_at", _struck),
    ]


def _listed(patient: LateRegistration, at: datetime) -> Happening:
    by = patient.recorded_by.username
    return Happening(
        at,
        by,
        _("Patient without a number, to be registered late"),
        detail=patient.place,
        ward=str(patient.ward),
        **recorded(at, by, patient),
    )


def _registered(patient: LateRegistration, at: datetime) -> Happening:
    return Happening(
        at,
        patient.registered_by,
        _("Registered late"),
        detail=patient.place,
        number=patient.number or "",
        ward=str(patient.ward),
        shown=patient,
    )


def _registered_once(withdrawal: LateWithdrawal, at: datetime) -> Happening:
    return Happening(
        at, withdrawal.registered_by, _("Registered late"), **_about_withdrawn(withdrawal)
    )


def _withdrawn(withdrawal: LateWithdrawal, at: datetime) -> Happening:
    return Happening(
        at,
        withdrawal.by,
        _("Late registration withdrawn"),
        text=withdrawal.reason,
        **_about_withdrawn(withdrawal),
        **recorded(at, withdrawal.by, withdrawal),
    )


def _about_withdrawn(withdrawal: LateWithdrawal) -> dict[str, Any]:
    return {
        "detail": withdrawal.registration.place,
        "number": withdrawal.number,
        "ward": str(withdrawal.registration.ward),
        "shown": withdrawal,
    }


def _struck(patient: LateRegistration, at: datetime) -> Happening:
    return Happening(
        at,
        patient.struck_by,
        _("Struck from the late list"),
        text=patient.struck_reason,
        detail=patient.place,
        ward=str(patient.ward),
    )
