"""Statements that are sent with every handout: composed once, and planned once by PostgreSQL.

The ORM composes the same SQL anew each time, two thirds of what a handout costs in Python, and
PostgreSQL parses and plans it anew. Here a queryset is written as anywhere else and composed when
it is first used; later only its values are sent. What the ORM itself sends for the same values is
the oracle of ``tests/sql/test_hot.py``.
"""

import re
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from functools import cache
from inspect import signature
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, IntegrityError, NotSupportedError, connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)
PLACE = re.compile(r"(?<!%)%s")
# A value's place where its expression stands: a lookup would put it into brackets otherwise.
MARKED = "(\0%s\0)"
MOST_ROWS = 50  # that one statement inserts: as many as a page shows
ALL: "list[Rows[Any] | Update]" = []  # for the test that holds each against the ORM


class Given(Expression):
    """Stands in a queryset for a value that is sent each time."""

    def __init__(self, name: str, field: "Field[Any, Any]", place: int | None = None) -> None:
        super().__init__(output_field=field)
        self.name, self.place = name, place

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return a place for the value, and itself in place of the value."""
        return MARKED, [self]

    def among(self, values: dict[str, Any], connection: Any) -> Any:
        """Return its value of these, as the database takes it."""
        value = values[self.name] if self.place is None else values[self.name][self.place]
        return self.output_field.get_db_prep_value(value, connection)


class _Statement:
    """A queryset that is composed once for each shape: the arguments that aren't ``given``.

    Those stand in the SQL as they are, so that PostgreSQL can use an index with a condition. Of
    what is given only None, and how many there are in a list, belong to the shape.
    """

    def __init__(self, build: Callable[..., QuerySet[Any]], **given: "Field[Any, Any]") -> None:
        self.build = build
        self._given = given
        arguments = signature(build).parameters.values()
        named = [each.name for each in arguments if each.kind is not each.VAR_KEYWORD]
        self._shape = [name for name in named if name not in given]
        self._composed: dict[tuple[Hashable, ...], Any] = {}
        self.__doc__ = build.__doc__
        ALL.append(cast("Any", self))

    def composed(self, connection: Any, values: dict[str, Any]) -> Any:
        """Return what sends the statement of this shape; None if it can find nothing."""
        forms = (_form(values[name]) for name in self._given)
        shape = (connection.vendor, *(values[name] for name in self._shape), *forms)
        if shape not in self._composed:
            stand_ins = {
                name: _stand_in(name, field, values[name]) for name, field in self._given.items()
            }
            try:
                made = self._compose(connection, self.build(**(values | stand_ins)))
            except EmptyResultSet:
                made = None
            self._composed[shape] = made
        return self._composed[shape]

    def forget(self) -> None:
        """Compose it anew at its next use."""
        self._composed.clear()

    def _compose(self, connection: Any, rows: QuerySet[Any]) -> Any:
        raise NotImplementedError


def _form(value: Any) -> int:
    """Return what of a value changes the SQL: whether there is one, or how many there are."""
    if value is None:
        return -1
    return len(value) if isinstance(value, list) else -2


def _stand_in(name: str, field: "Field[Any, Any]", value: Any) -> Any:
    if isinstance(value, list):
        return [Given(name, field, place) for place in range(len(value))]
    return None if value is None else Given(name, field)


class Rows(_Statement, Generic[Row]):
    """A queryset whose rows are read with one statement."""

    def __call__(self, **values: Any) -> list[Row]:
        """Send it, and return its rows."""
        return self.send(**values)()

    def send(self, **values: Any) -> Callable[[], list[Row]]:
        """Send it; return what then returns its rows. For ``together``."""
        connection: Any = connections[DEFAULT_DB_ALIAS]
        composed = self.composed(connection, values)
        if composed is None:
            return list
        sending, reading = composed
        cursor = connection.prepared_cursor()
        cursor.execute(sending.sql, sending.parameters(connection, values))

        def read() -> list[Row]:
            with cursor:
                return list(reading(connection, cursor.fetchall()))

        return read

    def _compose(self, connection: Any, rows: QuerySet[Any]) -> Any:
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sending = _Sending(connection, *compiler.as_sql())
        of_values = not issubclass(rows._iterable_class, ModelIterable)  # noqa: SLF001
        return sending, _reading(compiler, of_values=of_values)


class Update(_Statement):
    """A queryset whose rows are changed with one statement. ``columns``: which, to what."""

    def __init__(
        self,
        build: Callable[..., QuerySet[Any]],
        columns: dict[str, str],
        **given: "Field[Any, Any]",
    ) -> None:
        super().__init__(build, **given)
        self.columns = columns

    def __call__(self, expected: int, **values: Any) -> None:
        """Send it. Raises IntegrityError if it didn't change as many rows as expected.

        Within ``at_once`` that is raised at the end of the block.
        """
        connection: Any = connections[DEFAULT_DB_ALIAS]
        sending = self.composed(connection, values)
        if sending is None:
            return
        cursor = connection.prepared_cursor()
        cursor.execute(sending.sql, sending.parameters(connection, values))
        if _block.keys is None:
            _check(cursor, expected)
        else:
            _block.checks.append((cursor, expected))

    def _compose(self, connection: Any, rows: QuerySet[Any]) -> Any:
        query: Any = rows.query.chain(UpdateQuery)
        fields = {name: Given(by, self._given[by]) for name, by in self.columns.items()}
        query.add_update_values(fields)
        return _Sending(connection, *query.get_compiler(DEFAULT_DB_ALIAS).as_sql())


def _check(cursor: Any, expected: int) -> None:
    with cursor:
        if cursor.rowcount != expected:
            raise IntegrityError(f"under the lock {cursor.rowcount} rows changed, not {expected}")


def rows(**given: "Field[Any, Any]") -> Callable[[Callable[..., QuerySet[Row, Any]]], Rows[Row]]:
    """Let a function that returns a queryset return its rows, by a statement composed once.

    ``given``: which of its arguments are values, each with a field of their type. It is called with
    its arguments by name; the other arguments must be few: SQL is kept for each.
    """

    def decorate(build: Callable[..., QuerySet[Row, Any]]) -> Rows[Row]:
        return Rows(build, **given)

    return decorate


def change(
    columns: dict[str, str], **given: "Field[Any, Any]"
) -> Callable[[Callable[..., QuerySet[Any]]], Update]:
    """Let a function that returns a queryset change its rows, by a statement composed once.

    ``columns``: column → the argument that holds its new value. ``given``: as for ``rows``.
    """

    def decorate(build: Callable[..., QuerySet[Any]]) -> Update:
        return Update(build, columns, **given)

    return decorate


class _Sending:
    """A statement's SQL, in which only what is given has a place, and how values are made fit."""

    def __init__(self, connection: Any, sql: str, parameters: Sequence[Any]) -> None:
        pieces = PLACE.split(sql.replace(MARKED, "%s"))
        if len(pieces) != len(parameters) + 1:
            raise NotSupportedError(f"no place for each value: {sql}")
        self._given: list[Any] = []
        written = [pieces[0]]
        for parameter, piece in zip(parameters, pieces[1:], strict=True):
            literal = _literal(connection, parameter)
            if literal is None:
                self._given.append(parameter)
            written += ["%s" if literal is None else literal, piece]
        self.sql = "".join(written)

    def parameters(self, connection: Any, values: dict[str, Any]) -> list[Any]:
        """Return the values in their order."""
        return [
            each.among(values, connection) if isinstance(each, Given) else each
            for each in self._given
        ]


