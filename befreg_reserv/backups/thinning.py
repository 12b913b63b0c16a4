"""Which old backups are kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby


@dataclass(frozen=True)
class Rule:
    """All of the last ``days``, the last of a day for ``daily`` days, of a month for ``months``.

    Only days and months that have a backup count. So nothing goes by the calendar alone: neither
    after a long pause, nor by a clock that stood years ahead.
    """

    days: int
    daily: int
    months: int


def kept(times: Iterable[datetime], rule: Rule) -> set[datetime]:
    """Return which of the backups taken at these times are kept; the latest always is."""
    ordered = sorted(times)
    by_day = [list(group) for _, group in groupby(ordered, key=lambda at: at.date())]
    by_month = [list(group) for _, group in groupby(ordered, key=lambda at: (at.year, at.month))]
    latest = {at for day in by_day[-rule.days :] for at in day}
    daily = {day[-1] for day in by_day[-rule.daily :]}
    monthly = {month[-1] for month in by_month[-rule.months :]}
    return latest | daily | monthly
