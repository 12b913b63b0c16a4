"""The database without its triggers, for what only somebody with its password could do.

To drop all rules and make them anew, as ``befreg_reserv.audit.triggers.lifted`` does, takes a fifth
of a second on PostgreSQL, most of what such a test takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

WITHOUT_RULES = "SET LOCAL session_replication_role = replica"
WITH_RULES = "SET LOCAL session_replication_role = DEFAULT"
# In their order, since SQLite gives the latest one's message.
TRIGGERS = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE %s ORDER BY rowid"
)


@contextmanager
def lifted(of: str = "%") -> Iterator[None]:
    """Do without the triggers until the block ends, in this session alone.

    The block is a transaction; if it raises, nothing of it is kept, and the triggers are there.
    PostgreSQL checks no foreign key meanwhile. ``of``: on SQLite, those alone whose definition is
    LIKE this, since it has to take each away and put it back.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(WITHOUT_RULES)
            yield
            cursor.execute(WITH_RULES)
            return
        cursor.execute(TRIGGERS, [of])
        rules = cursor.fetchall()
        for name, _sql in rules:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
        yield
        for _name, sql in rules:
            cursor.execute(sql)
