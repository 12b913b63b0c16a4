"""Which triggers the database holds, as its own catalog words them. Knows no rule of ours."""

import re
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

# How SQLite keeps a trigger that runs after the row is written; without the word it runs before.
_AFTER = re.compile(r'CREATE TRIGGER ("[^"]*"|\w+)\s+AFTER\b', re.IGNORECASE)
_SQLITE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
# tgenabled: O fires on the origin, A always, R on a replica alone, D never. A session that says
# that it is a replica passes by those of O. In tgtype 2 is BEFORE and 64 INSTEAD OF.
_POSTGRESQL = """
    SELECT t.tgname, c.relname,
           concat_ws(E'\\n', pg_get_triggerdef(t.oid, true), l.lanname, p.prosrc,
                     p.proconfig::text),
           t.tgtype & 66 = 0,
           t.tgenabled = 'A',
           t.tgenabled = 'A' OR t.tgenabled = 'O'
               AND current_setting('session_replication_role') <> 'replica'
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)
"""


@dataclass(frozen=True)
class Found:
    """A trigger of the database.

    ``definition``: on SQLite its statement; on PostgreSQL its statement, its function's language
    and body, and the function's own settings if it has any, a line each. ``after``: it runs when
    the row is written already, and can't change it. ``fires``: here and now.
    """

    name: str
    table: str
    definition: str
    after: bool
    always: bool = False
    fires: bool = True


def triggers(connection: BaseDatabaseWrapper) -> list[Found]:
    """Return every trigger of a table, but those by which PostgreSQL keeps foreign keys."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            rows = cursor.execute(_SQLITE).fetchall()
            return [Found(name, table, sql, bool(_AFTER.match(sql))) for name, table, sql in rows]
        cursor.execute(_POSTGRESQL)
        return [Found(*row) for row in cursor.fetchall()]
