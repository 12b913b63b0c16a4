"""The rows of this app that are sealed: all that are append-only.

And of the tables whose rows go through states, what never changes: which number was handed out, of
which binder, for which call and patient.
"""

from collections.abc import Collection

from django.db.models import Model

from custody.models import (
    Call,
    Count,
    Handout,
    HandoutStep,
    LateRegistration,
    LateWithdrawal,
    LostHandout,
    MergeNotice,
    Patient,
    PatientCorrection,
    PreparedMove,
    Quarantine,
    ReserveNumber,
    Restoration,
    SheetSeen,
    SignOff,
)

SEALED = (
    HandoutStep,
    PatientCorrection,
    Count,
    SheetSeen,
    PreparedMove,
    LateWithdrawal,
    SignOff,
    Restoration,
    LostHandout,
)
FIXED: dict[type[Model], Collection[str]] = {
    ReserveNumber: ("binder", "tab", "value", "sex", "training"),
    Call: ("request_key", "drill", "ward", "taken_at", "taken_by", "recorded_at", "recorded_by"),
    Patient: ("call", "position", "sex", "age_group", "place"),
    Handout: (
        *("number", "outage", "patient", "request_key", "handed_out_at", "handed_out_by"),
        *("recorded_at", "recorded_by", "late"),
    ),
    Quarantine: ("number", "reason", "found_at", "found_by", "recorded_at", "recorded_by"),
    MergeNotice: ("handout", "identity", "filed_at", "filed_by", "recorded_at", "recorded_by"),
    LateRegistration: ("outage", "ward", "request_key", "place", "treated_at", "recorded_at"),
}
