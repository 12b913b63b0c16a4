"""Rows are sealed, in order, after they were committed: never in the transaction of an act.

Two transactions at once may commit in another order than that of their keys. So a seal takes every
row that has no leaf yet, above a key below which none can come any more (``State.settled``).
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from befreg_reserv import clock
from befreg_reserv.audit.models import Head, Leaf
from befreg_reserv.audit.seals import heads, rows, sealed, tree
from befreg_reserv.audit.seals.heads import State
from befreg_reserv.audit.seals.note import NotSigned, Signer
from befreg_reserv.audit.seals.sealed import Sealed

MOST = 2000  # rows in one go: on SQLite a call waits while their leaves are written, some 50 ms
_LOCK = 0x5EA1  # PostgreSQL: two runs at once wait for each other
# A transaction shows when it began a moment after it has begun.
_MARGIN = timedelta(seconds=10)
# When the oldest transaction that goes on began, and whether one is of a role that hides it.
_RUNNING = """
    SELECT min(xact_start), coalesce(bool_or(state IS NULL), false) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend'
"""


class OutOfStep(Exception):
    """The last head isn't what to go on from: ``verify`` says what somebody has done."""


@dataclass
class _Batch:
    """Rows that were read, as leaves; ``read_to``: up to which key of a table, or None for all."""

    leaves: list[tuple[str, int, bytes]] = field(default_factory=list)
    read_to: dict[str, int | None] = field(default_factory=dict)


def seal(signer: Signer, *, most: int = MOST) -> Head | None:
    """Seal up to ``most`` rows that are not sealed yet; return the new head, or None for none.

    Raises OutOfStep.
    """
    with rows.any_text():
        last = Head.objects.order_by("-size").first()
    state = _state_of(last) if last else State()
    finished_before = _finished_before()  # asked first: their rows can be seen from here on
    with rows.any_text():
        batch = _read(state, most)
    if not batch.leaves:
        return None
    at = clock.database_now()
    state.settled = _settled(state, batch, finished_before)
    return _write(signer, last, state, batch, at)


def seal_all(signer: Signer, *, most: int = MOST) -> list[Head]:
    """Seal all that is not sealed yet; return the new heads. Raises OutOfStep."""
    made = []
    while head := seal(signer, most=most):
        made.append(head)
    return made


def _state_of(last: Head) -> State:
    """Return what the last seal ended with. Raises OutOfStep if its note says another."""
    with suppress(NotSigned, ValueError):
        if heads.is_state_of(last.state, heads.claimed(last.note)):
            return heads.state(last.state, last.size)
    raise OutOfStep("The state of the last seal was changed: run manage.py verify.")


def _finished_before() -> datetime | None:
    """Return a time: every transaction that began before it is over. None: nobody knows."""
    now = clock.database_now()
    if connection.vendor == "sqlite":
        return now  # one writer at a time
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING)
        oldest, hidden = cursor.fetchone()
    return None if hidden else min(oldest or now, now) - _MARGIN


def _read(state: State, most: int) -> _Batch:
    batch = _Batch()
    for table in sealed.tables():
        room = most - len(batch.leaves)
        if room <= 0:
            break
        found = _unsealed(table, state.settled.get(table.table), room)
        batch.leaves += [(table.table, row[0], tree.leaf(table.encode(row[1:]))) for row in found]
        batch.read_to[table.table] = found[-1][0] if len(found) == room else None
    return batch


def _unsealed(table: Sealed, above: int | None, most: int) -> list[tuple[Any, ...]]:
    """Return rows without a leaf, in the order of their keys."""
    beyond = "" if above is None else f'"{table.key}" > {above:d} AND '
    statement = (
        f'SELECT {table.select(connection.vendor)} FROM "{table.table}" WHERE {beyond}NOT EXISTS'  # noqa: S608  names of our own
        f' (SELECT 1 FROM "{Leaf._meta.db_table}" l WHERE l."table" = %s'
        f' AND l."row" = "{table.table}"."{table.key}") ORDER BY "{table.key}" LIMIT {most:d}'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("%", "%%").replace("%%s", "%s"), [table.table])
        return list(cursor.fetchall())


def _settled(state: State, batch: _Batch, finished_before: datetime | None) -> dict[str, int]:
    """Return up to which keys no row can come any more.

    What a head had sealed was written by transactions that had begun before it. Once all of those
    are over, their rows are among those that were just read.
    """
    reached = _sealed_until(finished_before) if finished_before else {}
    if connection.vendor == "sqlite":
        reached = _highest(state, batch)
    found = dict(state.settled)
    for table, read_to in batch.read_to.items():
        candidate = reached.get(table)
        if candidate is not None:
            found[table] = candidate if read_to is None else min(candidate, read_to)
    return {table: max(key, state.settled.get(table, key)) for table, key in found.items()}


def _sealed_until(moment: datetime) -> dict[str, int]:
    head = Head.objects.filter(at__lt=moment).order_by("-size").first()
    return heads.state(head.state, head.size).sealed if head else {}


def _highest(state: State, batch: _Batch) -> dict[str, int]:
    found = dict(state.sealed)
    for table, row, _hash in batch.leaves:
        found[table] = max(row, found.get(table, row))
    return found


def _write(signer: Signer, last: Head | None, state: State, batch: _Batch, at: datetime) -> Head:
    begin = state.frontier.size
    state.sealed = _highest(state, batch)
    for _table, _row, hash_of_row in batch.leaves:
        state.frontier.add(hash_of_row)
    head = Head(
        size=state.frontier.size,
        at=at,
        root=state.frontier.root().hex(),
        note=heads.sign(signer, at, state),
        state=state.text(),
    )
    leaves = [
        Leaf(place=place, table=table, row=row, hash=hash_of_row.hex())
        for place, (table, row, hash_of_row) in enumerate(batch.leaves, start=begin)
    ]
    with transaction.atomic():
        _check_in_step(last, begin)
        Leaf.objects.bulk_create(leaves)
        head.save(force_insert=True)
    return head


def _check_in_step(last: Head | None, begin: int) -> None:
    """Wait for another run, and raise OutOfStep when it, or somebody, has added anything."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if Head.objects.filter(size__gt=last.size if last else -1).exists():
        raise OutOfStep("Another run has sealed meanwhile.")
    if Leaf.objects.filter(place__gte=begin).exists():
        raise OutOfStep("There are leaves behind the last seal: run manage.py verify.")
