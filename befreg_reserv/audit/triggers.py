"""Rules that the database keeps by trigger, the same on SQLite and PostgreSQL.

A rule says which statement on which table is refused, and when: a condition in SQL that both
databases understand, with ``NEW`` and ``OLD``. Apps register their rules; they are installed
after every migration, and ``missing`` tells which aren't there.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper

from befreg_reserv.clock import TOLERANCE

Event = Literal["INSERT", "UPDATE", "DELETE", "TRUNCATE"]
ALWAYS = "1 = 1"
# Stands in a condition for the latest time that isn't to come: the database's own clock, and
# ``clock.TOLERANCE`` more. A dump puts its triggers back after its rows, so none is refused.
LATEST = "@latest@"
_SECONDS = int(TOLERANCE.total_seconds())
_LATEST = {
    "postgresql": f"(clock_timestamp() + interval '{_SECONDS} seconds')",
    "sqlite": f"strftime('%Y-%m-%d %H:%M:%f', 'now', '+{_SECONDS} seconds')",
}


@dataclass(frozen=True)
class Trigger:
    """Refuses ``event`` on ``table`` whenever ``condition`` holds, with ``message``.

    The refusal is an IntegrityError. TRUNCATE exists on PostgreSQL only. ``one_at_a_time`` names a
    column whose value the condition looks for in other tables: who writes a value waits for whoever
    else is writing it, in whatever table, or neither would see the other's row.
    """

    name: str
    table: str
    event: Event
    message: str
    condition: str = ALWAYS
    one_at_a_time: str = ""
    sqlite_only: bool = False

    def create(self, vendor: str) -> list[str]:
        """Return the statements that make the trigger anew."""
        message = self.message.replace("'", "''")
        condition = self.condition.replace(LATEST, _LATEST[vendor])
        if vendor == "sqlite":
            return [
                *self.drop(vendor),
                (
                    f'CREATE TRIGGER "{self.name}" BEFORE {self.event} ON "{self.table}" '
                    f"FOR EACH ROW WHEN {condition} "
                    f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
                ),
            ]
        level = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        row = "OLD" if self.event == "DELETE" else "NEW"
        return [
            (
                f'CREATE OR REPLACE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS '
                f"$$ BEGIN {self._wait()}IF {condition} THEN "
                f"RAISE EXCEPTION USING MESSAGE = '{message}', "
                f"ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END $$"
            ),
            (
                f'CREATE OR REPLACE TRIGGER "{self.name}" BEFORE {self.event} ON "{self.table}" '
                f'FOR EACH {level} EXECUTE FUNCTION "{self.name}"()'
            ),
        ]

    def _wait(self) -> str:
        """Return PostgreSQL's statement that waits for the value's turn; SQLite has one writer."""
        if not self.one_at_a_time:
            return ""
        value = f'NEW."{self.one_at_a_time}"'
        lock = f"PERFORM pg_advisory_xact_lock(hashtextextended({value}, 0))"
        return f"IF {value} <> '' THEN {lock}; END IF; "

    def drop(self, vendor: str) -> list[str]:
        """Return the statements that take the trigger away."""
        if vendor == "sqlite":
            return [f'DROP TRIGGER IF EXISTS "{self.name}"']
        return [
            f'DROP TRIGGER IF EXISTS "{self.name}" ON "{self.table}"',
            f'DROP FUNCTION IF EXISTS "{self.name}"()',
        ]

    def fits(self, vendor: str) -> bool:
        """Tell whether the database has such an event at all."""
        if vendor == "sqlite":
            return self.event != "TRUNCATE"
        return not self.sqlite_only


def append_only(model: type[models.Model]) -> list[Trigger]:
    """Return the rules by which rows of ``model`` are written once and never change."""
    table = model._meta.db_table
    refused = Trigger(f"{table}_no_update", table, "UPDATE", f"{table} is append-only")
    return [refused, *_stays(model), *_no_replace(model, "INSERT")]


def undeletable(model: type[models.Model]) -> list[Trigger]:
    """Return the rules by which rows of ``model`` may change but never go."""
    return [*_stays(model), *_no_replace(model, "INSERT"), *_no_replace(model, "UPDATE")]


def _stays(model: type[models.Model]) -> list[Trigger]:
    table = model._meta.db_table
    events: tuple[Event, ...] = ("DELETE", "TRUNCATE")
    return [
        Trigger(f"{table}_no_{event.lower()}", table, event, f"{table} is append-only")
        for event in events
    ]


def _no_replace(model: type[models.Model], event: Event) -> list[Trigger]:
    """Return the rules by which no row makes way for another with the same key, on SQLite.

    INSERT OR REPLACE and UPDATE OR REPLACE delete that row without asking the delete triggers,
    unless the client has set recursive_triggers. These are asked before, by every client. The
    refusal has SQLite's own words, which code reads.
    """
    if connection.vendor != "sqlite":
        return []
    table = model._meta.db_table
    other = f'"{_key(model)}" <> OLD."{_key(model)}" AND ' if event == "UPDATE" else ""
    return [
        Trigger(
            f"{table}_no_replace_by_{'_'.join(columns)}_on_{event.lower()}",
            table,
            event,
            f"UNIQUE constraint failed: {', '.join(f'{table}.{column}' for column in columns)}",
            f'{new} AND EXISTS (SELECT 1 FROM "{table}" WHERE {other}{present} AND '  # noqa: S608
            + " AND ".join(f'"{column}" = NEW."{column}"' for column in columns)
            + ")",
            sqlite_only=True,
        )
        for columns, present, new in _unique_keys(model)
    ]


def _key(model: type[models.Model]) -> str:
    return str(model._meta.pk.column)


def _unique_keys(model: type[models.Model]) -> Iterator[tuple[list[str], str, str]]:
    """Yield each key's columns, and for which rows it holds: in SQL on the row and on NEW."""
    for field in model._meta.concrete_fields:
        if field.unique:
            yield [str(field.column)], ALWAYS, ALWAYS
    column_of = {field.name: str(field.column) for field in model._meta.concrete_fields}
    any_column = "|".join(re.escape(column) for column in column_of.values())
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            editor = connection.schema_editor()
            holds = constraint._get_condition_sql(model, editor)  # type: ignore[attr-defined]  # noqa: SLF001
            present = f"({holds})" if holds else ALWAYS
            on_new = re.sub(f'"({any_column})"', r'NEW."\1"', present)
            yield [column_of[name] for name in constraint.fields], present, on_new


