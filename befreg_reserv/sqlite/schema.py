"""How SQLite changes tables that have triggers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.sqlite3 import schema


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Keeps the triggers of tables that it remakes.

    To change a column, Django makes a new table under another name, drops the old one with its
    triggers and renames the new one. SQLite then reads all triggers, and refuses one that uses a
    table or column which doesn't exist. So all triggers are dropped for that step and created again
    in the same transaction: no other connection sees a table without them. A trigger that no longer
    fits the changed table refuses every row, until the end of the upgrade replaces it.
    """

    def _remake_table(self, *args: Any, **kwargs: Any) -> None:
        with self._triggers_off():
            super()._remake_table(*args, **kwargs)  # type: ignore[misc]

    def remove_field(self, *args: Any, **kwargs: Any) -> None:
        """Drop a column; for arguments see Django's own."""
        with self._triggers_off():
            super().remove_field(*args, **kwargs)

    @contextmanager
    def _triggers_off(self) -> Iterator[None]:
        # Not every migration runs in a transaction.
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _table, _sql in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            yield
            tables = set(self.connection.introspection.table_names(cursor))
            for _name, table, sql in triggers:
                if table in tables:
                    cursor.execute(sql)
