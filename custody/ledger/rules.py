"""The rules of this app that the database keeps by trigger."""

from django.db import models

from befreg_reserv.audit.triggers import (
    Event,
    Trigger,
    append_only,
    set_once,
    unchangeable,
    undeletable,
)
from befreg_reserv.people.models import User
from custody.models import (
    Binder,
    Call,
    Count,
    CountLine,
    DoubledMail,
    DoubledNumber,
    ForeignSheet,
    Handout,
    HandoutStep,
    LateRegistration,
    LateWithdrawal,
    LostHandout,
    MergeNotice,
    Patient,
    PreparedMove,
    PreparedNumber,
    Quarantine,
    Reminder,
    ReserveNumber,
    Restoration,
    SignOff,
    SwitchItem,
    SwitchTick,
)
from custody.models.calls import PatientState
from custody.models.states import OPEN, Act, State
from custody.numbers.sql import stated_date, written_date
from outage.models import Outage, Plan

NUMBERS = ReserveNumber._meta.db_table
BINDERS = Binder._meta.db_table
STEPS = HandoutStep._meta.db_table
HANDOUTS = Handout._meta.db_table
CALLS = Call._meta.db_table
PATIENTS = Patient._meta.db_table
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
USERS = User._meta.db_table

# A step follows the last one of its handout: the next sequence, from the state that one led to.
STEP_FOLLOWS = f"""
    NEW.sequence <> 1 + (SELECT COUNT(*) FROM {STEPS} WHERE handout_id = NEW.handout_id)
    OR NEW.source <> COALESCE((SELECT target FROM {STEPS} WHERE handout_id = NEW.handout_id
                               ORDER BY sequence DESC LIMIT 1), '')
"""  # noqa: S608  table names of our own

NUMBER_FITS_BINDER = f"""
    NEW.training <> (SELECT training FROM {BINDERS} WHERE id = NEW.binder_id)
    OR {stated_date("NEW.value")} <> (SELECT {written_date("birth_date")}
                                   FROM {BINDERS} WHERE id = NEW.binder_id)
"""  # noqa: S608

# A voided handout is undone only for paper: its sheet was found missing in the act that voided it,
# and no caller read it back. Otherwise the number may have been with a patient.
SHEET_WAS_MISSING = f"""
    EXISTS (SELECT 1 FROM {HANDOUTS} h
            JOIN {STEPS} s ON s.handout_id = h.id AND s.act = '{Act.VOID.value}'
            JOIN {QUARANTINES} q ON q.number_id = h.number_id AND q.count_id IS NULL
                AND q.found_at = s.at AND q.found_by = s."by" AND q.recorded_at = s.recorded_at
            WHERE h.id = %s AND h.read_back_at IS NULL)
"""  # noqa: S608
MAKES_WAY_FOR_NONE = f"""
    NEW.act = '{Act.MAKE_WAY.value}' AND NOT {SHEET_WAS_MISSING % "NEW.handout_id"}
"""
LEAVES_VOIDED = f"""
    OLD.state = '{State.VOIDED.value}' AND NEW.state <> '{State.VOIDED.value}'
    AND NOT (NEW.state = '{State.UNDONE.value}' AND {SHEET_WAS_MISSING % "NEW.id"})
"""

