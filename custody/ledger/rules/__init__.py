"""The rules of this app that the database keeps by trigger."""

from befreg_reserv.audit.triggers import Trigger
from custody.ledger.rules import (
    afterwards,
    apart,
    bedside,
    binder,
    calls,
    counts,
    doubled,
    handouts,
    journal,
    planned,
    same_person,
    wards,
)

RULES: list[Trigger] = [
    rule
    for each in (
        *(afterwards, apart, bedside, binder, calls, counts, doubled, handouts, journal),
        *(planned, same_person, wards),
    )
    for rule in each.RULES
]
