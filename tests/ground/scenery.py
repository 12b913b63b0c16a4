"""What many tests begin from: built by acts twice a minute, put back as rows in between.

To create the cast, load a binder and hand out a number by the acts themselves takes longer than
most tests. A test in a transaction therefore gets the rows that those acts have written for an
earlier one, and copies of the objects that they returned. Its times are LASTS_SECONDS old at most.
A test that commits, and one that has already written something of its own, gets everything built
for itself.

``scene`` makes a fixture of that kind, ``kept`` a function.
"""

import io
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, is_dataclass
from datetime import datetime
from functools import cache, wraps
from itertools import chain
from typing import Any, ParamSpec, TypeVar

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test.client import ClientHandler
from psycopg import ClientCursor

from tests.ground.lifting import WITH_RULES, WITHOUT_RULES

LASTS_SECONDS = 30.0
READING = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SET")
Row = tuple[Any, ...]
Rows = dict[Any, Row]  # of a table, by their keys
Key = tuple[Any, ...]
Place = tuple[int, str]  # which of the objects laid so far, and which of its fields
P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Layer:
    """What one act left behind upon the layers below it."""

    statements: list[tuple[str, Row]]  # that write its rows
    returned: bytes  # and what it changed in the objects that it was given
    built_at: float
    above: "dict[Key, Layer]" = field(default_factory=dict)


class _Watch:
    """Sees each statement of this process's connection; counts those that write."""

    def __init__(self) -> None:
        self.writes = 0
        self.note: Callable[[str], None] | None = None  # called with the table, after the write

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if sql.startswith(READING):
            return execute(sql, params, many, context)
        self.writes += 1
        result = execute(sql, params, many, context)
        if self.note:
            self.note(sql.split('"', 2)[1])
        return result


