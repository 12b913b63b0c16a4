"""What is made of the rows of a statement that is composed once: what the ORM makes of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)
Reader = Callable[[Any, Sequence[Any]], Iterator[Any]]


class Unmade(Generic[Row]):
    """A row of which an object is made when it is needed: making many costs more than asking.

    It has the row's own columns, by the names of its fields, and its annotations; all else is asked
    of the object. Columns too are turned into what they mean when they are asked for.
    """

    __slots__ = ("_made", "_make", "_places", "_row", "_value")

    def __init__(
        self,
        row: Sequence[Any],
        places: Mapping[str, int],
        value: Callable[[Sequence[Any], int], Any],
        make: Callable[[Sequence[Any]], Row],
    ) -> None:
        self._row, self._places, self._value, self._make = row, places, value, make
        self._made: Row | None = None

    def __getattr__(self, name: str) -> Any:
        place = self._places.get(name)
        return getattr(self.made, name) if place is None else self._value(self._row, place)

    @property
    def made(self) -> Row:
        """Return the object."""
        if self._made is None:
            self._made = self._make(self._row)
        return self._made


def values(compiler: SQLCompiler) -> Reader:
    """Return what makes of rows the values themselves."""
    converters = _converters(compiler)
    return lambda connection, rows: (_converted(connection, row, converters) for row in rows)


def objects(compiler: SQLCompiler) -> Reader:
    """Return what makes objects of rows."""
    unmade = lazily(compiler)
    return lambda connection, rows: (each.made for each in unmade(connection, rows))


def lazily(compiler: SQLCompiler) -> Reader:
    """Return what makes of each row an ``Unmade``."""
    converters = _converters(compiler)
    by_place = dict(converters)
    select: Any = compiler.select
    about = cast("dict[str, Any]", compiler.klass_info)
    first, end = about["select_fields"][0], about["select_fields"][-1] + 1
    names = [expression.target.attname for expression, *_ in select[first:end]]
    populators: Any = get_related_populators
    related = populators(about, select, DEFAULT_DB_ALIAS)
    annotations = compiler.annotation_col_map or {}
    places = {name: place for place, name in enumerate(names, first)} | annotations

    def read(connection: Any, rows: Sequence[Any]) -> Iterator[Any]:
        former: dict[Any, tuple[Any, Any]] = {}

        def value(row: Sequence[Any], place: int) -> Any:
            return _as_meant(connection, row[place], *by_place.get(place, NOT_CONVERTED))

        def make(row: Sequence[Any]) -> Any:
            values = _converted(connection, row, converters)
            made = about["model"].from_db(DEFAULT_DB_ALIAS, names, values[first:end])
            for populator in related:
                _relate(populator, made, values, former)
            for name, place in annotations.items():
                setattr(made, name, values[place])
            return made

        return (Unmade(row, places, value, make) for row in rows)

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


def _converters(compiler: SQLCompiler) -> list[Any]:
    columns = [expression for expression, *_ in compiler.select[: compiler.col_count]]
    return list(compiler.get_converters(columns).items())


def _converted(connection: Any, row: Sequence[Any], converters: list[Any]) -> list[Any]:
    values = list(row)
    for place, (convert, expression) in converters:
        values[place] = _as_meant(connection, values[place], convert, expression)
    return values


NOT_CONVERTED: tuple[Sequence[Any], Any] = ((), None)


def _as_meant(connection: Any, value: Any, convert: Sequence[Any], expression: Any) -> Any:
    for each in convert:
        value = each(value, expression, connection)
    return value
