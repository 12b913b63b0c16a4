"""Hours as people write them: ``07:30–16:30``, several with commas between, ``24``. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _

from befreg_reserv.text import clean_line, fold
from befreg_reserv.times import clock_alone

MIDNIGHT: Final = time(0)
# A time column can't hold 24:00.
LAST_MINUTE: Final = time(23, 59)
BETWEEN: Final = re.compile(r"\s*[-\u2010-\u2015]\s*|\s+(?:till|to|til)\s+")
APART: Final = re.compile(r"\s*(?:[,;&+]|\boch\b|\band\b)\s*")
ALL_DAY: Final = frozenset({"24", "24 h", "24h", "dygnet runt", "hela dagen", "all day"})
END_OF_DAY: Final = frozenset({"24", "24:00", "24.00", "00:00", "00.00", "0:00"})
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


def read(text: str) -> list[Span]:
    """Return the spans of a day that a text says, in order; none for an empty text.

    Raises NotHours for anything else, and for spans that overlap.
    """
    plain = clean_line(text)
    if fold(plain) in ALL_DAY:
        return [Span(MIDNIGHT, LAST_MINUTE)]
    spans = sorted(_span(part) for part in APART.split(plain) if part)
    for before, after in pairwise(spans):
        if after.opens < before.closes:
            words = {"one": before, "other": after}
            raise NotHours(_("%(one)s and %(other)s overlap. Write them as one.") % words)
    if len(spans) > MOST:
        raise NotHours(_("A day has %(most)d spans of hours at most.") % {"most": MOST})
    return spans


def _span(text: str) -> Span:
    ends = BETWEEN.split(text)
    if len(ends) != 2:  # noqa: PLR2004
        raise NotHours(_("Write the hours as 07:30–16:30. “%(text)s” is none.") % {"text": text})
    opens = _clock(ends[0])
    closes = LAST_MINUTE if ends[1] in END_OF_DAY else _clock(ends[1])
    if closes <= opens:
        text = _("%(text)s closes before it opens. Over midnight it is two days' hours.") % {
            "text": text
        }
        raise NotHours(text)
    return Span(opens, closes)


def _clock(text: str) -> time:
    hour = WHOLE_HOUR.fullmatch(text)
    clock = clock_alone(f"{text}:00" if hour else text)
    if clock is None:
        raise NotHours(_("Write the hours as 07:30–16:30. “%(text)s” is none.") % {"text": text})
    return time.fromisoformat(clock).replace(second=0)


def written(spans: Iterable[Span]) -> str:
    """Return the spans of a day as ``read`` takes them."""
    return ", ".join(map(str, spans))