# Ward, caller and call-back number of a handout change only by a step that keeps what they were,
# and who confirmed it at the patient is who its last such step names.
LAST_STEP = f"""
    EXISTS (SELECT 1 FROM {STEPS}
            WHERE handout_id = OLD.id AND %s AND sequence =
                (SELECT MAX(sequence) FROM {STEPS} WHERE handout_id = OLD.id))
"""  # noqa: S608
KEEPS_WARD = f"act = '{Act.TRANSFER.value}' AND former_ward_id = OLD.ward_id"
KEEPS_CALLER = (
    f"act = '{Act.CORRECT.value}' AND former_caller = OLD.caller AND former_callback = OLD.callback"
)
CONFIRMS = (
    f"act = '{Act.CONFIRM_AT_BEDSIDE.value}' AND at = NEW.bedside_at AND \"by\" = NEW.bedside_by"
)
MOVES_WITHOUT_STEP = f"OLD.ward_id <> NEW.ward_id AND NOT {LAST_STEP % KEEPS_WARD}"
CORRECTS_WITHOUT_STEP = f"""
    (OLD.caller <> NEW.caller OR OLD.callback <> NEW.callback) AND NOT {LAST_STEP % KEEPS_CALLER}
"""
CONFIRMS_WITHOUT_STEP = f"""
    (OLD.bedside_at <> NEW.bedside_at OR (OLD.bedside_at IS NULL) <> (NEW.bedside_at IS NULL)
     OR OLD.bedside_by <> NEW.bedside_by) AND NOT {LAST_STEP % CONFIRMS}
"""
KNOWN_SEX = "CASE WHEN %s = '' THEN %s ELSE %s END"
KEEPS_SOMETHING_ELSE = f"""
    EXISTS (SELECT 1 FROM {HANDOUTS} h WHERE h.id = NEW.handout_id AND (
        (NEW.act = '{Act.TRANSFER.value}' AND NEW.former_ward_id <> h.ward_id)
        OR (NEW.act = '{Act.CORRECT.value}'
            AND (NEW.former_caller <> h.caller OR NEW.former_callback <> h.callback))
        OR (NEW.act = '{Act.CORRECT_SEX.value}'
            AND NEW.former_sex <> (SELECT {KNOWN_SEX % ("corrected_sex", "sex", "corrected_sex")}
                                   FROM {PATIENTS} WHERE id = h.patient_id))))
"""  # noqa: S608
# A patient's sex is corrected only by a step, of a handout with the wrong one, that keeps it.
CORRECTS_SEX_WITHOUT_STEP = f"""
    OLD.corrected_sex <> NEW.corrected_sex AND NOT EXISTS (
        SELECT 1 FROM {HANDOUTS} h JOIN {STEPS} s ON s.handout_id = h.id
        WHERE h.patient_id = OLD.id AND s.act = '{Act.CORRECT_SEX.value}'
        AND s.former_sex = {KNOWN_SEX % ("OLD.corrected_sex", "OLD.sex", "OLD.corrected_sex")}
        AND s.sequence = (SELECT MAX(sequence) FROM {STEPS} WHERE handout_id = h.id))
"""  # noqa: S608

# The second person isn't who registered the real number, or recorded it.
WITNESS_IS_THE_FIRST = f"""
    NEW.act = '{Act.WITNESS.value}' AND EXISTS (
        SELECT 1 FROM {STEPS} s JOIN {USERS} u ON u.id = s.recorded_by_id
        WHERE s.handout_id = NEW.handout_id AND NEW."by" IN (s."by", u.username)
        AND s.sequence = (SELECT MAX(sequence) FROM {STEPS}
                          WHERE handout_id = NEW.handout_id AND act = '{Act.REPLACE.value}'))
"""  # noqa: S608

# One person, several numbers. Each further handout of a real number points to the first, and its
# last step says so with a reason; the first keeps its number while others point to it. When it is
# withdrawn, first and second change places before: for that moment each points to the other.
SAYS_SAME = f"act = '{Act.SAME_PERSON.value}' AND identity = NEW.real_identity"
NOT_OF_THE_FIRST = f"""
    NEW.same_person_as_id IS NOT NULL
    AND (COALESCE(OLD.same_person_as_id, 0) <> NEW.same_person_as_id
         OR COALESCE(OLD.real_identity, '') <> COALESCE(NEW.real_identity, ''))
    AND (NOT EXISTS (
            SELECT 1 FROM {HANDOUTS} h JOIN {OUTAGES} o ON o.id = h.outage_id
            WHERE h.id = NEW.same_person_as_id AND h.id <> NEW.id
            AND h.real_identity = NEW.real_identity
            AND (h.same_person_as_id IS NULL OR h.same_person_as_id = NEW.id)
            AND o.drill = (SELECT drill FROM {OUTAGES} WHERE id = NEW.outage_id))
         OR (OLD.real_identity IS NULL AND NOT {LAST_STEP % SAYS_SAME}))
"""  # noqa: S608
LEAVES_OTHERS = f"""
    COALESCE(OLD.real_identity, '') <> COALESCE(NEW.real_identity, '')
    AND EXISTS (SELECT 1 FROM {HANDOUTS} WHERE same_person_as_id = OLD.id)
"""  # noqa: S608
SAID_TO_BE_THE_SAME = f"""
    (NEW.act = '{Act.SAME_PERSON.value}'
     OR EXISTS (SELECT 1 FROM {STEPS} WHERE handout_id = NEW.handout_id
                AND act = '{Act.SAME_PERSON.value}' AND identity = NEW.identity))
"""  # noqa: S608

