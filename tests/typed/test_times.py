"""Times as people type them, past and to come, also where the clock is moved."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.utils import timezone, translation

from befreg_reserv import times
from befreg_reserv.times import LocalTimeField


def typed(text: str) -> datetime | None:
    return LocalTimeField(required=False).clean(text)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-22 14:05", 13),
        ("2026-11-22T14:05", 13),
        (" 2026-07-22T14:05:00 ", 12),
        ("2026-11-22 14:05:00", 13),
        ("2026-11-22 14.05", 13),
        ("2026-11-22  14.05.00", 13),
        ("2999-01-01 14:05", 13),
    ],
)
def test_a_local_time_is_understood(text: str, hour: int) -> None:
    time = typed(text)
    assert time is not None
    assert (time.astimezone(UTC).hour, time.minute) == (hour, 5)


@pytest.mark.parametrize("nothing", ["", "  "])
def test_nothing_is_no_time_and_refused_where_one_is_needed(nothing: str) -> None:
    assert typed(nothing) is None
    with pytest.raises(forms.ValidationError) as refused:
        LocalTimeField().clean(nothing)
    assert [error.code for error in refused.value.error_list] == ["required"]


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-13-01 00:00",
        "2026-03-29 02:30",
        "0001-01-01 00:00",
        "9" * 40,
        "14:05",
        "2026-11-22",
        "2026-11-22 24:00",
        "2026-11-22 14:05:60",
    ],
)
def test_no_time_that_ever_was_is_refused(text: str) -> None:
    with pytest.raises(forms.ValidationError):
        typed(text)


def test_the_hour_that_comes_twice_is_the_later_one_unless_it_is_to_come() -> None:
    past, to_come = typed("2020-10-25 02:30"), typed("2998-10-25 02:30")
    assert past == datetime(2020, 10, 25, 1, 30, tzinfo=UTC)
    assert to_come == datetime(2998, 10, 25, 0, 30, tzinfo=UTC)


def test_a_stored_time_stands_in_the_field_as_it_would_be_typed() -> None:
    field = LocalTimeField()
    stored = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)
    assert field.prepare_value(stored) == "2026-07-01 22:00"
    assert field.clean(field.prepare_value(stored)) == stored
    assert field.prepare_value("as typed") == "as typed"


# --- without a date ------------------------------------------------------------------------------

AT = datetime(2026, 11, 29, 0, 19, tzinfo=UTC)  # 01:19 in Borås


@pytest.fixture
def at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AT)


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("nu", "2026-11-29 01:19"),
        ("Now", "2026-11-29 01:19"),
        ("00:45", "2026-11-29 00:45"),
        ("0.45", "2026-11-29 00:45"),
        ("kl 00.45", "2026-11-29 00:45"),
        ("0045", "2026-11-29 00:45"),
        ("23:10", "2026-11-28 23:10"),
        ("2310", "2026-11-28 23:10"),
        ("i går 0045", "2026-11-28 00:45"),
        ("Yesterday at 23:10", "2026-11-28 23:10"),
        ("idag kl. 01.10", "2026-11-29 01:10"),
        ("2026-11-20 0319", "2026-11-20 03:19"),
    ],
)
def test_a_time_that_was_needs_no_date(at_night: None, text: str, understood: str) -> None:
    field = LocalTimeField(past=True)
    assert times.moment(field.clean(text)) == understood
    assert times.moment(field.understood) == ("" if text.startswith("2026") else understood)


@pytest.mark.parametrize("text", ["01:30", "0300", "kl 13.00"])
def test_a_clock_of_more_than_half_a_day_ago_is_not_taken_for_yesterdays(
    at_night: None, text: str
) -> None:
    with pytest.raises(forms.ValidationError, match="Write the day too"):
        LocalTimeField(past=True).clean(text)
    assert LocalTimeField(past=True).clean(f"i går {text}") is not None


def test_an_end_after_the_last_of_days_is_refused() -> None:
    field = LocalTimeField()
    field.after = typed("9999-12-31 23:00")
    with pytest.raises(forms.ValidationError, match="can't be right"):
        field.clean("22:00")


@pytest.mark.parametrize(
    ("text", "understood"),
    [("23:30", "2026-12-04 23:30"), ("0210", "2026-12-05 02:10"), ("22:10", "2026-12-05 22:10")],
)
def test_an_end_is_the_first_such_time_after_the_beginning(text: str, understood: str) -> None:
    field = LocalTimeField()
    field.after = typed("2026-12-04 22:10")
    assert times.moment(field.clean(text)) == understood


@pytest.mark.parametrize("text", ["0319", "3.19", "kl 03:19"])
def test_a_clock_whose_day_isnt_clear_is_asked_for_it(text: str) -> None:
    with pytest.raises(forms.ValidationError, match="Write the day too"):
        typed(text)
    assert typed(f"i morgon {text}") is not None


# --- the night when the clock is put back: 02:00–03:00 comes twice -------------------------------

FIRST = datetime(2025, 10, 26, 0, 5, 9, tzinfo=UTC)  # 02:05:09 in summer time
SECOND = FIRST + timedelta(hours=1)


@pytest.mark.parametrize("show", [times.moment, times.to_the_second, times.clock_seconds])
def test_an_hour_that_came_twice_is_shown_with_its_season(show: Any) -> None:
    assert show(FIRST).endswith(" summer time")
    assert show(SECOND) == show(FIRST).replace("summer", "standard")
    with translation.override("sv"):
        assert (show(FIRST)[-10:], show(SECOND)[-10:]) == (" sommartid", " normaltid")


@pytest.mark.parametrize("hours", [-1, 2])
def test_an_hour_that_came_once_is_shown_bare(hours: int) -> None:
    assert (
        times.moment(FIRST + timedelta(hours=hours)) == f"2025-10-26 0{2 + hours - (hours > 0)}:05"
    )


def test_a_file_for_programs_has_the_offset() -> None:
    assert times.with_offset(FIRST) == "2025-10-26 02:05+02:00"
    assert times.with_offset(SECOND) == "2025-10-26 02:05+01:00"
    assert times.with_offset(SECOND + timedelta(hours=1)) == "2025-10-26 03:05"
    assert times.with_offset(None) == ""


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_time_that_is_shown_can_be_typed_back(language: str) -> None:
    night = [datetime(2025, 10, 25, 22, tzinfo=UTC) + timedelta(minutes=at) for at in range(360)]
    with translation.override(language):
        assert [typed(times.moment(at)) for at in night] == night


def test_a_season_that_the_night_did_not_have_is_refused() -> None:
    with pytest.raises(forms.ValidationError, match="the other"):
        typed("2025-10-26 01:30 standard time")


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e \u2066", "\u00ad"])
def test_what_nobody_sees_is_no_time(unseen: str) -> None:
    with pytest.raises(forms.ValidationError) as refused:
        LocalTimeField().clean(unseen)
    assert refused.value.code == "required"
    assert LocalTimeField(required=False).clean(unseen) is None
