"""Acts on people, sessions, passwords and samples in the audit log. Imports nothing of ours."""

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Logged(TextChoices):
    """What the log says of people, beside Django's own sign-in and sign-out."""

    SIGN_IN_REFUSED = "sign_in_refused", _("Sign-in refused: too many tries")
    SIGN_IN_NOT_ALLOWED = (
        "sign_in_not_allowed",
        _("Sign-in refused: right, but it opens nothing now"),
    )
    LOCKED = "locked", _("Locked")
    UNLOCKED = "unlocked", _("Unlocked")
    UNLOCKED_BY_PIN = "unlocked_by_pin", _("Unlocked with the PIN")
    PIN_WRONG = "pin_wrong", _("Wrong PIN")
    PIN_CHOSEN = "pin_chosen", _("PIN chosen")
    PIN_NOT_CHOSEN = "pin_not_chosen", _("PIN not chosen: the password was wrong")
    PIN_DROPPED = "pin_dropped", _("PIN taken away")
    WORKSTATION_ENROLLED = "workstation_enrolled", _("Workstation enrolled")
    WORKSTATION_WITHDRAWN = "workstation_withdrawn", _("Workstation withdrawn")
    ONE_TIME_PASSWORD = "one_time_password", _("One-time password set")
    ONE_TIME_USED = "one_time_used", _("Signed in with a one-time password that somebody else set")
    ONE_TIME_REFUSED = (
        "one_time_refused",
        _("Sign-in refused: the one-time password was used or too old"),
    )
    SESSION_ENDED = "session_ended", _("Signed out elsewhere")
    RESET_BEGUN = "reset_begun", _("Reset by two begun")
    RESET_CONFIRMED = "reset_confirmed", _("Reset by two confirmed")
    RESET_DECLINED = "reset_declined", _("Reset by two declined")
    RESET_WITHDRAWN = "reset_withdrawn", _("Reset by two withdrawn")
    RESET_REFUSED = "reset_refused", _("Reset by two not confirmed: the password was wrong")
    RESET_SEEN = "reset_seen", _("Reset by two looked at")
    RESET_MAILED = "reset_mailed", _("Mail about a reset by two")
    PERSON_ADDED = "person_added", _("Person added")
    PERSON_CHANGED = "person_changed", _("Roles or e-mail changed")
    PERSON_MOVED = "person_moved", _("Wards of a person changed")
    PERSON_DEACTIVATED = "person_deactivated", _("Person deactivated")
    PERSON_REACTIVATED = "person_reactivated", _("Person may sign in again")
    SAMPLE_DRAWN = "sample_drawn", _("Sample of the log drawn")
    SAMPLE_JUDGED = "sample_judged", _("Sample of the log judged")
    OWN_PASSWORD = "own_password", _("Own password chosen")
    OWN_PASSWORD_REFUSED = (
        "own_password_refused",
        _("Own password not changed: the present one was wrong"),
    )
    TEXT_MASKED = "text_masked", _("Text masked")
    DISPOSAL_PROPOSED = "disposal_proposed", _("Proposed that a year of the log goes")
    DISPOSAL_CONFIRMED = "disposal_confirmed", _("Agreed that a year of the log goes")
    LOG_DISPOSED = "log_disposed", _("A year of the log thrown away")
    WARD_OPENED = "ward_opened", _("Ward opened")
    WARD_RENAMED = "ward_renamed", _("Ward renamed")
    WARD_MERGED = "ward_merged", _("Ward merged into another")
    WARD_SPLIT = "ward_split", _("Ward split")
    WARD_CLOSED = "ward_closed", _("Ward closed")
    WARD_LEFT_MOVED = "ward_left_moved", _("What a closed ward left was moved")
    WARD_CORRECTED = "ward_corrected", _("Ward's details corrected")
    CLINIC_OPENED = "clinic_opened", _("Clinic opened")
    CLINIC_RENAMED = "clinic_renamed", _("Clinic renamed")
    CLINIC_MERGED = "clinic_merged", _("Clinic merged into another")
    CLINIC_SPLIT = "clinic_split", _("Clinic divided among several")
    CLINIC_CLOSED = "clinic_closed", _("Clinic closed")
    CLINIC_CORRECTED = "clinic_corrected", _("Spelling of a clinic's name corrected")


# What entries tell besides columns: see ``audit.acts.name_parts``.
PARTS: Mapping[str, Promise] = {
    "year": _("year"),
    "masked": _("masked"),
    "masked_in": _("masked in"),
    "judged": _("judged entries"),
    "proves": _("Proves itself by"),
}
