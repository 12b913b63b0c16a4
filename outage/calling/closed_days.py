"""Which days are holidays at the hospital: public ones, and the eves that it observes."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from outage.calling.eves import EVES

DAY = timedelta(days=1)
SATURDAY = 5


def is_closed(day: date, eves: Iterable[str]) -> bool:
    """Tell whether ``day`` is a public holiday or one of ``eves``; a plain Sunday is neither.

    Raises KeyError for an eve that isn't in EVES.
    """
    return day in _closed_days(day.year, frozenset(eves))


@lru_cache(maxsize=16)
def _closed_days(year: int, eves: frozenset[str]) -> frozenset[date]:
    # The next year too, for New Year's Eve is the eve of one of its days.
    public = [*public_holidays(year).items(), *public_holidays(year + 1).items()]
    observed = {EVES[eve] for eve in eves}
    before = {day - DAY for name, day in public if name in observed}
    return frozenset(day for day in {*before, *(day for _name, day in public)} if day.year == year)


def public_holidays(year: int) -> dict[str, date]:
    """Return the public holidays of a year by their Swedish names, 2005 or later.

    Source: lagen (1989:253) om allmänna helgdagar. The ``holidays`` library says the same, and the
    tests hold us to it; to load its two hundred countries took a fifth of a server's start.
    """
    easter = easter_sunday(year)
    return {
        "Nyårsdagen": date(year, 1, 1),
        "Trettondedag jul": date(year, 1, 6),
        "Långfredagen": easter - 2 * DAY,
        "Påskdagen": easter,
        "Annandag påsk": easter + DAY,
        "Första maj": date(year, 5, 1),
        "Kristi himmelsfärdsdag": easter + 39 * DAY,
        "Pingstdagen": easter + 49 * DAY,
        "Nationaldagen": date(year, 6, 6),
        "Midsommardagen": _saturday_from(date(year, 6, 20)),
        "Alla helgons dag": _saturday_from(date(year, 10, 31)),
        "Juldagen": date(year, 12, 25),
        "Annandag jul": date(year, 12, 26),
    }


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of a Gregorian year.

    Source: the computus that Nature published without a name in 1876, as Meeus gives it in
    Astronomical Algorithms, chapter 8.
    """
    golden = year % 19
    century, of_century = divmod(year, 100)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - moon + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _saturday_from(day: date) -> date:
    return day + (SATURDAY - day.weekday()) % 7 * DAY
