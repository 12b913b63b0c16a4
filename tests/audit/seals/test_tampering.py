"""Whatever is done to the database is found against a seal that was kept elsewhere, and named."""

import os
import random
from collections import Counter
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection, transaction
from django.db.models import Model

from befreg_reserv.audit.models import Head, Leaf, LogEntry
from befreg_reserv.audit.seals import sealing, verifying
from tests import scenes
from tests.audit.entries import entries, run
from tests.audit.seals.history import (
    HEADS,
    LEAVES,
    Forger,
    hash_of,
    lifted,
    names,
    sealed_history,
    verdict,
)
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outage", "real_binder")]
CHANCE = random.Random(1)  # noqa: S311  a seed
# TAMPERINGS=10000: some ten minutes of a core each database, with -o faulthandler_timeout=0.
SHORT, MANY = 25, int(os.environ.get("TAMPERINGS", "500"))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was sealed settle now, not ten seconds later."""
    monkeypatch.setattr(sealing, "_MARGIN", timedelta(0))


def lived(cast: Cast) -> None:
    """Hand out three numbers, and close one of them."""
    first, *_others = (scenes.handed_out(cast) for _ in range(3))
    scenes.replaced(first.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))


def tampered(cast: Cast, count: int, seed: int) -> Counter[str]:
    """Tamper so many times, each with the history as it was; return what was not named."""
    lived(cast)
    anchors = sealed_history()
    assert verdict(anchors).in_order() == []
    unnoticed: Counter[str] = Counter()
    for turn in range(count):
        chance = random.Random(f"{seed} {turn}")  # noqa: S311  a seed, to be run again
        with transaction.atomic():
            name, named = Forger(chance).act(turn)
            if not named(verdict(anchors).in_order()):
                unnoticed[f"{name} {seed} {turn}"] += 1
            transaction.set_rollback(True)
    assert verdict(anchors).in_order() == []
    return unnoticed


def test_each_tampering_is_named(cast: Cast) -> None:
    assert tampered(cast, SHORT, seed=1) == {}


@pytest.mark.long
def test_each_of_many_tamperings_is_named(cast: Cast) -> None:
    assert tampered(cast, MANY, seed=2) == {}


def test_without_what_was_kept_elsewhere_an_older_database_verifies(cast: Cast) -> None:
    lived(cast)
    anchors = sealed_history()
    named = Forger(CHANCE).put_older()
    assert verdict([]).in_order() == []
    assert named(verdict(anchors).in_order())


def test_without_the_seals_a_changed_leaf_hides_a_changed_row(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(cast)
    anchors = sealed_history()
    with transaction.atomic():
        named = Forger(CHANCE).change_with_leaf()
        assert named(verdict(anchors).in_order())
        monkeypatch.setattr(verifying, "_tree", lambda *_: [])
        assert not named(verdict(anchors).in_order())
        transaction.set_rollback(True)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's columns have types")
@pytest.mark.parametrize("model", [LogEntry, Leaf, Head])
def test_whatever_sqlite_takes_is_named(model: type[Model]) -> None:
    """Text that is no UTF-8 ended ``verify`` in a traceback."""
    entries(2)
    anchors, table = sealed_history(), model._meta.db_table
    columns = [each.column for each in model._meta.concrete_fields if not each.primary_key]
    run("PRAGMA ignore_check_constraints = ON")
    key = model._meta.pk.column
    last = f'"{key}" = (SELECT max("{key}") FROM "{table}")'  # noqa: S608
    for column, value in product(columns, ["CAST(x'80' AS TEXT)", "x'80'", "1e999"]):
        with transaction.atomic(), connection.cursor() as cursor:
            with lifted(table):
                cursor.execute(f'UPDATE "{table}" SET "{column}" = {value} WHERE {last}')  # noqa: S608
            assert [str(each) for each in verdict(anchors).in_order()], (column, value)
            transaction.set_rollback(True)
    run("PRAGMA ignore_check_constraints = OFF")


def without_key_of_leaves() -> None:
    """Let two leaves stand at one place, as the tables' owner can."""
    if connection.vendor == "postgresql":
        run(f"ALTER TABLE {LEAVES} DROP CONSTRAINT {LEAVES}_pkey")
        return
    run(f"CREATE TABLE other AS SELECT * FROM {LEAVES}")  # noqa: S608  a name of our own
    run(f"DROP TABLE {LEAVES}")
    run(f"ALTER TABLE other RENAME TO {LEAVES}")


def test_a_row_whose_leaf_stands_where_another_does_is_named() -> None:
    one, *_others, other = entries(3)
    anchors = sealed_history()
    with lifted():
        without_key_of_leaves()
        run("UPDATE audit_logentry SET id = -1 WHERE id = %s", one.pk)
        one.save(force_insert=True)
        run(
            f'INSERT INTO {LEAVES} SELECT place, "table", -1, %s FROM {LEAVES}'  # noqa: S608
            ' WHERE "table" = %s AND "row" = %s',
            *(hash_of("audit_logentry", -1), "audit_logentry", other.pk),
        )
        found = verdict(anchors).in_order()
    assert names("audit_logentry", -1)(found) or names("audit_logentry", other.pk)(found)


def test_a_seal_of_another_time_is_named() -> None:
    entries(1)
    anchors = sealed_history()
    with lifted(HEADS):
        run(f"UPDATE {HEADS} SET at = '2025-06-01 10:00:00'")  # noqa: S608
    found = verdict(anchors).in_order()
    assert [each.why for each in found] == [
        f"the seal over {anchor.checkpoint.size} rows says other things than its note"
        for anchor in anchors
    ]


def test_what_the_timer_has_sealed_anew_is_found_by_what_was_kept_elsewhere() -> None:
    entries(3)
    anchors = sealed_history()
    with lifted():
        run(f"DELETE FROM {LEAVES}")  # noqa: S608
        run(f"DELETE FROM {HEADS}")  # noqa: S608
        run("UPDATE audit_logentry SET act = 'forged'")
    sealed_history()
    assert verdict([]).in_order() == []
    found = verdict(anchors).in_order()
    assert any("another than what was kept elsewhere" in each.why for each in found)
