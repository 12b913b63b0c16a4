"""Statements that are sent with every handout: composed once, and planned once by PostgreSQL.

The ORM composes the same SQL anew each time, two thirds of what a handout costs in Python, and
PostgreSQL parses and plans it anew. Here a queryset is written as anywhere else and composed when
it is first used; later only its values are sent. What the ORM itself sends for the same values is
the oracle of ``tests/sql/test_hot.py``.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

from befreg_reserv.sql import batch, reading
from befreg_reserv.sql.reading import Reader, Unmade

Row = TypeVar("Row", bound=Model)
PLACE = re.compile(r"(?<!%)%s")
# A value's place where its expression stands: a lookup would put it into brackets otherwise.
MARKED = "(\0%s\0)"
# What of a value changes the SQL, where it isn't how many there are.
NOTHING, ONE, NO_COLUMNS = -1, -2, -3
LARGEST = 2**63  # no column holds it, and the ORM doesn't ask for it
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
        forms = [_form(values[name]) for name in self._given]
        if NO_COLUMNS in forms:  # from an address that somebody wrote: none is kept for it
            return self._made(connection, values)
        shape = (connection.vendor, *(values[name] for name in self._shape), *forms)
        if shape not in self._composed:
            self._composed[shape] = self._made(connection, values)
        return self._composed[shape]

    def _made(self, connection: Any, values: dict[str, Any]) -> Any:
        stand_ins = {
            name: _stand_in(name, field, values[name]) for name, field in self._given.items()
        }
        try:
            return self._compose(connection, self.build(**(values | stand_ins)))
        except EmptyResultSet:
            return None

    def forget(self) -> None:
        """Compose it anew at its next use."""
        self._composed.clear()

    def _compose(self, connection: Any, rows: QuerySet[Any]) -> Any:
        raise NotImplementedError


def _form(value: Any) -> int:
    """Return what of a value changes the SQL: whether there is one, or how many there are."""
    if value is None:
        return NOTHING
    if isinstance(value, list):
        return len(value)
    return ONE if not isinstance(value, int) or abs(value) < LARGEST else NO_COLUMNS


def _stand_in(name: str, field: "Field[Any, Any]", value: Any) -> Any:
    if isinstance(value, list):
        return [Given(name, field, place) for place in range(len(value))]
    return Given(name, field) if _form(value) == ONE else value


class Rows(_Statement, Generic[Row]):
    """A queryset whose rows are read with one statement."""

    def __call__(self, **values: Any) -> list[Row]:
        """Send it, and return its rows."""
        return self.send(**values)()

    def send(self, **values: Any) -> Callable[[], list[Row]]:
        """Send it; return what then returns its rows. For ``batch.together``."""
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
        return sending, self._reader(rows)(compiler)

    def _reader(self, rows: QuerySet[Any]) -> Callable[[SQLCompiler], Reader]:
        of_objects = issubclass(rows._iterable_class, ModelIterable)  # noqa: SLF001
        return reading.objects if of_objects else reading.values


class RowsLazily(Rows[Row]):
    """The same, with an ``Unmade`` for each row."""

    if TYPE_CHECKING:

        def __call__(self, **values: Any) -> list[Unmade[Row]]: ...  # type: ignore[override]
        def send(self, **values: Any) -> Callable[[], list[Unmade[Row]]]: ...  # type: ignore[override]

    def _reader(self, _rows: QuerySet[Any]) -> Callable[[SQLCompiler], Reader]:
        return reading.lazily


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

        Within ``batch.at_once`` that is raised at the end of the block.
        """
        connection: Any = connections[DEFAULT_DB_ALIAS]
        sending = self.composed(connection, values)
        if sending is None:
            return
        cursor = connection.prepared_cursor()
        cursor.execute(sending.sql, sending.parameters(connection, values))
        batch.check(cursor, expected)

    def _compose(self, connection: Any, rows: QuerySet[Any]) -> Any:
        query: Any = rows.query.chain(UpdateQuery)
        fields = {name: Given(by, self._given[by]) for name, by in self.columns.items()}
        query.add_update_values(fields)
        return _Sending(connection, *query.get_compiler(DEFAULT_DB_ALIAS).as_sql())


def rows(**given: "Field[Any, Any]") -> Callable[[Callable[..., QuerySet[Row, Any]]], Rows[Row]]:
    """Let a function that returns a queryset return its rows, by a statement composed once.

    ``given``: which of its arguments are values, each with a field of their type. It is called with
    its arguments by name; the other arguments must be few: SQL is kept for each.
    """

    def decorate(build: Callable[..., QuerySet[Row, Any]]) -> Rows[Row]:
        return Rows(build, **given)

    return decorate


def rows_lazily(
    **given: "Field[Any, Any]",
) -> Callable[[Callable[..., QuerySet[Row, Any]]], RowsLazily[Row]]:
    """Do as ``rows`` for many rows of which few are needed as objects: each is an ``Unmade``."""

    def decorate(build: Callable[..., QuerySet[Row, Any]]) -> RowsLazily[Row]:
        return RowsLazily(build, **given)

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


def forget_all() -> None:
    """Compose all anew at their next use: for tests that change what querysets say."""
    for statement in ALL:
        statement.forget()
