"""The log: one line of JSON for each request, errors with the same id, never a number."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.pages import errors
from befreg_reserv.serving.lines import JsonLine
from custody.models import Handout
from tests.cast import Cast
from tests.conftest import SignIn

Lines = Callable[[], list[dict[str, Any]]]
LINES = "befreg_reserv.serving.lines"
NUMBER = "19450101K064"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Return what was written since the test began, as a server writes it."""
    caplog.set_level(logging.INFO, LINES)
    written: list[str] = []
    line = JsonLine().format
    monkeypatch.setattr(caplog.handler, "emit", lambda record: written.append(line(record)))
    return lambda: [json.loads(line) for line in written]


def test_a_request_is_one_line(lines: Lines, cast: Cast, sign_in: SignIn, handout: Handout) -> None:
    client = sign_in(cast.wilma)
    with CaptureQueriesContext(connection) as sent:
        client.get(f"/ward/handouts/{handout.pk}/?q={NUMBER}")
    (line,) = lines()
    assert (line["method"], line["route"], line["status"]) == ("GET", "ward:handout", 200)
    assert (line["person"], line["statements"]) == (cast.wilma.username, len(sent))
    assert line["id"] == LogEntry.objects.latest("pk").cid
    assert 0 < line["ms"] < 60_000
    assert NUMBER not in str(line)


def test_a_strangers_has_no_person_and_no_number(lines: Lines, client: Client, db: None) -> None:
    client.generic(NUMBER, f"/{NUMBER}/?q={NUMBER}")
    client.get(f"/static/{NUMBER}")
    found = lines()
    assert {line.get("person", "") for line in found} == {""}
    assert {line["method"] for line in found} == {"other", "GET"}
    assert {line["route"] for line in found} == {"none", "static"}
    assert NUMBER not in str(found)


def test_an_error_is_a_line_with_the_same_id_and_no_text(
    lines: Lines, cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_person: object) -> str:
        raise KeyError(f"Key (number)=({NUMBER})")

    monkeypatch.setattr(errors, "first_door", fails)
    client = sign_in(cast.wilma)
    client.raise_request_exception = False
    client.get(f"/?q={NUMBER}")
    error, request = lines()
    assert error["id"] == request["id"]
    assert (error["error"], error["message"]) == (["builtins.KeyError"], "Internal Server Error")
    assert error["calls"][-1].endswith(" fails")
    assert (request["status"], request["route"]) == (500, "door")
    assert NUMBER not in str(error)


def test_who_it_is_is_not_asked_again_of_a_database_that_gave_no_answer(
    lines: Lines, cast: Cast, sign_in: SignIn
) -> None:
    asked = []

    def fails(_execute: object, sql: str, *_rest: object) -> None:
        asked.append(sql)
        raise OperationalError("database is locked")

    client = sign_in(cast.wilma)
    client.raise_request_exception = False
    with connection.execute_wrapper(fails):
        assert client.get("/").status_code == 503
    *_error, request = lines()
    assert (request.get("status"), request.get("person")) == (503, "")
    assert len(asked) == 1


@pytest.mark.django_db
def test_what_the_database_refused_is_named_by_its_rule(lines: Lines, cast: Cast) -> None:
    try:
        type(cast.wilma).objects.create(username=cast.wilma.username)
    except IntegrityError:
        logging.getLogger(LINES).exception("Refused")
    (line,) = lines()
    assert line["error"][0] == "django.db.utils.IntegrityError"
    assert cast.wilma.username not in str(line)
    assert connection.vendor == "sqlite" or line["sqlstate"] == "23505"


@pytest.mark.parametrize(
    "number",
    [NUMBER, "194501011234", "450101-1234", "450101+1234", "1945 01 01 12 34", "20000101 K 06 4",
     "00991231AB4C", "450101-K12å"],
)  # fmt: skip
def test_a_number_in_a_message_is_masked(lines: Lines, number: str) -> None:
    logging.getLogger(LINES).warning("Found %s.", number)
    assert lines()[0]["message"] == "Found …."


def test_no_line_has_an_end_within(lines: Lines) -> None:
    record = logging.makeLogRecord({"msg": "a\nb\u2028c\udcff"})
    assert len(JsonLine().format(record).splitlines()) == 1
