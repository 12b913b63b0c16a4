"""Rules that the database keeps by trigger, the same on SQLite and PostgreSQL.

A rule says which statement on which table is refused, and when: a condition in SQL that both
databases understand, with ``NEW`` and ``OLD``. Apps register their rules; ``install`` makes the
database hold exactly these, and ``faults`` names where it doesn't.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from django.apps import apps
from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from befreg_reserv.audit import catalog, redactable
from befreg_reserv.clock import TOLERANCE

# Longer names are cut by PostgreSQL.
LONGEST_NAME = 63
Event = Literal["INSERT", "UPDATE", "DELETE", "TRUNCATE"]
ALWAYS = "1 = 1"
# In a condition: the latest time that doesn't count as future, by the database's own clock and
# ``clock.TOLERANCE``. A dump restores triggers after rows, so none of its rows is refused.
LATEST = "@latest@"
_DAYS_AGO = re.compile(r"@(\d+) days ago@")
_SECONDS = int(TOLERANCE.total_seconds())
_BEFORE = {
    "postgresql": r"(clock_timestamp() - interval '\1 days')",
    "sqlite": r"strftime('%Y-%m-%d %H:%M:%f', 'now', '-\1 days')",
}
_LATEST = {
    "postgresql": f"(clock_timestamp() + interval '{_SECONDS} seconds')",
    "sqlite": f"strftime('%Y-%m-%d %H:%M:%f', 'now', '+{_SECONDS} seconds')",
}


@dataclass(frozen=True)
class Trigger:
    """Refuses ``event`` on ``table`` whenever ``condition`` holds, with ``message``.

    The refusal is an IntegrityError. TRUNCATE exists on PostgreSQL only. ``one_at_a_time`` names a
    column whose value the condition looks for in other tables: transactions that write the same
    value to any of these tables wait for each other, or neither would see the other's row.
    """

    name: str
    table: str
    event: Event
    message: str
    condition: str = ALWAYS
    one_at_a_time: str = ""
    sqlite_only: bool = False

    def definition(self, vendor: str) -> str:
        """Return the trigger as the database's own catalog defines it: see ``catalog``."""
        if vendor == "sqlite":
            return (
                f'CREATE TRIGGER "{self.name}" BEFORE {self.event} ON "{self.table}" '
                f"FOR EACH ROW WHEN {self._condition(vendor)} "
                f"BEGIN SELECT RAISE(ABORT, '{self._message()}'); END"
            )
        level = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        head = f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table}"
        how = f"FOR EACH {level} EXECUTE FUNCTION {self.name}()"
        return "\n".join([f"{head} {how}", "plpgsql", self._body()])

    def create(self, vendor: str) -> list[str]:
        """Return the statements that create the trigger, or replace an older one."""
        definition = self.definition(vendor)
        if vendor == "sqlite":
            return [*self.drop(vendor), definition]
        head = definition.splitlines()[0].replace("CREATE", "CREATE OR REPLACE", 1)
        return [
            (
                f'CREATE OR REPLACE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS '
                f"$${self._body()}$$"
            ),
            head,
        ]

    def _body(self) -> str:
        row = "OLD" if self.event == "DELETE" else "NEW"
        return (
            f" BEGIN {self._wait()}IF {self._condition('postgresql')} THEN "
            f"RAISE EXCEPTION USING MESSAGE = '{self._message()}', "
            f"ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END "
        )

    def _condition(self, vendor: str) -> str:
        refused = self.condition.replace(LATEST, _LATEST[vendor])
        refused = _DAYS_AGO.sub(_BEFORE[vendor], refused)
        redacts = redactable.passes(self.table, vendor) if self._is_of_a_change else ""
        return f"({refused}) AND NOT ({redacts})" if redacts else refused

    @property
    def _is_of_a_change(self) -> bool:
        """Tell whether the rule is about what a row becomes, and not about another with its key."""
        return self.event == "UPDATE" and not self.sqlite_only

    def _message(self) -> str:
        return self.message.replace("'", "''")

    def _wait(self) -> str:
        """Return PostgreSQL's statement that waits for the value's turn; SQLite has one writer."""
        if not self.one_at_a_time:
            return ""
        value = f'NEW."{self.one_at_a_time}"'
        lock = f"PERFORM pg_advisory_xact_lock(hashtextextended({value}, 0))"
        return f"IF {value} <> '' THEN {lock}; END IF; "

    def drop(self, vendor: str) -> list[str]:
        """Return the statements that take the trigger away."""
        return _drop(self.name, self.table, vendor)

    def fits(self, vendor: str) -> bool:
        """Tell whether the rule exists on this database."""
        if vendor == "sqlite":
            return self.event != "TRUNCATE"
        return not self.sqlite_only


