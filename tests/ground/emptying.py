"""How a test that commits leaves the database: as the migrations made it.

Django's own flush empties every table and has post_migrate fill some of them anew. Content types
and permissions then come back under other keys, which a running server can't know, and it takes a
second or more. Here they stay, and only what tests write is taken away. No sequence is reset: a
key that a server has seen once never becomes another row's.
"""

from django.conf import settings
from django.db import connection, transaction

from tests.ground.lifting import lifted


def rows() -> dict[str, int]:
    """Return how many rows each table holds; those that hold none aren't named."""
    quoted = connection.ops.quote_name
    counts = [
        f"SELECT '{table}', count(*) FROM {quoted(table)}"  # noqa: S608
        for table in connection.introspection.table_names()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts))
        return {table: count for table, count in cursor.fetchall() if count}


def empty(laid_down: dict[str, int]) -> None:
    """Delete what a test has written.

    ``laid_down``: the rows there were before any test. Their tables, with roles and rights, stay
    as they are; raises AssertionError when the test has changed how many there are, since every
    later test stands on them.
    """
    # The journal goes too, or the next test would find a restored backup.
    settings.CUSTODY_JOURNAL.unlink(missing_ok=True)
    if filled := sorted(rows().keys() - laid_down.keys()):
        _delete(filled)
    left = rows()
    changed = sorted(table for table in left | laid_down if laid_down.get(table) != left.get(table))
    assert not changed, f"A test that commits must leave {changed} as the migrations made them."


def _delete(tables: list[str]) -> None:
    # One transaction: nothing is lost of the rules if it fails. DELETE also on PostgreSQL, where to
    # TRUNCATE small tables takes far longer.
    with transaction.atomic(), connection.cursor() as cursor:
        with lifted("% DELETE ON %"):  # to lift all takes five times as long, or more
            for table in tables:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608
        connection.check_constraints()  # now, so that it says which test has left what
