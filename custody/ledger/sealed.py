"""The rows of this app that are sealed: all that are append-only.

And of the tables whose rows go through states, what never changes: which number was handed out, of
which binder, for which call and patient.
"""

from collections.abc import Collection

from django.db.models import Model

from custody.models import (
    Call,
    Count,
    CountLine,
    DoubledNumber,
    ForeignSheet,
    Handout,
    HandoutStep,
    LateRegistration,
    LateWithdrawal,
    LostHandout,
    MergeNotice,
    Patient,
    PatientCorrection,
    PreparedMove,
    PreparedNumber,
    Quarantine,
    ReserveNumber,
    Restoration,
    SheetSeen,
    SignOff,
)

# What people type in their own words, which may be redacted: see ``audit.redactable``.
FREE: dict[type[Model], Collection[str]] = {
    SignOff: ("text",),
    Call: ("caller_name", "callback"),
    Patient: ("place", "reason", "corrected_callback"),
    PatientCorrection: ("former_callback", "reason"),
    Quarantine: ("reason", "explanation"),
    Count: ("reason",),
    ForeignSheet: ("explanation",),
    CountLine: ("destroyed_note",),
    Handout: ("caller_name", "callback", "other_sex_reason"),
    HandoutStep: ("reason", "former_callback", "place"),
    DoubledNumber: ("done",),
    MergeNotice: ("reference", "withdrawn_reason"),
    PreparedNumber: ("mark_reason",),
    PreparedMove: ("reason",),
    LateRegistration: ("place", "struck_reason"),
    LateWithdrawal: ("reason",),
    LostHandout: ("callback",),
}
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