def unchangeable(model: type[models.Model], *fields: str) -> Trigger:
    """Return the rule by which these columns keep the value they were created with."""
    table = model._meta.db_table
    column_of = {field.name: str(field.column) for field in model._meta.concrete_fields}
    columns = [column_of[name] for name in fields]
    changed = " OR ".join(f'OLD."{column}" <> NEW."{column}"' for column in columns)
    message = f"{', '.join(columns)} of {table} never change"
    return Trigger(f"{table}_fixed", table, "UPDATE", message, changed)


def set_once(model: type[models.Model], field: str) -> Trigger:
    """Return the rule by which a column, once it is filled in, stays as it is."""
    table = model._meta.db_table
    column = model._meta.get_field(field).get_attname_column()[1]  # type: ignore[union-attr]
    changed = f'NEW."{column}" IS NULL OR OLD."{column}" <> NEW."{column}"'
    condition = f'OLD."{column}" IS NOT NULL AND ({changed})'
    return Trigger(
        f"{table}_{column}_once", table, "UPDATE", f"{column} of {table} is set once", condition
    )


_registered: dict[str, Trigger] = {}


def register(*rules: Trigger | Iterable[Trigger]) -> None:
    """Remember rules for ``install``."""
    for rule in rules:
        for trigger in [rule] if isinstance(rule, Trigger) else rule:
            _registered[trigger.name] = trigger


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _present_tables(connection: BaseDatabaseWrapper) -> set[str]:
    return set(connection.introspection.table_names())


def _fitting(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """Rules for tables that exist: `migrate people` runs before custody has any."""
    tables = _present_tables(connection)
    fitting = (rule for rule in _registered.values() if rule.fits(connection.vendor))
    return [rule for rule in fitting if rule.table in tables]


def install(connection: BaseDatabaseWrapper) -> None:
    """Make every registered trigger, replacing an older form of it."""
    for rule in _fitting(connection):
        _run(connection, rule.create(connection.vendor))


def make_way(connection: BaseDatabaseWrapper) -> None:
    """Drop every trigger on SQLite, before migrations; ``install`` puts them back after them.

    SQLite remakes a table under another name and renames it. Then it reads all triggers, and
    refuses one that looks into a table which isn't there at that moment. PostgreSQL remakes none.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        names = [row[0] for row in cursor.fetchall()]
    _run(connection, [f'DROP TRIGGER "{name}"' for name in names])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop every registered trigger. For tests that must empty tables, and for them alone."""
    for rule in _fitting(connection):
        _run(connection, rule.drop(connection.vendor))


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Do without the triggers for a while. For tests only."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of registered triggers that the database lacks or has switched off."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    expected = [rule.name for rule in _registered.values() if rule.fits(connection.vendor)]
    return sorted(set(expected) - present)
