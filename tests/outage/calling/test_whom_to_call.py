"""Whom to call now: against a slow and obvious model, and at every edge by name."""

import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from holidays.countries.sweden import Sweden

from outage.calling import contacts
from outage.calling.closed_days import is_closed, public_holidays
from outage.calling.contacts import Answer, ContactLine, Hours
from outage.calling.eves import EVES
from tests.ground.scenery import scene
from tests.outage.calling.clocks import STOCKHOLM, SUPPORT, TECHNICIAN, local, number_of

pytestmark = pytest.mark.one_database("decisions")

FIRST_YEAR, LAST_YEAR = 2026, 2030
TIMES = [1_000, pytest.param(20_000, marks=pytest.mark.long)]


@scene
def lines(db: None) -> Sequence[ContactLine]:
    """The contacts that the migration laid down."""
    return contacts.register().fault


def observed(day: date) -> bool:
    return is_closed(day, settings.OBSERVED_EVES)


def told(
    lines: Sequence[ContactLine], at: datetime
) -> tuple[str | None, datetime | None, str | None]:
    """Return the answer by telephone numbers."""
    answer = contacts.whom_to_call(lines, observed, at, STOCKHOLM)
    return number_of(answer.line), answer.until, number_of(answer.then)


# --- the model: minute by minute, without a library -------------------------------------------

EASTER = {2026: (4, 5), 2027: (3, 28), 2028: (4, 16), 2029: (4, 1), 2030: (4, 21), 2031: (4, 13)}


def saturday_from(day: date) -> date:
    while day.weekday() != 5:
        day += timedelta(days=1)
    return day


def closed_in(year: int) -> set[date]:
    """Return the public holidays, and the eves that the settings observe unless told otherwise."""
    fixed = {(1, 1), (1, 6), (5, 1), (6, 6), (12, 25), (12, 26), (12, 24), (12, 31)}
    easter = date(year, *EASTER[year])
    midsummer = saturday_from(date(year, 6, 20))
    return {
        *(date(year, *each) for each in fixed),
        *(easter + timedelta(days=days) for days in (-2, 0, 1, 39, 49)),
        midsummer,
        midsummer - timedelta(days=1),
        saturday_from(date(year, 10, 31)),
    }


def last_sunday(year: int, month: int) -> datetime:
    day = datetime(year, month, 31, 1, tzinfo=UTC)
    while day.weekday() != 6:
        day -= timedelta(days=1)
    return day


class Model:
    """Who answers at each minute of the five years, and when that changes next.

    ``who(weekday, minute of the day, closed)`` returns an index, or -1 for nobody.
    """

    START = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)

    def __init__(self, who: Callable[[int, int, bool], int]) -> None:
        closed = set().union(*map(closed_in, EASTER))
        by_minute: list[int] = []
        days: dict[tuple[int, bool], list[int]] = {}
        hour = self.START
        while hour.year <= LAST_YEAR or hour.month == 1:
            summer = last_sunday(hour.year, 3) <= hour < last_sunday(hour.year, 10)
            wall = hour + timedelta(hours=2 if summer else 1)
            kind = (wall.weekday(), wall.date() in closed)
            if kind not in days:
                days[kind] = [who(kind[0], minute, kind[1]) for minute in range(24 * 60)]
            by_minute += days[kind][wall.hour * 60 : wall.hour * 60 + 60]
            hour += timedelta(hours=1)
        self.by_minute = by_minute
        self.changes = [
            minute
            for minute in range(1, len(by_minute))
            if by_minute[minute] != by_minute[minute - 1]
        ]

    def told(self, at: datetime) -> tuple[int, datetime, int]:
        minute = (at - self.START) // timedelta(minutes=1)
        change = self.changes[bisect_right(self.changes, minute)]
        until = self.START + timedelta(minutes=change)
        return self.by_minute[minute], until, self.by_minute[change]


