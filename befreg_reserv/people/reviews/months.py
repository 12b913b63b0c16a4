"""Months of the hospital's calendar, as the log is reviewed by them."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

WRITTEN = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class Month(NamedTuple):
    """A month by the clock on the wall."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"

    @classmethod
    def read(cls, text: str) -> "Month | None":
        """Return the month that was written as 2026-10; None for anything else."""
        found = WRITTEN.fullmatch(text)
        return cls(int(found[1]), int(found[2])) if found else None

    @classmethod
    def of(cls, at: datetime) -> "Month":
        """Return the month of a time."""
        local = timezone.localtime(at)
        return cls(local.year, local.month)

    @property
    def before(self) -> "Month":
        """Return the month before."""
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    @property
    def after(self) -> "Month":
        """Return the month after."""
        return Month(self.year + 1, 1) if self.month == 12 else Month(self.year, self.month + 1)  # noqa: PLR2004

    @property
    def begin(self) -> datetime:
        """Return when it begins."""
        zone = timezone.get_current_timezone()
        return datetime(self.year, self.month, 1, tzinfo=zone)

    @property
    def end(self) -> datetime:
        """Return when it ends, which isn't in it any more."""
        return self.after.begin


def complete(since: datetime, now: datetime, most: int) -> Iterator[Month]:
    """Yield the months that are over, the latest first, back to that of ``since``; so many."""
    month, first = Month.of(now).before, Month.of(since)
    while month >= first and most:
        yield month
        month, most = month.before, most - 1
