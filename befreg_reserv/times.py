"""Times as people read and type them: local, to the minute.

In the night when the clock is put back, an hour comes twice. Every time of that hour is shown with
its season, and a season may be typed behind any time.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from befreg_reserv.clock import TOLERANCE
from befreg_reserv.text import clean_line

PATTERN = "%Y-%m-%d %H:%M"
MINUTE, HOUR, DAY = 60, 3600, 86400
# A clock that goes half a day back by itself is rather a slip: 14:30 at 14:20 isn't yesterday's.
HALF_A_DAY = timedelta(hours=12)
NONE = "–"
# Spreadsheets write seconds, people write dots, and browsers' own fields a T.
CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(?:[:.]([0-5][0-9]))?")
FOUR_DIGITS = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])()")
O_CLOCK = re.compile(r"(?:kl(?:ockan)?|at)\b\.?\s*", re.IGNORECASE)
DATED = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:T| +)(\S.*)")
NOW = ("nu", "just nu", "now")
# Words for a day, and how many days it lies from today.
DAYS = {"i går": -1, "igår": -1, "yesterday": -1, "i dag": 0, "idag": 0, "today": 0,
        "i morgon": 1, "imorgon": 1, "tomorrow": 1}  # fmt: skip
END_HELP = _("As 2026-11-22 14:05; or as 14:05, for the first such time after the beginning.")
DAY_WORD = re.compile(rf"({'|'.join(DAYS)})\s+(\S.*)", re.IGNORECASE)
SUMMER, STANDARD = ("sommartid", "summer time"), ("normaltid", "vintertid", "standard time")
SEASON = re.compile(rf"(.*\S)\s+({'|'.join((*SUMMER, *STANDARD))})", re.IGNORECASE)


def moment(at: datetime | None) -> str:
    """Return a time as ``2026-11-22 14:05`` in the hospital's time zone; "" for none."""
    return _shown(at, PATTERN) if at else ""


def with_offset(at: datetime | None) -> str:
    """Return a time for programs: as ``moment``, but ``2026-10-25 02:05+02:00`` where it is twice.

    Without the offset where the time came once: spreadsheets then know that it is a time.
    """
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{local:{PATTERN}}{local.isoformat()[-6:] if came_twice(at) else ''}"


def to_the_second(at: datetime) -> str:
    """Return a time as ``2026-11-22 14:05:09``."""
    return _shown(at, f"{PATTERN}:%S")


def clock(at: datetime) -> str:
    """Return a time of today as ``14:05``, of another day with its date."""
    today = timezone.localtime(at).date() == timezone.localdate()
    return time_of_day(at) if today else moment(at)


def time_of_day(at: datetime) -> str:
    """Return a time as ``14:05``, whatever its day."""
    return _shown(at, "%H:%M")


def clock_seconds(at: datetime) -> str:
    """Return a time of today to the second, ``14:05:09``."""
    return _shown(at, "%H:%M:%S")