def routine(weekday: int, minute: int, closed: bool) -> int:
    """Tell who answers by the routine's own words: 0 the support, 1 the technician."""
    if closed or weekday > 4:
        return 1
    if weekday == 4:
        return 0 if 7 * 60 <= minute < 16 * 60 else 1
    return 0 if 7 * 60 + 30 <= minute < 16 * 60 + 30 else 1


class Who:
    """Tells who of some lines answers in a minute, by looking at every row."""

    def __init__(self, lines: Sequence[ContactLine]) -> None:
        self.lines = lines

    def __call__(self, weekday: int, minute: int, closed: bool) -> int:
        for index, line in enumerate(self.lines):
            if not line.hours:
                return index
            for row in line.hours:
                opens = row.opens.hour * 60 + row.opens.minute
                closes = row.closes.hour * 60 + row.closes.minute
                if closes == 23 * 60 + 59:
                    closes = 24 * 60
                today = row.weekday == weekday and (line.on_holidays or not closed)
                if today and opens <= minute < closes:
                    return index
        return -1


def random_times(count: int) -> list[datetime]:
    """Return aware times within the five years, in zones of all sorts; half near an edge."""
    dice = random.Random(20260329)  # noqa: S311  the same times at every run
    zones = [UTC, STOCKHOLM, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Kiritimati")]
    first = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    days = (date(LAST_YEAR + 1, 1, 1) - first.date()).days
    found = []
    for number in range(count):
        at = first + timedelta(days=dice.randrange(days), seconds=dice.randrange(86_400))
        if number % 2:
            edge = dice.choice([(7, 0), (7, 30), (16, 0), (16, 30), (0, 0), (2, 0), (3, 0)])
            wall = datetime.combine(at.date(), time(*edge), STOCKHOLM)
            at = wall.astimezone(UTC) + timedelta(seconds=dice.randint(-90, 90))
        found.append(at.astimezone(dice.choice(zones)))
    return found


WEEK = range(7)
# Every hour that could go wrong: past midnight, in the hours that the clocks skip and repeat,
# overlapping, touching, on holidays too, and times at which nobody answers.
ODD = (
    ContactLine("1", hours=(Hours(6, time(2, 30), time(3, 30)), Hours(0, time(8), time(12)))),
    ContactLine(
        "2",
        hours=(
            *(Hours(day, time(22), time(23, 59)) for day in WEEK),
            *(Hours(day, time(0), time(2, 15)) for day in WEEK),
        ),
        on_holidays=True,
    ),
    ContactLine(
        "3",
        hours=(
            Hours(2, time(8), time(12)),
            Hours(2, time(9), time(11)),
            Hours(2, time(11, 30), time(14)),
            Hours(2, time(14), time(15)),
        ),
    ),
    ContactLine("4", hours=(Hours(6, time(1), time(2, 45)),), on_holidays=True),
)


@pytest.mark.parametrize("times", TIMES)
def test_as_the_routine_says_at_random_times(lines: Sequence[ContactLine], times: int) -> None:
    model = Model(routine)
    numbers = [SUPPORT, TECHNICIAN]
    for at in random_times(times):
        who, until, then = model.told(at)
        assert told(lines, at) == (numbers[who], until, numbers[then]), at


@pytest.mark.parametrize("times", TIMES)
def test_as_the_rows_say_at_odd_hours(times: int) -> None:
    model = Model(Who(ODD))
    numbers = [*(line.number for line in ODD), None]
    for at in random_times(times // 4):
        who, until, then = model.told(at)
        assert told(ODD, at) == (numbers[who], until, numbers[then]), at


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.long)])
def test_at_the_minutes_of_the_days_when_the_clocks_change(step: int) -> None:
    model = Model(Who(ODD))
    numbers = [*(line.number for line in ODD), None]
    for start in ("2026-03-28T12:00", "2026-10-24T12:00"):
        for minute in range(0, 48 * 60, step):
            at = local(start).astimezone(UTC) + timedelta(minutes=minute)
            who, until, then = model.told(at)
            assert told(ODD, at) == (numbers[who], until, numbers[then]), at


