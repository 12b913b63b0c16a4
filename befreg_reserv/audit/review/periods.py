"""Times that people ask the log for by a word: tonight, this month, the last outage."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.times import came_twice, moment, zone_name

# By day "tonight" is the night that has passed.
NIGHT_BEGINS, NIGHT_ENDS = 18, 8  # o'clock

# Its beginning, and its end unless it goes on; None if there was no such time.
Span = tuple[datetime, datetime | None]
Source = Callable[[datetime], Span | None]


class _Named(NamedTuple):
    place: int
    words: str | Promise
    source: Source


_named: dict[str, _Named] = {}


def register(name: str, place: int, words: str | Promise, source: Source) -> None:
    """Let the log's pages offer a time by a word. ``place``: the lowest comes first."""
    _named[name] = _Named(place, words, source)


@dataclass(frozen=True)
class Period:
    """A time that is offered: its word, and the address of the same question for it."""

    words: str | Promise
    query: str
    chosen: bool


def offered(query: QueryDict, now: datetime) -> list[Period]:
    """Return the times that the page of this question offers."""
    found = []
    for each in sorted(_named.values()):
        span = each.source(now)
        if span is not None:
            found.append(_offered(query, each.words, span))
    return found


def _offered(query: QueryDict, words: str | Promise, span: Span) -> Period:
    begin, end = span
    since, until = _typed(begin), _typed(end) if end else ""
    changed = query.copy()
    for name in ("page", "older", "newer"):
        changed.pop(name, None)
    changed["since"], changed["until"] = since, until
    chosen = (query.get("since", ""), query.get("until", "")) == (since, until)
    return Period(words, f"?{changed.urlencode()}", chosen)


def _typed(at: datetime) -> str:
    """Return a time as people would type it into the form's field."""
    return f"{moment(at)} {zone_name(at)}" if came_twice(at) else moment(at)


def tonight(now: datetime) -> Span:
    """Return the night that goes on, or by day the one that has passed."""
    local = timezone.localtime(now)
    evening = local.date() if local.hour >= NIGHT_BEGINS else local.date() - timedelta(days=1)
    begin = _at(evening.year, evening.month, evening.day, NIGHT_BEGINS)
    morning = evening + timedelta(days=1)
    end = _at(morning.year, morning.month, morning.day, NIGHT_ENDS)
    return begin, end if end <= now else None


def this_month(now: datetime) -> Span:
    """Return the time since the month began."""
    local = timezone.localtime(now)
    return _at(local.year, local.month, 1, 0), None


def _at(year: int, month: int, day: int, hour: int) -> datetime:
    zone = timezone.get_current_timezone()
    return datetime(year, month, day, hour, tzinfo=zone)


register("tonight", 10, _("Tonight"), tonight)
register("month", 30, _("This month"), this_month)
