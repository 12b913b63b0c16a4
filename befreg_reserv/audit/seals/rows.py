"""Compares rows with their leaves, table by table: one pass over both, in the order of the keys."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from befreg_reserv.audit.models import Leaf
from befreg_reserv.audit.seals import sealed, tree
from befreg_reserv.audit.seals.findings import Finding, Kind
from befreg_reserv.audit.seals.sealed import Sealed

CHUNK = 5000
HASH_BYTES = 32
LEAVES = Leaf._meta.db_table
_END: tuple[Any, ...] = ()


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

    def put(self, place: int, hash_of_row: str) -> bool:
        """Keep a leaf. False: no signed tree has that place, another has it, or it is no hash.

        Whoever takes the key from the table of leaves can lay two at one place.
        """
        if not 0 <= place < self.size or self.there[place]:
            return False
        try:
            value = bytes.fromhex(hash_of_row)
        except ValueError:
            value = b""
        if len(value) != HASH_BYTES:
            return False
        self.hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES] = value
        self.there[place] = 1
        return True

    def hash(self, place: int) -> bytes:
        """Return the hash at a place; zeros where there is none."""
        return bytes(self.hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES])


def compare(leaves: Leaves, settled: dict[str, int], waiting: dict[str, int]) -> Iterator[Finding]:
    """Yield what differs between rows and leaves; fill ``leaves``, and count what waits.

    ``settled``: up to which key of a table no row can have come after the last seal.
    """
    known = {table.table for table in sealed.tables()}
    for table in sealed.tables():
        yield from _table(table, leaves, settled.get(table.table), waiting)
    yield from _of_no_table(known)


def _table(
    table: Sealed, leaves: Leaves, settled: int | None, waiting: dict[str, int]
) -> Iterator[Finding]:
    name, encode, hash_of = table.table, table.encode, tree.leaf
    put = leaves.put
    rows = _stream(
        f'SELECT {table.select(connection.vendor)} FROM "{name}" ORDER BY "{table.key}"'  # noqa: S608  names of our own
    )
    kept = _stream(
        f'SELECT "row", "place", "hash" FROM "{LEAVES}" WHERE "table" = %s ORDER BY "row"',  # noqa: S608
        name,
    )
    row: tuple[Any, ...] = next(rows, _END)
    leaf: tuple[Any, ...] = next(kept, _END)
    while row or leaf:
        if not leaf or (row and row[0] < leaf[0]):
            if settled is not None and row[0] <= settled:
                why = "it was not there when the rows around it were sealed"
                yield Finding(Kind.INSERTED, name, row[0], why=why)
            else:
                waiting[name] = waiting.get(name, 0) + 1
            row = next(rows, _END)
            continue
        key, place, sealed_hash = leaf
        if not put(place, sealed_hash):
            why = "its leaf stands behind the last seal or where another stands, or is none"
            yield Finding(Kind.INSERTED, name, key, place, why)
        if not row or key < row[0]:
            yield Finding(Kind.REMOVED, name, key, place)
        else:
            if hash_of(encode(row[1:])).hex() != sealed_hash:
                yield Finding(Kind.CHANGED, name, key, place)
            row = next(rows, _END)
        leaf = next(kept, _END)


def _of_no_table(known: set[str]) -> Iterator[Finding]:
    """Yield leaves of a table that isn't sealed: somebody has renamed what they are about."""
    marks = ", ".join(["%s"] * len(known))
    statement = f'SELECT "table", "row", "place" FROM "{LEAVES}" WHERE "table" NOT IN ({marks})'  # noqa: S608
    for table, row, place in _stream(statement, *sorted(known)):
        yield Finding(Kind.MOVED, table, row, place, "no table of this name is sealed")


def names(begin: int, end: int) -> dict[int, tuple[str, int]]:
    """Return which rows the leaves from ``begin`` to before ``end`` say that they are about."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "place", "table", "row" FROM "{LEAVES}" WHERE "place" >= %s AND "place" < %s',  # noqa: S608
            [begin, end],
        )
        return {place: (table, row) for place, table, row in cursor.fetchall()}


def _stream(statement: str, *values: Any) -> Iterator[Any]:
    """Yield the rows of a statement without holding all of them."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement if values else statement.replace("%", "%%"), values)
        while chunk := cursor.fetchmany(CHUNK):
            yield from chunk
