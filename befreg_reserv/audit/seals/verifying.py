"""Recomputes all that was sealed, and compares it with what was signed and kept elsewhere.

A row that was changed, removed or put in is named by itself: its leaf tells. Where somebody has
changed the leaves too, the seals tell between which two of them; all rows of that minute are named,
and the next minute is looked at from what its own seal was signed with.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from django.db import OperationalError, connection, transaction

from befreg_reserv.audit import triggers
from befreg_reserv.audit.models import Head
from befreg_reserv.audit.seals import canonical, heads, rows
from befreg_reserv.audit.seals.findings import Anchor, Finding, Kind, Verdict
from befreg_reserv.audit.seals.note import Believed, NotSigned
from befreg_reserv.audit.seals.rows import Leaves, Redactions
from befreg_reserv.audit.seals.tree import Frontier


@dataclass(frozen=True)
class _Signed:
    """A size at which the root is known for sure, and the state there if that is known too."""

    size: int
    root: bytes
    state: heads.State | None


@dataclass(frozen=True)
class _Kept:
    """A head as the database holds it; whoever has the database may write anything there."""

    size: int
    at: Any
    root: str
    note: str
    state: str

    @property
    def second(self) -> str:
        """Return when it was sealed, as far as its note tells."""
        return str(self.at)[: len("2026-01-01T00:00:00")]


_HEADS = f'SELECT "size", %s, "root", "note", "state" FROM "{Head._meta.db_table}" ORDER BY "size"'  # noqa: S608
_NO_TEXT = "Could not decode to UTF-8"  # of SQLite's module
_AT = Head._meta.get_field("at")


def _second(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def verify(
    key: Believed, anchors: Sequence[Anchor] = (), papers: Mapping[int, str] | None = None
) -> Verdict:
    """Return what isn't as it was sealed. Nobody waits for it, and it sees one moment alone.

    ``anchors``: heads that were kept elsewhere, with whatever the database can't know. ``papers``:
    the code on a printed report, by the number of rows that stands above it.
    """
    try:
        return _verdict(key, anchors, papers or {})
    except OperationalError as error:
        if _NO_TEXT not in str(error):
            raise
    with rows.any_text():  # which takes half as long again
        return _verdict(key, anchors, papers or {})


def _verdict(key: Believed, anchors: Sequence[Anchor], papers: Mapping[int, str]) -> Verdict:
    verdict = Verdict(anchors=len(anchors))
    with _at_one_moment():
        verdict.add(_rules())
        signed = _signed(key, anchors, verdict)
        leaves = Leaves(max(signed, default=0))
        last = signed[max(signed)].state if signed else None
        redactions = Redactions.read()
        settled = last.settled if last else {}
        verdict.add(rows.compare(leaves, settled, verdict.waiting, redactions))
        verdict.redacted = len(redactions.met)
        verdict.add(_tree(leaves, [signed[size] for size in sorted(signed)]))
        verdict.add(_cut_off(verdict.newest, signed, anchors))
        verdict.add(_unlike_paper(signed, papers))
    verdict.sealed = leaves.size
    return verdict


@contextmanager
def _at_one_moment() -> Iterator[None]:
    if connection.in_atomic_block:  # a test's
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # our own would be IMMEDIATE, and hold up each call
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield


def _rules() -> list[Finding]:
    return [
        Finding(Kind.RULE, fault.table, why=f"the trigger {fault}")
        for fault in triggers.faults(connection)
    ]


def _signed(key: Believed, anchors: Sequence[Anchor], verdict: Verdict) -> dict[int, _Signed]:
    """Return what is known for sure, by size; an anchor is believed before the database."""
    found: dict[int, _Signed] = {}
    for anchor in anchors:
        point = anchor.checkpoint
        other = found.get(point.size)
        if other and other.root != point.root:
            why = f"{anchor.where} has another root than a seal of the same size"
            verdict.add([Finding(Kind.SEAL, place=point.size - 1, why=why)])
        elif other is None or other.state is None:
            found[point.size] = _point(point, anchor.state)
    read = {anchor.note: anchor.checkpoint for anchor in anchors if anchor.note}
    there: set[Any] = set()
    for size, at, *rest in rows.stream(_HEADS % canonical.select([_AT], connection.vendor)[0]):
        head = _Kept(size, at, *map(str, rest))
        verdict.heads += 1
        there.add(head.size)
        verdict.add(_of_head(head, key, found, read))
    verdict.newest = max(there, default=0)
    for size in sorted(found.keys() - there):
        if size <= verdict.newest:
            why = f"the seal over {size} rows is gone from the database"
            verdict.add([Finding(Kind.SEAL, place=size - 1, why=why)])
    return found


def _of_head(
    head: _Kept, key: Believed, found: dict[int, _Signed], known: Mapping[str, heads.Checkpoint]
) -> Iterator[Finding]:
    """Yield what is wrong with a head; put it into ``found`` if it is signed.

    ``known``: notes whose signatures were checked already, which takes a tenth of a millisecond.
    """
    place, name = head.size - 1, f"the seal over {head.size} rows"
    try:
        point = known.get(head.note) or heads.read(head.note, key)
    except NotSigned as error:
        yield Finding(Kind.SEAL, place=place, why=f"{name} is not signed: {error}")
        return
    if (point.size, point.root.hex(), _second(point.at)) != (head.size, head.root, head.second):
        yield Finding(Kind.SEAL, place=place, why=f"{name} says other things than its note")
    if not heads.is_state_of(head.state, point):
        yield Finding(Kind.SEAL, place=place, why=f"the state of {name} was changed")
    other = found.get(point.size)
    if other and other.root != point.root:
        yield Finding(Kind.SEAL, place=place, why=f"{name} is another than what was kept elsewhere")
    elif other is None or other.state is None:
        found[point.size] = _point(point, head.state)


def _point(point: heads.Checkpoint, state: str) -> _Signed:
    """Return a head with its state, unless that isn't the one that was signed."""
    known = None
    if heads.is_state_of(state, point):
        read = heads.state(state, point.size)
        known = read if read.frontier.is_of(point.size, point.root) else None
    return _Signed(point.size, point.root, known)


