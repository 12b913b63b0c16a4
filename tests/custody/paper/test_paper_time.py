"""A time that is copied from paper: with its date, or the clock alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from custody.forms.paper import LateEntryForm
from outage.models import Outage

pytestmark = pytest.mark.one_database("decisions")

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def form_at(text: str, start: datetime, end: datetime) -> LateEntryForm:
    outage = Outage(started_at=start, ended_at=end)
    return LateEntryForm({"at": text}, outage=outage, now=timezone.now())


def local(
    year: int, month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=STOCKHOLM, fold=fold).astimezone(UTC)


# The hour from 02:00 came first as summer time, and then once more.
IN_SUMMER = (local(2025, 10, 26, 1, 50), local(2025, 10, 26, 2, 40))
IN_WINTER = (local(2025, 10, 26, 2, 20, fold=1), local(2025, 10, 26, 3, 10))


@pytest.mark.django_db
@pytest.mark.parametrize(("window", "fold"), [(IN_SUMMER, 0), (IN_WINTER, 1)])
def test_an_hour_that_came_twice_is_read_as_the_one_in_the_outage(
    window: tuple[datetime, datetime], fold: int
) -> None:
    form = form_at("2025-10-26 02:30", *window)
    form.is_valid()
    assert form.cleaned_data["at"] == local(2025, 10, 26, 2, 30, fold=fold)


BOTH = (IN_SUMMER[0], IN_WINTER[1])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["2025-10-26 02:30", "2025-10-26T02:30", "02:30", "2.30"])
def test_in_an_outage_that_has_both_it_is_asked_which(text: str) -> None:
    form = form_at(text, *BOTH)
    assert "came twice" in str(form.errors["at"])
    with translation.override("sv"):
        told = str(form_at(text, *BOTH).errors["at"])
    assert "02:30 sommartid" in told
    assert "02:30 normaltid" in told


@pytest.mark.django_db
@pytest.mark.parametrize("clock", ["2025-10-26 02:30", "02:30", "2:30"])
@pytest.mark.parametrize(
    ("season", "fold"),
    [("sommartid", 0), ("Sommartid", 0), ("summer time", 0), ("normaltid", 1), ("vintertid", 1)],
)
def test_which_it_was_can_be_written(clock: str, season: str, fold: int) -> None:
    form = form_at(f"{clock} {season}", *BOTH)
    form.is_valid()
    assert form.cleaned_data["at"] == local(2025, 10, 26, 2, 30, fold=fold)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("02:30 normaltid", IN_SUMMER),  # not in the outage
        ("01:55 normaltid", IN_SUMMER),  # came but once, in summer time
        ("sommartid", IN_SUMMER),
        ("02:30 nattetid", BOTH),
    ],
)
def test_what_it_cant_have_been_is_refused(text: str, window: tuple[datetime, datetime]) -> None:
    assert "at" in form_at(text, *window).errors


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["2026-03-29 02:30", "02:30", "2.30", "02:30 sommartid"])
@pytest.mark.parametrize("start", [local(2026, 3, 28, 22), local(2026, 3, 29, 1)])
def test_an_hour_that_never_was_is_said_to_be_the_next(text: str, start: datetime) -> None:
    (said,) = form_at(text, start, local(2026, 3, 29, 4)).errors["at"]
    assert "never was" in said
    assert "03:30" in said


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["14:05", "14.05", "2025-11-22 14:05", "2025-11-22T14:05"])
def test_the_clock_is_enough_when_the_outage_lay_on_one_day(text: str) -> None:
    form = form_at(text, local(2025, 11, 22, 13), local(2025, 11, 22, 15))
    form.is_valid()
    assert form.cleaned_data["at"] == local(2025, 11, 22, 14, 5)


OVER_MIDNIGHT = (local(2025, 11, 22, 22, 10), local(2025, 11, 23, 2, 20))
SPRING_NIGHT = (local(2026, 3, 28, 22), local(2026, 3, 29, 21))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "window", "at"),
    [
        ("23:10", OVER_MIDNIGHT, local(2025, 11, 22, 23, 10)),
        ("00:40", OVER_MIDNIGHT, local(2025, 11, 23, 0, 40)),
        ("0.40", OVER_MIDNIGHT, local(2025, 11, 23, 0, 40)),
        ("23:10:00", OVER_MIDNIGHT, local(2025, 11, 22, 23, 10)),
        ("2025-11-22 23:10:00", OVER_MIDNIGHT, local(2025, 11, 22, 23, 10)),
        ("2025-11-22 23.10", OVER_MIDNIGHT, local(2025, 11, 22, 23, 10)),
        ("00:01", (OVER_MIDNIGHT[0], local(2025, 11, 23, 0)), local(2025, 11, 23, 0, 1)),
        ("03:30", SPRING_NIGHT, local(2026, 3, 29, 3, 30)),
    ],
)
def test_a_clock_that_the_outage_had_once_is_enough(
    text: str, window: tuple[datetime, datetime], at: datetime
) -> None:
    form = form_at(text, *window)
    form.is_valid()
    assert form.cleaned_data["at"] == at


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "days", "fault"),
    [
        ("14:05", 1, "on several days: write the date too"),
        ("14.05", 400, "on several days: write the date too"),
        ("12:00", 0, "The outage lasted from"),
        ("25:00", 1, "Write the time as"),
    ],
)
def test_a_clock_that_the_outage_had_twice_or_never_is_asked_about(
    text: str, days: int, fault: str
) -> None:
    start = local(2025, 11, 22, 13)
    form = form_at(text, start, start + timedelta(days=days, hours=2))
    assert fault in str(form.errors["at"])


@pytest.mark.django_db
def test_in_spring_the_hour_that_is_missing_is_refused() -> None:
    assert "never was" in str(form_at("02:30", local(2026, 3, 29, 1), SPRING_NIGHT[1]).errors["at"])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["14:05", "", "25:00", "x", "2025-11-22 11:00", "9" * 400])
def test_a_time_that_says_nothing(text: str) -> None:
    form = form_at(text, local(2025, 11, 22, 13), local(2025, 11, 23, 15))
    form.is_valid()
    assert "at" in form.errors
