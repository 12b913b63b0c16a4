"""Which backups are kept, over days, years and wrong clocks."""

from datetime import UTC, datetime, timedelta

from befreg_reserv.backups import thinning
from befreg_reserv.backups.thinning import Rule

RULE = Rule(days=2, daily=30, months=120)
BEGUN = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


def after(hours: int, every: int = 1) -> set[datetime]:
    """Return what lies there after a backup every hour, or every so many, each thinned after."""
    lying: set[datetime] = set()
    for hour in range(0, hours, every):
        lying = thinning.kept(lying | {BEGUN + timedelta(hours=hour)}, RULE)
        assert len(lying) <= 48 + 28 + 119
    return lying


def test_thirty_days_of_every_hour() -> None:
    lying = after(30 * 24)
    days = [BEGUN + timedelta(days=day, hours=23) for day in range(28)]
    last_two = [BEGUN + timedelta(days=28, hours=hour) for hour in range(48)]
    assert sorted(lying) == days + last_two


def test_twelve_years_of_every_day_keep_ten_years_of_months() -> None:
    lying = sorted(after(12 * 365 * 24, every=24))
    assert len(lying) == 30 + 118  # the daily ones are of the last two months
    assert timedelta(days=3600) < lying[-1] - lying[0] < timedelta(days=3660)


def test_a_pause_takes_nothing_away() -> None:
    lying = after(20 * 24)
    later = BEGUN + timedelta(days=400)
    assert len(thinning.kept(lying | {later}, RULE)) >= 20
    assert later in thinning.kept(lying | {later}, RULE)


def test_what_was_thinned_is_never_thinned_more_at_the_same_time() -> None:
    lying = after(40 * 24)
    assert thinning.kept(lying, RULE) == lying
