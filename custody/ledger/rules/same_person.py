"""The rules of one person with several numbers."""

from befreg_reserv.audit.triggers import Trigger
from custody.ledger.rules.handouts import LAST_STEP
from custody.ledger.rules.tables import HANDOUTS, OUTAGES, STEPS
from custody.models.states import Act

# One person, several numbers. Each further handout of a real number points to the first, and the
# step before the one that registers it says so with a reason; the first keeps its number while
# others point to it. When it is withdrawn, first and second change places after the step that says
# so, and before the first gives its number up: then alone each may point to the other.
SAID_BEFORE = f"""
    EXISTS (SELECT 1 FROM {STEPS}
            WHERE handout_id = OLD.id AND act = '{Act.SAME_PERSON.value}'
            AND identity = NEW.real_identity AND sequence =
                (SELECT MAX(sequence) - 1 FROM {STEPS} WHERE handout_id = OLD.id))
"""  # noqa: S608
WITHDRAWS = f"act = '{Act.WITHDRAW_REPLACEMENT.value}' AND identity = NEW.real_identity"
NOT_OF_THE_FIRST = f"""
    NEW.same_person_as_id IS NOT NULL
    AND (COALESCE(OLD.same_person_as_id, 0) <> NEW.same_person_as_id
         OR COALESCE(OLD.real_identity, '') <> COALESCE(NEW.real_identity, ''))
    AND (NOT EXISTS (
            SELECT 1 FROM {HANDOUTS} h JOIN {OUTAGES} o ON o.id = h.outage_id
            WHERE h.id = NEW.same_person_as_id AND h.id <> NEW.id
            AND h.real_identity = NEW.real_identity
            AND (h.same_person_as_id IS NULL
                 OR (h.same_person_as_id = NEW.id AND {LAST_STEP % WITHDRAWS}))
            AND o.drill = (SELECT drill FROM {OUTAGES} WHERE id = NEW.outage_id))
         OR (OLD.real_identity IS NULL AND NOT {SAID_BEFORE}))
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

RULES: list[Trigger] = [
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
]  # fmt: skip
