"""The three questions to the log: who has seen a number, what a person did, what a ward got."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.audit.review import answers, periods
from befreg_reserv.audit.review.answers import Line
from befreg_reserv.times import moment
from tests import scenes
from tests.audit.entries import NOON, entries, entry
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of

pytestmark = pytest.mark.django_db

NUMBER, OTHER = "20000101K064", "20000101M078"
HOUR = timedelta(hours=1)
LOOK: dict[str, Any] = {"act": "access", "action": LogEntry.Action.ACCESS}


@scene
def gunde(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.gunde)


def lines(client: Client, kind: str, **query: str) -> list[Line]:
    response = client.get(f"/audit/{kind}/", query)
    assert response.status_code == 200
    return list(response.context["page"])


def reviews(act: Logged = Logged.REVIEW) -> list[tuple[str, str]]:
    return list(LogEntry.objects.filter(act=act).values_list("number", "unit"))


@pytest.mark.both_databases
def test_who_has_seen_a_number_stands_there_once_for_each_unit(gunde: Client, cast: Cast) -> None:
    iva: dict[str, Any] = {"actor": cast.wilma, "actor_unit": "IVA", "actor_role": "ward"}
    entries(3, number=NUMBER, apart=HOUR, **LOOK, **iva)
    entry(number=NUMBER, actor=cast.wilma, actor_unit="MAVA", actor_role="ward", **LOOK)
    entry(number=NUMBER, begin=NOON + 9 * HOUR, **iva)
    entry(number=OTHER, actor=cast.tilda)
    here, mava = lines(gunde, "number", number=NUMBER)
    assert (here.who, here.row.actor_unit, here.looks, here.done) == ("wilma", "IVA", 3, 1)
    assert (here.first, here.last) == (NOON, NOON + 9 * HOUR)
    assert (mava.row.actor_unit, mava.looks) == ("MAVA", 1)


def test_what_a_person_did_stands_there_by_number(gunde: Client, cast: Cast) -> None:
    entries(2, number=NUMBER, unit="here", actor=cast.tilda)
    entry(number=OTHER, unit="there", actor=cast.tilda, begin=NOON + HOUR, **LOOK)
    entry(actor=cast.tilda, act="sign_in", begin=NOON - HOUR)
    entry(actor=cast.tilda, act="call", unit="one of several", begin=NOON - HOUR / 2)
    entry(number=NUMBER, actor=cast.adele)
    found = lines(gunde, "person", person="tilda")
    assert [(line.number, line.unit, line.looks + line.done) for line in found] == [
        (OTHER, "there", 1),
        (NUMBER, "here", 2),
        ("", "", 2),
    ]
    page = gunde.get("/audit/person/", {"person": "tilda"})
    file = b"".join(gunde.get("/audit/person/file/", {"person": "tilda"}))
    assert "one of several" not in text_of(page) + file.decode()


def test_what_a_ward_got_stands_there_by_number(gunde: Client, cast: Cast) -> None:
    entry(number=NUMBER, unit="Kirurgi / 2", actor=cast.tilda)
    entry(number=NUMBER, unit="Kirurgi / 2", actor=cast.wilma, **LOOK)
    entry(number=OTHER, unit="Kirurgi / 12", actor=cast.tilda)
    (line,) = lines(gunde, "unit", unit="kir 2")
    assert (line.number, line.people, line.looks, line.done) == (NUMBER, 2, 1, 1)


def test_a_part_that_could_be_several_is_asked_about(gunde: Client, cast: Cast) -> None:
    entry(actor=cast.tilda)
    response = gunde.get("/audit/person/", {"person": "il"})  # tilda, wilma's is "wil", too
    assert not response.context["page"].object_list
    text = text_of(response)
    assert "tilda" in text
    assert "wilma" in text


def test_each_answer_is_on_record_under_its_number(gunde: Client) -> None:
    gunde.get("/audit/number/")  # nothing was shown
    assert reviews() == []
    gunde.get("/audit/number/", {"number": NUMBER})
    gunde.get("/audit/number/file/", {"number": NUMBER})
    assert reviews() == [(NUMBER, "")]
    assert reviews(Logged.REVIEW_FILE) == [(NUMBER, "")]


def test_a_file_that_nobody_got_is_not_on_record(gunde: Client, cast: Cast) -> None:
    answer = gunde.get("/audit/person/file/", {"person": "il"})  # tilda or wilma
    assert answer.headers["Location"] == "/audit/person/?person=il"
    assert reviews(Logged.REVIEW_FILE) == []


def test_old_entries_say_that_the_unit_was_not_kept(gunde: Client, cast: Cast) -> None:
    entry(number=NUMBER, actor=cast.tilda, **LOOK)
    (line,) = lines(gunde, "number", number=NUMBER)
    assert not line.is_known
    assert "noterades inte då" in text_of(gunde.get("/audit/number/", {"number": NUMBER}))


def test_a_time_leaves_out_what_was_before_and_after(gunde: Client, cast: Cast) -> None:
    entries(5, number=NUMBER, actor=cast.tilda, apart=HOUR)
    (line,) = lines(
        gunde, "number", number=NUMBER, since="2026-03-01 13:00", until="2026-03-01 14:00"
    )
    assert line.done == 2


def test_more_than_are_counted_are_said_to_be_more(
    gunde: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_COUNTED", 2)
    entries(3, number=NUMBER, actor=cast.tilda, apart=HOUR)
    response = gunde.get("/audit/number/", {"number": NUMBER})
    assert response.context["asked"].answer.more
    assert [line.done for line in response.context["page"]] == [2]


def test_the_file_has_every_line_in_words(gunde: Client, cast: Cast) -> None:
    entry(number=NUMBER, actor=cast.wilma, actor_unit="=1+1", actor_role="ward", **LOOK)
    response = gunde.get("/audit/number/file/", {"number": NUMBER})
    assert "attachment" in response.headers["Content-Disposition"]
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    asked, _as_of, _heads, line = csv.reader(StringIO(text), delimiter=";")
    assert asked == ["Vem har sett det här numret?", NUMBER]
    assert line[:5] == ["wilma", "'=1+1", "Avdelning", "1", "0"]


def test_a_file_says_of_which_time_it_is_and_who_nobody_was(gunde: Client) -> None:
    entry(number=NUMBER)
    query = {"number": NUMBER, "since": "2026-03-01", "until": "2026-03-02 14:05"}
    text = b"".join(gunde.get("/audit/number/file/", query)).decode("utf-8-sig")
    _asked, _as_of, since, until, _heads, line = csv.reader(StringIO(text), delimiter=";")
    assert since == ["Från och med", "2026-03-01"]
    assert until == ["Till och med", "2026-03-02 14:05"]
    assert line[0] == "Ingen inloggad"


def test_a_file_of_nothing_leads_back(gunde: Client) -> None:
    response = gunde.get("/audit/number/file/", {"number": ""})
    assert response.headers["Location"] == "/audit/number/?number="


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"number": "x" * 500}])
def test_what_makes_no_sense_gets_its_message(gunde: Client, query: dict[str, str]) -> None:
    assert gunde.get("/audit/number/", query).status_code == 400


# --- times that are asked for by a word ---------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "begin", "end"),
    [
        ("2026-11-29 23:00", "2026-11-29 18:00", None),
        ("2026-11-29 03:00", "2026-11-28 18:00", None),
        ("2026-11-29 12:00", "2026-11-28 18:00", "2026-11-29 08:00"),
    ],
)
def test_tonight_is_by_day_the_night_that_has_passed(now: str, begin: str, end: str | None) -> None:
    at = datetime.fromisoformat(f"{now}+01:00").astimezone(UTC)
    wanted = datetime.fromisoformat(f"{begin}+01:00")
    assert periods.tonight(at) == (wanted, end and datetime.fromisoformat(f"{end}+01:00"))


def test_a_word_keeps_the_question_and_forgets_the_page(db: None) -> None:
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    month = periods.offered(QueryDict("number=K064&page=3"), now)[-1]
    assert month.query == "?number=K064&since=2026-11-01+00%3A00&until="
    assert not month.chosen


@pytest.mark.parametrize("kind", ["number", "person", "unit"])
def test_an_answer_takes_as_many_statements_however_long_it_is(
    gunde: Client, cast: Cast, kind: str
) -> None:
    asked = {"number": NUMBER, "person": "tilda", "unit": "here"}[kind]

    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            assert lines(gunde, kind, **{kind: asked, "until": "2026-03-31"})
        return len(made)

    entry(number=NUMBER, unit="here", actor=cast.tilda)
    few = statements()
    for who in (cast.wilma, cast.adele, cast.tilda):
        for number in (NUMBER, OTHER):
            entry(number=number, unit="here", actor=who)
    assert statements() == few


def test_the_last_outage_is_one_press(gunde: Client, cast: Cast) -> None:
    assert "Senaste driftstoppet" not in text_of(gunde.get("/audit/number/"))
    begun = scenes.begin(cast.tilda)
    scenes.begin(cast.tilda, drill=True)  # a drill is no outage
    (_night, outage, _month) = gunde.get("/audit/number/").context["periods"]
    assert QueryDict(outage.query[1:])["since"] == moment(begun.started_at)
