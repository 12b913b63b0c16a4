"""The rules of prepared numbers and of patients who are registered late."""

from befreg_reserv.audit.triggers import Trigger, append_only, unchangeable, undeletable
from custody.ledger.rules.tables import (
    HANDOUTS,
    LATE,
    LATE_WITHDRAWALS,
    PLANS,
    PREPARED,
    PREPARED_MOVES,
    STEPS,
)
from custody.models import LateRegistration, LateWithdrawal, PreparedMove, PreparedNumber
from custody.models.states import Act

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
# A number that a handout has as its patient's real one was used; an unused one is nobody's.
USED = PreparedNumber.Outcome.USED.value
IS_A_PATIENTS = f"""
    OLD.outcome = '{USED}' AND NEW.outcome <> '{USED}'
    AND EXISTS (SELECT 1 FROM {HANDOUTS} WHERE real_identity = NEW.value)
"""  # noqa: S608
IS_NOBODYS = f"""
    NEW.identity <> '' AND NEW.act = '{Act.SAME_PERSON.value}'
    AND EXISTS (SELECT 1 FROM {PREPARED} WHERE value = NEW.identity AND outcome <> '{USED}')
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

RULES: list[Trigger] = [
    *undeletable(PreparedNumber),
    unchangeable(PreparedNumber, "value", "sex", "training", "entered_at", "entered_by"),
    Trigger(
        f"{PREPARED}_moves_on_record",
        PREPARED,
        "UPDATE",
        "a prepared number never changes its ward or plan without the record of it",
        MOVES_UNRECORDED,
    ),
    Trigger(
        f"{PREPARED}_stays_used",
        PREPARED,
        "UPDATE",
        "a prepared number that is a patient's real number was used",
        IS_A_PATIENTS,
        one_at_a_time="value",
    ),
    Trigger(
        f"{STEPS}_same_as_a_patient",
        STEPS,
        "INSERT",
        "a prepared number that wasn't used is no patient's",
        IS_NOBODYS,
        one_at_a_time="identity",
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
]  # fmt: skip
