"""Rows of which a text was taken away: what was sealed of them is proved by what stands here.

A leaf is the hash of the whole row, as it was. A redaction keeps that hash, and the one of the row
without the text; itself it is sealed, and the text's place holds the mask.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from befreg_reserv.audit import redactable
from befreg_reserv.audit.models import Redaction
from befreg_reserv.audit.seals import sealed, tree

Key = tuple[str, Any]  # a table and the key of a row


@dataclass
class Redactions:
    """All of them. ``met``: the rows that are as one has left them."""

    steps: dict[Key, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    met: set[Key] = field(default_factory=set)

    @classmethod
    def read(cls) -> "Redactions":
        """Return those whose column holds the mask."""
        found = cls()
        for row in Redaction.objects.order_by("pk").exclude(before="").iterator():
            if _holds_mask(row):
                found.steps[row.table, row.row].append((row.before, row.after))
        return found

    def explain(self, table: str, row: Any, was: str, now: str) -> bool:
        """Tell whether redactions have made a row with the hash ``was`` one with ``now``."""
        hash_of_row = was
        for before, after in self.steps.get((table, row), []):
            if before == hash_of_row:
                hash_of_row = after
        if hash_of_row != now:
            return False
        self.met.add((table, row))
        return True


def _holds_mask(redaction: Redaction) -> bool:
    """Tell whether the text is gone: whoever writes such a row can't change another column."""
    for model, fields in redactable.tables():
        for free in fields:
            if (model._meta.db_table, free.column) == (redaction.table, redaction.column):
                rows: QuerySet[Any] = QuerySet(model).filter(pk=redaction.row)
                return rows.filter(**{free.name: redactable.mask(free)}).exists()
    return False


def hash_of(table: str, row: int, masked: str = "") -> str:
    """Return the hash of a row's canonical form; with ``masked``, as it is without that text.

    "" for a row, or a column, that no seal is over.
    """
    known = next((each for each in sealed.tables() if each.table == table), None)
    columns = [str(each.column) for each in known.columns] if known else []
    if known is None or (masked and masked not in columns):
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {known.select(connection.vendor)} FROM "{table}" WHERE "{known.key}" = %s',  # noqa: S608  names of our own
            [row],
        )
        values = list(cursor.fetchone()[1:])
    if masked:
        at = columns.index(masked)
        values[at] = redactable.as_stored(known.columns[at])
    return tree.leaf(known.encode(values)).hex()