def _tree(leaves: Leaves, signed: Sequence[_Signed]) -> Iterator[Finding]:
    """Yield the rows of each minute whose leaves aren't those that were signed."""
    frontier: Frontier | None = Frontier()
    for before, head in pairwise([_Signed(0, b"", None), *signed]):
        if frontier is not None:
            frontier.extend(leaves.between(before.size, head.size))
            if frontier.root() == head.root:
                continue
        yield from _doubtful(leaves, before.size, head, known_before=frontier is not None)
        frontier = head.state.frontier.copy() if head.state else None


def _doubtful(
    leaves: Leaves, begin: int, head: _Signed, *, known_before: bool
) -> Iterator[Finding]:
    named = rows.names(begin, head.size)
    missing = [place for place in range(begin, head.size) if place not in named]
    for place in missing:
        yield Finding(Kind.REMOVED, place=place, why="no leaf stands at this place any more")
    if missing and known_before and len(missing) < head.size - begin:
        why = f"sealed together with {len(missing)} that are gone"
    elif known_before:
        why = "the leaves of this seal are not those that were signed"
    else:
        why = "it can't be told: the seal before it was changed"
    for place, (table, row) in named.items():
        yield Finding(Kind.MOVED, table, row, place, why)


def _cut_off(here: int, signed: dict[int, _Signed], anchors: Sequence[Anchor]) -> Iterator[Finding]:
    """Yield what an anchor knows and the database has no seal over any more."""
    newest = max(anchors, key=lambda anchor: anchor.checkpoint.size, default=None)
    if newest is None or newest.checkpoint.size <= here:
        return
    state = signed[newest.checkpoint.size].state
    until = ", ".join(f"{table} to {key}" for table, key in state.sealed.items()) if state else ""
    yield Finding(
        Kind.SEAL,
        place=here,
        why=(
            f"the database ends with {here} sealed rows, and {newest.where} has a seal over"
            f" {newest.checkpoint.size} ({until}): cut short, or an older one was put in its place"
        ),
    )


def _unlike_paper(signed: dict[int, _Signed], papers: Mapping[int, str]) -> Iterator[Finding]:
    """Yield what a printed code tells of another history than this one."""
    for size, code in papers.items():
        here = signed.get(size)
        if here is None:
            why = f"no seal is over {size} rows, and one was printed"
            yield Finding(Kind.SEAL, place=size - 1, why=why)
        elif heads.code(here.root) != code:
            why = f"the seal over {size} rows is another than the one that was printed"
            yield Finding(Kind.SEAL, place=size - 1, why=why)
