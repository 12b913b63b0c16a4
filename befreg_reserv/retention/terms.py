"""What is thrown away by itself, and when: rooms register it at start. Nothing else ever goes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

AT_ONCE = 1000  # rows of one transaction, so that no call waits for it


class Term(NamedTuple):
    """Rows that nobody needs any more: ``old`` returns those at a time, the oldest first."""

    what: str  # for whoever runs the command: it speaks English throughout
    old: Callable[[datetime], QuerySet[Any]]


_terms: dict[str, Term] = {}


def register(*terms: Term) -> None:
    """Let these rows be thrown away."""
    _terms.update({term.what: term for term in terms})


def all_terms() -> list[Term]:
    """Return all, in the order of registration."""
    return list(_terms.values())


def forget(term: Term, at: datetime) -> int:
    """Delete what is old; return how many rows that were. What a run leaves, the next takes."""
    deleted = 0
    while gone := _forget_some(term.old(at)):
        deleted += gone
    return deleted


@transaction.atomic
def _forget_some(rows: QuerySet[Any]) -> int:
    keys = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    every: QuerySet[Any] = QuerySet(rows.model)
    return every.filter(pk__in=keys).delete()[0] if keys else 0