def _drop(name: str, table: str, vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [f'DROP TRIGGER IF EXISTS "{name}"']
    return [
        f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
        f'DROP FUNCTION IF EXISTS "{name}"()',
    ]


def append_only(model: type[models.Model]) -> list[Trigger]:
    """Return the rules by which rows of ``model`` are written once and never change."""
    table = model._meta.db_table
    refused = Trigger(f"{table}_no_update", table, "UPDATE", f"{table} is append-only")
    return [refused, *_stays(model), *_no_replace(model, "INSERT")]


def kept_for(model: type[models.Model], column: str, days: int) -> list[Trigger]:
    """Return the rules of ``append_only``, but that a row may go so many days after ``column``."""
    young = f'OLD."{column}" > @{days} days ago@'
    rules = append_only(model)
    return [
        replace(rule, message=f"{rule.table} keeps its rows for {days} days", condition=young)
        if rule.event == "DELETE"
        else rule
        for rule in rules
    ]


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
    """Return the rules by which no row is replaced by another with the same key, on SQLite.

    INSERT OR REPLACE and UPDATE OR REPLACE delete that row without firing the delete triggers,
    unless the client has set recursive_triggers. These rules fire before that, for every client.
    Their message is SQLite's own, because code reads it.
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
        for columns, present, new in [*_unique_keys(model), *_rowid(model)]
    ]


def _rowid(model: type[models.Model]) -> Iterator[tuple[list[str], str, str]]:
    """Yield SQLite's own key of a row, as ``_unique_keys`` does, where the model's key is another.

    A statement may name it: REPLACE would push out whichever row has it.
    """
    if model._meta.pk.db_type(connection) != "integer":
        yield ["rowid"], ALWAYS, ALWAYS


def _key(model: type[models.Model]) -> str:
    return str(model._meta.pk.column)


def _unique_keys(model: type[models.Model]) -> Iterator[tuple[list[str], str, str]]:
    """Yield each key's columns, and the condition in SQL for which rows it holds: row, NEW."""
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


def for_good(model: type[models.Model], done: str, *columns: str) -> Trigger:
    """Return the rule: once ``done`` is filled in, these columns never change."""
    table = model._meta.db_table
    changed = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in columns)
    return Trigger(
        f"{table}_{done.removesuffix('_at')}_for_good",
        table,
        "UPDATE",
        f"what was {done.removesuffix('_at')} stays as it was written",
        f"OLD.{done} IS NOT NULL AND ({changed})",
    )


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
    """Remember rules for ``install``. Raises ValueError for a name that it couldn't recognise."""
    for rule in rules:
        for trigger in [rule] if isinstance(rule, Trigger) else rule:
            if _registered.get(trigger.name, trigger) != trigger:
                raise ValueError(f"Two rules are named {trigger.name}.")
            if not is_ours(trigger.name, trigger.table):
                raise ValueError(f"Begin the name of the rule {trigger.name} with its table's.")
            if len(trigger.name) > LONGEST_NAME and not trigger.sqlite_only:
                raise ValueError(f"PostgreSQL would cut the name {trigger.name} short.")
            _registered[trigger.name] = trigger


def staying() -> set[str]:
    """Return the tables whose rows never go, not even after some years."""
    always = (rule for rule in _registered.values() if rule.condition == ALWAYS)
    return {rule.table for rule in always if rule.event == "DELETE"}


def is_ours(name: str, table: str) -> bool:
    """Tell by its name whether a trigger is a rule of ours, or was one of an older version."""
    return name.startswith(f"{table}_")


Kind = Literal["missing", "different", "disabled", "extra"]


@dataclass(frozen=True)
class TriggerFault:
    """A trigger that the database doesn't hold as the code names it.

    "extra": on a table of ours, but not in the code. "disabled": as in the code, but it doesn't
    fire. ``always``: somebody has set PostgreSQL to fire it on a replica too.
    """

    kind: Kind
    name: str
    table: str
    always: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.kind}"


