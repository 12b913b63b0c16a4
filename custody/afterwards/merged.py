"""Rows of several tables as one list, in the order of their times, a page at a time.

The database merges and sorts the keys, so that a page costs the same among ten entries and among
ten thousand; what stands on the page is then read with one statement for each kind of entry.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, IntegerField, QuerySet, Value


@dataclass(frozen=True)
class Source:
    """Rows of one kind with their time in the column ``at``; ``make`` makes an entry of a row."""

    rows: QuerySet[Any]
    at: str
    make: Callable[[Any, datetime], Any]
    related: tuple[str, ...] = ()

    def keys(self, rank: int) -> QuerySet[Any, Any]:
        """Return (when, rank, key) of every row, to be merged with those of other sources."""
        plain = self.rows.order_by().annotate(
            when=F(self.at), rank=Value(rank, output_field=IntegerField()), key=F("pk")
        )
        keys: QuerySet[Any, Any] = plain.values_list("when", "rank", "key")
        return keys

    def entries(self, keys: Iterable[int]) -> dict[int, Any]:
        """Return the entries of these rows, by key; one statement, or none without keys."""
        rows = self.rows.select_related(*self.related) if self.related else self.rows
        found = rows.in_bulk(list(keys))
        return {key: self.make(row, getattr(row, self.at)) for key, row in found.items()}


def paged(sources: list[Source], number: str | None, *, latest_first: bool, size: int) -> Page[Any]:
    """Return one page of the entries of all sources, sorted by the database."""
    first, *others = [source.keys(rank) for rank, source in enumerate(sources)]
    order = ("-when", "-rank", "-key") if latest_first else ("when", "rank", "key")
    page = Paginator(first.union(*others, all=True).order_by(*order), size).get_page(number)
    page.object_list = _entries(sources, list(page.object_list))
    return page


def _entries(sources: list[Source], keys: Sequence[tuple[datetime, int, int]]) -> list[Any]:
    found = {
        rank: source.entries(key for _when, of_rank, key in keys if of_rank == rank)
        for rank, source in enumerate(sources)
    }
    return [found[rank][key] for _when, rank, key in keys]