def _literal(connection: Any, parameter: Any) -> str | None:
    """Return a value that never differs as SQL; None where it must be sent."""
    if isinstance(parameter, Given) or connection.vendor != "postgresql":
        return None
    text: str = connection.ops.compose_sql("%s", [parameter])
    return text.replace("%", "%%")


def _reading(
    compiler: SQLCompiler, *, of_values: bool
) -> Callable[[Any, Sequence[Any]], Iterator[Any]]:
    """Return what makes of rows what the ORM makes of them: objects, or the values themselves."""
    select: Any = compiler.select
    columns = [expression for expression, *_ in select[: compiler.col_count]]
    converters = list(compiler.get_converters(columns).items())
    if of_values:
        return lambda connection, rows: (_converted(connection, row, converters) for row in rows)
    about = cast("dict[str, Any]", compiler.klass_info)
    first, end = about["select_fields"][0], about["select_fields"][-1] + 1
    names = [expression.target.attname for expression, *_ in select[first:end]]
    populators: Any = get_related_populators
    related = populators(about, select, DEFAULT_DB_ALIAS)
    annotations = list((compiler.annotation_col_map or {}).items())

    def read(connection: Any, rows: Sequence[Any]) -> Iterator[Any]:
        former: dict[Any, tuple[Any, Any]] = {}
        for row in rows:
            values = _converted(connection, row, converters)
            made = about["model"].from_db(DEFAULT_DB_ALIAS, names, values[first:end])
            for populator in related:
                _relate(populator, made, values, former)
            for name, place in annotations:
                setattr(made, name, values[place])
            yield made

    return read


def _relate(
    populator: Any, made: Any, values: list[Any], former: dict[Any, tuple[Any, Any]]
) -> None:
    """Give an object the row that it points at: to all numbers of a binder the same object."""
    if populator.related_populators or populator.reorder_for_init:
        populator.populate(values, made)
        return
    its = values[populator.cols_start : populator.cols_end]
    if populator not in former or former[populator][0] != its:
        there = its[populator.pk_idx] is not None
        make = populator.model_cls.from_db
        former[populator] = its, make(populator.db, populator.init_list, its) if there else None
    row = former[populator][1]
    populator.local_setter(made, row)
    if row is not None:
        populator.remote_setter(row, made)


