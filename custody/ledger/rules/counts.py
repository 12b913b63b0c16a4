"""The rules of counts and of sheets that don't belong to a binder."""

from befreg_reserv.audit.triggers import (
    Trigger,
    append_only,
    for_good,
    set_once,
    unchangeable,
    undeletable,
)
from custody.ledger.rules.tables import COUNT_LINES, COUNTS, NUMBERS
from custody.models import Count, CountLine, ForeignSheet

OTHER_BINDER = f"""
    (SELECT binder_id FROM {NUMBERS} WHERE id = NEW.number_id)
    <> (SELECT binder_id FROM {COUNTS} WHERE id = NEW.count_id)
"""  # noqa: S608

RULES: list[Trigger] = [
    *append_only(Count),
    *undeletable(CountLine),
    unchangeable(CountLine, "count", "number", "expected", "found", "meanwhile"),
    set_once(CountLine, "destroyed_at"),
    for_good(CountLine, "destroyed_at", "destroyed_by", "destroyed_note"),
    Trigger(
        f"{COUNT_LINES}_of_its_binder",
        COUNT_LINES,
        "INSERT",
        "a count holds numbers of its own binder alone",
        OTHER_BINDER,
    ),
    *undeletable(ForeignSheet),
    unchangeable(ForeignSheet, "count", "value", "kind"),
    set_once(ForeignSheet, "explained_at"),
    for_good(ForeignSheet, "explained_at", "explained_by", "explanation"),
]  # fmt: skip
