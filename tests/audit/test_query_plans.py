"""Every page of the log is one range of one index, in order, on both databases."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from befreg_reserv.audit.models import FACETS, LogEntry
from befreg_reserv.audit.review import answers as review_answers
from befreg_reserv.audit.review.answers import COLUMN, KEYS
from befreg_reserv.audit.review.meaning import EACH_UNIT
from befreg_reserv.audit.review.pages import END, PAGE_SIZE, START, Position, rows
from tests.audit.entries import NOON, TABLE, entries, run
from tests.cast import person

pytestmark = pytest.mark.django_db

POSTGRESQL = connection.vendor == "postgresql"
HOUR = timedelta(hours=1)
EACH = 2_000  # rows of each kind
OF_A_NUMBER = 20

Question = Mapping[str, Any]
COMMON = {"number": "20000101M078", "actor": "busy", "unit": "here", "act": "update"}
ABSENT = {"number": "20000101K064", "actor": "idle", "unit": "nowhere", "act": "void"}
ASKED = [names for size in range(5) for names in combinations(COMMON, size)]
RANGES: dict[str, tuple[Position, Position]] = {
    "everything": (START, END),
    "an old window": ((NOON, 0), (NOON + 20 * HOUR, 0)),
    "a page in the middle": (START, (NOON + 2 * EACH * HOUR, 7)),
}


@pytest.fixture
def log() -> dict[str, int]:
    """Rows whose statistics mislead: "gone" did much, but long ago; the unit "here" and the act
    "update" are common and never meet. Return vgr-id → key."""
    people = {name: person(name).pk for name in ("busy", "gone", "idle")}
    kinds: list[dict[str, Any]] = [
        {"actor_id": people["gone"], "unit": "there", "act": "update"},
        {"actor_id": people["busy"], "unit": "there", "act": "update"},
        {"actor_id": people["busy"], "unit": "here", "act": "access"},
    ]
    for turn, kind in enumerate(kinds):
        entries(EACH, begin=NOON + turn * EACH * HOUR, apart=HOUR, **kind)
    entries(OF_A_NUMBER, apart=100 * HOUR, number=COMMON["number"], actor_id=people["busy"])
    if POSTGRESQL:  # what other tests rolled back is left in its indexes, and makes them dear
        connection.check_constraints()
        run(f"REINDEX TABLE {TABLE}")
    run(f"ANALYZE {TABLE}")
    return people


def answer(
    asked: Question, log: Mapping[str, int], between: tuple[Position, Position] = (START, END)
) -> "QuerySet[LogEntry]":
    columns = {name: log[value] if name == "actor" else value for name, value in asked.items()}
    return rows(columns, *between)[: PAGE_SIZE + 1]


def plan(found: "QuerySet[LogEntry]") -> list[dict[str, Any]]:
    """Return the steps of PostgreSQL's plan, as they went when it was carried out."""

    def steps(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for child in node.get("Plans", []):
            yield from steps(child)

    (tree,) = json.loads(found.explain(format="json", analyze=True))
    return list(steps(tree["Plan"]))


def rows_read(found: "QuerySet[LogEntry]") -> int:
    """Return how many rows PostgreSQL looked at for the answer."""
    scans = [step for step in plan(found) if "Relation Name" in step]
    return sum(
        int(step["Actual Rows"]) + int(step.get("Rows Removed by Filter", 0)) for step in scans
    )


def answers(log: Mapping[str, int], between: str) -> "Iterator[tuple[str, QuerySet[LogEntry]]]":
    """Yield every combination of filters, with values that are common and that are nowhere:
    the index that should answer it, and the query."""
    for names in ASKED:
        facets = "_".join(name for name in FACETS if name in names)
        index = "number" if "number" in names else facets or "time"
        for values in (COMMON, ABSENT):
            asked = {name: values[name] for name in names}
            yield f"audit_by_{index}", answer(asked, log, RANGES[between])


@pytest.mark.skipif(POSTGRESQL, reason="SQLite's plans")
@pytest.mark.parametrize("between", RANGES)
def test_sqlite_reads_one_range(between: str, log: dict[str, int]) -> None:
    for index, found in answers(log, between):
        (step,) = found.explain().splitlines()  # a second one would be a sort
        assert f"SEARCH {TABLE} USING INDEX {index} (" in step, str(found.query)


@pytest.mark.skipif(not POSTGRESQL, reason="PostgreSQL's plans")
@pytest.mark.parametrize("between", RANGES)
def test_postgresql_reads_no_more_than_it_shows(between: str, log: dict[str, int]) -> None:
    for _index, found in answers(log, between):
        kinds = {step["Node Type"] for step in plan(found)}
        assert "Seq Scan" not in kinds, str(found.query)
        assert rows_read(found) <= PAGE_SIZE + 1, str(found.query)


@pytest.mark.skipif(not POSTGRESQL, reason="PostgreSQL's plans")
def test_postgresql_would_read_every_newer_row_if_asked_plainly(log: dict[str, int]) -> None:
    plainly = LogEntry.objects.filter(actor=log["gone"]).order_by("-timestamp", "-id")
    assert rows_read(plainly[: PAGE_SIZE + 1]) > 2 * EACH
    assert rows_read(answer({"actor": "gone"}, log)) == PAGE_SIZE + 1


def how(sql: str) -> str:
    """Return how the database goes about it, as it says itself."""
    begin = "EXPLAIN ANALYZE" if POSTGRESQL else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{begin} {sql}")
        return "\n".join(str(line[-1]) for line in cursor.fetchall())


def test_each_unit_is_read_once_whatever_rows_it_has(log: dict[str, int]) -> None:
    each, plainly = EACH_UNIT.format(table=TABLE), f"SELECT DISTINCT unit FROM {TABLE}"  # noqa: S608  a table of ours
    if POSTGRESQL:  # by an index or not
        assert most_read_at_once(each) < PAGE_SIZE
        assert most_read_at_once(plainly) > 3 * EACH
    else:
        assert f"SCAN {TABLE}" not in how(each)
        assert f"SCAN {TABLE}" in how(plainly)


def most_read_at_once(sql: str) -> int:
    """Return how many rows the largest step of PostgreSQL's plan gave each time."""
    return max(int(rows) for rows in re.findall(r"actual time=\S+ rows=(\d+)", how(sql)))


# --- the three questions ------------------------------------------------------------------------


@pytest.mark.parametrize("between", RANGES)
@pytest.mark.parametrize("kind", KEYS)
def test_a_question_is_counted_from_one_range(kind: str, between: str, log: dict[str, int]) -> None:
    for who in (COMMON, ABSENT):
        value = log[who["actor"]] if kind == "person" else who[COLUMN[kind]]
        found = review_answers.entries(kind, value, *RANGES[between], PAGE_SIZE)
        if POSTGRESQL:
            assert "Seq Scan" not in {step["Node Type"] for step in plan(found)}
            assert rows_read(found) <= PAGE_SIZE + 1
        else:
            (step,) = found.explain().splitlines()  # a second one would be a sort
            assert f"SEARCH {TABLE} USING INDEX audit_by_{COLUMN[kind]} (" in step
