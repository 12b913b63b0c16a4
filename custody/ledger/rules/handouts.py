"""The rules of handouts and their steps, of notices and of what was switched over."""

from befreg_reserv.audit.triggers import (
    Trigger,
    append_only,
    for_good,
    set_once,
    unchangeable,
    undeletable,
)
from custody.ledger.rules.tables import (
    HANDOUTS,
    NOTICES,
    PATIENTS,
    QUARANTINES,
    STEPS,
    SWITCH_TICKS,
    USERS,
)
from custody.models import Handout, HandoutStep, MergeNotice, SwitchItem, SwitchTick
from custody.models.states import Act, State

# A step follows the last one of its handout: the next sequence, from the state that one led to.
STEP_FOLLOWS = f"""
    NEW.sequence <> 1 + (SELECT COUNT(*) FROM {STEPS} WHERE handout_id = NEW.handout_id)
    OR NEW.source <> COALESCE((SELECT target FROM {STEPS} WHERE handout_id = NEW.handout_id
                               ORDER BY sequence DESC LIMIT 1), '')
"""  # noqa: S608  table names of our own
# A voided handout is undone only for paper: its sheet was found missing in the act that voided it,
# and nobody read it back or ever saw it at a patient. Otherwise one may have had the number.
SHEET_WAS_MISSING = f"""
    EXISTS (SELECT 1 FROM {HANDOUTS} h
            JOIN {STEPS} s ON s.handout_id = h.id AND s.act = '{Act.VOID.value}'
            JOIN {QUARANTINES} q ON q.number_id = h.number_id AND q.count_id IS NULL
                AND q.found_at = s.at AND q.found_by = s."by" AND q.recorded_at = s.recorded_at
            WHERE h.id = %s AND h.read_back_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM {STEPS}
                WHERE handout_id = h.id AND act = '{Act.CONFIRM_AT_BEDSIDE.value}'))
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
CONFIRMS = f"""(
    act = '{Act.CONFIRM_AT_BEDSIDE.value}' AND at = NEW.bedside_at AND "by" = NEW.bedside_by
    OR act = '{Act.WITHDRAW_CONFIRMATION.value}' AND NEW.bedside_at IS NULL)
"""
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
# The second person isn't who registered the real number, or recorded it.
WITNESS_IS_THE_FIRST = f"""
    NEW.act = '{Act.WITNESS.value}' AND EXISTS (
        SELECT 1 FROM {STEPS} s JOIN {USERS} u ON u.id = s.recorded_by_id
        WHERE s.handout_id = NEW.handout_id AND NEW."by" IN (s."by", u.username)
        AND s.sequence = (SELECT MAX(sequence) FROM {STEPS}
                          WHERE handout_id = NEW.handout_id AND act = '{Act.REPLACE.value}'))
"""  # noqa: S608
# What was read back, seen at the wrist or replaced is with a patient: it never returns to its tab.
UNDOES_A_PATIENTS = f"""
    NEW.act = '{Act.UNDO.value}' AND (
        EXISTS (SELECT 1 FROM {HANDOUTS} WHERE id = NEW.handout_id AND read_back_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM {STEPS} WHERE handout_id = NEW.handout_id
                   AND act IN ('{Act.CONFIRM_AT_BEDSIDE.value}', '{Act.REPLACE.value}')))
"""  # noqa: S608
# A real number is withdrawn before another is registered; a notice is about the one that stands.
REAL_NUMBER_CHANGES = "OLD.real_identity <> NEW.real_identity"
NOT_THE_REAL_NUMBER = f"""
    NEW.identity <> COALESCE((SELECT real_identity FROM {HANDOUTS} WHERE id = NEW.handout_id), '')
"""  # noqa: S608
# All is switched over when nothing is left to do, and what is opened again is found again.
LEAVES_SOMETHING = f"""
    OLD.switching_since IS NOT NULL AND NEW.switching_since IS NULL AND EXISTS (
        SELECT 1 FROM {SWITCH_TICKS} WHERE handout_id = NEW.id AND answer = ''
        AND identity = NEW.real_identity AND at >= NEW.replaced_at)
"""  # noqa: S608
OPENS_UNSEEN = f"""
    NEW.answer = '' AND EXISTS (
        SELECT 1 FROM {HANDOUTS} WHERE id = NEW.handout_id AND switching_since IS NULL
        AND real_identity = NEW.identity)
"""  # noqa: S608

RULES: list[Trigger] = [
    *undeletable(Handout),
    unchangeable(
        Handout,
        "number", "outage", "patient", "request_key", "caller_name",
        "handed_out_at", "handed_out_by", "recorded_at", "recorded_by", "other_sex_reason", "late",
    ),
    Trigger(
        f"{HANDOUTS}_instead_fixed",
        HANDOUTS,
        "UPDATE",
        "instead_of of a handout never changes",
        "COALESCE(OLD.instead_of_id, 0) <> COALESCE(NEW.instead_of_id, 0)",
    ),
    Trigger(
        f"{HANDOUTS}_called_at_fixed",
        HANDOUTS,
        "UPDATE",
        "called_at of a handout never changes",
        "OLD.called_at <> NEW.called_at"
        " OR (OLD.called_at IS NULL) <> (NEW.called_at IS NULL)",
    ),
    Trigger(
        f"{HANDOUTS}_voided_for_good",
        HANDOUTS,
        "UPDATE",
        "a voided handout stays so, unless its sheet was missing",
        LEAVES_VOIDED,
    ),
    set_once(Handout, "read_back_at"),
    for_good(Handout, "read_back_at", "read_back_by"),
    *append_only(HandoutStep),
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
        f"{STEPS}_makes_way_for_paper",
        STEPS,
        "INSERT",
        "only a handout whose sheet was missing makes way for one on paper",
        MAKES_WAY_FOR_NONE,
    ),
    Trigger(
        f"{STEPS}_undoes_no_patients",
        STEPS,
        "INSERT",
        "a number that was with a patient never returns to the binder",
        UNDOES_A_PATIENTS,
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
        f"{HANDOUTS}_real_number_stays",
        HANDOUTS,
        "UPDATE",
        "a real number is withdrawn before another one is registered",
        REAL_NUMBER_CHANGES,
    ),
    Trigger(
        f"{NOTICES}_of_the_pair",
        NOTICES,
        "INSERT",
        "a notice is about the real number that the handout has",
        NOT_THE_REAL_NUMBER,
    ),
    *undeletable(MergeNotice),
    unchangeable(
        MergeNotice,
        "handout", "identity", "reference", "filed_at", "filed_by", "recorded_at", "recorded_by",
    ),
    set_once(MergeNotice, "withdrawn_at"),
    *undeletable(SwitchItem),
    *undeletable(SwitchTick),
    unchangeable(SwitchTick, "handout", "item", "identity"),
    Trigger(
        f"{HANDOUTS}_all_switched_over",
        HANDOUTS,
        "UPDATE",
        "something is left to switch over to the real number",
        LEAVES_SOMETHING,
    ),
    Trigger(
        f"{SWITCH_TICKS}_opened_on_record",
        SWITCH_TICKS,
        "UPDATE",
        "what is opened again is of a handout that is being switched over",
        OPENS_UNSEEN,
    ),
]  # fmt: skip
