"""Each hot statement is the ORM's own, and gives the same rows."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.sql import hot
from befreg_reserv.sql.reading import Unmade
from custody.binder import choosing
from custody.ledger import calls
from custody.models import Handout
from tests import scenes
from tests.cast import Cast

pytestmark = pytest.mark.both_databases
KEY = UUID(int=7)
NOW = timezone.now()
LIKE = {"caller": "wilma", "caller_name": "", "since": NOW, "other_than": 0}
NO_LIKE: dict[str, Any] = dict.fromkeys([*LIKE, "outage", "ward", "ward_key"])
NONE: dict[str, Any] = {"places": (), "sequences": [], "recorded": []}
# For each statement the values of one use or several.
USES: dict[str, list[dict[str, Any]]] = {
    "giving._known": [
        {"keys": [KEY]} | NONE | NO_LIKE,
        {"keys": [KEY, UUID(int=8)]} | NONE | LIKE | {"outage": 1, "ward": 1, "ward_key": None},
        {"keys": [KEY]} | NONE | LIKE | {"outage": 1, "ward": None, "ward_key": "iva"},
        {"keys": [KEY], "places": (0,), "sequences": [2], "recorded": [NOW]} | NO_LIKE,
    ],
    "giving._locked": [{"outage_id": None, "drill": False}, {"outage_id": 1, "drill": False}],
    "waiting._queue": [{"drill": False, "key": key, "pause": calls.BREAK} for key in (None, KEY)],
    "choosing._lying": [{"training": False, "sex": "K", "most": 40}],
    "access._with_rights": [{"key": 1}],
    "sessions._stored": [{"key": "k" * 32, "now": NOW}],
    "register._named": [
        {"key": "a/b/c", "drill": True, "clinics": ["a", "a/b"], "names": ["b/c", "c"]},
        {"key": "a", "drill": False, "clinics": [], "names": []},
    ],
    "ongoing.outages": [{}],
    "lines._later": [{"than": 7}],
    "contents._left": [{"training": False}],
    "contents._in_use": [{"binder": 1, "besides": 2}],
    "waiting._handouts": [{"call": 1}],
    "waiting._patients": [{"call": 1}],
    "doubles._about": [{"number": 1}],
    "till._shown": [{"key": 1, "own": own} for own in (None, 3)],
    "tabs._take_out": [{"keys": [1, 2], "left_at": NOW}],
}


def name_of(statement: Any) -> str:
    build = statement.build
    return f"{build.__module__.rpartition('.')[2]}.{build.__qualname__}"


STATEMENTS = {name_of(statement): statement for statement in hot.ALL}
ALL = [(name, values) for name, uses in USES.items() for values in uses]


def sent(ask: Callable[[], Any]) -> list[str]:
    """Return what is sent, with its values."""
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        ask()
    return [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]


def by_orm(statement: Any, values: dict[str, Any]) -> Any:
    rows = statement.build(**values)
    if isinstance(statement, hot.Update):
        return rows.update(**{name: values[by] for name, by in statement.columns.items()})
    return list(rows)


def by_hot(statement: Any, values: dict[str, Any]) -> Any:
    if isinstance(statement, hot.Update):
        return statement(0, **values)
    return [row.made if isinstance(row, Unmade) else row for row in statement(**values)]


def test_each_has_an_example() -> None:
    assert STATEMENTS.keys() == USES.keys()


@pytest.mark.parametrize(("name", "values"), ALL, ids=[name for name, _values in ALL])
def test_it_is_the_orms(db: None, name: str, values: dict[str, Any]) -> None:
    statement = STATEMENTS[name]
    expected = sent(lambda: by_orm(statement, values))
    assert sent(lambda: by_hot(statement, values)) == expected
    assert sent(lambda: by_hot(statement, values)) == expected  # composed by now


def drawn(row: Any) -> dict[str, Any]:
    """Return what a row holds, and the rows that were read with it."""
    held = {name: value for name, value in vars(row).items() if name != "_state"}
    beside = row._state.fields_cache.items()
    return held | {name: other and drawn(other) for name, other in beside}


def test_its_rows_are_the_orms(cast: Cast, handout: Handout) -> None:
    scenes.lay_in("Pärm B", ["19450829K088", "19450829K104"], training=False)
    for name, values in (
        ("giving._known", {"keys": [handout.request_key]} | NONE | NO_LIKE),
        ("choosing._lying", {"training": False, "sex": "K", "most": 40}),
        ("register._named", {"key": "iva", "drill": False, "clinics": [], "names": []}),
        ("till._shown", {"key": handout.pk, "own": None}),
        ("till._shown", {"key": handout.pk, "own": cast.wilma.pk}),
        ("waiting._handouts", {"call": handout.patient.call_id}),
        ("waiting._patients", {"call": handout.patient.call_id}),
    ):
        expected = [drawn(row) for row in by_orm(STATEMENTS[name], values)]
        assert expected
        assert [drawn(row) for row in by_hot(STATEMENTS[name], values)] == expected


def test_a_number_is_shown_to_its_own_ward_whoever_asked_before(
    cast: Cast, handout: Handout
) -> None:
    shown: Any = STATEMENTS["till._shown"]
    shown.forget()
    for own, found in ((None, 1), (cast.vidar.pk, 0), (cast.wilma.pk, 1), (cast.vidar.pk, 0)):
        assert len(shown(key=handout.pk, own=own)) == found


def test_a_row_tells_its_columns_before_it_is_made(cast: Cast, handout: Handout) -> None:
    with transaction.atomic():
        row, *_ = choosing._lying(training=False, sex="K", most=40)
    told = {name: getattr(row, name) for name in ("pk", "value", "binder_id", "in_use", "tab")}
    assert told == {name: getattr(row.made, name) for name in told}


def test_a_key_that_no_column_holds_finds_nothing_and_is_not_kept(db: None) -> None:
    till_shown: Any = STATEMENTS["till._shown"]
    till_shown.forget()
    assert till_shown(key=2**63, own=None) == []
    assert till_shown._composed == {}
