"""The binder, its numbers, the handouts and their history; with every rule SQL can keep."""

from custody.models.afterwards import Reminder, SignOff
from custody.models.binder import IN_BINDER, Binder, Quarantine, ReserveNumber
from custody.models.calls import Call, Patient, PatientCorrection
from custody.models.count import Count, CountLine, ForeignSheet
from custody.models.doubled import DoubledMail, DoubledNumber
from custody.models.handout import Handout, HandoutStep
from custody.models.journal import JournalDoubt, JournalMark, SheetSeen
from custody.models.notice import MergeNotice
from custody.models.planned import LateRegistration, LateWithdrawal, PreparedMove, PreparedNumber
from custody.models.restoration import LostHandout, Restoration
from custody.models.switches import SwitchItem, SwitchTick

__all__ = [
    "IN_BINDER",
    "Binder",
    "Call",
    "Count",
    "CountLine",
    "DoubledMail",
    "DoubledNumber",
    "ForeignSheet",
    "Handout",
    "HandoutStep",
    "JournalDoubt",
    "JournalMark",
    "LateRegistration",
    "LateWithdrawal",
    "LostHandout",
    "MergeNotice",
    "Patient",
    "PatientCorrection",
    "PreparedMove",
    "PreparedNumber",
    "Quarantine",
    "Reminder",
    "ReserveNumber",
    "Restoration",
    "SheetSeen",
    "SignOff",
    "SwitchItem",
    "SwitchTick",
]
