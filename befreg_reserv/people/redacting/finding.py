"""Where a text stands: in which rows and columns of free text, the log's too."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.crypto import salted_hmac

from befreg_reserv.audit import redactable

MOST = 200  # places that are redacted at once
BESIDE = 40  # characters of an excerpt on each side


@dataclass(frozen=True)
class Place:
    """A row and its column that holds the text. ``whole``: all that stands there."""

    row: models.Model
    field: Any
    whole: str
    text: str

    @property
    def table(self) -> str:
        """The name of the row's table."""
        return str(self.row._meta.db_table)

    @property
    def column(self) -> str:
        """The name of the column."""
        return str(self.field.column)

    @property
    def what(self) -> str:
        """What the row is, in words."""
        return str(self.row._meta.verbose_name)

    @property
    def which(self) -> str:
        """What the column is, in words."""
        return str(self.field.verbose_name)

    @property
    def excerpt(self) -> str:
        """The text with what stands beside it."""
        at = self.whole.find(self.text)
        begin, end = max(at - BESIDE, 0), at + len(self.text) + BESIDE
        cut = self.whole[begin:end]
        return f"{'…' if begin else ''}{cut}{'…' if end < len(self.whole) else ''}"


def places(text: str, *, lock: bool = False) -> list[Place]:
    """Return where the text stands, as it is written, MOST + 1 at most; the oldest first."""
    found: list[Place] = []
    for model, fields in redactable.tables():
        for field in fields:
            found += _of(model, field, text, MOST + 1 - len(found), lock=lock)
    return found


def in_words(table: str, column: str) -> tuple[str, str]:
    """Return what people call the rows of a table, and one of its columns."""
    for model, fields in redactable.tables():
        for field in fields:
            if (model._meta.db_table, field.column) == (table, column):
                return str(model._meta.verbose_name), str(field.verbose_name)
    return table, column  # of a version that had it


def mark(found: Iterable[Place]) -> str:
    """Return a text that is another one once the places are others."""
    named = sorted((each.table, each.row.pk, each.column, each.whole) for each in found)
    return salted_hmac("befreg_reserv.people.redacting", repr(named)).hexdigest()


def _of(
    model: type[models.Model], field: Any, text: str, most: int, *, lock: bool
) -> Iterator[Place]:
    """Yield the places of one column. Databases fold case differently, so all are compared here."""
    if most <= 0:
        return
    rows: QuerySet[Any] = QuerySet(model).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",))
    for row in _holding(rows, field, text).iterator():
        value = getattr(row, field.name)
        whole = " · ".join(_texts(value)) if redactable.is_json(field) else value
        if text in whole:
            yield Place(row, field, whole, text)
            most -= 1
            if not most:
                return


def _holding(rows: QuerySet[Any], field: Any, text: str) -> QuerySet[Any]:
    if not redactable.is_json(field):
        return rows.filter(**{f"{field.name}__contains": text})
    # As JSON it is written with escapes, and on SQLite all but ASCII is escaped too.
    written = {json.dumps(text, ensure_ascii=escaped)[1:-1] for escaped in (True, False)}
    said: QuerySet[Any] = rows.annotate(astext=Cast(field.name, TextField()))
    return said.filter(Q(*(("astext__contains", each) for each in written), _connector=Q.OR))


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts of a value of JSON, but for the names of its parts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
