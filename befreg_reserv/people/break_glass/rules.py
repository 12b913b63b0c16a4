"""What the database itself keeps of break-glass accounts, by trigger."""

from befreg_reserv.audit.triggers import (
    Trigger,
    append_only,
    set_once,
    unchangeable,
    undeletable,
)
from befreg_reserv.people.break_glass.models import Account, Breaking, Seal

SEALS, BREAKINGS = Seal._meta.db_table, Breaking._meta.db_table

RULES: list[Trigger] = [
    *undeletable(Account),
    unchangeable(Account, "user", "request_key"),
    *append_only(Seal),
    Trigger(
        f"{SEALS}_one_after_the_other",
        SEALS,
        "INSERT",
        "seals of an account are numbered without gaps",
        f"""
        NEW.number <> 1 + (SELECT COUNT(*) FROM {SEALS} WHERE account_id = NEW.account_id)
        """,  # noqa: S608  table names of our own
    ),
    *undeletable(Breaking),
    unchangeable(Breaking, "seal", "reason", "at", "minutes"),
    set_once(Breaking, "ended_at"),
    Trigger(
        f"{BREAKINGS}_of_the_newest_seal",
        BREAKINGS,
        "INSERT",
        "a seal that was replaced opens nothing",
        f"""
        EXISTS (SELECT 1 FROM {SEALS} s JOIN {SEALS} newer ON newer.account_id = s.account_id
                WHERE s.id = NEW.seal_id AND newer.number > s.number)
        """,  # noqa: S608
    ),
]
