"""The rules of calls and their patients."""

from befreg_reserv.audit.triggers import Trigger, set_once, unchangeable, undeletable
from custody.ledger.rules.handouts import KNOWN_SEX
from custody.ledger.rules.tables import CALLS, HANDOUTS, PATIENTS, QUARANTINES, STEPS
from custody.models import Call, Patient
from custody.models.calls import PatientState
from custody.models.states import Act, State

# A patient's sex is corrected only by a step, of a handout with the wrong one, that keeps it.
CORRECTS_SEX_WITHOUT_STEP = f"""
    OLD.corrected_sex <> NEW.corrected_sex AND NOT EXISTS (
        SELECT 1 FROM {HANDOUTS} h JOIN {STEPS} s ON s.handout_id = h.id
        WHERE h.patient_id = OLD.id AND s.act = '{Act.CORRECT_SEX.value}'
        AND s.former_sex = {KNOWN_SEX % ("OLD.corrected_sex", "OLD.sex", "OLD.corrected_sex")}
        AND s.sequence = (SELECT MAX(sequence) FROM {STEPS} WHERE handout_id = h.id))
"""  # noqa: S608
# A patient waits until one of these ends it; whoever got a number waits again only if no number
# stands for them: the handouts have ended unused, or their sheets were missing.
WAITING, SERVED = PatientState.WAITING.value, PatientState.SERVED.value
NUMBER_STANDS = f"""
    EXISTS (SELECT 1 FROM {HANDOUTS} h
            WHERE h.patient_id = NEW.id
            AND h.state NOT IN ('{State.VOIDED.value}', '{State.UNDONE.value}')
            AND NOT EXISTS (SELECT 1 FROM {QUARANTINES} q WHERE q.number_id = h.number_id))
"""  # noqa: S608
MOVES_ON_WRONGLY = f"""
    (OLD.state NOT IN (NEW.state, '{WAITING}')
     AND (OLD.state <> '{SERVED}' OR NEW.state <> '{WAITING}' OR {NUMBER_STANDS}))
    OR (OLD.state = NEW.state AND (OLD.ended_at <> NEW.ended_at OR OLD.ended_by <> NEW.ended_by
                                   OR OLD.reason <> NEW.reason))
"""
OF_ANOTHER_PATIENT = f"""
    NEW.instead_of_id IS NOT NULL AND NEW.patient_id <> (SELECT patient_id FROM {HANDOUTS}
                                                         WHERE id = NEW.instead_of_id)
"""  # noqa: S608

RULES: list[Trigger] = [
    *undeletable(Call),
    unchangeable(
        Call,
        "request_key", "drill", "ward", "caller_name", "callback", "taken_at", "taken_by",
        "recorded_at", "recorded_by", "late",
    ),
    Trigger(
        f"{CALLS}_outage_fixed",
        CALLS,
        "UPDATE",
        "outage and beginning of a call never change",
        "COALESCE(OLD.outage_id, 0) <> COALESCE(NEW.outage_id, 0)"
        " OR COALESCE(CAST(OLD.begun_at AS TEXT), '') <> COALESCE(CAST(NEW.begun_at AS TEXT), '')",
    ),
    Trigger(
        f"{CALLS}_caller_once",
        CALLS,
        "UPDATE",
        "the caller's vgr-id is filled in once",
        "OLD.caller <> '' AND OLD.caller <> NEW.caller",
    ),
    *undeletable(Patient),
    unchangeable(Patient, "call", "position", "sex", "age_group", "place"),
    set_once(Patient, "waiting_since"),
    Trigger(
        f"{PATIENTS}_sex_corrected_on_record",
        PATIENTS,
        "UPDATE",
        "a patient's sex is never corrected without a step that keeps the one before",
        CORRECTS_SEX_WITHOUT_STEP,
    ),
    Trigger(
        f"{PATIENTS}_moves_on",
        PATIENTS,
        "UPDATE",
        "a patient whose wait has ended waits again only without a number",
        MOVES_ON_WRONGLY,
    ),
    Trigger(
        f"{HANDOUTS}_instead_for_its_patient",
        HANDOUTS,
        "INSERT",
        "a number that is given instead of another is for the same patient",
        OF_ANOTHER_PATIENT,
    ),
]  # fmt: skip
