"""What the database itself keeps of people, wards and their history, by trigger."""

from django.contrib.auth.models import Group

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
    Reset,
    ResetAnswer,
    ResetSeen,
    Succession,
    User,
    Ward,
    WardChange,
    Workstation,
)
from befreg_reserv.people.roles import STAFF_ROLES

PEOPLE = User._meta.db_table
ROLES_HELD = User.groups.through._meta.db_table
GROUPS = Group._meta.db_table
RESETS = Reset._meta.db_table
RESET_ANSWERS = ResetAnswer._meta.db_table
RESETS_SEEN = ResetSeen._meta.db_table
WARDS = Ward._meta.db_table
CHANGES = WardChange._meta.db_table
SUCCESSIONS = Succession._meta.db_table
MEMBERS = Membership._meta.db_table
CLINICS = Clinic._meta.db_table
CLINIC_CHANGES = ClinicChange._meta.db_table
CLINIC_SUCCESSIONS = ClinicSuccession._meta.db_table

CLOSED = "(SELECT closed_on FROM {wards} WHERE id = {ward}) IS NOT NULL"
KEEPS_PLACES = "nobody belongs to a closed ward"


def _is_closed_by_a_change(of: str, changes: str, successions: str, *, also: str = "") -> str:
    """Return the condition that a change closes the row, with as many successors as its kind has.

    Change and successors are written before. ``of``: the change's column that names the row.
    """
    after = f"(SELECT COUNT(*) FROM {successions} s WHERE s.change_id = c.id)"  # noqa: S608
    return f"""
    EXISTS (SELECT 1 FROM {changes} c WHERE c.{of} = NEW.id AND c.day = NEW.closed_on{also}
            AND ((c.kind = 'closed' AND {after} = 0)
                 OR (c.kind IN ('renamed', 'merged') AND {after} = 1)
                 OR (c.kind = 'split' AND {after} > 1)))
"""  # noqa: S608  table names of our own


def _takes_over_nothing(of: str, table: str, changes: str) -> str:
    """Return the condition that a successor is the row itself, or that one of them is closed.

    An open one alone takes over, and what is closed never opens again: so no chain is a circle.
    """
    column = f"(SELECT {{}} FROM {changes} WHERE id = NEW.change_id)".format  # noqa: S608
    return f"""
    NEW.{of} = {column(of)}
    OR {column("kind")} IN ('opened', 'closed')
    OR {CLOSED.format(wards=table, ward=column(of))}
    OR {CLOSED.format(wards=table, ward=f"NEW.{of}")}
"""


_IS_CLOSED_BY_A_CHANGE = _is_closed_by_a_change(
    "ward_id", CHANGES, SUCCESSIONS, also="\n            AND c.recorded_at = NEW.closed_at"
)
_TAKES_OVER_NOTHING = f"""{_takes_over_nothing("ward_id", WARDS, CHANGES)}\
    OR (SELECT drill FROM {WARDS} WHERE id = NEW.ward_id)
"""  # noqa: S608  table names of our own
_HAS_OPEN_WARDS = f"""
    EXISTS (SELECT 1 FROM {WARDS} w WHERE w.clinic_id = NEW.id AND w.closed_on IS NULL)
"""  # noqa: S608
_CLINIC_IS_CLOSED_BY_A_CHANGE = _is_closed_by_a_change(
    "clinic_id", CLINIC_CHANGES, CLINIC_SUCCESSIONS
)
_CLINIC_TAKES_OVER_NOTHING = _takes_over_nothing("clinic_id", CLINICS, CLINIC_CHANGES)
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