def duration(took: timedelta | None) -> str:
    """Return a length of time: ``45 s``, ``3 min 20 s``, ``2 h 5 min``, ``4 d 1 h``."""
    if took is None:
        return NONE
    seconds = int(took.total_seconds())
    if seconds < MINUTE:
        return gettext("%(seconds)d s") % {"seconds": seconds}
    if seconds < HOUR:
        parts = {"minutes": seconds // MINUTE, "seconds": seconds % MINUTE}
        return gettext("%(minutes)d min %(seconds)d s") % parts
    if seconds < DAY:
        parts = {"hours": seconds // HOUR, "minutes": seconds % HOUR // MINUTE}
        return gettext("%(hours)d h %(minutes)d min") % parts
    parts = {"days": seconds // DAY, "hours": seconds % DAY // HOUR}
    return gettext("%(days)d d %(hours)d h") % parts


def _shown(at: datetime, pattern: str) -> str:
    written = timezone.localtime(at).strftime(pattern)
    return f"{written} {zone_name(at)}" if came_twice(at) else written


def clock_alone(text: str) -> str | None:
    """Return a time without a date as 09:05:00, however it is written; None for anything else."""
    bare = O_CLOCK.sub("", text, count=1) if O_CLOCK.match(text) else text
    clock = CLOCK.fullmatch(bare) or FOUR_DIGITS.fullmatch(bare)
    return f"{clock[1].zfill(2)}:{clock[2]}:{clock[3] or '00'}" if clock else None


class DayField(forms.DateField):
    """A date as 2026-11-22."""

    default_error_messages: ClassVar = {
        "required": _("Write the date as 2026-11-22."),
        "invalid": _("Write the date as 2026-11-22."),
    }

    def __init__(self, **options: Any) -> None:
        # Not type="date": a browser in English shows that as 11/22/2026.
        widget = forms.DateInput(attrs={"autocomplete": "off"}, format="%Y-%m-%d")
        help_text = _("As 2026-11-22.")
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], help_text=help_text, **options)


class LocalTimeField(forms.CharField):
    """A local time to the minute, past or future; ``required=False`` lets it be None.

    "now" is a time, and so is a clock with "yesterday", "today" or "tomorrow". A clock alone is one
    where its day is clear: with ``past`` it is the latest such time, and with ``after``, which a
    form may set, the first one after that time; one of yesterday more than half a day ago isn't
    clear. ``understood`` is then what was understood.
    """

    default_error_messages: ClassVar = {"required": _("Write the time as 2026-11-22 14:05.")}
    after: datetime | None = None
    understood: datetime | None = None

    def __init__(self, *, past: bool = False, **options: Any) -> None:
        self.past = past
        # Not datetime-local: a browser in English shows that as 02:05 PM.
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
        options.setdefault("help_text", _("As 2026-11-22 14:05."))
        super().__init__(max_length=40, **options)

    def prepare_value(self, value: Any) -> Any:
        """Return a time as the field shows it; typed text stays as it was typed."""
        if isinstance(value, datetime):
            return moment(value)
        return value

    def to_python(self, value: Any) -> str:
        """Return the text as it is seen: of invisible characters alone nothing is left."""
        return clean_line(super().to_python(value) or "")

    def clean(self, value: Any) -> datetime | None:
        """Return a time in UTC, or None; its season may follow it.

        Raises ValidationError for a time that never existed, or not in that season.
        """
        text, summer = split_season(super().clean(value))
        if not text:
            return None
        if DATED.fullmatch(text):
            return _read(text, summer=summer)
        self.understood = self._undated(text, summer=summer)
        return self.understood

    def _undated(self, text: str, *, summer: bool | None) -> datetime:
        now = timezone.localtime()
        if text.casefold() in NOW:
            return now.astimezone(UTC)
        if named := DAY_WORD.fullmatch(text):
            day = now.date() + timedelta(days=DAYS[named[1].casefold()])
            return _read(f"{day} {named[2]}", summer=summer)
        clock = clock_alone(text)
        if clock and self.after:
            start = timezone.localdate(self.after)
            day = start if _read(f"{start} {clock}", summer=summer) > self.after else _next(start)
            return _read(f"{day} {clock}", summer=summer)
        if clock and self.past:
            # Instants are compared: when the clock is put back, 02:50 may be before 02:10.
            today = _read(f"{now.date()} {clock}", summer=summer)
            if today - TOLERANCE <= now:  # the person's clock may be a little ahead
                return today
            yesterday = _read(f"{_next(now.date(), -1)} {clock}", summer=summer)
            if now - yesterday <= HALF_A_DAY:
                return yesterday
        if clock:
            raise forms.ValidationError(_("Write the day too, as 2026-11-22 14:05."))
        raise forms.ValidationError(_("Write the time as 2026-11-22 14:05."))


def _next(day: date, days: int = 1) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError as error:
        raise forms.ValidationError(_("The time can't be right.")) from error


def _read(text: str, *, summer: bool | None) -> datetime:
    """Return the time in UTC that a text with its date means. Raises ValidationError."""
    naive = _parsed(text)
    if naive is None:
        raise forms.ValidationError(_("Write the time as 2026-11-22 14:05."))
    zone = timezone.get_current_timezone()
    try:
        later, earlier = (naive.replace(tzinfo=zone, fold=fold) for fold in (1, 0))
        if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
            raise forms.ValidationError(_never_was(earlier), "never was")
    except OverflowError as error:
        raise forms.ValidationError(_("The time can't be right.")) from error
    if summer is None:
        # When the clock is put back, one hour comes twice: the later, unless it is to come.
        chosen = later if later <= timezone.now() + TOLERANCE else earlier
    else:
        chosen = in_season([later, earlier], summer=summer)[0]
    # In UTC, because Python never finds a local time of that hour equal to one of another zone.
    return chosen.astimezone(UTC)


def readings(at: datetime) -> list[datetime]:
    """Return the times that the local time of ``at`` can mean: two in the hour that comes twice.

    In UTC, the later first.
    """
    local = timezone.localtime(at)
    found = {local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(found, reverse=True)


def split_season(text: str) -> tuple[str, bool | None]:
    """Return a typed time without its season, and whether that was summer; None for none."""
    season = SEASON.fullmatch(text)
    return (season[1], season[2].lower() in SUMMER) if season else (text, None)


def in_season(
    found: list[datetime], *, summer: bool, fault: forms.ValidationError | None = None
) -> list[datetime]:
    """Return the times of a season. If there are none raises ``fault``, or a ValidationError."""
    times = [time for time in found if is_summer(time) == summer]
    if not times:
        raise fault or forms.ValidationError(_("It was the other: summer time, or standard time."))
    return times


def came_twice(at: datetime) -> bool:
    """Tell whether the clock showed this local time twice, because it was put back that night."""
    local = timezone.localtime(at)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def zone_name(at: datetime) -> str:
    """Return the season that tells the two times of the hour that comes twice apart."""
    return gettext("summer time") if is_summer(at) else gettext("standard time")


def is_summer(at: datetime) -> bool:
    """Tell whether the clock on the wall shows summer time."""
    return bool(timezone.localtime(at).dst())


def _never_was(at: datetime) -> str:
    """Return why a time of the hour that spring leaves out is none, and what is meant by it."""
    meant = {"time": f"{timezone.localtime(at.astimezone(UTC)):%H:%M}"}
    why = gettext(
        "This time never was: the clock was put forward an hour that night. If it was read from a"
        " clock that nobody had put forward, write %(time)s."
    )
    return why % meant


def _parsed(text: str) -> datetime | None:
    dated = DATED.fullmatch(text)
    clock = clock_alone(dated[2]) if dated else None
    if not dated or clock is None:
        return None
    try:
        return datetime.strptime(f"{dated[1]} {clock}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  local
    except ValueError:
        return None
