"""When a reminder goes out, and how often."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from custody.handouts import correcting, notices, reminders
from custody.models import Reminder
from custody.paper import one_line
from outage import lifecycle
from tests import scenes
from tests.cast import Cast
from tests.custody.handouts.reminders.post import (
    ADELE,
    DAY,
    FRIDAY,
    HOUR,
    IVA,
    MONDAY,
    ZONE,
    close,
    handed_out,
    recipients,
    remind,
    week_after_week,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("addresses", "real_binder", "training_binder"),
    pytest.mark.one_database("decisions"),
]


# --- when --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "sent"),
    [
        ("2026-11-20 07:59", False),
        ("2026-11-20 08:00", True),
        ("2026-11-20 16:59", True),
        ("2026-11-20 17:00", False),
        ("2026-11-21 12:00", False),  # Saturday
        ("2026-11-22 12:00", False),  # Sunday
        ("2026-12-24 12:00", False),  # Christmas Eve, a Thursday: observed
        ("2026-12-25 12:00", False),
        ("2026-12-28 12:00", True),
        ("2027-01-06 12:00", False),  # Epiphany
        ("2027-03-29 08:00", False),  # Easter Monday, the day after the clocks went forward
        ("2027-03-30 07:59", False),
        ("2027-03-30 08:00", True),
    ],
)
def test_only_on_weekdays_from_eight_to_five(cast: Cast, local: str, *, sent: bool) -> None:
    handed_out(cast, MONDAY, cast.iva)
    at = datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)
    assert recipients(at) == [[IVA]] * sent


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("utc", "sent"),
    [
        ("2026-10-23 06:00", True),  # Friday in summer time
        ("2026-10-26 06:30", False),  # Monday in winter time: half past seven
        ("2026-10-26 07:00", True),
        ("2026-10-26 15:59", True),
        ("2026-10-26 16:00", False),
    ],
)
def test_the_hours_are_the_wards_own_in_summer_and_winter(
    cast: Cast, utc: str, *, sent: bool
) -> None:
    handed_out(cast, datetime(2026, 10, 20, 12, tzinfo=UTC), cast.iva)
    assert recipients(datetime.fromisoformat(utc).replace(tzinfo=UTC)) == [[IVA]] * sent


def test_the_first_comes_a_day_after_befregs_return(cast: Cast) -> None:
    handed_out(cast, MONDAY, cast.iva)
    assert recipients(MONDAY + DAY - timedelta(seconds=1)) == []
    assert recipients(MONDAY + DAY) == [[IVA]]


def test_how_long_that_is_can_be_set(cast: Cast, settings: Any) -> None:
    settings.REMIND_FIRST_AFTER_HOURS = 48
    handed_out(cast, MONDAY, cast.iva)
    assert recipients(MONDAY + DAY) == []
    assert recipients(MONDAY + 2 * DAY) == [[IVA]]


def test_nobody_is_reminded_while_befreg_is_down(cast: Cast) -> None:
    lifecycle.start(Event.now(cast.tilda, MONDAY))
    scenes.hand_out(scenes.call(cast), Event.now(cast.tilda, MONDAY))
    assert recipients(MONDAY + DAY - HOUR) == []


def test_nor_while_it_is_down_again(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    again, _new = lifecycle.start(Event.now(cast.tilda, MONDAY))
    lifecycle.start(Event.now(cast.tilda, MONDAY), drill=True)
    assert recipients(MONDAY) == []
    lifecycle.end(again, Event.now(cast.tilda, MONDAY + HOUR))
    assert recipients(MONDAY + HOUR) == [[IVA]]


def test_an_outage_that_nobody_ended_holds_nothing_back_for_ever(cast: Cast, settings: Any) -> None:
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    Ward.objects.filter(pk=cast.eye.pk).update(email="")
    lifecycle.start(Event.now(cast.tilda, MONDAY))
    assert recipients(MONDAY + DAY - HOUR) == []
    ward, administrators = remind(MONDAY + DAY)
    assert (ward.to, administrators.to) == ([IVA], [ADELE])
    assert "Driftstoppet som började 2026-11-16 09:00 är inte avslutat" in str(administrators.body)
    settings.REMIND_ANYWAY_AFTER_HOURS = 72
    assert recipients(MONDAY + 2 * DAY) == []


def test_of_its_own_numbers_the_administrators_hear_and_the_ward_once_it_has_ended(
    cast: Cast,
) -> None:
    begun = MONDAY - 14 * DAY
    outage, _new = lifecycle.start(Event.now(cast.tilda, begun))
    scenes.hand_out(scenes.call(cast), Event.now(cast.tilda, begun))
    assert week_after_week(begun + DAY, 8) == [[[ADELE]]] * 6 + [[]] * 2
    lifecycle.end(outage, Event.now(cast.tilda, MONDAY))
    assert week_after_week(MONDAY + DAY, 6) == [[[IVA]]] * 5 + [[[ADELE]]]


def test_once_a_day_however_often_the_timer_runs(cast: Cast) -> None:
    handed_out(cast, FRIDAY - DAY, cast.iva)
    assert [len(remind(FRIDAY + hour * HOUR)) for hour in range(4)] == [1, 0, 0, 0]
    assert recipients(FRIDAY + DAY) == []
    assert recipients(MONDAY) == [[IVA]]


# --- how often, and then -----------------------------------------------------------------------


def test_five_to_the_ward_one_to_the_administrators_and_no_more(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    assert week_after_week(MONDAY, 9) == [[[IVA]]] * 5 + [[[ADELE]]] + [[]] * 3
    assert [row.sequence for row in Reminder.objects.order_by("pk")] == [1, 2, 3, 4, 5, 6]


def test_how_many_can_be_set(cast: Cast, settings: Any) -> None:
    settings.REMIND_MOST = 1
    handed_out(cast, FRIDAY, cast.iva)
    assert week_after_week(MONDAY, 4) == [[[IVA]], [[ADELE]], [], []]


def test_a_number_entered_afterwards_begins_a_new_round(cast: Cast) -> None:
    (handout,) = handed_out(cast, FRIDAY, cast.iva)
    assert week_after_week(MONDAY, 7)[5:] == [[[ADELE]], []]
    monday = MONDAY + 14 * DAY
    entry = scenes.on_paper(cast, handout.outage, number="K080", at=FRIDAY - HOUR)
    one_line.enter(entry, handout.outage_id, Event.now(cast.adele, monday - HOUR))
    assert week_after_week(monday, 7) == [[[IVA]]] * 5 + [[[ADELE]], []]


def test_so_does_one_that_is_opened_again(cast: Cast) -> None:
    (handout, _other) = handed_out(cast, FRIDAY, cast.iva, cast.iva)
    close(handout, cast, FRIDAY)
    week_after_week(MONDAY, 7)
    monday = MONDAY + 14 * DAY
    assert recipients(monday) == []
    notices.withdraw_notice(handout.pk, Event.now(cast.wilma, monday), reason="fel person")
    assert recipients(monday) == [[IVA]]
    assert recipients(monday + HOUR) == []


def test_so_does_one_that_is_moved_there(cast: Cast) -> None:
    moved, _other = handed_out(cast, FRIDAY, cast.eye, cast.iva)
    week_after_week(MONDAY, 7)
    monday = MONDAY + 14 * DAY
    correcting.transfer(moved.pk, cast.iva, Event.now(cast.adele, monday), reason="moved")
    assert recipients(monday) == [[IVA]]


def test_and_what_is_closed_again_ends_it(cast: Cast) -> None:
    (handout,) = handed_out(cast, FRIDAY, cast.iva)
    week_after_week(MONDAY, 7)
    monday = MONDAY + 14 * DAY
    entry = scenes.on_paper(cast, handout.outage, number="K080", at=FRIDAY - HOUR)
    second = one_line.enter(
        entry, handout.outage_id, Event.now(cast.adele, monday - HOUR)
    ).row.handout
    close(second, cast, monday)
    assert recipients(monday) == []


def test_a_ward_that_has_closed_its_numbers_hears_no_more(cast: Cast) -> None:
    (handout,) = handed_out(cast, FRIDAY, cast.iva)
    assert recipients(MONDAY) == [[IVA]]
    close(handout, cast, MONDAY)
    assert recipients(MONDAY + DAY) == []


def test_a_real_number_without_its_notice_is_still_open(cast: Cast) -> None:
    (handout,) = handed_out(cast, FRIDAY, cast.iva)
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, Event.now(cast.wilma, FRIDAY))
    assert recipients(MONDAY) == [[IVA]]


def test_two_outages_are_one_mail_to_the_ward(cast: Cast) -> None:
    handed_out(cast, FRIDAY - DAY, cast.iva)
    handed_out(cast, FRIDAY, cast.iva, cast.iva)
    (sent,) = remind(MONDAY)
    assert "your ward still has 3 open reserve numbers" in str(sent.body)
    assert Reminder.objects.filter(sent_at=MONDAY, sequence=1).count() == 2


def test_an_outage_that_becomes_due_later_that_day_waits_for_the_next(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    handed_out(cast, MONDAY - DAY + HOUR, cast.iva)
    assert len(remind(MONDAY)) == 1
    assert remind(MONDAY + 2 * HOUR) == []
    assert "3 open" not in str(remind(MONDAY + DAY)[0].body)
    assert Reminder.objects.count() == 3


def test_two_wards_with_one_mailbox_get_one_mail(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.eye.pk).update(email=IVA)
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    (sent,) = remind(MONDAY)
    assert str(cast.iva) in str(sent.body)
    assert str(cast.eye) in str(sent.body)


# --- a slow server -----------------------------------------------------------------------------


def test_the_hour_is_asked_for_each_mail_and_each_says_when_it_was_sent(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    seconds = timedelta(seconds=1)
    close_to_five = MONDAY + 8 * HOUR - 3 * seconds
    times = (close_to_five + number * seconds for number in range(100))
    sent = list(reminders.remind(lambda: next(times)))
    (row,) = Reminder.objects.all()
    assert ([each.letter.to for each in sent], row.ward) == ([IVA], cast.iva)
    assert row.sent_at
    assert row.claimed_at < row.sent_at < MONDAY + 8 * HOUR
