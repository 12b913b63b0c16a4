"""Whom to call now, until when that holds, and whom to call then.

``whom_to_call`` is a pure function of contacts, closed days and an aware time; ``ask`` calls it
with what the database and the settings say. Hours are local times in TIME_ZONE.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F

from outage.calling.closed_days import is_closed
from outage.models import Contact, ContactDay

# A time column can't hold 24:00: closing in the day's last minute means closing at midnight.
LAST_MINUTE = time(23, 59)
# No weekday is a closed day in more than two consecutive weeks, so hours that can change the answer
# do so within three.
FURTHEST = timedelta(weeks=5)
DAY = timedelta(days=1)

Closed = Callable[[date], bool]


@dataclass(frozen=True)
class Hours:
    """When a line answers on one weekday, 0 for Monday: from ``opens`` until ``closes``."""

    weekday: int
    opens: time
    closes: time

    def hold(self, local: datetime) -> bool:
        """Tell whether a wall clock shows a time within them."""
        until_midnight = self.closes >= LAST_MINUTE
        return (
            local.weekday() == self.weekday
            and self.opens <= local.time()
            and (until_midnight or local.time() < self.closes)
        )


@dataclass(frozen=True)
class SingleDay:
    """A day on which a line answers at other times than usual; without times, not at all."""

    day: date
    opens: time | None = None
    closes: time | None = None

    def hold(self, local: datetime) -> bool:
        """Tell whether a wall clock shows a time of the day at which somebody answers."""
        if self.opens is None or self.closes is None:
            return False
        return Hours(self.day.weekday(), self.opens, self.closes).hold(local)


@dataclass(frozen=True)
class ContactLine:
    """A number that can be called. Without hours: at any time, but for its single days."""

    number: str
    name: str = ""
    hint: str = ""
    hours: tuple[Hours, ...] = ()
    on_holidays: bool = False
    days: tuple[SingleDay, ...] = ()

    def answers(self, local: datetime, closed: Closed) -> bool:
        """Tell whether somebody answers when the wall clock shows ``local``."""
        for single in self.days:
            if single.day == local.date():
                return single.hold(local)
        if not self.hours:
            return True
        return any(hours.hold(local) for hours in self.hours) and (
            self.on_holidays or not closed(local.date())
        )


@dataclass(frozen=True)
class Answer:
    """Whom to call (None: nobody answers), until when (None: always), and whom after that."""

    line: ContactLine | None
    until: datetime | None = None
    then: ContactLine | None = None


def whom_to_call(
    lines: Iterable[ContactLine], closed: Closed, at: datetime, zone: ZoneInfo
) -> Answer:
    """Return who of ``lines`` is to be called at ``at``: the first one who answers.

    ``lines``: in the order in which they are tried. ``closed``: tells whether a day is a holiday,
    on which only lines with ``on_holidays`` answer. ``at``: an aware time. Raises nothing, even if
    the register is empty.
    """
    tried = _that_matter(lines)
    line = _first(tried, closed, at.astimezone(zone))
    for moment in _when_it_may_change(tried, at, zone):
        then = _first(tried, closed, moment.astimezone(zone))
        if then != line:
            return Answer(line, moment, then)
    return Answer(line)


def _that_matter(lines: Iterable[ContactLine]) -> Sequence[ContactLine]:
    """Return the lines up to the first that always answers: those after it are never called."""
    found = []
    for line in lines:
        found.append(line)
        if not line.hours and not line.days:
            break
    return found


def _first(lines: Sequence[ContactLine], closed: Closed, local: datetime) -> ContactLine | None:
    return next((line for line in lines if line.answers(local, closed)), None)


def _when_it_may_change(
    lines: Sequence[ContactLine], at: datetime, zone: ZoneInfo
) -> Iterator[datetime]:
    """Yield, in order, each moment after ``at`` at which a line could begin or stop answering.

    May yield too many, but none is missing: midnights, the limits of all hours, and 01:00 UTC, when
    the clocks of the EU are put forward or back. A wall clock may show one time twice.
    """
    spans: list[Hours | SingleDay] = [span for line in lines for span in line.hours]
    spans += [single for line in lines for single in line.days]
    if not spans:
        return
    ends = (limit for span in spans for limit in (span.opens, span.closes))
    limits = {time(0), *(limit for limit in ends if limit is not None)}
    today = at.astimezone(zone).date()
    for number in range(FURTHEST.days):
        day = today + number * DAY
        walls = (datetime.combine(day, limit, zone) for limit in limits)
        moments = {wall.replace(fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)}
        moments.add(datetime.combine(day, time(1), UTC))
        yield from (moment for moment in sorted(moments) if moment > at)


# --- what is in the register ----------------------------------------------------------------


@dataclass(frozen=True)
class Register:
    """The lines in use, by purpose and in their order, in the language of the page."""

    fault: tuple[ContactLine, ...] = ()
    till: tuple[ContactLine, ...] = ()
    admin: tuple[ContactLine, ...] = ()
    chief: tuple[ContactLine, ...] = ()


def register() -> Register:
    """Return the contacts in use; two statements."""
    days: defaultdict[int, list[SingleDay]] = defaultdict(list)
    for row in ContactDay.objects.filter(contact__active=True).order_by("day"):
        days[row.contact_id].append(SingleDay(row.day, row.opens, row.closes))
    lines = [
        (contact.purpose, _line(contact, hours, tuple(days[contact.pk])))
        for contact, hours in _with_hours()
    ]
    return Register(
        **{
            purpose.value: tuple(line for kind, line in lines if kind == purpose)
            for purpose in Contact.Purpose
        }
    )


@dataclass(frozen=True)
class WhomToCall:
    """Whom to call at one time, for each purpose."""

    fault: Answer
    till: Answer
    admin: Answer
    chief: Answer

    @property
    def last_resort(self) -> ContactLine | None:
        """Return the system administrator's line, or else the one for faults."""
        return self.admin.line or self.fault.line


