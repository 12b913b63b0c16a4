"""The tables that this app's rules name."""

from befreg_reserv.people.models import User, Ward
from custody.models import (
    Binder,
    Call,
    Count,
    CountLine,
    DoubledNumber,
    Handout,
    HandoutStep,
    LateRegistration,
    LateWithdrawal,
    MergeNotice,
    Patient,
    PatientCorrection,
    PreparedMove,
    PreparedNumber,
    Quarantine,
    ReserveNumber,
    SignOff,
    SwitchTick,
)
from outage.models import Outage, Plan

NUMBERS = ReserveNumber._meta.db_table
BINDERS = Binder._meta.db_table
SWITCH_TICKS = SwitchTick._meta.db_table
STEPS = HandoutStep._meta.db_table
HANDOUTS = Handout._meta.db_table
NOTICES = MergeNotice._meta.db_table
CALLS = Call._meta.db_table
PATIENTS = Patient._meta.db_table
PATIENT_CORRECTIONS = PatientCorrection._meta.db_table
QUARANTINES = Quarantine._meta.db_table
PREPARED = PreparedNumber._meta.db_table
PREPARED_MOVES = PreparedMove._meta.db_table
PLANS = Plan._meta.db_table
LATE = LateRegistration._meta.db_table
LATE_WITHDRAWALS = LateWithdrawal._meta.db_table
COUNTS = Count._meta.db_table
COUNT_LINES = CountLine._meta.db_table
DOUBLED = DoubledNumber._meta.db_table
SIGN_OFFS = SignOff._meta.db_table
OUTAGES = Outage._meta.db_table
WARDS = Ward._meta.db_table
USERS = User._meta.db_table
