"""Hours as people write them."""

from datetime import time

import pytest

from outage.calling import spans
from outage.calling.spans import NotHours, Span

LAST = time(23, 59)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("  ", []),
        ("07:30–16:30", [Span(time(7, 30), time(16, 30))]),
        ("7.30 - 16.30", [Span(time(7, 30), time(16, 30))]),
        ("0730-1630", [Span(time(7, 30), time(16, 30))]),
        ("8-17", [Span(time(8), time(17))]),
        ("8 till 17", [Span(time(8), time(17))]),
        ("13–16, 8–12", [Span(time(8), time(12)), Span(time(13), time(16))]),
        ("8–12 och 13–16", [Span(time(8), time(12)), Span(time(13), time(16))]),
        ("16:30–24:00", [Span(time(16, 30), LAST)]),
        ("16:30–0", [Span(time(16, 30), LAST)]),
        ("16.30-0.00", [Span(time(16, 30), LAST)]),
        ("00:00–00:00", [Span(time(0), LAST)]),
        ("0-24", [Span(time(0), LAST)]),
        ("dygnet runt", [Span(time(0), LAST)]),
        ("24", [Span(time(0), LAST)]),
    ],
)
def test_what_is_read(text: str, found: list[Span]) -> None:
    assert spans.read(text) == found
    assert spans.read(spans.written(found)) == found


@pytest.mark.parametrize(
    "text",
    ["x", "8", "8-", "-8", "8-8", "22-06", "8-25", "8-12-16", "8–12, 11–13", "8:61-9", "²-9", "a-b",
     ",".join(f"{hour}-{hour + 1}" for hour in range(7))],
)  # fmt: skip
def test_what_is_no_hours_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotHours, match=r"\w"):
        spans.read(text)


def test_hours_over_midnight_are_an_evening_and_a_morning() -> None:
    day, morning = spans.read_overnight("16:30–07:30, 12-13")
    assert day == [Span(time(12), time(13)), Span(time(16, 30), LAST)]
    assert morning == [Span(time(0), time(7, 30))]
