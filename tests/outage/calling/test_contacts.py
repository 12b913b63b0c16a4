"""The register of whom to call: who is kept, single days, and the coming week's gaps."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from outage.calling import contacts
from outage.calling.contacts import Answer, ContactLine
from outage.models import Contact, ContactDay, ContactHours
from outage.templatetags.calls import gap_in_words
from tests.outage.calling.clocks import SUPPORT, TECHNICIAN, local, number_of

pytestmark = pytest.mark.one_database("decisions")


# --- the register ---------------------------------------------------------------------------------


def test_the_first_register_is_the_routines(db: None) -> None:
    register = contacts.register()
    assert [(line.number, line.hint) for line in register.fault] == [
        ("3010", "choice 2"),
        ("09", ""),
    ]
    assert [(line.number, line.hours) for line in register.till] == [("1258", ())]
    with translation.override("sv"):
        assert contacts.register().fault[0].hint == "val 2"
        assert contacts.register().fault[1].name == "Jourhavande tekniker via växeln"


def test_ask_and_till_go_by_the_register(db: None) -> None:
    at = local("2026-11-23T12:00")
    assert contacts.ask(at) == Answer(
        contacts.register().fault[0], local("2026-11-23T16:30"), contacts.register().fault[1]
    )
    assert contacts.calls(at).till == Answer(contacts.register().till[0])


def test_the_administrator_has_a_number_of_their_own(db: None) -> None:
    at = local("2026-11-23T12:00")
    assert contacts.calls(at).admin == Answer(None)  # nobody has told us one
    Contact.objects.create(purpose="admin", position=1, name="Systemförvaltare", number="4711")
    assert number_of(contacts.calls(at).admin.line) == "4711"
    assert number_of(contacts.ask(at).line) == "3010"


@pytest.mark.both_databases
def test_what_is_out_of_use_does_not_count_and_the_order_is_position(db: None) -> None:
    at = local("2026-11-23T12:00")
    Contact.objects.filter(number="3010").update(position=3)
    assert contacts.ask(at).line == ContactLine("09", "On-call technician through the switchboard")
    Contact.objects.filter(number="09").update(active=False)
    assert number_of(contacts.ask(at).line) == "3010"
    Contact.objects.update(active=False)
    assert contacts.ask(at) == contacts.calls(at).till == Answer(None)


def test_the_eves_are_a_setting(db: None, settings: Any) -> None:
    at = local("2026-12-24T10:00")  # a Thursday
    assert number_of(contacts.ask(at).line) == "09"
    settings.OBSERVED_EVES = []
    assert number_of(contacts.ask(at).line) == "3010"


def test_the_register_costs_two_statements_whatever_its_size(db: None) -> None:
    for number in range(20):
        contact = Contact.objects.create(purpose="fault", position=9, name="x", number=str(number))
        ContactHours.objects.create(contact=contact, weekday=1, opens=time(8), closes=time(9))
    with CaptureQueriesContext(connection) as captured:
        contacts.register()
    assert len(captured) == 2


def test_the_last_resort_is_the_administrator_else_who_is_called_for_faults(db: None) -> None:
    at = local("2026-11-28T03:00")  # a Saturday
    assert number_of(contacts.calls(at).last_resort) == TECHNICIAN
    admin = Contact.objects.create(purpose="admin", position=1, name="Adele", number="4711")
    assert number_of(contacts.calls(at).last_resort) == "4711"
    ContactHours.objects.create(contact=admin, weekday=0, opens=time(8), closes=time(16))
    assert number_of(contacts.calls(at).last_resort) == TECHNICIAN
    Contact.objects.update(active=False)
    assert contacts.calls(at).last_resort is None


def test_of_which_kinds_nobody_is_kept(db: None) -> None:
    assert contacts.not_kept() == [Contact.Purpose.ADMIN]
    Contact.objects.filter(purpose="till").update(active=False)
    assert contacts.not_kept() == [Contact.Purpose.TILL, Contact.Purpose.ADMIN]


def test_a_chief_physician_may_be_kept_and_is_not_missed(db: None) -> None:
    assert Contact.Purpose.CHIEF not in contacts.not_kept()
    Contact.objects.create(purpose="chief", position=1, name="Chefläkare", number="4712")
    assert number_of(contacts.calls(local("2026-11-23T12:00")).chief.line) == "4712"


# --- single days, and the coming week -------------------------------------------------------------


def single(contact: Contact, day: str, *times: time) -> None:
    opens, closes = times or (None, None)
    ContactDay.objects.create(contact=contact, day=day, opens=opens, closes=closes, reason="x")


def who(text: str) -> str | None:
    return number_of(contacts.ask(local(text)).line)


def test_a_bridge_day_is_closed_and_the_day_after_is_as_usual(db: None) -> None:
    single(Contact.objects.get(number=SUPPORT), "2026-11-23")
    assert [who(f"2026-11-{day}T10:00") for day in (23, 24)] == [TECHNICIAN, SUPPORT]
    answer = contacts.ask(local("2026-11-23T10:00"))
    assert answer.until == local("2026-11-24T07:30")


def test_a_short_day_has_hours_of_its_own(db: None) -> None:
    single(Contact.objects.get(number=SUPPORT), "2026-11-23", time(9), time(12))
    times = ("08:59", "09:00", "11:59", "12:00")
    assert [who(f"2026-11-23T{each}") for each in times] == [
        TECHNICIAN,
        SUPPORT,
        SUPPORT,
        TECHNICIAN,
    ]


def test_a_single_day_comes_before_a_holiday(db: None) -> None:
    single(Contact.objects.get(number=SUPPORT), "2026-12-24", time(8), time(12))
    assert who("2026-12-24T10:00") == SUPPORT


def test_who_always_answers_may_be_closed_on_a_single_day(db: None) -> None:
    single(Contact.objects.get(purpose="till"), "2026-11-23")
    till = contacts.calls(local("2026-11-23T10:00")).till
    assert till == Answer(None, local("2026-11-24T00:00"), contacts.register().till[0])


def test_the_coming_week_is_looked_through_for_times_when_nobody_answers(db: None) -> None:
    at = local("2026-11-20T12:00")
    assert contacts.gaps(at) == []
    single(Contact.objects.get(purpose="till"), "2026-11-23")
    Contact.objects.filter(number=TECHNICIAN).update(active=False)
    found = [(gap.purpose.value, gap.since, gap.until) for gap in contacts.gaps(at)]
    assert found[0] == ("fault", local("2026-11-20T16:00"), local("2026-11-23T07:30"))
    assert found[-1] == ("till", local("2026-11-23T00:00"), local("2026-11-24T00:00"))
    assert found[-2][1:] == (local("2026-11-26T16:30"), local("2026-11-27T07:00"))


def test_gaps_of_nights_of_the_hour_that_comes_twice_and_of_a_holiday_on_a_sunday(db: None) -> None:
    Contact.objects.filter(purpose="till").update(number="1")
    till = Contact.objects.get(purpose="till")
    for weekday in range(7):
        for opens, closes in ((time(0), time(2, 30)), (time(2, 45), time(23, 59))):
            ContactHours.objects.create(contact=till, weekday=weekday, opens=opens, closes=closes)
    Contact.objects.filter(pk=till.pk).update(on_holidays=True)

    def found(text: str) -> list[tuple[datetime, datetime]]:
        at = local(text)
        gaps = contacts.gaps(at, timedelta(hours=12))
        return [(gap.since, gap.until) for gap in gaps if gap.purpose == Contact.Purpose.TILL]

    quarter = timedelta(minutes=15)
    twice = datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )  # 02:30 by summer time, and again an hour later
    hour = timedelta(hours=1)
    assert found("2026-10-24T22:00") == [
        (twice, twice + quarter),
        (twice + hour, twice + hour + quarter),
    ]
    assert found("2026-03-28T22:00") == []  # the clocks skip that hour
    Contact.objects.filter(pk=till.pk).update(on_holidays=False)
    sunday = local("2027-12-26T00:00")  # Boxing Day, after Christmas Day
    assert found("2027-12-26T00:00") == [(sunday, sunday + 12 * hour)]


def test_a_gap_ends_with_the_week(db: None) -> None:
    Contact.objects.filter(purpose="till").update(active=True)
    contact = Contact.objects.get(purpose="till")
    ContactHours.objects.create(contact=contact, weekday=0, opens=time(8), closes=time(9))
    at = local("2026-11-24T12:00")
    (gap,) = contacts.gaps(at, timedelta(days=2))
    assert (gap.since, gap.until) == (at, at + timedelta(days=2))
    assert gap_in_words(gap).endswith(" 12:00 on.")


# --- what the database refuses ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"purpose": "coffee", "number": "1"}, "contact_purpose_known"),
        ({"purpose": "fault", "number": ""}, "contact_has_number"),
    ],
)
def test_a_contact_that_could_not_be_called(db: None, fields: dict[str, str], rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Contact.objects.create(position=1, name="x", **fields)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"weekday": 7}, "hours_weekday_known"),
        ({"closes": time(8)}, "hours_close_after_opening"),
        ({"closes": time(7)}, "hours_close_after_opening"),
    ],
)
def test_hours_that_no_day_has(db: None, fields: dict[str, object], rule: str) -> None:
    row = {"weekday": 6, "opens": time(8), "closes": time(9)} | fields
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        ContactHours.objects.create(contact=Contact.objects.earliest("id"), **row)


def test_the_same_hours_twice(db: None) -> None:
    row = ContactHours.objects.earliest("id")
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_contact_never_goes(db: None) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Contact.objects.filter(number="1258").delete()


@pytest.mark.parametrize("times", [(time(8), None), (None, time(8)), (time(9), time(8))])
def test_a_single_day_is_closed_or_has_both_times(
    db: None, times: tuple[time | None, time | None]
) -> None:
    contact, (opens, closes) = Contact.objects.get(purpose="till"), times
    row = ContactDay(contact=contact, day="2026-11-23", opens=opens, closes=closes, reason="x")
    with pytest.raises(IntegrityError, match="contact_day_closed"), transaction.atomic():
        row.save()


def test_a_day_is_there_once(db: None) -> None:
    contact = Contact.objects.get(purpose="till")
    single(contact, "2026-11-23")
    with pytest.raises(IntegrityError), transaction.atomic():
        single(contact, "2026-11-23")
