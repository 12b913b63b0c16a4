"""The rules of the log's own tables, by trigger: nothing changes, and what may go at last."""

from dataclasses import replace

from befreg_reserv.audit.models import (
    Disposal,
    DisposalConfirmation,
    DisposalProposal,
    Head,
    Leaf,
    LogEntry,
    Redaction,
)
from befreg_reserv.audit.triggers import LATEST, Trigger, append_only

# The log is kept for five years (HSLF-FS 2016:40); as many days as five can have at most, and more.
KEPT_DAYS = 5 * 366
PROPOSALS, CONFIRMATIONS, DISPOSALS, LOG = (
    model._meta.db_table for model in (DisposalProposal, DisposalConfirmation, Disposal, LogEntry)
)
# Five years, two people, and an export: each by a rule of its own.
_GOES = f"""OLD."timestamp" < @{KEPT_DAYS} days ago@ AND EXISTS (
    SELECT 1 FROM "{DISPOSALS}" d WHERE OLD."id" BETWEEN d."first" AND d."last")"""  # noqa: S608  our own names


def _log() -> list[Trigger]:
    return [
        replace(rule, condition=f"NOT ({_GOES})") if rule.event == "DELETE" else rule
        for rule in append_only(LogEntry)
    ]


RULES = (
    *_log(),
    *(rule for model in (Leaf, Head, Redaction) for rule in append_only(model)),
    *append_only(DisposalProposal),
    *append_only(DisposalConfirmation),
    *append_only(Disposal),
    Trigger(
        f"{PROPOSALS}_old_enough",
        PROPOSALS,
        "INSERT",
        "the log is kept for five years",
        f'NEW."ends" > @{KEPT_DAYS} days ago@ OR NEW."at" > {LATEST}',
    ),
    Trigger(
        f"{CONFIRMATIONS}_by_another",
        CONFIRMATIONS,
        "INSERT",
        "two people agree that a year of the log may go",
        f'EXISTS (SELECT 1 FROM "{PROPOSALS}" p'  # noqa: S608  our own names
        ' WHERE p."id" = NEW."proposal_id" AND p."by_id" = NEW."by_id")',
    ),
    Trigger(
        f"{DISPOSALS}_of_its_year",
        DISPOSALS,
        "INSERT",
        "only rows of the year that was agreed on may go",
        f'EXISTS (SELECT 1 FROM "{LOG}" e WHERE e."id" BETWEEN NEW."first" AND NEW."last"'  # noqa: S608
        f' AND e."timestamp" >= (SELECT p."ends" FROM "{PROPOSALS}" p'
        f' JOIN "{CONFIRMATIONS}" c ON c."proposal_id" = p."id"'
        ' WHERE c."id" = NEW."confirmation_id"))',
    ),
)