# An emergency number is never a patient's real number: neither before, meanwhile nor afterwards.
NUMBER_IS_A_PATIENTS = f"EXISTS (SELECT 1 FROM {STEPS} WHERE identity = NEW.value)"  # noqa: S608
IDENTITY_IS_A_NUMBER = f"EXISTS (SELECT 1 FROM {NUMBERS} WHERE value = NEW.identity)"  # noqa: S608


# A prepared number changes its ward or plan only together with a record of the move.
MOVES_UNRECORDED = f"""
    (OLD.plan_id <> NEW.plan_id OR OLD.ward_id <> NEW.ward_id)
    AND NOT EXISTS (SELECT 1 FROM {PREPARED_MOVES}
                    WHERE id = (SELECT MAX(id) FROM {PREPARED_MOVES} WHERE number_id = OLD.id)
                    AND from_plan_id = OLD.plan_id AND from_ward_id = OLD.ward_id
                    AND to_plan_id = NEW.plan_id AND to_ward_id = NEW.ward_id)
"""  # noqa: S608
MOVES_WRONGLY = f"""
    NOT EXISTS (SELECT 1 FROM {PREPARED} n JOIN {PLANS} f ON f.id = NEW.from_plan_id
                JOIN {PLANS} t ON t.id = NEW.to_plan_id
                WHERE n.id = NEW.number_id AND n.plan_id = f.id AND n.ward_id = NEW.from_ward_id
                AND n.outcome <> '{PreparedNumber.Outcome.USED.value}' AND f.drill = t.drill
                AND ((f.id = t.id AND n.outcome = '')
                     OR (f.cancelled_at IS NOT NULL AND t.cancelled_at IS NULL)))
"""  # noqa: S608

# A registered or struck row stays so; but a registration is withdrawn together with a record.
LATE_IS_DONE = f"""
    OLD.struck_at IS NOT NULL OR (OLD.registered_at IS NOT NULL AND NOT (
        NEW.registered_at IS NULL AND NEW.struck_at IS NULL
        AND EXISTS (SELECT 1 FROM {LATE_WITHDRAWALS}
                    WHERE registration_id = OLD.id AND number = OLD.number
                    AND registered_at = OLD.registered_at AND registered_by = OLD.registered_by)))
"""  # noqa: S608
WITHDRAWS_NOTHING = f"""
    NOT EXISTS (SELECT 1 FROM {LATE}
                WHERE id = NEW.registration_id AND number = NEW.number
                AND registered_at = NEW.registered_at AND registered_by = NEW.registered_by)
"""  # noqa: S608


def _stands_in(table: str, column: str, written: str) -> str:
    """Return the condition: the value of the written column is in another table."""
    return f"EXISTS (SELECT 1 FROM {table} WHERE {column} = NEW.{written})"  # noqa: S608


