"""The rules of the log's own tables, by trigger: nothing changes, and what may go at last."""

from dataclasses import replace

from befreg_reserv.audit.models import (
    Disposal,
    DisposalConfirmation,
    DisposalProposal,
    Head,
    Judgement,
    Leaf,
    LogEntry,
    Redaction,
    Sample,
    SampledEntry,
    Signature,
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


# All are append-only, and sealed.
REVIEWS = (Sample, SampledEntry, Signature, Judgement)

_JUDGEMENT, _SIGNATURE = Judgement._meta.db_table, Signature._meta.db_table
_SAMPLED, _ENTRY = SampledEntry._meta.db_table, LogEntry._meta.db_table
_BOTH = (
    f'"{_SIGNATURE}" signature, "{_SAMPLED}" sampled'
    ' WHERE signature.id = NEW."signature_id" AND sampled.id = NEW."sampled_id"'
)

RULES = (
    *_log(),
    *(rule for model in (Leaf, Head, Redaction, *REVIEWS) for rule in append_only(model)),
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
    Trigger(
        f"{_SAMPLED}_is_there",
        _SAMPLED,
        "INSERT",
        "an entry that is drawn is in the log",
        f'NOT EXISTS (SELECT 1 FROM "{_ENTRY}" entry WHERE entry.id = NEW."entry_id")',  # noqa: S608
    ),
    Trigger(
        f"{_JUDGEMENT}_of_its_sample",
        _JUDGEMENT,
        "INSERT",
        "a judgement is of an entry of the sample that is signed",
        f"NOT EXISTS (SELECT 1 FROM {_BOTH} AND signature.sample_id = sampled.sample_id)",  # noqa: S608
    ),
    Trigger(
        f"{_JUDGEMENT}_by_another",
        _JUDGEMENT,
        "INSERT",
        "nobody judges what they did themselves",
        f'EXISTS (SELECT 1 FROM {_BOTH} AND EXISTS (SELECT 1 FROM "{_ENTRY}" entry'  # noqa: S608
        " WHERE entry.id = sampled.entry_id AND entry.actor_id = signature.by_id))",
    ),
)
