"""What the database itself keeps of wards and their history, by trigger."""

from befreg_reserv.audit.triggers import (
    Trigger,
    append_only,
    set_once,
    unchangeable,
    undeletable,
)
from befreg_reserv.people.models import (
    Clinic,
    ClinicChange,
    ClinicSuccession,
    Membership,
    Succession,
    User,
    Ward,
    WardChange,
)

WARDS = Ward._meta.db_table
CHANGES = WardChange._meta.db_table
SUCCESSIONS = Succession._meta.db_table
MEMBERS = Membership._meta.db_table
CLINICS = Clinic._meta.db_table
CLINIC_CHANGES = ClinicChange._meta.db_table
CLINIC_SUCCESSIONS = ClinicSuccession._meta.db_table

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

_CLINICS_AFTER = f"(SELECT COUNT(*) FROM {CLINIC_SUCCESSIONS} s WHERE s.change_id = c.id)"  # noqa: S608
# The change that closes a clinic is written before, with its successors, and its wards are closed.
_CLINIC_IS_CLOSED_BY_A_CHANGE = f"""
    EXISTS (SELECT 1 FROM {CLINIC_CHANGES} c WHERE c.clinic_id = NEW.id AND c.day = NEW.closed_on
            AND ((c.kind = 'closed' AND {_CLINICS_AFTER} = 0)
                 OR (c.kind IN ('renamed', 'merged') AND {_CLINICS_AFTER} = 1)
                 OR (c.kind = 'split' AND {_CLINICS_AFTER} > 1)))
"""  # noqa: S608  table names of our own
_HAS_OPEN_WARDS = f"""
    EXISTS (SELECT 1 FROM {WARDS} w WHERE w.clinic_id = NEW.id AND w.closed_on IS NULL)
"""  # noqa: S608
_OF_CLINIC_CHANGE = f"(SELECT {{column}} FROM {CLINIC_CHANGES} WHERE id = NEW.change_id)"  # noqa: S608
_CLINIC_TAKES_OVER_NOTHING = f"""
    NEW.clinic_id = {_OF_CLINIC_CHANGE.format(column="clinic_id")}
    OR {_OF_CLINIC_CHANGE.format(column="kind")} IN ('opened', 'closed')
    OR {CLOSED.format(wards=CLINICS, ward=_OF_CLINIC_CHANGE.format(column="clinic_id"))}
    OR {CLOSED.format(wards=CLINICS, ward="NEW.clinic_id")}
"""
IN_AN_OPEN_CLINIC = "a ward stands in an open clinic"

CLINIC_RULES: list[Trigger] = [
    *undeletable(Clinic),
    set_once(Clinic, "closed_on"),
    *append_only(ClinicChange),
    *append_only(ClinicSuccession),
    Trigger(
        f"{CLINICS}_name_stays",
        CLINICS,
        "UPDATE",
        "a clinic of another name is another clinic, and a closed one changes no more",
        """
        (OLD.name <> NEW.name AND OLD.key <> NEW.key)
        OR (OLD.closed_on IS NOT NULL
            AND (OLD.name <> NEW.name
                 OR COALESCE(OLD.opened_on, OLD.closed_on)
                    <> COALESCE(NEW.opened_on, OLD.closed_on)))
        """,
    ),
    Trigger(
        f"{CLINICS}_closes_by_a_change",
        CLINICS,
        "UPDATE",
        "a clinic is closed by a change, and after its wards",
        f"OLD.closed_on IS NULL AND NEW.closed_on IS NOT NULL"
        f" AND ({_HAS_OPEN_WARDS} OR NOT {_CLINIC_IS_CLOSED_BY_A_CHANGE})",
    ),
    Trigger(
        f"{CLINICS}_begins_open",
        CLINICS,
        "INSERT",
        "a clinic begins open",
        "NEW.closed_on IS NOT NULL",
    ),
    Trigger(
        f"{CLINIC_CHANGES}_of_an_open_clinic",
        CLINIC_CHANGES,
        "INSERT",
        "a clinic opens before all else, and a closed one changes no more",
        f"""
        {CLOSED.format(wards=CLINICS, ward="NEW.clinic_id")}
        OR (NEW.kind = 'opened'
            AND EXISTS (SELECT 1 FROM {CLINIC_CHANGES} WHERE clinic_id = NEW.clinic_id))
        """,  # noqa: S608
    ),
    Trigger(
        f"{CLINIC_SUCCESSIONS}_by_an_open_clinic",
        CLINIC_SUCCESSIONS,
        "INSERT",
        "another clinic comes after one, an open one, and before the first is closed",
        _CLINIC_TAKES_OVER_NOTHING,
    ),
    Trigger(
        f"{WARDS}_opens_in_an_open_clinic",
        WARDS,
        "INSERT",
        IN_AN_OPEN_CLINIC,
        CLOSED.format(wards=CLINICS, ward="NEW.clinic_id"),
    ),
    Trigger(
        f"{WARDS}_moves_to_an_open_clinic",
        WARDS,
        "UPDATE",
        IN_AN_OPEN_CLINIC,
        f"NEW.closed_on IS NULL AND {CLOSED.format(wards=CLINICS, ward='NEW.clinic_id')}",
    ),
]

RULES: list[Trigger] = [
    *CLINIC_RULES,
    *undeletable(User),
    unchangeable(User, "username"),  # history identifies people by it
    *undeletable(Ward),
    unchangeable(Ward, "drill"),
    set_once(Ward, "closed_on"),
    set_once(Ward, "closed_at"),
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