class Stage:
    """Where the scenery is laid, one for each process; ``clear`` begins a test."""

    def __init__(self) -> None:
        self._watch = _Watch()
        self._ground: dict[Key, Layer] = {}
        self._top: dict[Key, Layer] | None = None  # the layers known above what is laid
        self._laid: list[Any] = []
        self._held: dict[str, Rows] | None = None  # what the tables hold, known from the last build

    def clear(self, *, keeps: bool) -> None:
        """Begin a test: the database holds nothing that a test has written.

        ``keeps``: it will be rolled back, so its layers may be kept for others.
        """
        # From a process's first test in a browser on, its thread has another connection: Playwright
        # runs an event loop there. The process may be given tests in transactions after that.
        if self._watch not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._watch)
        self._top, self._laid, self._held = self._ground if keeps else None, [], None
        self._watch.writes = 0

    def lay(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what an act returns, its rows being in the database.

        Raises AssertionError if the act wrote what nobody has seen: a layer that lacks a part of
        its rows would spoil every test that begins from it.
        """
        key = self._key(act, [*args, *kwargs.values()])
        if self._top is None or self._watch.writes or not key:
            return act(*args, **kwargs)
        layer = self._top.get(key)
        if layer and time.monotonic() - layer.built_at < LASTS_SECONDS:
            returned: T = self._put_back(layer)
        else:
            returned, layer = self._build(lambda: act(*args, **kwargs))
            self._top[key] = layer
        self._top = layer.above
        self._laid.append(returned)
        self._watch.writes = 0
        return returned

    def _key(self, act: Callable[..., Any], arguments: list[Any]) -> Key | None:
        """Return what tells a call apart, None if others can't make it: it depends on a row."""
        known = self._known()
        places = [known.get(id(each), each) for each in arguments]
        plain = all(isinstance(each, tuple | bool | datetime | None) for each in places)
        return (act, *places) if plain else None

    def _known(self) -> dict[int, Place]:
        """Return where the objects that are laid, and their parts, are found by their identity."""
        return {id(part): (at, name) for at, name, part in _parts(self._laid)}

    def _put_back(self, layer: Layer) -> Any:
        self._held = None
        _write(layer.statements)
        parts = {(at, name): part for at, name, part in _parts(self._laid)}
        returned, changed = _Reader(layer.returned, parts).load()
        for place, values in changed.items():
            for name, value in values.items():
                setattr(parts[place], name, value)
        return returned

    def _build(self, act: Callable[[], T]) -> tuple[T, Layer]:
        """Do an act, and note after each write which rows it made or changed."""
        rows = dict(self._held or _every_row())
        statements: list[tuple[str, Row]] = []
        built_at, top, before_it = time.monotonic(), self._top, self._values()

        def note(table: str) -> None:
            before, rows[table] = rows[table], _rows(table)
            statements.extend(_statements(table, before, rows[table]))

        self._watch.note, self._top = note, None
        try:
            returned = act()
        finally:
            self._watch.note, self._top = None, top
        self._held = self._all_seen(rows)
        changed = {
            place: values for place, values in self._values().items() if values != before_it[place]
        }
        written = _written((returned, changed), self._known())
        return returned, Layer(statements, written, built_at)

    def _all_seen(self, noted: dict[str, Rows]) -> dict[str, Rows]:
        """Return what the tables hold. Raises AssertionError unless it is what was noted."""
        assert self._watch in connection.execute_wrappers, (
            "The scenery's watch is gone: somebody ended an execute_wrapper out of turn, and Django"
            " takes off the last one."
        )
        held = _every_row()
        unseen = [table for table in held if held[table] != noted[table]]
        assert not unseen, f"The scenery's watch has not seen all that was written in {unseen}."
        return held

    def _values(self) -> dict[Place, dict[str, Any]]:
        """Return what the rows' objects hold that are laid."""
        return {
            (at, name): {
                column.attname: vars(part).get(column.attname)
                for column in part._meta.concrete_fields
            }
            for at, name, part in _parts(self._laid)
            if isinstance(part, Model)
        }


STAGE = Stage()
_LAYING: set[Callable[..., Any]] = set()  # what scenes run
SCENES: dict[str, None] = {}  # the names of fixtures that are scenes, in the order of their imports


def kept(act: Callable[P, T]) -> Callable[P, T]:
    """Let an act be put back as rows, if all that it is given is laid, or plain."""

    @wraps(act)
    def lay(*args: P.args, **kwargs: P.kwargs) -> T:
        return STAGE.lay(act, *args, **kwargs)

    return lay


def scene(act: Callable[P, T]) -> Callable[P, T]:
    """Make a fixture of an act that asks for nothing but ``db`` and other scenes.

    Scenes are laid before all other fixtures of a test, so that none can have a hand in them.
    """
    SCENES[act.__name__] = None
    laid = kept(act)
    _LAYING.add(laid)
    fixture: Callable[P, T] = pytest.fixture(laid)
    return fixture


def scenes_of(item: Any) -> list[str]:
    """Return the scenes that a test asks for; another file's fixture may have a scene's name."""
    meant = item._fixtureinfo.name2fixturedefs
    return [name for name in SCENES if name in meant and meant[name][-1].func in _LAYING]


@cache
def _tables() -> dict[str, list[str]]:
    """Return the columns of each table, the key first."""
    columns = {}
    for model in apps.get_models(include_auto_created=True):
        by_key = sorted(model._meta.local_fields, key=lambda field: not field.primary_key)
        columns[model._meta.db_table] = [field.column for field in by_key if field.column]
    return columns


@cache
def _attributes(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _every_row() -> dict[str, Rows]:
    return {table: _rows(table) for table in _tables()}


def _rows(table: str) -> Rows:
    quoted = ", ".join(f'"{column}"' for column in _tables()[table])
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {quoted} FROM "{table}" ORDER BY 1')  # noqa: S608
        return {row[0]: row for row in cursor.fetchall()}


def _statements(table: str, before: Rows, after: Rows) -> list[tuple[str, Row]]:
    """Return the statements that turn the rows ``before`` into those ``after``."""
    columns = _tables()[table]
    statements: list[tuple[str, Row]] = []
    if new := [row for key, row in after.items() if key not in before]:
        names = ", ".join(f'"{column}"' for column in columns)
        places = f"({', '.join(['%s'] * len(columns))})"
        inserted = f'INSERT INTO "{table}" ({names}) VALUES {", ".join([places] * len(new))}'  # noqa: S608
        statements.append((inserted, tuple(value for row in new for value in row)))
    for key, row in after.items():
        changed = [place for place, value in enumerate(before.get(key, row)) if row[place] != value]
        if changed:
            assigned = ", ".join(f'"{columns[place]}" = %s' for place in changed)
            updated = f'UPDATE "{table}" SET {assigned} WHERE "{columns[0]}" = %s'  # noqa: S608
            statements.append((updated, (*(row[place] for place in changed), key)))
    deleted = f'DELETE FROM "{table}" WHERE "{columns[0]}" = %s'  # noqa: S608
    statements.extend((deleted, (key,)) for key in before.keys() - after.keys())
    return statements


def _write(statements: list[tuple[str, Row]]) -> None:
    """Do the statements. PostgreSQL takes them as one.

    Their rules and foreign keys were checked when the acts wrote them, and aren't there once more.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement, parameters in statements:
                cursor.execute(statement, parameters)
    elif statements:
        texts, values = zip(*statements, strict=True)
        with ClientCursor(connection.connection) as client:  # the one that takes several at a time
            client.execute("; ".join([WITHOUT_RULES, *texts, WITH_RULES]), [*chain(*values)])


# --- copies of objects: those of an earlier layer are referred to, not copied ------------------


def _parts(laid: list[Any]) -> Iterator[tuple[int, str, Any]]:
    """Give the objects that are laid and, of a group of several, each."""
    for at, each in enumerate(laid):
        yield at, "", each
        if is_dataclass(each):
            yield from ((at, name, part) for name, part in vars(each).items())


def _written(returned: Any, known: dict[int, Place]) -> bytes:
    class Writer(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Place | None:
            return known.get(id(obj))

        def reducer_override(self, obj: Any) -> Any:
            """Let a client that has asked for a page load the middleware anew."""
            if isinstance(obj, ClientHandler):
                return ClientHandler, (obj.enforce_csrf_checks,)
            return NotImplemented

    buffer = io.BytesIO()
    Writer(buffer).dump(returned)
    return buffer.getvalue()


class _Reader(pickle.Unpickler):
    def __init__(self, returned: bytes, parts: dict[Place, Any]) -> None:
        super().__init__(io.BytesIO(returned))
        self._parts = parts

    def persistent_load(self, place: Place) -> Any:
        return self._parts[place]
