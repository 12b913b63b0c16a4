"""The report's drawing: its stretches, its shapes and its axis."""

from datetime import UTC, datetime, timedelta

import pytest

from custody.afterwards.report import drawing
from custody.afterwards.report import words as report_text
from custody.afterwards.report.drawing import Bucket, Mark

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def at(minute: int) -> datetime:
    return START + minutes(minute)


@pytest.mark.parametrize(
    "length", [minutes(0), minutes(59), minutes(61), timedelta(days=9), timedelta(days=40_000)]
)
def test_a_drawing_has_few_enough_stretches(length: timedelta) -> None:
    curve = drawing.buckets(START, START + length, [START], [(START, 1), (START + length, -1)])
    assert 1 <= len(curve) <= drawing.MOST_BUCKETS
    assert curve[0].start <= START
    assert (curve[0].given, curve[-1].open) == (1, 0)


def test_what_lies_outside_is_counted_at_the_edge() -> None:
    curve = drawing.buckets(START, at(60), [at(-5), at(90)], [(at(90), 1)])
    assert (curve[0].given, curve[-1].given, curve[-1].open) == (1, 1, 1)


def test_shapes_stand_where_the_figures_say() -> None:
    figures = [Bucket(at(0), 4, 4), Bucket(at(10), 0, 2)]
    made = drawing.draw(figures)
    (bar,) = made.bars
    assert (bar.y, bar.y + bar.height) == (made.top, made.bottom)
    middle = (made.left + made.right) / 2
    half = (made.top + made.bottom) / 2
    assert made.line == [
        (made.left, made.top),
        (middle, made.top),
        (middle, half),
        (made.right, half),
    ]
    assert [mark.label for mark in made.up] == [0, 1, 2, 3, 4]


def test_the_axis_reaches_the_highest() -> None:
    for highest in (0, 1, 5, 19, 5000):
        made = drawing.draw([Bucket(at(0), highest, 0)])
        assert made.up[-1].label >= highest
        assert all(bar.y >= made.top for bar in made.bars)


def test_the_table_leaves_out_what_did_not_change() -> None:
    figures = [
        Bucket(at(minute), given, 1) for minute, given in ((0, 1), (10, 0), (20, 2), (30, 0))
    ]
    rows = list(report_text.curve_rows(figures))
    assert [(given, still_open) for _start, given, still_open in rows] == [("1", "1"), ("2", "1")]


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    figures = [Bucket(first + minutes(60) * hour, 1, 1) for hour in range(-1, 3)]
    assert [start for start, *_figures in report_text.curve_rows(figures)] == [
        "2026-10-25 01:10",
        "2026-10-25 02:10 summer time",
        "2026-10-25 02:10 standard time",
        "2026-10-25 03:10",
    ]


def test_the_axis_tells_the_hours_apart_too() -> None:
    first = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    marks = [Mark(at, first + minutes(60) * at) for at in range(-1, 3)]
    assert [text for _at, text in report_text.axis(marks)] == [
        "2026-10-25 01:10",
        "02:10 summer time",
        "02:10 standard time",
        "03:10",
    ]


@pytest.mark.parametrize("count", range(1, drawing.MOST_BUCKETS + 1))
def test_no_time_is_written_past_the_edge(count: int) -> None:
    made = drawing.draw([Bucket(at(minute), 0, 0) for minute in range(count)])
    assert made.across
    assert all(mark.at + drawing.LABEL <= made.width for mark in made.across)
