"""Handouts and open loops over time as figures, and those figures as shapes.

Imports nothing of ours. Times come in and go out aware; whoever shows a drawing adds the words.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Generic, TypeVar

MOST_BUCKETS = 60
HOUR = timedelta(hours=1)
WIDTHS = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 30, 91, 365)),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Change = tuple[datetime, int]  # when, and how many more (or fewer) are open since then


@dataclass(frozen=True)
class Bucket:
    """A stretch of time: how many were handed out in it, and how many were open at its end."""

    start: datetime
    given: int
    open: int


def buckets(
    start: datetime, end: datetime, given: Iterable[datetime], changes: Iterable[Change]
) -> list[Bucket]:
    """Return the figures from ``start`` to ``end`` in equal stretches, MOST_BUCKETS at most.

    What happened before or after is counted in the first or the last stretch.
    """
    width, first, count = _grid(start, end)

    def index_of(when: datetime) -> int:
        return min(max((when - first) // width, 0), count - 1)

    handed_out, change = [0] * count, [0] * count
    for when in given:
        handed_out[index_of(when)] += 1
    for when, by in changes:
        change[index_of(when)] += by
    return [
        Bucket(first + index * width, handed_out[index], still_open)
        for index, still_open in enumerate(accumulate(change))
    ]


def _grid(start: datetime, end: datetime) -> tuple[timedelta, datetime, int]:
    """Return width, start and number of the stretches, at round times."""
    for width in WIDTHS:
        first = start - (start - EPOCH) % min(width, HOUR)
        count = (max(end, start) - first) // width + 1
        if count <= MOST_BUCKETS:
            return width, first, count
    width = (end - start) / (MOST_BUCKETS - 1)  # more than about sixty years
    return width, start, MOST_BUCKETS


@dataclass(frozen=True)
class Bar:
    """The handouts of one stretch, in units of the drawing."""

    x: float
    y: float
    width: float
    height: float


Label = TypeVar("Label", int, datetime)


@dataclass(frozen=True)
class Mark(Generic[Label]):
    """A place on an axis and its label."""

    at: float
    label: Label


@dataclass(frozen=True)
class Drawing:
    """Bars for the handouts, a stepped line for what is open, and both axes."""

    bars: list[Bar]
    line: list[tuple[float, float]]
    across: list[Mark[datetime]]
    up: list[Mark[int]]
    width: int = 640
    height: int = 284
    left: int = 44
    right: int = 628
    top: int = 14
    bottom: int = 226

    @property
    def d(self) -> str:
        """Return the line as an SVG path."""
        return "M" + " L".join(f"{x:g} {y:g}" for x, y in self.line)


MARKS_ACROSS = 5
LABEL = 105  # the width of a written time


def draw(figures: Sequence[Bucket]) -> Drawing:
    """Return the figures as shapes; at least one bucket is needed."""
    room = Drawing([], [], [], [])
    wide = (room.right - room.left) / len(figures)
    step = _step(max(max(bucket.given, bucket.open) for bucket in figures))
    tall = (room.bottom - room.top) / (step * MARKS_UP)

    def y(value: int) -> float:
        return round(room.bottom - value * tall, 1)

    def x(index: float) -> float:
        return round(room.left + index * wide, 1)

    every = -(-len(figures) // MARKS_ACROSS)
    return Drawing(
        bars=[
            Bar(
                x(index + 0.15),
                y(bucket.given),
                round(wide * 0.7, 1),
                round(bucket.given * tall, 1),
            )
            for index, bucket in enumerate(figures)
            if bucket.given
        ],
        line=[
            point
            for index, bucket in enumerate(figures)
            for point in ((x(index), y(bucket.open)), (x(index + 1), y(bucket.open)))
        ],
        across=[
            Mark(x(index), figures[index].start)
            for index in range(0, len(figures), every)
            if x(index) + LABEL <= room.width
        ],
        up=[Mark(y(value), value) for value in _values(step)],
    )


MARKS_UP = 4


def _values(step: int) -> Iterator[int]:
    yield from range(0, step * MARKS_UP + 1, step)


def _step(highest: int) -> int:
    """Return the value between two marks upwards: 1, 2 or 5, times a power of ten."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power * MARKS_UP >= highest:
                return digit * power
        power *= 10