# --- by name ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "number", "until", "then"),
    [
        ("2026-11-23T07:29", TECHNICIAN, "2026-11-23T07:30", SUPPORT),  # Monday
        ("2026-11-23T07:29:59.999999", TECHNICIAN, "2026-11-23T07:30", SUPPORT),
        ("2026-11-23T07:30", SUPPORT, "2026-11-23T16:30", TECHNICIAN),
        ("2026-11-23T16:29", SUPPORT, "2026-11-23T16:30", TECHNICIAN),
        ("2026-11-23T16:30", TECHNICIAN, "2026-11-24T07:30", SUPPORT),
        ("2026-11-26T20:00", TECHNICIAN, "2026-11-27T07:00", SUPPORT),  # Thursday evening
        ("2026-11-27T06:59", TECHNICIAN, "2026-11-27T07:00", SUPPORT),  # Friday
        ("2026-11-27T07:00", SUPPORT, "2026-11-27T16:00", TECHNICIAN),
        ("2026-11-27T15:59", SUPPORT, "2026-11-27T16:00", TECHNICIAN),
        ("2026-11-27T16:00", TECHNICIAN, "2026-11-30T07:30", SUPPORT),
        ("2026-11-28T12:00", TECHNICIAN, "2026-11-30T07:30", SUPPORT),  # Saturday
        ("2026-12-23T16:30", TECHNICIAN, "2026-12-28T07:30", SUPPORT),  # over Christmas
        ("2026-12-24T10:00", TECHNICIAN, "2026-12-28T07:30", SUPPORT),
        ("2026-12-30T16:29", SUPPORT, "2026-12-30T16:30", TECHNICIAN),
        ("2026-12-31T23:59", TECHNICIAN, "2027-01-04T07:30", SUPPORT),
        ("2027-01-01T00:00", TECHNICIAN, "2027-01-04T07:30", SUPPORT),
        ("2027-01-05T12:00", SUPPORT, "2027-01-05T16:30", TECHNICIAN),  # not observed: an eve
        ("2027-01-06T12:00", TECHNICIAN, "2027-01-07T07:30", SUPPORT),
        ("2026-06-18T16:30", TECHNICIAN, "2026-06-22T07:30", SUPPORT),  # Midsummer Eve is Friday
        ("2026-06-19T10:00", TECHNICIAN, "2026-06-22T07:30", SUPPORT),
        ("2028-06-06T10:00", TECHNICIAN, "2028-06-07T07:30", SUPPORT),  # the national day, Tuesday
        ("2026-05-14T10:00", TECHNICIAN, "2026-05-15T07:00", SUPPORT),  # Ascension, Thursday
        ("2026-03-29T01:59", TECHNICIAN, "2026-03-30T07:30", SUPPORT),  # the clocks go forward
        ("2026-03-29T03:00", TECHNICIAN, "2026-03-30T07:30", SUPPORT),
        ("2026-10-25T02:30", TECHNICIAN, "2026-10-26T07:30", SUPPORT),  # and back
        ("2026-11-23T00:00", TECHNICIAN, "2026-11-23T07:30", SUPPORT),
    ],
)
def test_named_edges(
    lines: Sequence[ContactLine], at: str, number: str, until: str, then: str
) -> None:
    assert told(lines, local(at)) == (number, local(until), then)


NIGHT = ContactLine("1", hours=(Hours(6, time(2, 15), time(2, 45)),))


def test_the_doubled_hour_is_kept_twice() -> None:
    """25 October 2026, a Sunday: 02:00–03:00 comes twice, and the hours hold in both."""
    opens, closes, again, ends = (
        local(f"2026-10-25T{clock}", fold=fold).astimezone(UTC)
        for fold in (0, 1)
        for clock in ("02:15", "02:45")
    )
    assert told([NIGHT], opens) == ("1", closes, None)
    assert told([NIGHT], local("2026-10-25T02:15")) == ("1", closes, None)
    assert told([NIGHT], closes) == (None, again, "1")
    assert told([NIGHT], again) == ("1", ends, None)
    assert told([NIGHT], local("2026-10-25T02:15", fold=1)) == ("1", ends, None)


