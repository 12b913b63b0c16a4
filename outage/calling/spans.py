"""Hours as people write them: ``07:30–16:30``, several with commas between, ``24``. Pure.

Hours over midnight, ``16:30–07:30``, are one day's evening and the next day's morning.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from befreg_reserv.text import clean_line, fold
from befreg_reserv.times import clock_alone

MIDNIGHT: Final = time(0)
# A time column can't hold 24:00.
LAST_MINUTE: Final = time(23, 59)
BETWEEN: Final = re.compile(r"\s*[-\u2010-\u2015]\s*|\s+(?:till|to|til)\s+")
APART: Final = re.compile(r"\s*(?:[,;&+]|\boch\b|\band\b)\s*")
ALL_DAY: Final = frozenset({"24", "24 h", "24h", "dygnet runt", "hela dagen", "all day"})
END_OF_DAY: Final = frozenset({"24", "24:00", "24.00"})
WHOLE_HOUR: Final = re.compile(r"([01]?[0-9]|2[0-3])")
MOST: Final = 6  # spans of one day


class NotHours(ValueError):
    """A text that is no hours. Its words are for people."""


@dataclass(frozen=True, order=True)
class Span:
    """From ``opens`` until ``closes``, on one day; until 23:59 is until midnight."""

    opens: time
    closes: time

    def __str__(self) -> str:
        closes = "24:00" if self.closes >= LAST_MINUTE else f"{self.closes:%H:%M}"
        return f"{self.opens:%H:%M}–{closes}"


class Overnight(NamedTuple):
    """The spans of a day, and those of the next morning that belong to its evening."""

    day: list[Span]
    morning: list[Span]


def read(text: str) -> list[Span]:
    """Return the spans of a day that a text says, in order; none for an empty text.

    Raises NotHours for anything else, for spans that overlap, and for those over midnight.
    """
    day, morning = read_overnight(text)
    if morning:
        words = {"text": clean_line(text)}
        raise NotHours(
            _("%(text)s closes before it opens. Over midnight it is two days' hours.") % words
        )
    return day


def read_overnight(text: str) -> Overnight:
    """Return the spans that a text says as ``read`` does, and those after midnight. As ``read``."""
    plain = clean_line(text)
    if fold(plain) in ALL_DAY:
        return Overnight([Span(MIDNIGHT, LAST_MINUTE)], [])
    ends = [_ends(part) for part in APART.split(plain) if part]
    evenings = [Span(opens, LAST_MINUTE) for opens, closes in ends if closes <= opens]
    return Overnight(
        in_order([*evenings, *(Span(*each) for each in ends if each[0] < each[1])]),
        in_order(Span(MIDNIGHT, closes) for opens, closes in ends if closes <= opens),
    )


def in_order(spans: Iterable[Span]) -> list[Span]:
    """Return the spans of a day, the same one once. Raises NotHours if some overlap."""
    found = sorted(set(spans))
    for before, after in pairwise(found):
        if after.opens < before.closes:
            words = {"one": before, "other": after}
            raise NotHours(_("%(one)s and %(other)s overlap. Write them as one.") % words)
    if len(found) > MOST:
        raise NotHours(_("A day has %(most)d spans of hours at most.") % {"most": MOST})
    return found


def _ends(text: str) -> tuple[time, time]:
    """Return from when and until when; the latter is earlier if midnight lies between."""
    ends = BETWEEN.split(text)
    if len(ends) != 2:  # noqa: PLR2004
        raise NotHours(_("Write the hours as 07:30–16:30. “%(text)s” is none.") % {"text": text})
    opens = _clock(ends[0])
    closes = LAST_MINUTE if ends[1] in END_OF_DAY else _clock(ends[1])
    if closes == MIDNIGHT:  # however it is written, the day's end and no morning of no length
        closes = LAST_MINUTE
    if closes == opens:
        raise NotHours(
            _("%(text)s is no time at all. Write 24 for the whole day.") % {"text": text}
        )
    return opens, closes


def _clock(text: str) -> time:
    hour = WHOLE_HOUR.fullmatch(text)
    clock = clock_alone(f"{text}:00" if hour else text)
    if clock is None:
        raise NotHours(_("Write the hours as 07:30–16:30. “%(text)s” is none.") % {"text": text})
    return time.fromisoformat(clock).replace(second=0)


def written(spans: Iterable[Span]) -> str:
    """Return the spans of a day as ``read`` takes them."""
    return ", ".join(map(str, spans))
