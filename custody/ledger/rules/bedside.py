"""The rules of the look at the wristband: no real number without one, and no void against one."""

from befreg_reserv.audit.triggers import Trigger
from custody.ledger.rules.handouts import LAST_STEP
from custody.ledger.rules.tables import HANDOUTS, OUTAGES, STEPS, WARDS
from custody.models.states import OPEN, Act

LOOKS = f"'{Act.CONFIRM_AT_BEDSIDE.value}', '{Act.NO_WRISTBAND.value}'"
OPEN_STATES = ", ".join(f"'{state.value}'" for state in OPEN)
# What was seen before a real number, or what was seen itself, was withdrawn tells nothing.
WITHDRAWALS = f"'{Act.WITHDRAW_REPLACEMENT.value}', '{Act.WITHDRAW_CONFIRMATION.value}'"
SINCE_THE_LAST_WAS_WITHDRAWN = f"""
    s.handout_id = NEW.handout_id AND s.sequence > COALESCE(
        (SELECT MAX(sequence) FROM {STEPS}
         WHERE handout_id = NEW.handout_id AND act IN ({WITHDRAWALS})), 0)
"""  # noqa: S608  table names of our own
# In the same act: the wristband was read, or it was said why it couldn't be.
LOOKED_AT_NOW = f"""
    EXISTS (SELECT 1 FROM {STEPS} s WHERE {SINCE_THE_LAST_WAS_WITHDRAWN}
            AND s.act IN ({LOOKS})
            AND s.recorded_at = NEW.recorded_at AND s.recorded_by_id = NEW.recorded_by_id)
"""  # noqa: S608
CONFIRMED_BEFORE = f"""
    EXISTS (SELECT 1 FROM {STEPS} s WHERE {SINCE_THE_LAST_WAS_WITHDRAWN}
            AND s.act = '{Act.CONFIRM_AT_BEDSIDE.value}')
"""  # noqa: S608
# A patient of the same ward, under whatever name it was typed, who could be taken for this one. A
# number that is handed out at this very moment comes after it: whoever looked saw the only one.
ANOTHER_IS_OPEN = f"""
    EXISTS (SELECT 1 FROM {HANDOUTS} h
            JOIN {OUTAGES} u ON u.id = h.outage_id JOIN {WARDS} w ON w.id = h.ward_id
            JOIN {HANDOUTS} o ON o.state IN ({OPEN_STATES}) AND o.id <> h.id
            JOIN {OUTAGES} ou ON ou.id = o.outage_id AND ou.drill = u.drill
            JOIN {WARDS} ow ON ow.id = o.ward_id
                AND COALESCE(ow.same_as_id, ow.id) = COALESCE(w.same_as_id, w.id)
            WHERE h.id = NEW.handout_id)
"""  # noqa: S608
REPLACES_UNSEEN = f"""
    NEW.act = '{Act.REPLACE.value}' AND NOT {LOOKED_AT_NOW}
    AND (NOT {CONFIRMED_BEFORE} OR {ANOTHER_IS_OPEN})
"""
VOIDS_WHAT_IS_WORN = f"""
    NEW.act = '{Act.VOID.value}'
    AND EXISTS (SELECT 1 FROM {HANDOUTS} WHERE id = NEW.handout_id AND bedside_at IS NOT NULL)
"""  # noqa: S608
REGISTERS = f"act = '{Act.REPLACE.value}' AND identity = NEW.real_identity"
REPLACED_WITHOUT_STEP = f"""
    NEW.real_identity IS NOT NULL AND OLD.real_identity IS NULL AND NOT {LAST_STEP % REGISTERS}
"""

RULES: list[Trigger] = [
    Trigger(
        f"{STEPS}_looks_before_it_replaces",
        STEPS,
        "INSERT",
        "no real number without a look at the wristband, or a reason why there was none",
        REPLACES_UNSEEN,
    ),
    Trigger(
        f"{STEPS}_voids_nothing_worn",
        STEPS,
        "INSERT",
        "a number that was confirmed at the patient is not voided",
        VOIDS_WHAT_IS_WORN,
    ),
    Trigger(
        f"{HANDOUTS}_replaced_on_record",
        HANDOUTS,
        "UPDATE",
        "a handout gets its real number by a step that registers it",
        REPLACED_WITHOUT_STEP,
    ),
    Trigger(
        f"{HANDOUTS}_replaced_on_insert",
        HANDOUTS,
        "INSERT",
        "a handout gets its real number by a step",
        "NEW.real_identity IS NOT NULL",
    ),
]
