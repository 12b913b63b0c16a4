"""Proofs that can be checked elsewhere, with ``docs/check_proof.py`` and the public key alone."""

from typing import Any

from django.db import connection

from befreg_reserv.audit.models import Head, Leaf
from befreg_reserv.audit.seals import sealed, tree
from befreg_reserv.audit.seals.rows import Redactions

Proof = dict[str, Any]


class NoProof(Exception):
    """What was asked for can't be proved; the message says why."""


def of_row(table: str, row: int) -> Proof:
    """Return the proof that a row stands, as it is now, among all that were sealed.

    Raises NoProof: it isn't sealed, or is another than was sealed.
    """
    head = _newest()
    leaf = Leaf.objects.filter(table=table, row=row, place__lt=head.size).first()
    text = _text(table, row)
    if leaf is None or text is None:
        raise NoProof(f"{table} {row} isn't sealed.")
    now = tree.leaf(text).hex()
    if now != leaf.hash and Redactions.read().explain(table, row, leaf.hash, now):
        raise NoProof(f"A text of {table} {row} was masked: only manage.py verify proves it.")
    if now != leaf.hash:
        raise NoProof(f"{table} {row} isn't as it was sealed: run manage.py verify.")
    path = tree.inclusion(_hashes(head.size), leaf.place)
    return {
        "row": text.decode(),
        "place": leaf.place,
        "head": head.note,
        "proof": [each.hex() for each in path],
    }


def since(size: int) -> Proof:
    """Return the proof that all has only been added to since the seal over ``size`` rows.

    Raises NoProof for a size that no seal has.
    """
    head, older = _newest(), Head.objects.filter(size=size).first()
    if older is None:
        raise NoProof(f"No seal is over {size} rows.")
    path = tree.consistency(_hashes(head.size), size)
    return {"older": older.note, "head": head.note, "proof": [each.hex() for each in path]}


def _newest() -> Head:
    head = Head.objects.order_by("-size").first()
    if head is None:
        raise NoProof("Nothing is sealed yet.")
    return head


def _hashes(size: int) -> list[bytes]:
    leaves = Leaf.objects.filter(place__lt=size).order_by("place")
    return [bytes.fromhex(each) for each in leaves.values_list("hash", flat=True).iterator()]


def _text(table: str, row: int) -> bytes | None:
    known = {each.table: each for each in sealed.tables()}
    if table not in known:
        raise NoProof(f"No table {table} is sealed; these are: {', '.join(sorted(known))}.")
    found = known[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {found.select(connection.vendor)} FROM "{table}" WHERE "{found.key}" = %s',  # noqa: S608  a name of our own
            [row],
        )
        values = cursor.fetchone()
    return found.encode(values[1:]) if values else None
