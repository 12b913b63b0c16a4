"""The rules of calls and their patients."""

from befreg_reserv.audit.triggers import Trigger, append_only, set_once, unchangeable, undeletable
from custody.ledger.rules.tables import (
    CALLS,
    HANDOUTS,
    PATIENT_CORRECTIONS,
    PATIENTS,
    QUARANTINES,
    STEPS,
)
from custody.models import Call, Patient, PatientCorrection
from custody.models.calls import PatientState
from custody.models.states import Act, State

# Ward, caller and call-back number of a patient change only with a record of what they were.
WORDS = {
    "ward_id": f"(SELECT COALESCE(p.corrected_ward_id, c.ward_id) FROM {PATIENTS} p"  # noqa: S608
    f" JOIN {CALLS} c ON c.id = p.call_id WHERE p.id = %s)",
    **{
        name: f"(SELECT CASE WHEN p.corrected_ward_id IS NULL THEN c.{name}"  # noqa: S608
        f" ELSE p.corrected_{name} END FROM {PATIENTS} p JOIN {CALLS} c ON c.id = p.call_id"
        " WHERE p.id = %s)"
        for name in ("caller", "callback")
    },
}
KNOWN = (
    "CASE WHEN %(row)scorrected_%(name)s = ''"
    " THEN %(row)s%(name)s ELSE %(row)scorrected_%(name)s END"
)
SEX, AGE = (KNOWN % {"name": name, "row": "OLD."} for name in ("sex", "age_group"))
WAS_SAID = " AND ".join(
    [
        *(f"former_{name} = {said % 'OLD.id'}" for name, said in WORDS.items()),
        # A correction of the time when these couldn't be put right doesn't keep them.
        f"(former_sex = '' OR (former_sex = {SEX} AND former_age_group = {AGE}))",
    ]
)
# The last record keeps all that stands now. So it allows one change: after that it no longer does.
ON_RECORD = f"""
    EXISTS (SELECT 1 FROM {PATIENT_CORRECTIONS} WHERE id =
            (SELECT MAX(id) FROM {PATIENT_CORRECTIONS} WHERE patient_id = OLD.id) AND {WAS_SAID})
"""  # noqa: S608
CORRECTS_WITHOUT_RECORD = f"""
    (COALESCE(OLD.corrected_ward_id, 0) <> COALESCE(NEW.corrected_ward_id, 0)
     OR OLD.corrected_caller <> NEW.corrected_caller
     OR OLD.corrected_callback <> NEW.corrected_callback)
    AND NOT {ON_RECORD}
"""
# A patient's sex is corrected by a step, of a handout with the wrong one, that keeps it; before
# there is a handout, with a record of what it was.
CORRECTS_SEX_WITHOUT_STEP = f"""
    OLD.corrected_sex <> NEW.corrected_sex AND NOT EXISTS (
        SELECT 1 FROM {HANDOUTS} h JOIN {STEPS} s ON s.handout_id = h.id
        WHERE h.patient_id = OLD.id AND s.act = '{Act.CORRECT_SEX.value}'
        AND s.former_sex = {SEX}
        AND s.sequence = (SELECT MAX(sequence) FROM {STEPS} WHERE handout_id = h.id))
    AND NOT ({ON_RECORD} AND OLD.state = '{PatientState.WAITING.value}' AND NEW.state = OLD.state
             AND NOT EXISTS (SELECT 1 FROM {HANDOUTS} WHERE patient_id = OLD.id))
"""  # noqa: S608
CORRECTS_AGE_WITHOUT_RECORD = f"""
    OLD.corrected_age_group <> NEW.corrected_age_group
    AND NOT ({ON_RECORD} AND OLD.state = '{PatientState.WAITING.value}')
"""
KEEPS_OTHER_WORDS = " OR ".join(
    [
        *(f"NEW.former_{name} <> {said % 'NEW.patient_id'}" for name, said in WORDS.items()),
        *(
            f"NEW.former_{name} <> (SELECT {KNOWN % {'name': name, 'row': ''}}"  # noqa: S608
            f" FROM {PATIENTS} WHERE id = NEW.patient_id)"
            for name in ("sex", "age_group")
        ),
    ]
)
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
    *append_only(PatientCorrection),
    Trigger(
        f"{PATIENT_CORRECTIONS}_keeps_what_was",
        PATIENT_CORRECTIONS,
        "INSERT",
        "a correction keeps the ward, the caller, sex and age that the patient has until then",
        KEEPS_OTHER_WORDS,
    ),
    Trigger(
        f"{PATIENTS}_corrected_on_record",
        PATIENTS,
        "UPDATE",
        "a patient's ward and caller are never corrected without a record of those before",
        CORRECTS_WITHOUT_RECORD,
    ),
    Trigger(
        f"{PATIENTS}_sex_corrected_on_record",
        PATIENTS,
        "UPDATE",
        "a patient's sex is never corrected without a step that keeps the one before",
        CORRECTS_SEX_WITHOUT_STEP,
    ),
    Trigger(
        f"{PATIENTS}_age_corrected_on_record",
        PATIENTS,
        "UPDATE",
        "a patient's age is never corrected without a record of the one before",
        CORRECTS_AGE_WITHOUT_RECORD,
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