def calls(at: datetime) -> WhomToCall:
    """Return whom to call at ``at``, for each purpose; two statements."""
    kept = register()
    kinds = (kept.fault, kept.till, kept.admin, kept.chief)
    return WhomToCall(*(_now(lines, at) for lines in kinds))


def not_kept() -> list[Contact.Purpose]:
    """Return the needed purposes for which no contact is in use; one statement."""
    kept = set(Contact.objects.filter(active=True).order_by().values_list("purpose", flat=True))
    return [purpose for purpose in Contact.NEEDED if purpose.value not in kept]


@dataclass(frozen=True)
class Gap:
    """A time in the coming week at which nobody of a kind answers; it may go on after that week."""

    purpose: Contact.Purpose
    since: datetime
    until: datetime
    goes_on: bool = False


def gaps(at: datetime, within: timedelta = timedelta(weeks=1)) -> list[Gap]:
    """Return when, from ``at`` on, nobody of a needed kind answers; two statements.

    Kinds of which no contact is in use aren't among them: see ``not_kept``.
    """
    kept, end = register(), at + within
    return [
        gap
        for purpose in Contact.NEEDED
        if (lines := getattr(kept, purpose.value))
        for gap in _gaps(purpose, lines, at, end)
    ]


def _gaps(
    purpose: Contact.Purpose, lines: Sequence[ContactLine], at: datetime, end: datetime
) -> Iterator[Gap]:
    while at < end:
        answer = _now(lines, at)
        until = min(answer.until or end, end)
        if answer.line is None:
            goes_on = answer.until is None or answer.until > end
            yield Gap(purpose, at, until, goes_on)
        at = until


def ask(at: datetime) -> Answer:
    """Return whom to call about a fault in Befreg at ``at``; two statements."""
    return _now(register().fault, at)


def _now(lines: Iterable[ContactLine], at: datetime) -> Answer:
    eves = settings.OBSERVED_EVES
    return whom_to_call(lines, lambda day: is_closed(day, eves), at, ZoneInfo(settings.TIME_ZONE))


def _with_hours() -> Iterator[tuple[Contact, tuple[Hours, ...]]]:
    """Yield the contacts in use in their order, each with its hours; one statement."""
    spans = {name: F(f"hours__{name}") for name in ("weekday", "opens", "closes")}
    rows: Any = Contact.objects.filter(active=True).annotate(**spans)
    in_order = rows.order_by("purpose", "position", "id", "weekday", "opens")
    for _key, same in groupby(in_order, attrgetter("pk")):
        contact, *others = same
        read = (vars(row) for row in (contact, *others))
        yield (
            contact,
            tuple(
                Hours(row["weekday"], row["opens"], row["closes"])
                for row in read
                if row["weekday"] is not None
            ),
        )


def _line(contact: Contact, hours: tuple[Hours, ...], days: tuple[SingleDay, ...]) -> ContactLine:
    return ContactLine(
        number=contact.number,
        name=contact.shown_name,
        hint=contact.shown_hint,
        hours=hours,
        on_holidays=contact.on_holidays,
        days=days,
    )
