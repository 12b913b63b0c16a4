"""The rules that keep each number one patient's, as ``custody.ledger.taken`` does in Python."""

from befreg_reserv.audit.triggers import Event, Trigger
from custody.ledger.rules.same_person import SAID_TO_BE_THE_SAME
from custody.ledger.rules.tables import LATE, LATE_WITHDRAWALS, NUMBERS, PREPARED, STEPS

# An emergency number is never a patient's real number: neither before, meanwhile nor afterwards.
NUMBER_IS_A_PATIENTS = f"EXISTS (SELECT 1 FROM {STEPS} WHERE identity = NEW.value)"  # noqa: S608
IDENTITY_IS_A_NUMBER = f"EXISTS (SELECT 1 FROM {NUMBERS} WHERE value = NEW.identity)"  # noqa: S608


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


RULES: list[Trigger] = [
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
]  # fmt: skip
