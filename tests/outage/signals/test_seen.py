"""What pages say the probe has seen: the words, what they suggest, and what that costs."""

import html
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.acts.event import Event
from outage import lifecycle
from outage.models import NewsItem, Outage, Reading
from outage.signals.seen import Seen, line, run_of, seen
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of

pytestmark = pytest.mark.one_database("decisions")

NOW = timezone.make_aware(datetime(2026, 11, 22, 14, 10))  # noqa: DTZ001  local, as people read it
MINUTE = timedelta(minutes=1)
BAD = ["timeout", "unreachable", "error", "redirected", "nonsense"]
BAD += ["sign_in", "no_word", "empty", "other"]


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the day of NOW where times are written."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def configured(settings: LazySettings, db: None) -> LazySettings:
    settings.PROBE_TARGETS = {"befreg": "https://befreg.example/"}
    return settings


def tried(*results: str, until: datetime = NOW, target: str = "befreg") -> None:
    """Store readings a minute apart, the last one a minute before ``until``."""
    count = len(results)
    Reading.objects.bulk_create(
        Reading(
            target=target,
            at=until - (count - place) * MINUTE,
            result=result,
            status={"error": 503, "answered": 200, "sign_in": 401}.get(result),
            milliseconds=1,
        )
        for place, result in enumerate(results)
    )


def words(target: str = "befreg") -> str:
    return line(target, run_of(target, NOW), NOW).text


def at(*outages: Outage) -> Seen:
    found = seen(outages, NOW)
    assert found is not None
    return found


def ongoing(cast: Cast, ago: timedelta, *, drill: bool = False) -> Outage:
    return lifecycle.start(Event.now(cast.tilda, NOW - ago), drill=drill)[0]


# --- the words --------------------------------------------------------------------------------


def test_never_tried(configured: LazySettings) -> None:
    assert words() == "Befreg has not been tried yet: the timer may not be running."


def test_answered(configured: LazySettings) -> None:
    tried("timeout", "answered", until=NOW - 4 * MINUTE)
    assert words() == "Befreg answered this server at 14:05."


def test_silent_for_twelve_tries(configured: LazySettings) -> None:
    tried("timeout", "answered", *["timeout", "unreachable"] * 6)
    assert words() == "Befreg has not answered this server since 13:58 (12 tries)."


def test_one_try(configured: LazySettings) -> None:
    tried("answered", "timeout")
    assert words() == "Befreg has not answered this server since 14:09 (1 try)."


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("error", "The last time it answered with an error (503)."),
        ("redirected", "The last time it pointed somewhere else."),
        ("nonsense", "The last time it answered with something unreadable."),
        ("sign_in", "The last time it answered with a sign-in page (401)."),
        ("no_word", "The last time it answered without the word that should stand there."),
        ("empty", "The last time it answered with an empty page."),
        ("other", "The last time it answered otherwise than it should."),
        ("fault", "The last time it was not tried, through a fault of this server."),
    ],
)
def test_what_came_instead_is_said(configured: LazySettings, result: str, said: str) -> None:
    tried("answered", "timeout", result)
    assert words() == f"Befreg has not answered this server since 14:08 (2 tries). {said}"


def test_too_much_is_an_answer(configured: LazySettings) -> None:
    tried("timeout", "too_large")
    assert words() == "Befreg answered this server at 14:09."


@pytest.mark.parametrize("result", ["answered", "timeout"])
def test_nobody_has_tried_for_long(configured: LazySettings, result: str) -> None:
    tried(result, until=NOW - 169 * MINUTE)
    assert words() == "Nobody has tried Befreg since 11:20: the timer may have stopped."


def test_since_another_day(configured: LazySettings) -> None:
    tried("answered", until=NOW - timedelta(days=3))
    assert "since 2026-11-19 14:09" in words()


def test_when_it_is_stale_is_a_setting(configured: Any) -> None:
    tried("answered", until=NOW - 14 * MINUTE)
    assert words() == "Befreg answered this server at 13:55."
    configured.PROBE_STALE_MINUTES = 14
    assert "may have stopped" in words()


def test_for_more_than_a_day(configured: LazySettings) -> None:
    for each in range(1, 160):
        tried("timeout", until=NOW - each * 10 * MINUTE)
    assert words() == "Befreg has not answered this server for more than a day (143 tries a day)."


def test_down_since_the_first_try(configured: LazySettings) -> None:
    tried(*["timeout"] * 5)
    assert words() == "Befreg has not answered this server since 14:05 (5 tries)."


def test_the_last_answer_lies_further_back_than_is_counted(configured: LazySettings) -> None:
    tried("answered", until=NOW - timedelta(days=1) - 10 * MINUTE)
    for each in range(1, 145):
        tried("timeout", until=NOW - each * 10 * MINUTE)
    assert "for more than a day (143 tries a day)" in words()