def faults(connection: BaseDatabaseWrapper) -> list[TriggerFault]:
    """Return every trigger that is missing, different, disabled or extra, by name.

    A trigger that isn't ours by its name is accepted on our tables if it runs AFTER the row is
    written, as those that copy rows to a replica do. One that runs BEFORE can change or drop the
    row, so it is extra.
    """
    vendor = connection.vendor
    tables = set(connection.introspection.django_table_names())
    found = {(trigger.table, trigger.name): trigger for trigger in catalog.triggers(connection)}
    named = {(rule.table, rule.name): rule for rule in _registered.values() if rule.fits(vendor)}
    result = [
        TriggerFault("extra", name, table)
        for (table, name), trigger in found.items()
        if (table, name) not in named
        and table in tables
        and (is_ours(name, table) or not trigger.after)
    ]
    for (table, name), rule in named.items():
        installed = found.get((table, name))
        if installed is None:
            result.append(TriggerFault("missing", name, table))
        elif installed.definition != rule.definition(vendor):
            result.append(TriggerFault("different", name, table, installed.always))
        elif not installed.fires:
            result.append(TriggerFault("disabled", name, table))
    return sorted(result, key=lambda fault: fault.name)


def install(connection: BaseDatabaseWrapper) -> list[TriggerFault]:
    """Make the database hold exactly the registered triggers; return the faults it had.

    Protection is never weaker meanwhile. On SQLite all is one transaction. On PostgreSQL each
    transaction locks one table only, so that it can't deadlock with a handout: a rule is replaced
    in one step, and an extra one is dropped after all others exist.
    """
    if connection.vendor == "sqlite":
        with transaction.atomic(using=connection.alias, savepoint=False):
            return _mend(connection)
    return _mend(connection)


def _mend(connection: BaseDatabaseWrapper) -> list[TriggerFault]:
    # `migrate people` runs before custody has any tables.
    tables = set(connection.introspection.table_names()) - _half_upgraded(connection)
    found = [fault for fault in faults(connection) if fault.table in tables]
    # In the order of registration: if several refuse a row, SQLite gives the latest one's message.
    order = {name: place for place, name in enumerate(_registered)}
    for fault in sorted(found, key=lambda fault: order.get(fault.name, 0)):
        if fault.kind != "extra":
            _make(connection, fault)
    for fault in faults(connection):  # read again: on SQLite a name exists only once
        if fault.kind == "extra" and fault.table in tables:
            _drop_extra(connection, fault)
    return found


def _half_upgraded(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the tables of apps with migrations that aren't applied yet.

    Their rules stay as they are until the last migration: a new one may need a column that comes
    with it, and would refuse all that the migrations in between write.
    """
    loader = MigrationLoader(connection)
    behind = {app for app, _name in set(loader.disk_migrations) - set(loader.applied_migrations)}
    return {model._meta.db_table for model in apps.get_models() if model._meta.app_label in behind}


def _make(connection: BaseDatabaseWrapper, fault: TriggerFault) -> None:
    statements = _registered[fault.name].create(connection.vendor)
    if fault.always:  # replacing has set it to the origin alone
        statements.append(f'ALTER TABLE "{fault.table}" ENABLE ALWAYS TRIGGER "{fault.name}"')
    _run(connection, statements)


def _drop_extra(connection: BaseDatabaseWrapper, fault: TriggerFault) -> None:
    statements = _drop(fault.name, fault.table, connection.vendor)
    # Keep the function if a rule of this name exists on another table, and one of somebody else's:
    # it may serve other triggers too, and then PostgreSQL would refuse.
    ours_alone = is_ours(fault.name, fault.table) and fault.name not in _registered
    _run(connection, statements if ours_alone else statements[:1])


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    in_one = transaction.atomic(using=connection.alias, savepoint=False)
    with in_one, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop every registered trigger.

    For tests, and for a transaction that installs them again before anybody sees its rows.
    """
    tables = set(connection.introspection.table_names())
    for rule in _registered.values():
        if rule.fits(connection.vendor) and rule.table in tables:
            _run(connection, rule.drop(connection.vendor))


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Do without the triggers for a while. For tests only."""
    remove(connection)
    try:
        yield
    finally:
        install(connection)