def _converted(connection: Any, row: Sequence[Any], converters: list[Any]) -> list[Any]:
    values = list(row)
    for place, (convert, expression) in converters:
        for each in convert:
            values[place] = each(values[place], expression, connection)
    return values


def forget_all() -> None:
    """Compose all anew at their next use: for tests that change what querysets say."""
    for statement in ALL:
        statement.forget()


# --- several at once ------------------------------------------------------------------------------


class _Block(threading.local):
    """What this thread's ``at_once`` has: keys for new rows, and what is to be checked."""

    keys: "NewKeys | None" = None
    checks: list[tuple[Any, int]]


_block = _Block()


@contextmanager
def together() -> Iterator[None]:
    """Let all that the block sends go to PostgreSQL at once: its answers are waited for once.

    What is sent in the block is read after it.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


NewKeys = dict[type[Model], list[int]]
NEXT_KEYS = "SELECT nextval(pg_get_serial_sequence(model, 'id')) FROM unnest(%s::text[]) AS model"


def ask_keys(new: Mapping[type[Model], int]) -> Callable[[], NewKeys]:
    """Ask for the keys of so many new rows of these models; return what then returns them.

    SQLite gives none before: there nothing is sent together.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    found: NewKeys = {model: [] for model in new}
    if connection.vendor != "postgresql":
        return lambda: found
    models = [model for model, count in new.items() for _ in range(count)]
    cursor = connection.prepared_cursor()
    cursor.execute(NEXT_KEYS, [[model._meta.db_table for model in models]])

    def read() -> NewKeys:
        with cursor:
            for model, (key,) in zip(models, cursor.fetchall(), strict=True):
                found[model].append(key)
        return found

    return read


@contextmanager
def at_once(keys: NewKeys) -> Iterator[None]:
    """Write all of the block together, as above. ``keys``: those of the rows that it inserts.

    So one row can name another before the database has answered. What the database refuses is
    raised at the end of the block. In it nothing that was written is read, nor how many rows an
    UPDATE has changed, but by an ``Update``. Outside of a transaction each is sent by itself.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        yield
        return
    _block.keys, _block.checks = keys, []
    try:
        with together():
            yield
        for cursor, expected in _block.checks:
            _check(cursor, expected)
    finally:
        _block.keys = None


# --- new rows -------------------------------------------------------------------------------------


def insert(new: Sequence[Model], *, with_keys: bool = True) -> None:
    """Insert new rows of one model; each gets its key, unless nobody needs it.

    Their ``save`` isn't called, and no signal is sent, as with ``bulk_create``. Outside of a
    transaction each MOST_ROWS of them are one: while SQL is composed, nobody waits for SQLite.
    """
    if any(row.pk is not None for row in new):
        manager: QuerySet[Any] = QuerySet(type(new[0]))
        manager.bulk_create(new)
        return
    for at in range(0, len(new), MOST_ROWS):
        _insert(new[at : at + MOST_ROWS], with_keys=with_keys)


def _insert(new: Sequence[Model], *, with_keys: bool) -> None:
    for row in new:  # what they point at may have got its key since
        prepared: Any = row
        prepared._prepare_related_fields_for_save(operation_name="insert")  # noqa: SLF001
    connection: Any = connections[DEFAULT_DB_ALIAS]
    keys = (_block.keys or {}).get(type(new[0]), [])[: len(new)]
    kind = Keys.GIVEN if keys else Keys.RETURNED if with_keys else Keys.UNKNOWN
    if keys:
        del (_block.keys or {})[type(new[0])][: len(new)]
        for row, key in zip(new, keys, strict=True):
            row.pk = key
    fields, sql = _insertion(type(new[0]), len(new), kind, connection.vendor)
    parameters = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in new
        for field in fields
    ]
    with connection.prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchall() if kind is Keys.RETURNED else []
    for row, (key,) in zip(new, found, strict=False):
        row.pk = key
    for row in new:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  as the ORM does


class Keys(Enum):
    """Where the keys of new rows come from."""

    RETURNED = auto()
    GIVEN = auto()
    UNKNOWN = auto()


@cache
def _insertion(model: type[Model], count: int, keys: Keys, _vendor: str) -> tuple[list[Any], str]:
    """Return the fields that are written, in their order, and the statement for so many rows."""
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    table, key = quote(model._meta.db_table), cast("Any", model._meta.pk)
    fields: list[Any] = list(model._meta.local_concrete_fields)
    if keys is not Keys.GIVEN:
        fields.remove(key)
    columns = ", ".join(quote(name) for name in map(attrgetter("column"), fields))
    values = f"({', '.join(['%s'] * len(fields))})"
    places = ", ".join([values] * count)
    returned = f" RETURNING {table}.{quote(key.column)}" if keys is Keys.RETURNED else ""
    return fields, f"INSERT INTO {table} ({columns}) VALUES {places}{returned}"  # noqa: S608