def test_hours_that_the_clocks_skip_are_not_kept() -> None:
    """29 March 2026: 02:00–03:00 doesn't come. The Sunday after that is Easter, closed too."""
    assert told([NIGHT], local("2026-03-29T01:59")) == (None, local("2026-04-12T02:15"), "1")


def test_overlapping_and_touching_rows_are_one_opening() -> None:
    assert told(ODD[2:3], local("2026-11-25T08:00")) == ("3", local("2026-11-25T15:00"), None)


def test_who_closes_in_the_last_minute_closes_at_midnight() -> None:
    night = ODD[1:2]
    assert told(night, local("2026-11-23T23:59:59")) == ("2", local("2026-11-24T02:15"), None)
    one = [ContactLine("1", hours=(Hours(0, time(22), time(23, 59)),))]
    assert told(one, local("2026-11-23T23:59:59")) == ("1", local("2026-11-24T00:00"), None)


def test_who_keeps_hours_on_holidays_answers_at_christmas() -> None:
    every_day = tuple(Hours(day, time(8), time(20)) for day in WEEK)
    at = local("2026-12-25T12:00")
    assert told([ContactLine("1", hours=every_day)], at)[0] is None
    assert told([ContactLine("1", hours=every_day, on_holidays=True)], at)[0] == "1"


@pytest.mark.parametrize(
    "lines",
    [
        [ContactLine("1")],
        [
            ContactLine("1"),
            ContactLine("2", hours=(Hours(0, time(8), time(9)),)),
        ],  # nobody comes so far
        [
            ContactLine(
                "1",
                hours=tuple(Hours(day, time(0), time(23, 59)) for day in WEEK),
                on_holidays=True,
            )
        ],
    ],
)
def test_who_always_answers_has_no_end(lines: list[ContactLine]) -> None:
    assert told(lines, local("2026-11-23T12:00")) == ("1", None, None)


def test_an_empty_register_answers_nobody() -> None:
    answer = contacts.whom_to_call([], observed, local("2026-11-23T12:00"), STOCKHOLM)
    assert answer == Answer(None)


def test_hours_that_matter_change_the_answer_before_the_search_ends() -> None:
    """What FURTHEST stands on, with every eve observed and for as long as anybody now works."""
    weeks = 0
    for number in range(365 * 40):
        day = date(FIRST_YEAR, 1, 1) + timedelta(days=number)
        weeks = max(weeks, sum(is_closed(day + timedelta(weeks=week), EVES) for week in range(4)))
    assert timedelta(weeks=weeks + 1) < contacts.FURTHEST


# --- closed days ----------------------------------------------------------------------------------


def test_the_library_knows_the_same_holidays() -> None:
    library = Sweden(years=range(2005, 2101), include_sundays=False, language="sv")
    ours = [(day, name) for year in library.years for name, day in public_holidays(year).items()]
    assert {*ours} == {(day, name) for day in library for name in library.get_list(day)}


@pytest.mark.parametrize("year", EASTER)
def test_the_model_knows_the_same_closed_days(year: int) -> None:
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    assert {day for day in days if observed(day) and day.year == year} == closed_in(year)


@pytest.mark.parametrize("eve", EVES)
def test_each_eve_is_one_more_day_of_each_year(eve: str) -> None:
    for year in (2008, *EASTER):  # in 2008 Ascension Day was the first of May
        days = [date(year, 12, 31) - timedelta(days=number) for number in range(365)]
        more = [day for day in days if is_closed(day, [eve]) and not is_closed(day, [])]
        assert len(more) == 1, year
