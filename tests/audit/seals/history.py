"""A sealed history, and somebody who holds the database and rewrites it."""

# ruff: noqa: S608  who composes SQL here is the forger

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction

from befreg_reserv.audit.models import Head, Leaf
from befreg_reserv.audit.seals import heads, note, rows, sealed, sealing, tree
from befreg_reserv.audit.seals.findings import Anchor, Finding, Verdict
from befreg_reserv.audit.seals.note import PublicKey, Signer
from befreg_reserv.audit.seals.verifying import verify
from tests.ground import lifting

SIGNER = note.new_signer("befreg-reserv")
LEAVES, HEADS = Leaf._meta.db_table, Head._meta.db_table
# Tells whether the findings name what was touched.
Named = Callable[[list[Finding]], bool]


def sealed_history(most: int = 25, signer: Signer = SIGNER) -> list[Anchor]:
    """Seal all that is there, a few rows at a time; return what is kept elsewhere."""
    made = sealing.seal_all(signer, most=most)
    return [anchor(head) for head in made]


def anchor(head: Head) -> Anchor:
    return Anchor(heads.claimed(head.note), f"paper {head.size}", head.state, head.note)


def verdict(anchors: list[Anchor], key: PublicKey = SIGNER.public) -> Verdict:
    return verify(key, anchors)


