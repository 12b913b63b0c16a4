"""What nearly every test begins from: built by acts once a second, put back as rows in between.

To create the cast, load a binder and hand out a number by the acts themselves takes longer than
most tests. A test in a transaction therefore gets the rows that those acts have just written, and
copies of the objects that they returned. Its times are a second old at most. A test that commits,
and one that has already written something of its own, gets everything built for itself.
"""

import io
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from auditlog.context import disable_auditlog
from django.apps import apps
from django.db import connection, transaction

from custody.models import Binder, Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast, assemble

LASTS_SECONDS = 1.0
READING = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "SET CONSTRAINTS")
Objects = dict[str, Any]
Row = tuple[Any, ...]
T = TypeVar("T")


def cast(_laid: Objects) -> Cast:
    """The people and wards."""
    return assemble()


def real_binder(_laid: Objects) -> Binder:
    """Ten real numbers."""
    with disable_auditlog():
        return scenes.lay_in("Pärm AKM", scenes.REAL, training=False)


def training_binder(_laid: Objects) -> Binder:
    """Eight training numbers."""
    with disable_auditlog():
        return scenes.lay_in("Övningspärm", scenes.TRAINING, training=True)


def outage(laid: Objects) -> Outage:
    """An ongoing real outage, an hour old."""
    return scenes.begin(laid["cast"].tilda)


def drill(laid: Objects) -> Outage:
    """An ongoing drill, an hour old."""
    return scenes.begin(laid["cast"].tilda, drill=True)


def handout(laid: Objects) -> Handout:
    """A woman's number, just handed out to IVA."""
    return scenes.handed_out(laid["cast"])


# In the order in which they are built; none needs one that comes after it.
ACTS: tuple[Callable[[Objects], Any], ...] = (
    *(cast, real_binder, training_binder, outage, drill, handout),
)
LAYERS = {act.__name__: act for act in ACTS}


@dataclass
class Layer:
    """What one act left behind: statements that write its rows, and what it returned."""

    statements: list[tuple[str, Row]]
    returned: bytes


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
        self._layers: dict[str, Layer] = {}
        self._built_at = -LASTS_SECONDS
        self.laid: Objects = {}

    def watch(self) -> None:
        """Notice from now on what tests write."""
        connection.execute_wrappers.append(self._watch)

    def clear(self) -> None:
        """Begin a test: the database holds nothing that a test has written."""
        self.laid = {}
        self._watch.writes = 0

    def refresh(self) -> None:
        """Build all layers anew, unless they are fresh, and leave no trace of that.

        Before any other fixture of a test, so that none can have a hand in it.
        """
        if time.monotonic() - self._built_at < LASTS_SECONDS:
            return
        self._built_at = time.monotonic()
        with transaction.atomic():
            self._layers = self._build()
            transaction.set_rollback(True)
        self.clear()

    def lay(self, act: Callable[[Objects], T]) -> T:
        """Return what an act of ACTS returns, its rows being in the database."""
        name = act.__name__
        untouched = self._watch.writes == 0 and connection.in_atomic_block
        layer = self._layers.get(name) if untouched else None
        returned: T = self._put_back(layer) if layer else act(self.laid)
        self.laid[name] = returned
        return returned

    def _put_back(self, layer: Layer) -> Any:
        with connection.cursor() as cursor:
            for statement, parameters in layer.statements:
                cursor.execute(statement, parameters)
        self._watch.writes = 0
        return _Reader(layer.returned, self.laid).load()

    def _build(self) -> dict[str, Layer]:
        """Do all acts, and note after each write which rows it made or changed."""
        rows: dict[str, dict[Any, Row]] = {table: _rows(table) for table in _tables()}
        statements: list[tuple[str, Row]] = []

        def note(table: str) -> None:
            before, rows[table] = rows[table], _rows(table)
            statements.extend(_statements(table, before, rows[table]))

        laid: Objects = {}
        layers = {}
        self._watch.note = note
        try:
            for name, act in LAYERS.items():
                returned = act(laid)
                layers[name] = Layer(statements.copy(), _written(returned, laid))
                laid[name] = returned
                statements.clear()
        finally:
            self._watch.note = None
        return layers


@cache
def _tables() -> dict[str, list[str]]:
    """Return the columns of each table, the key first."""
    columns = {}
    for model in apps.get_models(include_auto_created=True):
        by_key = sorted(model._meta.local_fields, key=lambda field: not field.primary_key)
        columns[model._meta.db_table] = [field.column for field in by_key if field.column]
    return columns


def _rows(table: str) -> dict[Any, Row]:
    quoted = ", ".join(f'"{column}"' for column in _tables()[table])
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {quoted} FROM "{table}" ORDER BY 1')  # noqa: S608
        return {row[0]: row for row in cursor.fetchall()}


def _statements(table: str, before: dict[Any, Row], after: dict[Any, Row]) -> list[tuple[str, Row]]:
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
    return statements


# --- copies of objects: those of an earlier layer are referred to, not copied ------------------


def _known(laid: Objects) -> dict[int, tuple[str, str]]:
    """Return how the objects of earlier layers are found, by their identity."""
    known = {id(laid_object): (name, "") for name, laid_object in laid.items()}
    for name, laid_object in laid.items():
        if isinstance(laid_object, Cast):
            known |= {id(member): (name, role) for role, member in vars(laid_object).items()}
    return known


def _written(returned: Any, laid: Objects) -> bytes:
    known = _known(laid)

    class Writer(pickle.Pickler):
        def persistent_id(self, obj: Any) -> tuple[str, str] | None:
            return known.get(id(obj))

    buffer = io.BytesIO()
    Writer(buffer).dump(returned)
    return buffer.getvalue()


class _Reader(pickle.Unpickler):
    def __init__(self, returned: bytes, laid: Objects) -> None:
        super().__init__(io.BytesIO(returned))
        self._laid = laid

    def persistent_load(self, found: tuple[str, str]) -> Any:
        name, role = found
        return getattr(self._laid[name], role) if role else self._laid[name]


STAGE = Stage()
