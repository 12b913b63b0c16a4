"""The rules that keep a ward that was invented in a drill away from reality."""

from befreg_reserv.audit.triggers import Event, Trigger
from custody.ledger.rules.tables import CALLS, HANDOUTS, LATE, OUTAGES, PATIENTS, WARDS

STAYS_IN_DRILLS = "a ward that was invented in a drill stays in drills"
OF_A_DRILL = f"(SELECT drill FROM {WARDS} WHERE id = NEW.ward_id)"  # noqa: S608
EVENTS: list[tuple[str, str, Event]] = [
    (HANDOUTS, "", "INSERT"),
    (HANDOUTS, "_moved", "UPDATE"),
    (LATE, "", "INSERT"),
]
IN_REALITY = f"NOT (SELECT drill FROM {OUTAGES} WHERE id = NEW.outage_id)"  # noqa: S608

RULES: list[Trigger] = [
    Trigger(
        f"{CALLS}_ward_of_reality",
        CALLS,
        "INSERT",
        STAYS_IN_DRILLS,
        f"NOT NEW.drill AND {OF_A_DRILL}",
    ),
    Trigger(
        f"{PATIENTS}_ward_of_reality",
        PATIENTS,
        "UPDATE",
        STAYS_IN_DRILLS,
        f"(SELECT drill FROM {WARDS} WHERE id = NEW.corrected_ward_id)"  # noqa: S608
        f" AND NOT (SELECT drill FROM {CALLS} WHERE id = NEW.call_id)",
    ),
    *(
        Trigger(
            f"{table}_ward_of_reality{suffix}",
            table,
            event,
            STAYS_IN_DRILLS,
            f"{IN_REALITY} AND {OF_A_DRILL}",
        )
        for table, suffix, event in EVENTS
    ),
]