def _apart(
    table: str, event: Event, column: str, *others: tuple[str, str], unless: str = ""
) -> Trigger:
    """Return the rule: a number written to ``column`` is in none of the other columns.

    ``others``: pairs of table and column. ``custody.ledger.taken`` says why. ``unless``: a
    condition that allows it.
    """
    stands = " OR ".join(_stands_in(other, its_column, column) for other, its_column in others)
    return Trigger(
        f"{table}_{column}_apart_on_{event.lower()}",
        table,
        event,
        "the number is known already, as another patient's or a prepared one",
        f"({stands}) AND NOT {unless}" if unless else stands,
        one_at_a_time=column,
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

# A number never returns if its sheet was ever missing, or while a handout holds it.
NUMBER_IS_SPENT = f"""
    OLD.taken_at IS NOT NULL AND NEW.taken_at IS NULL
    AND (EXISTS (SELECT 1 FROM {QUARANTINES} WHERE number_id = NEW.id)
         OR EXISTS (SELECT 1 FROM {HANDOUTS}
                    WHERE number_id = NEW.id AND state <> '{State.UNDONE.value}'))
"""  # noqa: S608
NUMBER_LIES_THERE = f"(SELECT taken_at FROM {NUMBERS} WHERE id = NEW.number_id) IS NULL"  # noqa: S608
OTHER_BINDER = f"""
    (SELECT binder_id FROM {NUMBERS} WHERE id = NEW.number_id)
    <> (SELECT binder_id FROM {COUNTS} WHERE id = NEW.count_id)
"""  # noqa: S608
OUTAGE_NOT_DONE = f"""
    EXISTS (SELECT 1 FROM {OUTAGES} WHERE id = NEW.outage_id AND ended_at IS NULL)
    OR EXISTS (SELECT 1 FROM {HANDOUTS} WHERE outage_id = NEW.outage_id
               AND state IN ({", ".join(f"'{state.value}'" for state in OPEN)}))
    OR EXISTS (SELECT 1 FROM {PATIENTS} p JOIN {CALLS} c ON c.id = p.call_id
               WHERE c.outage_id = NEW.outage_id AND p.state = '{WAITING}')
    OR EXISTS (SELECT 1 FROM {DOUBLED} d JOIN {HANDOUTS} h ON h.id IN (d.first_id, d.second_id)
               WHERE h.outage_id = NEW.outage_id AND d.settled_at IS NULL)
"""  # noqa: S608

# A second patient's handout of a number refers to the number's first one, while one of them stands.
DOUBLES_NONE = f"""
    NEW.duplicate_of_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM {HANDOUTS} f
                    JOIN {HANDOUTS} s ON s.number_id = f.number_id
                        AND s.state <> '{State.UNDONE.value}'
                    WHERE f.id = NEW.duplicate_of_id AND f.number_id = NEW.number_id
                    AND f.duplicate_of_id IS NULL)
"""  # noqa: S608
# Its first handout may be undone; the second one stands, so the number is still with a patient.
IS_HELD_BY_A_DOUBLE = f"""
    NEW.duplicate_of_id IS NULL AND NEW.state <> '{State.UNDONE.value}'
    AND EXISTS (SELECT 1 FROM {HANDOUTS} WHERE number_id = NEW.number_id
                AND duplicate_of_id IS NOT NULL AND state <> '{State.UNDONE.value}')
"""  # noqa: S608
NO_SUCH_DOUBLE = f"""
    NOT EXISTS (SELECT 1 FROM {HANDOUTS} f JOIN {HANDOUTS} s ON s.number_id = f.number_id
                WHERE f.id = NEW.first_id AND s.id = NEW.second_id
                AND s.duplicate_of_id IS NOT NULL)
"""  # noqa: S608


def _for_good(model: type[models.Model], done: str, *columns: str) -> Trigger:
    """Return the rule: once ``done`` is filled in, these columns never change."""
    table = model._meta.db_table
    changed = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in columns)
    return Trigger(
        f"{table}_{done.removesuffix('_at')}_for_good",
        table,
        "UPDATE",
        f"what was {done.removesuffix('_at')} stays as it was written",
        f"OLD.{done} IS NOT NULL AND ({changed})",
    )


