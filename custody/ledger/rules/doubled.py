"""The rules of a number that two patients have, as paper revealed."""

from befreg_reserv.audit.triggers import Trigger, for_good, set_once, unchangeable, undeletable
from custody.ledger.rules.tables import DOUBLED, HANDOUTS
from custody.models import DoubledMail, DoubledNumber
from custody.models.states import State

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

RULES: list[Trigger] = [
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
    for_good(DoubledNumber, "settled_at", "settled_by", "done"),
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
]  # fmt: skip