@pytest.mark.parametrize(
    ("gap", "said"), [(15, "since 13:51 (5 tries)"), (16, "since 14:07 (3 tries)")]
)
def test_a_run_ends_where_nobody_tried_for_long(
    configured: LazySettings, gap: int, said: str
) -> None:
    tried(*["timeout"] * 2, until=NOW - (gap + 2) * MINUTE)
    tried(*["timeout"] * 3)
    assert said in words()


def test_failures_of_before_a_gap_suggest_nothing(configured: Any) -> None:
    tried(*["timeout"] * 2, until=NOW - timedelta(hours=9))
    tried("timeout")
    assert not at().start
    configured.PROBE_STALE_MINUTES = 10 * 60
    assert at().start


def test_each_target_has_its_own_words(configured: Any) -> None:
    configured.PROBE_TARGETS = {"befreg": "https://a/", "news": "https://b/"}
    tried("timeout")
    tried("answered", target="news")
    tried("timeout", target="gone")  # no longer configured
    assert [told.text for told in at().lines] == [
        "Befreg has not answered this server since 14:09 (1 try).",
        "News answered this server at 14:09.",
    ]


def test_the_feed_is_called_what_people_call_it(configured: Any) -> None:
    configured.PROBE_FEED = "https://news.example/rss"
    tried("nonsense", target="feed")
    assert at().lines[1].text.startswith("IT news has not answered this server since 14:09")


# --- what it suggests ---------------------------------------------------------------------------


@pytest.mark.parametrize("result", BAD)
def test_a_run_of_failures_suggests_to_start(configured: LazySettings, result: str) -> None:
    tried("answered", *[result] * 2)
    assert not at().start
    tried("answered", *[result] * 3, until=NOW + MINUTE)
    assert at().start


def test_how_long_a_run_is_a_setting(configured: Any) -> None:
    configured.PROBE_FAILURES = 1
    tried("answered", "timeout")
    assert at().start


def test_a_fault_of_ours_suggests_nothing(configured: LazySettings) -> None:
    tried("answered", *["timeout"] * 3, "fault")
    assert not at().start


def test_nothing_is_suggested_while_one_is_ongoing(cast: Cast, configured: LazySettings) -> None:
    tried(*["timeout"] * 5)
    found = at(ongoing(cast, 10 * MINUTE))
    assert (found.start, found.end) == (False, None)


def test_a_drill_is_no_outage(cast: Cast, configured: LazySettings) -> None:
    tried(*["timeout"] * 5)
    drill = ongoing(cast, 10 * MINUTE, drill=True)
    assert at(drill).start
    tried(*["answered"] * 5, until=NOW + 5 * MINUTE)
    assert at(drill).end is None


def test_two_answers_after_the_start_suggest_to_end(cast: Cast, configured: LazySettings) -> None:
    outage = ongoing(cast, 10 * MINUTE)
    tried("timeout", "answered", until=NOW - MINUTE)
    assert at(outage).end is None
    tried("answered")
    assert at(outage).end == outage
    assert at().end is None


def test_answers_all_along_do_not(cast: Cast, configured: LazySettings) -> None:
    tried(*["answered"] * 90)
    assert at(ongoing(cast, 5 * MINUTE)).end is None


def test_an_hour_of_answers_does(cast: Cast, configured: LazySettings) -> None:
    tried(*["answered"] * 90)
    outage = ongoing(cast, 80 * MINUTE)
    assert at(outage).end == outage


def test_an_old_run_suggests_nothing(cast: Cast, configured: LazySettings) -> None:
    tried(*["timeout"] * 5, until=NOW - 20 * MINUTE)
    assert not at().start
    tried("timeout", *["answered"] * 3, until=NOW - 16 * MINUTE)
    assert at(ongoing(cast, 60 * MINUTE)).end is None


def test_only_befreg_speaks_for_befreg(configured: Any) -> None:
    configured.PROBE_TARGETS = {"news": "https://b/"}
    tried(*["timeout"] * 5)
    tried(*["timeout"] * 5, target="news")
    assert not at().start


# --- the news -----------------------------------------------------------------------------------


def item(title: str, *, seen_at: datetime, published: datetime | None = None) -> NewsItem:
    return NewsItem.objects.create(
        uid=title, title=title, published_at=published, first_seen_at=seen_at, last_seen_at=seen_at
    )


@pytest.fixture
def feed(configured: Any) -> Any:
    configured.PROBE_TARGETS, configured.PROBE_FEED = {}, "https://news.example/rss"
    return configured