RULES: list[Trigger] = [
    *append_only(HandoutStep),
    *undeletable(Binder),
    *undeletable(ReserveNumber),
    *undeletable(Handout),
    *undeletable(Call),
    *undeletable(Patient),
    *undeletable(MergeNotice),
    *undeletable(Quarantine),
    unchangeable(Binder, "training", "birth_date"),
    unchangeable(
        ReserveNumber,
        "binder", "tab", "value", "sex", "training", "lain_since", "family_name", "given_name",
    ),
    unchangeable(
        Handout,
        "number", "outage", "patient", "request_key", "caller_name",
        "handed_out_at", "handed_out_by", "recorded_at", "recorded_by", "other_sex_reason", "late",
    ),
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
    unchangeable(
        Quarantine, "number", "reason", "found_at", "found_by", "recorded_at", "recorded_by"
    ),
    set_once(Quarantine, "explained_at"),
    _for_good(Quarantine, "explained_at", "explained_by", "explanation"),
    Trigger(
        f"{QUARANTINES}_count_fixed",
        QUARANTINES,
        "UPDATE",
        "the count of a missing sheet never changes",
        "COALESCE(OLD.count_id, 0) <> COALESCE(NEW.count_id, 0)",
    ),
    Trigger(
        f"{QUARANTINES}_restoration_fixed",
        QUARANTINES,
        "UPDATE",
        "the restoration of a forgotten number never changes",
        "COALESCE(OLD.restoration_id, 0) <> COALESCE(NEW.restoration_id, 0)",
    ),
    *append_only(Restoration),
    *append_only(LostHandout),
    Trigger(
        f"{QUARANTINES}_is_out",
        QUARANTINES,
        "INSERT",
        "a number whose sheet is missing must have left the binder",
        NUMBER_LIES_THERE,
    ),
    Trigger(
        f"{NUMBERS}_stays_spent",
        NUMBERS,
        "UPDATE",
        "a number that was handed out, or whose sheet was missing, never returns to the binder",
        NUMBER_IS_SPENT,
    ),
    set_once(Handout, "read_back_at"),
    _for_good(Handout, "read_back_at", "read_back_by"),
    Trigger(
        f"{HANDOUTS}_instead_fixed",
        HANDOUTS,
        "UPDATE",
        "instead_of of a handout never changes",
        "COALESCE(OLD.instead_of_id, 0) <> COALESCE(NEW.instead_of_id, 0)",
    ),
    Trigger(
        f"{HANDOUTS}_double_fixed",
        HANDOUTS,
        "UPDATE",
        "duplicate_of of a handout never changes",
        "COALESCE(OLD.duplicate_of_id, 0) <> COALESCE(NEW.duplicate_of_id, 0)",
    ),
    Trigger(
        f"{HANDOUTS}_double_of_its_number",
        HANDOUTS,
        "INSERT",
        "a second handout of a number refers to its first one, while one of them stands",
        DOUBLES_NONE,
    ),
    Trigger(
        f"{HANDOUTS}_alone_but_for_paper",
        HANDOUTS,
        "INSERT",
        "the number is with a patient, by a handout on paper",
        IS_HELD_BY_A_DOUBLE,
    ),
    *undeletable(DoubledNumber),
    unchangeable(DoubledNumber, "first", "second", "found_at", "found_by"),
    set_once(DoubledNumber, "settled_at"),
    _for_good(DoubledNumber, "settled_at", "settled_by", "done"),
    Trigger(
        f"{DOUBLED}_of_one_number",
        DOUBLED,
        "INSERT",
        "an alarm is about two handouts of one number, of which paper revealed the second",
        NO_SUCH_DOUBLE,
    ),
    *undeletable(DoubledMail),
    unchangeable(DoubledMail, "alarm", "sequence", "to", "claimed_at"),
    set_once(DoubledMail, "sent_at"),
    Trigger(
        f"{HANDOUTS}_called_at_fixed",
        HANDOUTS,
        "UPDATE",
        "called_at of a handout never changes",
        "OLD.called_at <> NEW.called_at"
        " OR (OLD.called_at IS NULL) <> (NEW.called_at IS NULL)",
    ),
    Trigger(
        f"{STEPS}_makes_way_for_paper",
        STEPS,
        "INSERT",
        "only a handout whose sheet was missing makes way for one on paper",
        MAKES_WAY_FOR_NONE,
    ),
    Trigger(
        f"{HANDOUTS}_voided_for_good",
        HANDOUTS,
        "UPDATE",
        "a voided handout stays so, unless its sheet was missing",
        LEAVES_VOIDED,
    ),
    unchangeable(
        MergeNotice,
        "handout", "identity", "reference", "filed_at", "filed_by", "recorded_at", "recorded_by",
    ),
    Trigger(
        f"{STEPS}_follows",
        STEPS,
        "INSERT",
        "a step must follow on the handout's last",
        STEP_FOLLOWS,
    ),
    Trigger(
        f"{STEPS}_keeps_what_was",
        STEPS,
        "INSERT",
        "a step keeps the ward, the caller or the sex that the handout has until then",
        KEEPS_SOMETHING_ELSE,
    ),
    Trigger(
        f"{HANDOUTS}_moves_on_record",
        HANDOUTS,
        "UPDATE",
        "a handout never changes its ward without a step that keeps the one before",
        MOVES_WITHOUT_STEP,
    ),
    Trigger(
        f"{HANDOUTS}_corrected_on_record",
        HANDOUTS,
        "UPDATE",
        "a handout never changes its caller without a step that keeps the one before",
        CORRECTS_WITHOUT_STEP,
    ),
    Trigger(
        f"{HANDOUTS}_confirmed_on_record",
        HANDOUTS,
        "UPDATE",
        "a handout is never confirmed at the patient without a step that says so",
        CONFIRMS_WITHOUT_STEP,
    ),
    Trigger(
        f"{STEPS}_by_a_second_person",
        STEPS,
        "INSERT",
        "the pair is checked by another person than who registered the real number",
        WITNESS_IS_THE_FIRST,
    ),
    Trigger(
        f"{HANDOUTS}_of_the_first",
        HANDOUTS,
        "UPDATE",
        "a further handout of a real number points to the first, by a step that says why",
        NOT_OF_THE_FIRST,
    ),
    Trigger(
        f"{HANDOUTS}_of_the_first_on_insert",
        HANDOUTS,
        "INSERT",
        "a handout gets its real number by a step",
        "NEW.same_person_as_id IS NOT NULL",
    ),
    Trigger(
        f"{HANDOUTS}_first_stays",
        HANDOUTS,
        "UPDATE",
        "the first handout of a real number keeps it while others point to it",
        LEAVES_OTHERS,
    ),
    *undeletable(SwitchItem),
    *undeletable(SwitchTick),
    unchangeable(SwitchTick, "handout", "item", "identity"),
    Trigger(
        f"{NUMBERS}_fits_binder",
        NUMBERS,
        "INSERT",
        "training numbers belong in training binders, real ones in real binders, all of one date",
        NUMBER_FITS_BINDER,
    ),
    Trigger(
        f"{NUMBERS}_new_to_patients",
        NUMBERS,
        "INSERT",
        "the number has been a patient's real number",
        NUMBER_IS_A_PATIENTS,
        one_at_a_time="value",
    ),
    Trigger(
        f"{STEPS}_no_emergency_number",
        STEPS,
        "INSERT",
        "an emergency number can't be a real number",
        IDENTITY_IS_A_NUMBER,
        one_at_a_time="identity",
    ),
    set_once(MergeNotice, "withdrawn_at"),
    _apart(
        NUMBERS, "INSERT", "value",
        (PREPARED, "value"), (LATE, "number"), (LATE_WITHDRAWALS, "number"),
    ),
    _apart(
        STEPS, "INSERT", "identity", (PREPARED, "value"), (LATE, "number"),
        unless=SAID_TO_BE_THE_SAME,
    ),
    _apart(
        PREPARED, "INSERT", "value",
        (NUMBERS, "value"), (STEPS, "identity"), (LATE, "number"), (LATE_WITHDRAWALS, "number"),
    ),
    _apart(
        LATE, "UPDATE", "number", (NUMBERS, "value"), (STEPS, "identity"), (PREPARED, "value")
    ),
    _apart(
        LATE, "INSERT", "number", (NUMBERS, "value"), (STEPS, "identity"), (PREPARED, "value")
    ),
    *append_only(Count),
    *undeletable(CountLine),
    unchangeable(CountLine, "count", "number", "expected", "found", "meanwhile"),
    set_once(CountLine, "destroyed_at"),
    _for_good(CountLine, "destroyed_at", "destroyed_by", "destroyed_note"),
    Trigger(
        f"{COUNT_LINES}_of_its_binder",
        COUNT_LINES,
        "INSERT",
        "a count holds numbers of its own binder alone",
        OTHER_BINDER,
    ),
    *undeletable(ForeignSheet),
    unchangeable(ForeignSheet, "count", "value", "kind"),
    set_once(ForeignSheet, "explained_at"),
    _for_good(ForeignSheet, "explained_at", "explained_by", "explanation"),
    *undeletable(PreparedNumber),
    unchangeable(PreparedNumber, "value", "sex", "training", "entered_at", "entered_by"),
    Trigger(
        f"{PREPARED}_moves_on_record",
        PREPARED,
        "UPDATE",
        "a prepared number never changes its ward or plan without the record of it",
        MOVES_UNRECORDED,
    ),
    *append_only(PreparedMove),
    Trigger(
        f"{PREPARED_MOVES}_may_be",
        PREPARED_MOVES,
        "INSERT",
        "only an unused number moves, from where it is; to another plan from a cancelled one",
        MOVES_WRONGLY,
    ),
    *undeletable(LateRegistration),
    unchangeable(
        LateRegistration,
        "outage", "ward", "request_key", "place", "treated_at", "recorded_at", "recorded_by",
    ),
    Trigger(
        f"{LATE}_done_for_good",
        LATE,
        "UPDATE",
        "a patient who was registered late, or struck from the list, stays so",
        LATE_IS_DONE,
    ),
    *append_only(LateWithdrawal),
    Trigger(
        f"{LATE_WITHDRAWALS}_of_what_stands",
        LATE_WITHDRAWALS,
        "INSERT",
        "only the registration that stands can be withdrawn",
        WITHDRAWS_NOTHING,
    ),
    *append_only(SignOff),
    Trigger(
        f"{SIGN_OFFS}_of_what_is_done",
        SIGN_OFFS,
        "INSERT",
        "an outage that goes on, has open handouts, or patients who wait, can't be signed off",
        OUTAGE_NOT_DONE,
    ),
    *undeletable(Reminder),
    unchangeable(Reminder, "outage", "ward", "sequence", "day", "handouts", "claimed_at"),
    set_once(Reminder, "sent_at"),
]  # fmt: skip
