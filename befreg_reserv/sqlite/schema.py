"""How SQLite changes tables that have triggers."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import OperationalError, transaction
from django.db.backends.sqlite3 import schema
from django.db.models import Model

_TRIGGER = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s AND tbl_name <> %s"
_WRONG_TRIGGER = re.compile(r"error in trigger (\w+)")


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

    def alter_db_table(self, model: type[Model], old_db_table: str, new_db_table: str) -> None:
        """Rename a table; for arguments see Django's own."""
        rename = partial(super().alter_db_table, model, old_db_table, new_db_table)
        self._despite_wrong_triggers(rename, besides=old_db_table)

    def _alter_field(self, *args: Any, **kwargs: Any) -> None:
        self._despite_wrong_triggers(partial(super()._alter_field, *args, **kwargs))  # type: ignore[misc]

    def _despite_wrong_triggers(self, rename: Callable[[], None], *, besides: str = "") -> None:
        """Rename a table or column, which SQLite refuses while any trigger is wrong.

        Those that are right stay on, and SQLite writes the new name into them. A wrong one is off
        meanwhile; but not one of the table ``besides``, on which it couldn't be put back.
        """
        using = self.connection.alias
        with transaction.atomic(using=using), self.connection.cursor() as cursor:
            off: dict[str, str] = {}
            while True:
                try:
                    with transaction.atomic(using=using):
                        rename()
                    break
                except OperationalError as error:
                    wrong = _WRONG_TRIGGER.match(str(error))
                    name = wrong[1] if wrong else ""
                    cursor.execute(_TRIGGER, [name, besides])
                    found = cursor.fetchone()
                    if found is None:
                        raise
                    off[name] = found[0]
                    cursor.execute(f'DROP TRIGGER "{name}"')
            for statement in off.values():
                cursor.execute(statement)

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
