"""What a review may type, and what it means."""

from datetime import UTC, datetime, timedelta

import pytest

from befreg_reserv.audit.review.forms import SearchForm
from befreg_reserv.audit.review.pages import Search


def search(**typed: str) -> Search:
    form = SearchForm(typed)
    assert form.is_valid(), form.errors
    return form.search()


def faulty(**typed: str) -> set[str]:
    """Return the names of the fields that are complained about."""
    return set(SearchForm(typed).errors)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_nothing_typed_asks_for_everything() -> None:
    assert search() == search(number=" ", person="", since="\t") == Search()


@pytest.mark.parametrize(
    "typed", ["20000101K064", " 20000101 k 06 4", "2000-01-01-K064", "20000101–K064\u200b"]
)
def test_a_number_may_be_spelled_in_any_way(typed: str) -> None:
    assert search(number=typed).number == "20000101K064"


@pytest.mark.parametrize(
    ("typed", "begin", "length"),
    [
        ("2026-01-15", "2026-01-14 23:00", timedelta(days=1)),
        ("2026-07-15 14:05", "2026-07-15 12:05", timedelta(minutes=1)),
        ("2026-07-15 14.05", "2026-07-15 12:05", timedelta(minutes=1)),
        ("2026-07-15T14:05", "2026-07-15 12:05", timedelta(minutes=1)),
        ("2026-07-15 14:05:30", "2026-07-15 12:05:30", timedelta(seconds=1)),
        # The day the clock is put forward has 23 hours, the day it is put back has 25.
        ("2026-03-29", "2026-03-28 23:00", timedelta(hours=23)),
        ("2026-10-25", "2026-10-24 22:00", timedelta(hours=25)),
        # This minute came twice, and means both; this one never came, and loses nothing.
        ("2026-10-25 02:30", "2026-10-25 00:30", timedelta(hours=1, minutes=1)),
        ("2026-03-29 02:30", "2026-03-29 00:30", timedelta(hours=1, minutes=1)),
        # With the season that pages write beside it, it is one of them.
        ("2026-10-25 02:30 sommartid", "2026-10-25 00:30", timedelta(minutes=1)),
        ("2026-10-25 02:59:59 standard time", "2026-10-25 01:59:59", timedelta(seconds=1)),
    ],
)
def test_a_time_is_local_and_included_to_its_end(typed: str, begin: str, length: timedelta) -> None:
    found = search(since=typed, until=typed)
    assert found.since == utc(begin)
    assert found.until == utc(begin) + length


@pytest.mark.parametrize(
    "typed",
    [
        *("yesterday", "2026-13-01", "2026-02-30", "26-01-01", "2026-01-01 25:00", "x" * 151),
        *("0001-01-01", "9999-12-31", "2026-01-01 10:00+02:00", "٢٠٢٦-01-32"),
    ],
)
@pytest.mark.parametrize("field", ["since", "until"])
def test_what_is_no_time_is_complained_about_where_it_stands(field: str, typed: str) -> None:
    assert faulty(**{field: typed}) == {field}


def test_a_time_that_ends_before_it_begins_is_complained_about() -> None:
    assert faulty(since="2026-01-02", until="2026-01-01") == {"until"}
    assert not faulty(since="2026-01-02", until="2026-01-02")


@pytest.mark.parametrize(
    ("field", "typed"),
    [("number", "2" * 13), ("person", "x" * 151), ("unit", "x" * 251), ("act", "no such act")],
)
def test_what_can_be_nowhere_in_the_log_is_complained_about(field: str, typed: str) -> None:
    assert faulty(**{field: typed}) == {field}
