"""The rules of binders, their numbers, missing sheets and what a restored backup forgot."""

from befreg_reserv.audit.triggers import (
    Trigger,
    append_only,
    for_good,
    set_once,
    unchangeable,
    undeletable,
)
from custody.ledger.rules.tables import BINDERS, HANDOUTS, NUMBERS, QUARANTINES
from custody.models import Binder, LostHandout, Quarantine, ReserveNumber, Restoration
from custody.models.states import State
from custody.numbers.sql import stated_date, written_date

NUMBER_FITS_BINDER = f"""
    NEW.training <> (SELECT training FROM {BINDERS} WHERE id = NEW.binder_id)
    OR {stated_date("NEW.value")} <> (SELECT {written_date("birth_date")}
                                   FROM {BINDERS} WHERE id = NEW.binder_id)
"""  # noqa: S608
# A number never returns if its sheet was ever missing, or while a handout holds it.
NUMBER_IS_SPENT = f"""
    OLD.taken_at IS NOT NULL AND NEW.taken_at IS NULL
    AND (EXISTS (SELECT 1 FROM {QUARANTINES} WHERE number_id = NEW.id)
         OR EXISTS (SELECT 1 FROM {HANDOUTS}
                    WHERE number_id = NEW.id AND state <> '{State.UNDONE.value}'))
"""  # noqa: S608
NUMBER_LIES_THERE = f"(SELECT taken_at FROM {NUMBERS} WHERE id = NEW.number_id) IS NULL"  # noqa: S608

RULES: list[Trigger] = [
    *undeletable(Binder),
    unchangeable(Binder, "training", "birth_date"),
    *undeletable(ReserveNumber),
    unchangeable(
        ReserveNumber,
        "binder", "tab", "value", "sex", "training", "lain_since", "family_name", "given_name",
    ),
    Trigger(
        f"{NUMBERS}_fits_binder",
        NUMBERS,
        "INSERT",
        "training numbers belong in training binders, real ones in real binders, all of one date",
        NUMBER_FITS_BINDER,
    ),
    Trigger(
        f"{NUMBERS}_stays_spent",
        NUMBERS,
        "UPDATE",
        "a number that was handed out, or whose sheet was missing, never returns to the binder",
        NUMBER_IS_SPENT,
    ),
    *undeletable(Quarantine),
    unchangeable(
        Quarantine, "number", "reason", "found_at", "found_by", "recorded_at", "recorded_by"
    ),
    set_once(Quarantine, "explained_at"),
    for_good(Quarantine, "explained_at", "explained_by", "explanation"),
    Trigger(
        f"{QUARANTINES}_count_fixed",
        QUARANTINES,
        "UPDATE",
        "the count of a missing sheet never changes",
        "COALESCE(OLD.count_id, 0) <> COALESCE(NEW.count_id, 0)",
    ),
    Trigger(
        f"{QUARANTINES}_restoration_fixed",
        QUARANTINES,
        "UPDATE",
        "the restoration of a forgotten number never changes",
        "COALESCE(OLD.restoration_id, 0) <> COALESCE(NEW.restoration_id, 0)",
    ),
    Trigger(
        f"{QUARANTINES}_is_out",
        QUARANTINES,
        "INSERT",
        "a number whose sheet is missing must have left the binder",
        NUMBER_LIES_THERE,
    ),
    *append_only(Restoration),
    *append_only(LostHandout),
]  # fmt: skip
