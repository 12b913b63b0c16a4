"""The triggers that the database holds, as its own catalog defines them."""

import re
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

# An AFTER trigger as SQLite stores it; without the word, a trigger runs BEFORE.
_AFTER = re.compile(r'CREATE TRIGGER ("[^"]*"|\w+)\s+AFTER\b', re.IGNORECASE)
_SQLITE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
# tgenabled: O fires on the origin, A always, R on a replica alone, D never. A session in the
# replica role skips those of O. In tgtype 2 is BEFORE and 64 INSTEAD OF.
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
class Installed:
    """A trigger of the database.

    ``definition``: on SQLite its statement; on PostgreSQL its statement, its function's language
    and body, and the function's own settings if it has any, a line each. ``after``: it runs after
    the row is written, and can't change it. ``always``: it fires on a replica too. ``fires``: it
    fires in this session.
    """

    name: str
    table: str
    definition: str
    after: bool
    always: bool = False
    fires: bool = True


def triggers(connection: BaseDatabaseWrapper) -> list[Installed]:
    """Return all triggers, except those with which PostgreSQL enforces foreign keys."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            rows = cursor.execute(_SQLITE).fetchall()
            return [
                Installed(name, table, sql, bool(_AFTER.match(sql))) for name, table, sql in rows
            ]
        cursor.execute(_POSTGRESQL)
        return [Installed(*row) for row in cursor.fetchall()]