@dataclass
class Forger:
    """Whoever may do anything to the database, and has no key. Each act returns ``Named``."""

    chance: random.Random

    def act(self, turn: int) -> tuple[str, Named]:
        """Do one of all, each in its turn first and then chosen by chance; return its name too."""
        acts = [
            *(self.change, self.delete, self.insert, self.swap_rows, self.swap_leaves),
            *(self.cut_tail, self.change_with_leaf, self.forge_seal, self.drop_rule),
            *(self.hollow_rule, self.put_older, self.delete_leaf, self.close_gap, self.lose_seal),
        ]
        chosen = acts[turn] if turn < len(acts) else self.chance.choice(acts)
        return chosen.__name__, chosen()

    def change(self) -> Named:
        table, key, _place = self._changed()
        return names(table, key)

    def change_with_leaf(self) -> Named:
        table, key, place = self._changed()
        self._fit_leaf(table, key, place)
        return names(table, key)

    def delete(self) -> Named:
        table, key, _place = self._leaf()
        with lifted(table):
            _run(f'DELETE FROM "{table}" WHERE "{_of(table).key}" = %s', key)
        return names(table, key)

    def insert(self) -> Named:
        table = "audit_logentry"
        columns = [str(field.column) for field in _of(table).columns if field.column != "id"]
        listed = ", ".join(f'"{column}"' for column in columns)
        made = -self.chance.randrange(1, 10**9)
        some = self._leaf(table)[1]
        with lifted(table):
            _run(
                f'INSERT INTO "{table}" ("id", {listed})'
                f' SELECT %s, {listed} FROM "{table}" WHERE "id" = %s',
                *(made, some),
            )
        return names(table, made)

    def swap_rows(self) -> Named:
        table = "audit_logentry"
        one, other = self._leaf(table)[1], self._leaf(table)[1]
        while one == other:
            other = self._leaf(table)[1]
        with lifted(table):
            for old, new in ((one, 0), (other, one), (0, other)):
                _run(f'UPDATE "{table}" SET "id" = %s WHERE "id" = %s', new, old)
        return lambda found: names(table, one)(found) and names(table, other)(found)

    def swap_leaves(self) -> Named:
        (table, key, one), (_, _, other) = self._leaf(), self._leaf()
        while one == other:
            _, _, other = self._leaf()
        with lifted(LEAVES):
            for old, new in ((one, 10**9), (other, one), (10**9, other)):
                _run(f'UPDATE "{LEAVES}" SET "place" = %s WHERE "place" = %s', new, old)
        return names(table, key)

    def delete_leaf(self) -> Named:
        table, key, place = self._leaf()
        with lifted(table):
            _run(f'DELETE FROM "{table}" WHERE "{_of(table).key}" = %s', key)
        with lifted(LEAVES):
            _run(f'DELETE FROM "{LEAVES}" WHERE "place" = %s', place)
        return lambda found: any(each.place == place for each in found)

    def close_gap(self) -> Named:
        """Take a row and its leaf away, and let all later leaves move up."""
        named = self.delete_leaf()
        with lifted(LEAVES):
            gap = _one(
                f'SELECT min("place") FROM "{LEAVES}" l WHERE NOT EXISTS'
                f' (SELECT 1 FROM "{LEAVES}" WHERE "place" = l."place" + 1)'
            )
            for place in range(gap + 2, _one(f'SELECT max("place") + 1 FROM "{LEAVES}"')):
                _run(f'UPDATE "{LEAVES}" SET "place" = %s WHERE "place" = %s', place - 1, place)
        return named

    def cut_tail(self) -> Named:
        return self._back_to(Head.objects.order_by("-size")[1].size)

    def put_older(self) -> Named:
        sizes = list(Head.objects.order_by("size").values_list("size", flat=True))[:-1]
        return self._back_to(self.chance.choice(sizes))

    def _back_to(self, size: int) -> Named:
        gone = list(Leaf.objects.filter(place__gte=size))
        with lifted():
            for leaf in gone:
                _run(f'DELETE FROM "{leaf.table}" WHERE "{_of(leaf.table).key}" = %s', leaf.row)
            _run(f'DELETE FROM "{LEAVES}" WHERE "place" >= %s', size)
            _run(f'DELETE FROM "{HEADS}" WHERE "size" > %s', size)
        return lambda found: any(each.place == size and "cut short" in each.why for each in found)

    def lose_seal(self) -> Named:
        head = self.chance.choice(list(Head.objects.order_by("size")))
        with lifted(HEADS):
            _run(f'DELETE FROM "{HEADS}" WHERE "size" = %s', head.size)
        return lambda found: any("seal over" in each.why for each in found)

    def forge_seal(self) -> Named:
        """Change a row, its leaf, and every later seal, signed with a key of their own."""
        table, key, place = self._changed()
        self._fit_leaf(table, key, place)
        forged = note.new_signer(SIGNER.name)
        with lifted(HEADS):
            hashes = [bytes.fromhex(leaf.hash) for leaf in Leaf.objects.order_by("place")]
            for head in Head.objects.filter(size__gt=place):
                state = heads.state(head.state, head.size)
                state.frontier = tree.Frontier()
                for each in hashes[: head.size]:
                    state.frontier.add(each)
                signed = heads.sign(forged, head.at, state)
                _run(
                    f'UPDATE "{HEADS}" SET "root" = %s, "note" = %s, "state" = %s'
                    ' WHERE "size" = %s',
                    *(state.frontier.root().hex(), signed, state.text(), head.size),
                )
        return names(table, key)

    def drop_rule(self) -> Named:
        table, name = self._rule()
        on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
        _run(f'DROP TRIGGER "{name}"{on}')
        return lambda found: any(name in each.why for each in found)

    def hollow_rule(self) -> Named:
        """Leave a rule in place under its name, which refuses nothing any more."""
        table, name = self._rule()
        if connection.vendor == "postgresql":
            _run(
                f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS'
                " $$ BEGIN RETURN COALESCE(NEW, OLD); END $$"
            )
        else:
            _run(f'DROP TRIGGER "{name}"')
            _run(
                f'CREATE TRIGGER "{name}" BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN 1 = 0'
                " BEGIN SELECT 1; END"
            )
        return lambda found: any(name in each.why for each in found)

    def _fit_leaf(self, table: str, key: int, place: int) -> None:
        with lifted(LEAVES):
            _run(
                f'UPDATE "{LEAVES}" SET "hash" = %s WHERE "place" = %s',
                *(hash_of(table, key), place),
            )

    def _rule(self) -> tuple[str, str]:
        table = self.chance.choice(sealed.tables()).table
        return table, f"{table}_no_delete"

    def _changed(self) -> tuple[str, Any, int]:
        """Change some column of some row, which its own constraints allow."""
        while True:
            table, key, place = self._leaf()
            before = hash_of(table, key)
            field = self.chance.choice([f for f in _of(table).columns if not f.primary_key])
            value = self._other_value(field)
            try:
                with lifted(table):
                    _run(
                        f'UPDATE "{table}" SET "{field.column}" = %s WHERE "{_of(table).key}" = %s',
                        *(value, key),
                    )
            except DatabaseError:
                continue
            if hash_of(table, key) != before:
                return table, key, place

    def _other_value(self, field: Any) -> Any:
        kind = (getattr(field, "target_field", None) or field).get_internal_type()
        number = self.chance.randrange(1, 10_000)
        return {
            "BooleanField": bool(number % 2),
            "DateField": "2025-06-01",
            "DateTimeField": f"2025-06-01 10:00:00.{number:06d}"
            + ("+00" if connection.vendor == "postgresql" else ""),
            "GenericIPAddressField": f"10.0.{number % 256}.1",
            "JSONField": f'{{"forged": {number}}}',
            "UUIDField": f"{number:032x}",
            "CharField": f"f{number}"[: field.max_length or 5],
            "TextField": f"f{number}",
        }.get(kind, number)

    def _leaf(self, table: str = "") -> tuple[str, int, int]:
        some = Leaf.objects.filter(table=table) if table else Leaf.objects.all()
        chosen = self.chance.choice(list(some.values_list("table", "row", "place")))
        return chosen[0], chosen[1], chosen[2]


def lifted(*tables: str) -> AbstractContextManager[None]:
    """Do without the rules of some tables, which is quicker than without all."""
    return lifting.lifted(f'% ON "{tables[0]}"%') if len(tables) == 1 else lifting.lifted()


def names(table: str, key: int) -> Named:
    """Return whether the findings name this row."""
    return lambda found: any((each.table, each.row) == (table, key) for each in found)


def hash_of(table: str, key: Any) -> str:
    """Return the hash that the row's leaf has unless somebody has touched either."""
    of = _of(table)
    (row,) = rows.stream(
        f'SELECT {of.select(connection.vendor)} FROM "{table}" WHERE "{of.key}" = %s', key
    )
    return tree.leaf(of.encode(row[1:])).hex()


def _of(table: str) -> sealed.Sealed:
    return next(each for each in sealed.tables() if each.table == table)


def _run(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values or None)


def _one(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]
