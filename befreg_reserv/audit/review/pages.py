"""Reading the log: what was asked for, and one page of the answer.

Every page is one range of one index, in its order: nothing is sorted, counted or skipped. A page
for several values (``meaning``) is merged from a bounded number of such ranges.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, QuerySet, Value, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from befreg_reserv.audit.models import FACETS, LogEntry
from befreg_reserv.audit.review.meaning import Meaning

PAGE_SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Time and id in hexadecimal: neither can be too large for Python or the database.
CURSOR = re.compile(r"([0-9a-f]{1,14})-([0-9a-f]{1,15})")

Position = tuple[datetime, int]  # of a row, by its time and id; id 0 lies before every row
START: Position = (datetime.min.replace(tzinfo=UTC), 0)
END: Position = (datetime.max.replace(tzinfo=UTC), 0)


@dataclass(frozen=True)
class Search:
    """What a review asks for; empty is everything. ``until`` isn't included."""

    number: str = ""
    person: str = ""
    unit: str = ""
    act: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def texts(self) -> dict[str, str]:
        """Return what may be typed in part."""
        return {"number": self.number, "person": self.person, "unit": self.unit}

    @property
    def asked(self) -> dict[str, tuple[None, Any]]:
        """Return what was asked for, as the log keeps it."""
        names = ("number", "person", "unit", "act", "since", "until")
        return {name: (None, getattr(self, name)) for name in names if getattr(self, name)}


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: right before (older) or right after (newer) a row."""

    newer: bool
    position: Position

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "Cursor | None":
        """Return the cursor of a query string; None, the newest page, when it makes no sense."""
        for name in ("newer", "older"):
            if match := CURSOR.fullmatch(parameters.get(name, "")):
                microseconds, row = (int(part, 16) for part in match.groups())
                return cls(name == "newer", (EPOCH + microseconds * MICROSECOND, row))
        return None


def _cursor_text(entry: LogEntry) -> str:
    return f"{(entry.timestamp - EPOCH) // MICROSECOND:x}-{entry.pk:x}"


@dataclass(frozen=True)
class Page:
    """Some entries, the newest first, and the cursors of the pages beside them, or ""."""

    entries: list[LogEntry]
    older: str = ""
    newer: str = ""


def page(search: Search, meaning: Meaning, cursor: Cursor | None = None) -> Page:
    """Return the page that begins at the cursor, the newest page without one.

    ``meaning``: the values that the search's texts mean. A page for several values is merged from
    one page for each.
    """
    newer = cursor is not None and cursor.newer
    lower, upper = bounds(search, cursor)
    act = {"act": search.act} if search.act else {}
    pages = (
        rows(columns | act, lower, upper, newest_first=not newer)[: PAGE_SIZE + 1]
        for columns in meaning.columns
    )
    merged = merge(*pages, key=lambda entry: (entry.timestamp, entry.pk), reverse=not newer)
    found = list(islice(merged, PAGE_SIZE + 1))
    entries = found[:PAGE_SIZE]
    if not entries:
        return Page([])
    prefetch_related_objects(entries, "actor", "content_type")
    # There is a page ahead if one more row was found. There is one behind if the reader came from
    # there, since rows are never deleted.
    first, last = _cursor_text(entries[0]), _cursor_text(entries[-1])
    ahead = last if len(found) > PAGE_SIZE else ""
    behind = first if cursor else ""
    if newer:
        return Page(entries[::-1], older=behind, newer=ahead)
    return Page(entries, older=ahead, newer=behind)


def bounds(search: Search, cursor: Cursor | None = None) -> tuple[Position, Position]:
    """Return the positions between which the rows of a search, or of one page of it, lie."""
    lower = (search.since, 0) if search.since else START
    upper = (search.until, 0) if search.until else END
    if cursor is None:
        return lower, upper
    if cursor.newer:
        return max(lower, cursor.position), upper
    return lower, min(upper, cursor.position)


def rows(
    columns: Mapping[str, Any], lower: Position, upper: Position, *, newest_first: bool = True
) -> QuerySet[LogEntry]:
    """Return the entries with these columns strictly between two positions, in order."""
    indexed = ["number"] if "number" in columns else [name for name in FACETS if name in columns]
    when = [F("timestamp"), F("id")]
    found: QuerySet[LogEntry] = LogEntry.objects.filter(
        *(FacetEquals(F(name), Value(columns[name])) for name in indexed[:1]),
        *(Compared(when, side, position) for side, position in ((">", lower), ("<", upper))),
        **{name: columns[name] for name in indexed[1:]},
    )
    for name in columns.keys() - set(indexed):
        # Not the bare column: SQLite might choose its index, and read an act's thousands of rows.
        nothing = 0 if name == "actor" else ""
        found = found.alias(**{f"the_{name}": Coalesce(F(name), Value(nothing))}).filter(
            **{f"the_{name}": columns[name]}
        )
    key = [*map(F, indexed[:1]), *when]
    order = (column.desc() if newest_first else column.asc() for column in key)
    return found.order_by(*order)


class FacetEquals(Func):
    """``column = value``, where the page is ordered by the column first.

    With an ordinary equality PostgreSQL drops the column from the order, and may then read the
    index of times and skip every newer row with other values: with a million rows it did. ``ANY``
    finds the same rows, but leaves it only the indexes that begin with the column.
    """

    template = "%(expressions)s"
    arg_joiner = " = "
    output_field = BooleanField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        """Return the form with ANY."""
        with_any = {"template": "%(expressions)s])", "arg_joiner": " = ANY(ARRAY["}
        return super().as_sql(compiler, connection, **with_any, **context)


class Compared(Func):
    """``(columns) operator (values)``: row values, which Django writes out as ORs on SQLite."""

    template = "%(expressions)s"
    output_field = BooleanField()

    def __init__(self, columns: Sequence[F], operator: str, values: Sequence[Any]) -> None:
        sides = (columns, [Value(value) for value in values])
        rows = (Func(*side, function="", output_field=BooleanField()) for side in sides)
        super().__init__(*rows, arg_joiner=f" {operator} ")
