"""What the probe has seen, in words for pages: from the stored readings, without a new try.

People decide: a run of failures only suggests to start an outage, a run of answers to end one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from befreg_reserv.times import clock
from outage.models import NewsItem, Outage, Reading
from outage.models.seen import READING_DAYS

BEFREG = "befreg"  # the target that speaks for Befreg itself
FEED = "feed"  # what the feed's readings are called

Result = Reading.Result
# A page that is too large to be read is an answer too.
ANSWERS = (Result.ANSWERED, Result.TOO_LARGE)
SILENCE = (Result.TIMEOUT, Result.UNREACHABLE)
OURS = Result.FAULT  # says nothing of the target

# How far back a run of failures is followed, so that a page reads a day's tries at most.
FAILURES_BACK = timedelta(days=1)
ANSWERS_BACK = timedelta(hours=1)  # the usual case: nobody needs to know since when Befreg works
ANSWERS_TO_END = 2  # a single answer may come from a server that is starting
MOST_NEWS = 5


@dataclass(frozen=True)
class Run:
    """The latest consecutive tries of a target that were all answered, or all not."""

    result: Result
    status: int | None
    first_at: datetime
    last_at: datetime
    tries: int
    whole: bool  # False: it may have begun before the time that was looked at, with more tries

    @property
    def answers(self) -> bool:
        """Tell whether the target answered."""
        return self.result in ANSWERS

    def stale(self, now: datetime) -> bool:
        """Tell whether the last try is so old that the timer seems to have stopped."""
        return now - self.last_at > timedelta(minutes=settings.PROBE_STALE_MINUTES)


@dataclass(frozen=True)
class SeenLine:
    """A sentence about a target; ``tag`` is one of ``manners.TAGS``, ``label`` its word."""

    tag: str
    label: str
    text: str


@dataclass(frozen=True)
class Seen:
    """All that a page shows. ``start``: suggests to start an outage; ``end``: to end this one."""

    lines: list[SeenLine]
    news: list[NewsItem]
    start: bool = False
    end: Outage | None = None


def seen(ongoing: Iterable[Outage], now: datetime) -> Seen | None:
    """Return what to show at ``now``, or None, without a statement, if nothing is configured.

    One statement for each target and one for the news. ``ongoing``: the ongoing outages; drills
    don't count.
    """
    names = [*settings.PROBE_TARGETS, *([FEED] if settings.PROBE_FEED else [])]
    if not names:
        return None
    real = next((outage for outage in ongoing if not outage.drill), None)
    runs = {name: run_of(name, now) for name in names}
    befreg = runs.get(BEFREG)
    trusted = befreg if befreg and not befreg.stale(now) else None
    return Seen(
        lines=[line(name, run, now) for name, run in runs.items()],
        news=news(now) if settings.PROBE_FEED else [],
        start=bool(trusted and not real and suggests_start(trusted)),
        end=real if trusted and real and suggests_end(trusted, real) else None,
    )


def suggests_start(run: Run) -> bool:
    """Tell whether Befreg has failed so often in a row that an outage may have begun.

    False if the latest try failed through a fault of ours, which says nothing of Befreg.
    """
    return not run.answers and run.result != OURS and run.tries >= settings.PROBE_FAILURES


def suggests_end(run: Run, outage: Outage) -> bool:
    """Tell whether Befreg has come back: several answers in a row, the first after the start.

    A page that answered all along says nothing about an outage that people see. But a run is
    followed for an hour only, so an hour after the start it suggests to end it all the same.
    """
    return run.answers and run.tries >= ANSWERS_TO_END and run.first_at > outage.started_at


def run_of(target: str, now: datetime) -> Run | None:
    """Return the target's latest run, or None if it was never tried; one bounded statement.

    A gap so long that the timer seems to have stopped begins a new run: the tries before it say
    nothing of the gap.
    """
    found = _latest_tries(target, now)
    if not found:
        return None
    (last_at, last, status), *earlier = found
    answers = last in ANSWERS
    first_at, tries, whole = last_at, 1, True
    stale = timedelta(minutes=settings.PROBE_STALE_MINUTES)
    for at, result, _status in earlier:
        if first_at - at > stale or (result in ANSWERS) != answers:
            break
        if at <= now - _back(answers=answers):
            whole = False
            break
        first_at, tries = at, tries + 1
    return Run(Result(last), status, first_at, last_at, tries, whole)


Try = tuple[datetime, str, int | None]  # when, the result, its HTTP status


def _back(*, answers: bool) -> timedelta:
    return ANSWERS_BACK if answers else FAILURES_BACK


def _latest_tries(target: str, now: datetime) -> list[Try]:
    """Return the tries within the time that a run is followed, and one more; the latest first."""
    tries = Reading.objects.filter(target=target, at__lte=now)
    edges = {answers: now - _back(answers=answers) for answers in (True, False)}
    since = {
        answers: Coalesce(_last(tries.filter(at__lte=edge)), Value(edge))
        for answers, edge in edges.items()
    }
    found = tries.annotate(
        latest=Subquery(tries.order_by("-at", "-id").values("result")[:1]),
        since=Case(When(latest__in=ANSWERS, then=since[True]), default=since[False]),
    )
    in_time = found.filter(at__gte=F("since")).order_by("-at", "-id")
    return list(in_time.values_list("at", "result", "status"))


def _last(readings: QuerySet[Reading]) -> Subquery:
    return Subquery(readings.order_by("-at").values("at")[:1])


def old(at: datetime) -> QuerySet[Reading]:
    """Return the readings that nobody needs any more, the oldest first."""
    return Reading.objects.filter(at__lt=at - timedelta(days=READING_DAYS)).order_by("pk")


def news(now: datetime) -> list[NewsItem]:
    """Return the newest items that the feed held when it was last read; the newest first.

    What was taken out of the feed isn't shown, nor anything once it couldn't be read for a day.
    """
    read = Reading.objects.filter(
        target=FEED, result=Result.ANSWERED, at__gt=now - FAILURES_BACK, at__lte=now
    )
    # The newest were stored last: no sorting by columns without an index.
    return list(NewsItem.objects.filter(last_seen_at=_last(read)).order_by("-id")[:MOST_NEWS])


def line(name: str, run: Run | None, now: datetime) -> SeenLine:
    """Say what was seen of a target."""
    called = _("IT news") if name == FEED else name.capitalize()
    if run is None:
        text = _("%(name)s has not been tried yet: the timer may not be running.")
        return SeenLine("warning", _("Not tried"), text % {"name": called})
    if run.stale(now):
        text = _("Nobody has tried %(name)s since %(time)s: the timer may have stopped.")
        words = {"name": called, "time": clock(run.last_at)}
        return SeenLine("warning", _("Not tried"), text % words)
    if run.answers:
        return SeenLine("done", _("Answers"), _answered(called, run))
    return SeenLine("none", _("No answer"), _failed(called, run))


def _answered(name: str, run: Run) -> str:
    text = _("%(name)s answered this server at %(time)s.")
    return text % {"name": name, "time": clock(run.last_at)}


def _failed(name: str, run: Run) -> str:
    words = {"name": name, "time": clock(run.first_at), "count": run.tries}
    if run.whole:
        text = ngettext(
            "%(name)s has not answered this server since %(time)s (%(count)d try).",
            "%(name)s has not answered this server since %(time)s (%(count)d tries).",
            run.tries,
        )
    else:
        text = ngettext(
            "%(name)s has not answered this server for more than a day (%(count)d try a day).",
            "%(name)s has not answered this server for more than a day (%(count)d tries a day).",
            run.tries,
        )
    return text % words if run.result in SILENCE else f"{text % words} {_last_answer(run)}"


def _last_answer(run: Run) -> str:
    """Say what came instead of an answer as it should be."""
    result = f"{run.result.label} ({run.status})" if run.status else str(run.result.label)
    return _("The last time it %(result)s.") % {"result": result}
