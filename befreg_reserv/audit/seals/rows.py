"""Compares rows with their leaves, table by table: one pass over both, in the order of the keys.

A leaf is the hash of a whole row, as it was. A redaction, which takes a text away, keeps that hash
and the one of the row without the text; itself it is sealed, and the mask stands in its place.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from befreg_reserv.audit import redactable
from befreg_reserv.audit.models import Disposal, Leaf, LogEntry, Redaction
from befreg_reserv.audit.seals import sealed, tree
from befreg_reserv.audit.seals.findings import Finding, Kind
from befreg_reserv.audit.seals.sealed import Sealed

CHUNK = 5000
HASH_BYTES = 32
LEAVES = Leaf._meta.db_table
_BEFORE_ALL = -(2**63)  # no key is as low
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


@dataclass
class Leaves:
    """The leaves as the database holds them: one after the other, each under its place."""

    size: int  # of the largest tree that somebody has signed
    hashes: bytearray = field(init=False)
    there: bytearray = field(init=False)  # 1 for each place that has a leaf
    of: dict[int, tuple[str, int]] = field(default_factory=dict)  # filled by ``name`` alone

    def __post_init__(self) -> None:
        self.hashes = bytearray(self.size * HASH_BYTES)
        self.there = bytearray(self.size)

    def put(self, place: Any, hash_of_row: Any) -> bool:
        """Keep a leaf. False: no signed tree has that place, another has it, or it is no hash.

        Whoever takes the key from the table of leaves can lay two at one place.
        """
        if type(place) is not int or not 0 <= place < self.size or self.there[place]:
            return False
        try:
            value = bytes.fromhex(hash_of_row)
        except (TypeError, ValueError):
            value = b""
        if len(value) != HASH_BYTES:
            return False
        self.hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES] = value
        self.there[place] = 1
        return True

    def between(self, begin: int, end: int) -> list[bytes]:
        """Return the hashes from a place to before another; zeros where there is none."""
        places = range(begin * HASH_BYTES, end * HASH_BYTES, HASH_BYTES)
        return [bytes(self.hashes[at : at + HASH_BYTES]) for at in places]


def compare(
    leaves: Leaves, settled: dict[str, int], waiting: dict[str, int], redactions: Redactions
) -> Iterator[Finding]:
    """Yield what differs between rows and leaves; fill ``leaves``, and count what waits.

    ``settled``: up to which key of a table no row can have come after the last seal.
    """
    known = {table.table for table in sealed.tables()}
    for table in sealed.tables():
        each = _Table(table, leaves, settled.get(table.table), redactions)
        yield from each.compare()
        if each.waiting:
            waiting[table.table] = each.waiting
    yield from _of_no_table(known)


@dataclass
class _Table:
    """One table, some thousand rows at a time beside the leaves of the same keys."""

    table: Sealed
    leaves: Leaves
    settled: int | None
    redactions: Redactions
    waiting: int = 0
    disposed: list["Disposed"] = field(default_factory=list)

    def compare(self) -> Iterator[Finding]:
        """Yield what differs."""
        if self.table.model is LogEntry:
            self.disposed = [Disposed(each) for each in Disposal.objects.order_by("first")]
        yield from self._compare()
        for disposed in self.disposed:
            yield from disposed.unlike()

    def _compare(self) -> Iterator[Finding]:
        name, encode, before = self.table.table, self.table.encode, _BEFORE_ALL
        statement = (
            f'SELECT {self.table.select(connection.vendor)} FROM "{name}"'  # noqa: S608  names of our own
            f' ORDER BY "{self.table.key}"'
        )
        for rows in _chunks(statement):
            keys = [row[0] for row in rows]
            hashes = tree.leaves(encode(row[1:]) for row in rows)
            until = max((key for key in keys if type(key) is int), default=before)
            if len(rows) < CHUNK:  # the last ones, and all leaves behind them
                yield from self._chunk(keys, hashes, _leaves_of(name, "> %s", before))
                return
            kept = _leaves_of(name, '> %s AND "row" <= %s', before, until)
            yield from self._chunk(keys, hashes, kept)
            before = until
        yield from self._chunk([], [], _leaves_of(name, "> %s", before))

    def _chunk(
        self, keys: list[Any], hashes: list[str], kept: list[tuple[Any, Any, Any]]
    ) -> Iterator[Finding]:
        for key, place, sealed_hash in kept:
            if not self.leaves.put(place, sealed_hash):
                why = "its leaf stands behind the last seal or where another stands, or is none"
                yield Finding(Kind.INSERTED, self.table.table, key, place, why)
        for disposed in self.disposed:
            disposed.take(kept)
        if [leaf[0] for leaf in kept] == keys and [leaf[2] for leaf in kept] == hashes:
            return
        here = dict(zip(keys, hashes, strict=True))
        for key, place, sealed_hash in kept:
            if key not in here and any(each.holds(key) for each in self.disposed):
                continue
            if key not in here:
                yield Finding(Kind.REMOVED, self.table.table, key, place)
            elif here[key] != sealed_hash and not self.redactions.explain(
                self.table.table, key, sealed_hash, here[key]
            ):
                yield Finding(Kind.CHANGED, self.table.table, key, place)
        sealed_keys = {leaf[0] for leaf in kept}
        yield from self._without_leaf([key for key in keys if key not in sealed_keys])
        yield from (
            Finding(Kind.INSERTED, self.table.table, key, why="another row has this key")
            for key, times in Counter(keys).items()
            if times > 1
        )

    def _without_leaf(self, keys: list[Any]) -> Iterator[Finding]:
        for key in keys:
            if type(key) is not int:
                why = f"its key is no whole number: {key!r}"
                yield Finding(Kind.INSERTED, self.table.table, why=why)
            elif self.settled is not None and key <= self.settled:
                why = "it was not there when the rows around it were sealed"
                yield Finding(Kind.INSERTED, self.table.table, key, why=why)
            else:
                self.waiting += 1


class Disposed:
    """Rows of the log that went after five years: their leaves stay, and are those that went."""

    def __init__(self, disposal: Disposal) -> None:
        self._disposal, self._digest = disposal, sha256()

    def holds(self, row: Any) -> bool:
        """Tell whether a row is one of them."""
        return type(row) is int and self._disposal.first <= row <= self._disposal.last

    def take(self, leaves: list[tuple[Any, Any, Any]]) -> None:
        """Take their leaves from among these, which come in the order of the rows."""
        for row, _place, hash_of_row in leaves:
            if self.holds(row):
                self._digest.update(str(hash_of_row).encode())

    def unlike(self) -> Iterator[Finding]:
        """Yield that the leaves are others than those of the rows that were exported."""
        if self._digest.hexdigest() != self._disposal.digest:
            table, row = str(LogEntry._meta.db_table), self._disposal.first
            why = f"the rows until {self._disposal.last} aren't those that were exported"
            yield Finding(Kind.REMOVED, table, row, why=why)


def digest(hashes: Iterable[str]) -> str:
    """Return the hash of leaves' hashes in the order of their rows."""
    whole = sha256()
    for each in hashes:
        whole.update(each.encode())
    return whole.hexdigest()


