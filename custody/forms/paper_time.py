"""A time in an outage as people copy it from paper: with its date, or the clock alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from befreg_reserv.acts.event import lies_within
from befreg_reserv.clock import TOLERANCE
from befreg_reserv.text import clean_line
from befreg_reserv.times import (
    DATED,
    LocalTimeField,
    clock_alone,
    in_season,
    moment,
    readings,
    split_season,
)
from outage.models import Outage

DAY = timedelta(days=1)


class PaperTimeField(LocalTimeField):
    """A time of an outage. The clock alone is enough where the outage had it once.

    ``start`` and ``end`` are the outage's, set by ``set_window``. In the night when the clock is
    put back, "summer time" or "standard time" may follow the time.
    """

    start: datetime
    end: datetime

    def clean(self, value: Any) -> datetime:
        """Return the time in UTC. Raises ValidationError if the outage had it never or twice."""
        text, summer = split_season(clean_line(str(value or "")))
        times, never_was = self._readings(text)
        if summer is not None:
            times = in_season(times, summer=summer, fault=never_was)
        within = [time for time in times if lies_within(time, self.start, self.end)]
        if len(within) > 1:
            raise _twice(within)
        if within:
            self.understood = None if DATED.fullmatch(text) else within[0]
            return within[0]
        if never_was:  # rather than that the outage hadn't begun, or was over
            raise never_was
        window = {"start": moment(self.start), "end": moment(self.end)}
        raise forms.ValidationError(
            _("The outage lasted from %(start)s to %(end)s.") % window, "window"
        )

    def _readings(self, text: str) -> tuple[list[datetime], forms.ValidationError | None]:
        """Return every time, in UTC, that the text can mean, and the error of a day without it.

        Raises ValidationError if it means none.
        """
        clock = clock_alone(text)
        found: list[datetime] = []
        fault: forms.ValidationError | None = None
        for written in [f"{day} {clock}" for day in self._days()] if clock else [text]:
            try:
                at = super().clean(written)
            except forms.ValidationError as error:
                fault = error  # in spring an hour of one of the days is missing
            else:
                found += readings(at) if at else []
        if fault and not found:
            raise fault
        return found, fault

    def _days(self) -> Iterator[str]:
        """Yield the outage's first three days: by then every clock time has come at least twice."""
        first, last = self.start - TOLERANCE, self.end + TOLERANCE
        day = timezone.localdate(first)
        for _number in range(3):
            if day <= timezone.localdate(last):
                yield str(day)
            day += DAY


def set_window(field: forms.Field, outage: Outage, now: datetime) -> None:
    """Give a PaperTimeField the outage's start and end; ``now`` if it is ongoing."""
    if isinstance(field, PaperTimeField):
        field.start, field.end = outage.started_at, outage.ended_at or now


def _twice(within: list[datetime]) -> forms.ValidationError:
    """Return the error for a time that the outage had more than once."""
    local = timezone.localtime(within[0])
    clock = {"time": f"{local:%H:%M}"}
    if {timezone.localdate(time) for time in within} == {local.date()}:
        text = _(
            "The clock was put back that night, and %(time)s came twice. Write “%(time)s"
            " summer time” for the first, or “%(time)s standard time” for the second."
        )
    else:
        text = _("The outage had %(time)s on several days: write the date too.")
    return forms.ValidationError(text % clock, "twice")