def test_the_newest_news_first_and_not_all(feed: Any) -> None:
    tried("answered", target="feed")
    for number in range(9):
        item(str(number), seen_at=NOW - MINUTE)
    assert [each.title for each in at().news] == ["8", "7", "6", "5", "4"]


def test_what_was_taken_out_of_the_feed_is_not_shown(feed: Any) -> None:
    tried("answered", "answered", target="feed")
    item("gone", seen_at=NOW - 2 * MINUTE)
    kept = item("kept", seen_at=NOW - MINUTE)
    assert at().news == [kept]


def test_news_stay_while_the_feed_cannot_be_read_for_a_while(feed: Any) -> None:
    tried("answered", "timeout", target="feed")
    kept = item("kept", seen_at=NOW - 2 * MINUTE)
    assert at().news == [kept]
    later = NOW + timedelta(days=1)
    tried("timeout", target="feed", until=later)
    found = seen([], later)
    assert found is not None
    assert found.news == []


# --- on the pages -------------------------------------------------------------------------------

LIVE = "/till/live/"
PAGES = [("tilda", "/till/"), ("tilda", LIVE), ("wilma", "/ward/"), ("adele", "/ward/")]
PAGES += [("adele", "/binder/overview/"), ("gunde", "/till/")]


@pytest.fixture
def readers(cast: Cast, sign_in: SignIn) -> dict[str, Client]:
    return {name: sign_in(getattr(cast, name)) for name in ("tilda", "wilma", "adele", "gunde")}


def test_with_nothing_configured_nothing_is_asked(db: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert seen(Outage.objects.all(), NOW) is None
    assert len(captured) == 0


@pytest.mark.one_database("statements")
@pytest.mark.parametrize(("who", "path"), PAGES)
def test_with_nothing_configured_nothing_is_shown(
    readers: dict[str, Client], who: str, path: str
) -> None:
    tried("timeout")
    item("Befreg nere", seen_at=NOW)
    with CaptureQueriesContext(connection) as captured:
        page = readers[who].get(path)
    assert 'id="seen"' not in page.content.decode()
    tables = (Reading._meta.db_table, NewsItem._meta.db_table)
    assert not any(table in query["sql"] for query in captured for table in tables)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_it_is_on_the_start_pages(
    readers: dict[str, Client], configured: Any, who: str, path: str
) -> None:
    configured.PROBE_FEED = "https://news.example/rss"
    tried("answered", *["timeout"] * 12)
    tried("answered", target="feed")
    item("<b>Befreg</b> nere", seen_at=NOW - MINUTE, published=NOW - 65 * MINUTE)
    if path == LIVE:  # asked for as the board does, or it answers that the frame is another
        board = readers[who].get("/till/").content.decode()
        path = html.unescape(re.search(r'hx-get="([^"]+)"', board)[1])  # type: ignore[index]
    page = readers[who].get(path)
    shown = page.content.decode()
    assert 'id="seen"' in shown
    assert "13:58" in text_of(page)
    assert "&lt;b&gt;Befreg&lt;/b&gt; nere" in shown
    assert "1 tim 5 min" in text_of(page)
    may_start = who in {"tilda", "adele"}
    assert ('id="suggest-start"' in shown) == may_start


def test_the_suggestion_to_end_leads_to_the_outage(
    cast: Cast, readers: dict[str, Client], configured: LazySettings
) -> None:
    outage = ongoing(cast, 10 * MINUTE)
    tried("timeout", "answered", "answered")
    page = readers["tilda"].get("/till/").content.decode()
    assert f'id="suggest-end" href="/outage/{outage.pk}/"' in " ".join(page.split())


def test_a_drills_page_says_that_this_is_real(
    cast: Cast, readers: dict[str, Client], training_binder: object, configured: LazySettings
) -> None:
    tried("timeout")
    ongoing(cast, 10 * MINUTE, drill=True)
    assert "data-real" in readers["tilda"].get("/till/drill/").content.decode()
    assert "data-real" not in readers["tilda"].get("/till/").content.decode()
    assert "data-real" not in readers["wilma"].get("/ward/").content.decode()


@pytest.mark.parametrize("tries", [1, 60, 1400, 3000])
def test_it_costs_one_statement_each_however_long_the_run(configured: Any, tries: int) -> None:
    configured.PROBE_FEED = "https://news.example/rss"
    tried(*["timeout"] * tries)
    tried(*["answered"] * tries, target="feed")
    with CaptureQueriesContext(connection) as captured:
        seen([], NOW)
    assert len(captured) == 3  # Befreg, the feed, the news


def test_the_statement_reads_by_the_index(configured: LazySettings) -> None:
    tried(*["timeout"] * 50)
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as captured:
        run_of("befreg", NOW)
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {captured[0]['sql']}")
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "readings_of_target" in plan
    assert "SCAN outage_reading " not in plan
