"""What the database itself keeps of wards and their history, by trigger."""

from befreg_reserv.audit.triggers import (
    Trigger,
    append_only,
    set_once,
    unchangeable,
    undeletable,
)
from befreg_reserv.people.models import Clinic, Membership, Succession, User, Ward, WardChange

WARDS = Ward._meta.db_table
CHANGES = WardChange._meta.db_table
SUCCESSIONS = Succession._meta.db_table
MEMBERS = Membership._meta.db_table

CLOSED = "(SELECT closed_on FROM {wards} WHERE id = {ward}) IS NOT NULL"
KEEPS_PLACES = "nobody belongs to a closed ward"
_SUCCESSORS = f"(SELECT COUNT(*) FROM {SUCCESSIONS} s WHERE s.change_id = c.id)"  # noqa: S608
# The change that closes a ward is written before, with its successors.
_IS_CLOSED_BY_A_CHANGE = f"""
    EXISTS (SELECT 1 FROM {CHANGES} c WHERE c.ward_id = NEW.id AND c.day = NEW.closed_on
            AND c.recorded_at = NEW.closed_at
            AND ((c.kind = 'closed' AND {_SUCCESSORS} = 0)
                 OR (c.kind IN ('renamed', 'merged') AND {_SUCCESSORS} = 1)
                 OR (c.kind = 'split' AND {_SUCCESSORS} > 1)))
"""  # noqa: S608  table names of our own
_OF_CHANGE = f"(SELECT {{column}} FROM {CHANGES} WHERE id = NEW.change_id)"  # noqa: S608
# An open one alone takes over, and what is closed never opens again: so no chain is a circle.
_TAKES_OVER_NOTHING = f"""
    NEW.ward_id = {_OF_CHANGE.format(column="ward_id")}
    OR {_OF_CHANGE.format(column="kind")} IN ('opened', 'closed')
    OR {CLOSED.format(wards=WARDS, ward=_OF_CHANGE.format(column="ward_id"))}
    OR {CLOSED.format(wards=WARDS, ward="NEW.ward_id")}
    OR (SELECT drill FROM {WARDS} WHERE id = NEW.ward_id)
"""  # noqa: S608

RULES: list[Trigger] = [
    *undeletable(User),
    unchangeable(User, "username"),  # history identifies people by it
    *undeletable(Clinic),
    *undeletable(Ward),
    unchangeable(Ward, "drill"),
    set_once(Ward, "closed_on"),
    set_once(Ward, "closed_at"),
    set_once(Clinic, "closed_on"),
    *append_only(WardChange),
    *append_only(Succession),
    Trigger(
        f"{WARDS}_closed_stays",
        WARDS,
        "UPDATE",
        "a closed ward keeps its name, its clinic and its days",
        """
        OLD.closed_on IS NOT NULL
        AND (OLD.name <> NEW.name OR OLD.clinic_id <> NEW.clinic_id OR NOT NEW.confirmed
             OR COALESCE(OLD.opened_on, OLD.closed_on) <> COALESCE(NEW.opened_on, OLD.closed_on))
        """,
    ),
    Trigger(
        f"{WARDS}_closes_by_a_change",
        WARDS,
        "UPDATE",
        "a ward is closed by a change that names as many successors as its kind has",
        f"OLD.closed_on IS NULL AND NEW.closed_on IS NOT NULL AND NOT {_IS_CLOSED_BY_A_CHANGE}",
    ),
    Trigger(
        f"{WARDS}_begins_open",
        WARDS,
        "INSERT",
        "a ward begins open",
        "NEW.closed_on IS NOT NULL",
    ),
    Trigger(
        f"{CHANGES}_of_an_open_ward",
        CHANGES,
        "INSERT",
        "a ward opens before all else, and a closed one changes no more",
        f"""
        {CLOSED.format(wards=WARDS, ward="NEW.ward_id")}
        OR (NEW.kind = 'opened'
            AND EXISTS (SELECT 1 FROM {CHANGES} WHERE ward_id = NEW.ward_id))
        """,  # noqa: S608
    ),
    Trigger(
        f"{SUCCESSIONS}_by_an_open_ward",
        SUCCESSIONS,
        "INSERT",
        "another ward takes over, an open one, and before the first is closed",
        _TAKES_OVER_NOTHING,
    ),
    *(
        Trigger(
            f"{MEMBERS}_open_ward_on_{event.lower()}",
            MEMBERS,
            event,
            KEEPS_PLACES,
            CLOSED.format(wards=WARDS, ward="NEW.ward_id"),
        )
        for event in ("INSERT", "UPDATE")
    ),
]