_SAME_PASSWORD = "OLD.password = NEW.password AND OLD.one_time_at IS NOT NULL"  # noqa: S105
ONE_TIME_RULES = (
    Trigger(
        f"{PEOPLE}_one_time_stays_one",
        PEOPLE,
        "UPDATE",
        "a one-time password never becomes somebody's own, and is never good for longer",
        f"{_SAME_PASSWORD} AND (NEW.one_time_at IS NULL OR NEW.one_time_until > OLD.one_time_until"
        " OR NEW.one_time_by <> OLD.one_time_by)",
    ),
    Trigger(
        f"{PEOPLE}_one_time_used_once",
        PEOPLE,
        "UPDATE",
        "a one-time password is used once",
        f"{_SAME_PASSWORD} AND OLD.one_time_used_at IS NOT NULL"
        " AND (NEW.one_time_used_at IS NULL OR NEW.one_time_used_at <> OLD.one_time_used_at)",
    ),
)

# --- a reset by two -----------------------------------------------------------------------------

_KEEPERS = ", ".join(f"'{role}'" for role in sorted(STAFF_ROLES))
# Nobody below an administrator opens the account of one, or of somebody who reads everything.
_ABOVE = f"""
    (SELECT h.user_id FROM {ROLES_HELD} h JOIN {GROUPS} g ON g.id = h.group_id
     WHERE g.name IN ({_KEEPERS}))
"""  # noqa: S608  names of our own
_ACTIVE = f"(SELECT id FROM {PEOPLE} WHERE is_active)"  # noqa: S608
_RESETTABLE = (
    f"(SELECT id FROM {PEOPLE} WHERE is_active AND NOT is_superuser AND id NOT IN {_ABOVE})"  # noqa: S608
)
_OF_RESET = f"(SELECT {{}} FROM {RESETS} WHERE id = NEW.reset_id)".format  # noqa: S608
RESET_RULES = (
    *append_only(Reset),
    *append_only(ResetAnswer),
    *append_only(ResetSeen),
    Trigger(
        f"{RESETS}_of_a_colleague",
        RESETS,
        "INSERT",
        "a reset is begun by somebody active, for somebody active who keeps no registers",
        f"NEW.person_id NOT IN {_RESETTABLE} OR NEW.begun_by_id NOT IN {_ACTIVE}",
    ),
    Trigger(
        f"{RESET_ANSWERS}_by_another",
        RESET_ANSWERS,
        "INSERT",
        "a reset is confirmed or declined by a third person, and withdrawn by who began it",
        f"""
        NEW.by_id = {_OF_RESET("person_id")}
        OR (NEW.kind = 'withdrawn') <> (NEW.by_id = {_OF_RESET("begun_by_id")})
        """,
    ),
    Trigger(
        f"{RESET_ANSWERS}_in_time",
        RESET_ANSWERS,
        "INSERT",
        "a reset is confirmed in time, by two who are active, for who may be reset",
        f"""
        NEW.kind = 'confirmed'
        AND (NEW.answered_at > {_OF_RESET("until")} OR NEW.answered_at < {_OF_RESET("begun_at")}
             OR NEW.by_id NOT IN {_ACTIVE} OR {_OF_RESET("begun_by_id")} NOT IN {_ACTIVE}
             OR {_OF_RESET("person_id")} NOT IN {_RESETTABLE})
        """,
    ),
    Trigger(
        f"{RESETS_SEEN}_by_no_part",
        RESETS_SEEN,
        "INSERT",
        "who had a part in a reset doesn't look at it for the administrators",
        f"""
        NEW.by_id IN ({_OF_RESET("person_id")}, {_OF_RESET("begun_by_id")})
        OR NEW.by_id IN (SELECT by_id FROM {RESET_ANSWERS} WHERE reset_id = NEW.reset_id)
        """,  # noqa: S608
    ),
)

WORKSTATION_RULES: list[Trigger] = [
    *undeletable(Workstation),
    set_once(Workstation, "withdrawn_at"),
    # What it proves itself by: with another key it would be another computer.
    unchangeable(
        Workstation,
        *("name", "place", "secret", "public_key", "certificate", "enrolled_at", "enrolled_by"),
    ),
]

RULES: list[Trigger] = [
    *CLINIC_RULES,
    *ONE_TIME_RULES,
    *RESET_RULES,
    *WORKSTATION_RULES,
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
