"""The words of the audit log for the binder and its numbers. A leaf."""

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Logged(TextChoices):
    """The acts in the log, besides the steps of a handout."""

    TAKE_CALL = "take_call", _("Call taken")
    SERVE_PATIENT = "serve_patient", _("Waiting patient served")
    WITHDRAW_PATIENT = "withdraw_patient", _("Waiting patient withdrawn")
    SETTLE_PATIENT = "settle_patient", _("Waiting patient settled")
    FIND_CALLER = "find_caller", _("Caller's vgr-id found out")
    CORRECT_PATIENT = "correct_patient", _("Waiting patient's ward or caller corrected")
    WAIT_AGAIN = "wait_again", _("Patient waits again")
    READ_BACK = "read_back", _("Read back")
    READ_BACK_WRONG = "read_back_wrong", _("Read back wrong")
    BEDSIDE_WRONG = "bedside_wrong", _("Another number at the patient")
    SWITCH = "switch", _("Switch list ticked")
    ADD_SWITCH = "add_switch", _("Switch list: added")
    CHANGE_SWITCH = "change_switch", _("Switch list: changed")
    NUMBER_SENT = "number_sent", _("Number sent to the till's screen")
    NUMBER_SHOWN = "number_shown", _("Number shown at the till")
    SLIP = "slip", _("Slip printed or shown")
    LEAVE_BINDER = "leave_binder", _("Left the binder")
    RETURN_TO_BINDER = "return_to_binder", _("Returned to the binder")
    NUMBER_CHECKED = "number_checked", _("Number asked for")
    FIRST_OF_PERSON = "first_of_person", _("First handout of the same person withdrawn")
    NOTICE_SHEET = "notice_sheet", _("Notice sheet printed or shown")
    EXPLAIN_QUARANTINE = "explain_quarantine", _("Missing sheet explained")
    COUNT_BINDER = "count_binder", _("Binder counted")
    DESTROY_SHEET = "destroy_sheet", _("Sheet destroyed")
    EXPLAIN_FOREIGN = "explain_foreign", _("Sheet that didn't belong there explained")
    LATE_ENTRY = "late_entry", _("Entered afterwards")
    DOUBLED = "doubled", _("Two patients, one number")
    SETTLE_DOUBLED = "settle_doubled", _("Two patients, one number: what was done")
    MAIL_DOUBLED = "mail_doubled", _("Mail about two patients with one number")
    PREPARE_NUMBER = "prepare_number", _("Prepared number entered")
    MARK_PREPARED = "mark_prepared", _("Prepared number marked")
    MOVE_PREPARED = "move_prepared", _("Prepared number moved")
    PREPARED_LIST = "prepared_list", _("List of prepared numbers printed or shown")
    LIST_LATE = "list_late", _("Listed for late registration")
    REGISTER_LATE = "register_late", _("Registered late")
    WITHDRAW_LATE = "withdraw_late", _("Late registration withdrawn")
    STRIKE_LATE = "strike_late", _("Struck from the late list")
    SIGN_OFF = "sign_off", _("Outage signed off")
    REPORT = "report", _("Report shown")
    REPORT_PDF = "report_pdf", _("Report downloaded as PDF")
    REPORT_CSV = "report_csv", _("Rows downloaded as CSV")
    DONE_CSV = "done_csv", _("Finished numbers downloaded as CSV")
    EXTRACT = "extract", _("Extract for a patient shown")
    EXTRACT_PDF = "extract_pdf", _("Extract for a patient downloaded as PDF")
    EXTRACT_CSV = "extract_csv", _("Extract for a patient downloaded as CSV")
    SHEET_SEEN = "sheet_seen", _("Sheet seen in the binder")
    REMIND = "remind", _("Ward reminded")
    RESTORED = "restored", _("A restored backup was found")


# What entries tell that is no column of theirs.
PARTS: Mapping[str, Promise] = {
    "at_bedside": _("read at the patient"),
    "caller": _("caller"),
    "failure": _("fault"),
    "first": _("first ward"),
    "foreign": _("sheets that don't belong there"),
    "found": _("found"),
    "handouts": _("open handouts"),
    "missing": _("missing sheets"),
    "never_read_back": _("never read back"),
    "numbers": _("numbers"),
    "patients": _("patients"),
    "place": _("bed or place"),
    "read_back": _("read back"),
    "reason": _("reason"),
    "second": _("second ward"),
    "sent_at": _("sent"),
    "surplus": _("sheets too many"),
    "text": _("text"),
    "to": _("sent to"),
    "waiting": _("patients who wait"),
}
# Columns and parts that store a name: what each of them means.
VALUES: Mapping[str, Mapping[str, Promise]] = {
    "real_kind": {
        "reserve": _("reserve number (VGR)"),
        "personnummer": _("personal identity number"),
        "samordningsnummer": _("coordination number"),
        "national": _("national reserve number"),
    }
}