def _leaves_of(table: str, which: str, *bounds: int) -> list[tuple[Any, Any, Any]]:
    """Return row, place and hash of a table's leaves, in the order of their rows."""
    statement = (
        f'SELECT "row", "place", "hash" FROM "{LEAVES}" WHERE "table" = %s'  # noqa: S608
        f' AND "row" {which} ORDER BY "row"'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [table, *bounds])
        return list(cursor.fetchall())


def _of_no_table(known: set[str]) -> Iterator[Finding]:
    """Yield leaves of a table that isn't sealed: somebody has renamed what they are about."""
    marks = ", ".join(["%s"] * len(known))
    statement = f'SELECT "table", "row", "place" FROM "{LEAVES}" WHERE "table" NOT IN ({marks})'  # noqa: S608
    for table, row, place in stream(statement, *sorted(known)):
        yield Finding(Kind.MOVED, str(table), row, place, "no table of this name is sealed")


def names(begin: int, end: int) -> dict[int, tuple[str, int]]:
    """Return which rows the leaves from ``begin`` to before ``end`` say that they are about."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "place", "table", "row" FROM "{LEAVES}" WHERE "place" >= %s AND "place" < %s',  # noqa: S608
            [begin, end],
        )
        return {place: (str(table), row) for place, table, row in cursor.fetchall()}


def stream(statement: str, *values: Any) -> Iterator[Any]:
    """Yield the rows of a statement without holding all of them."""
    for chunk in _chunks(statement, *values):
        yield from chunk


def _chunks(statement: str, *values: Any) -> Iterator[list[Any]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement if values else statement.replace("%", "%%"), values)
        while chunk := cursor.fetchmany(CHUNK):
            yield chunk


@contextmanager
def any_text() -> Iterator[None]:
    """Read what is no UTF-8 too, in this block: a column of SQLite takes any bytes as text."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    raw: Any = connection.connection
    raw.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str
