"""Which days are holidays at the hospital: public ones, and the eves that it observes."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from holidays.countries.sweden import Sweden

from outage.calling.eves import EVES

DAY = timedelta(days=1)


def is_closed(day: date, eves: Iterable[str]) -> bool:
    """Tell whether ``day`` is a public holiday or one of ``eves``; a plain Sunday is neither.

    Source: lagen (1989:253) om allmänna helgdagar, by way of the ``holidays`` library. Raises
    KeyError for an eve that isn't in EVES.
    """
    return day in _closed_days(day.year, frozenset(eves))


@lru_cache(maxsize=16)
def _closed_days(year: int, eves: frozenset[str]) -> frozenset[date]:
    # The next year too, for New Year's Eve is the eve of one of its days.
    public = Sweden(years=(year, year + 1), include_sundays=False, language="sv")
    observed = {EVES[eve] for eve in eves}
    # Two holidays may fall on one day.
    before = {day - DAY for day in public if observed.intersection(public.get_list(day))}
    return frozenset(day for day in before.union(public) if day.year == year)
