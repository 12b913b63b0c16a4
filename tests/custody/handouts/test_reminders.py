"""Reminders: to whom, when, how often, and never with a number."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from smtplib import SMTPRecipientsRefused
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend as Delivers
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from befreg_reserv import clock
from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.wards import register
from custody.handouts import correcting, notices, reminders
from custody.models import Handout, Reminder
from custody.paper import one_line
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import kept, scene

ZONE = ZoneInfo("Europe/Stockholm")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 16, 9, tzinfo=ZONE)
FRIDAY = MONDAY - 3 * DAY
IVA, EYE, ADELE, TILDA = (f"{name}@example.org" for name in ("iva", "eye", "adele", "tilda"))

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("addresses", "real_binder", "training_binder"),
]


class Refuses(Delivers):
    """A mail server that takes no mail to IVA or to the administrator."""

    def send_messages(self, messages: Any) -> int:
        for each in messages:
            if {IVA, ADELE} & set(each.to):
                raise SMTPRecipientsRefused({each.to[0]: (550, b"no such\r\nmailbox")})
        return super().send_messages(messages)


class NoIva(Delivers):
    """A mail server that knows no address of IVA."""

    def send_messages(self, messages: Any) -> int:
        if any(IVA in each.to for each in messages):
            raise SMTPRecipientsRefused({IVA: (550, b"no such mailbox")})
        return super().send_messages(messages)


class Down(BaseEmailBackend):
    """No mail server."""

    def open(self) -> bool:
        raise ConnectionRefusedError(111, "Connection refused")


@scene
def addresses(cast: Cast) -> None:
    for each, address in ((cast.iva, IVA), (cast.eye, EYE), (cast.adele, ADELE)):
        each.email = address
        each.save(update_fields=["email"])
    cast.tilda.email = TILDA
    cast.tilda.save(update_fields=["email"])


@kept
def handed_out(cast: Cast, ended: datetime, *wards: Ward, drill: bool = False) -> list[Handout]:
    """Hand out a number to each ward in an outage that ends at ``ended``."""
    outage, _new = lifecycle.start(Event.now(cast.tilda, ended - 2 * HOUR), drill=drill)
    event = Event.now(cast.tilda, ended - HOUR)
    calls = [scenes.call(cast, ward=ward, outage_id=outage.pk) for ward in wards]
    given = [scenes.hand_out(call, event) for call in calls]
    lifecycle.end(outage, Event.now(cast.tilda, ended))
    return given


def remind(at: datetime) -> list[EmailMessage]:
    """Send what is due; return the mails."""
    before = len(mail.outbox)
    for _outcome in reminders.remind(lambda: at):
        pass
    return mail.outbox[before:]


def recipients(at: datetime) -> list[list[str]]:
    return [list(each.to) for each in remind(at)]


def close(handout: Handout, cast: Cast, at: datetime) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, Event.now(cast.wilma, at))
    notices.file_notice(handout.pk, Event.now(cast.wilma, at))


# --- when -------------------------------------------------------------------------------------


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


# --- how often, and then ----------------------------------------------------------------------


def week_after_week(first: datetime, days: int) -> list[list[list[str]]]:
    """Remind once on each of the next weekdays; return the recipients of each day."""
    every = (first + number * DAY for number in range(2 * days))
    return [recipients(at) for at in every if at.weekday() < 5][:days]


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


# --- who has no address -----------------------------------------------------------------------


def test_wards_without_an_address_are_told_to_the_administrators_in_one_mail(cast: Cast) -> None:
    Ward.objects.update(email="")
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    (sent,) = remind(MONDAY)
    assert sent.to == [ADELE]
    assert str(cast.iva) in str(sent.body)
    assert str(cast.eye) in str(sent.body)
    assert remind(MONDAY + HOUR) == []


def test_the_administrators_are_told_where_to_call_the_ward(cast: Cast) -> None:
    Ward.objects.update(email="", telephone="3456")
    handed_out(cast, FRIDAY, cast.iva)
    (sent,) = remind(MONDAY)
    assert "telefon 3456" in str(sent.body)


def test_a_typed_in_ward_is_the_administrators_until_it_is_known(cast: Cast) -> None:
    typed = register.typed_in("IVVA")
    (handout,) = handed_out(cast, FRIDAY, typed)
    assert recipients(MONDAY) == [[ADELE]]
    register.merge(handout.ward, cast.iva, scenes.now(cast.adele))
    assert recipients(MONDAY + DAY) == [[IVA]]


def test_every_active_administrator_with_an_address_is_told(cast: Cast) -> None:
    Ward.objects.update(email="")
    for name in ("astri", "anton", "alma"):
        other = User.objects.create(username=name, email=f"{name}@example.org")
        other.groups.set(cast.adele.groups.all())
    User.objects.filter(username="anton").update(is_active=False)
    User.objects.filter(username="alma").update(email="")
    handed_out(cast, FRIDAY, cast.iva)
    assert recipients(MONDAY) == [[ADELE, "astri@example.org"]]


def test_without_any_administrators_address_nothing_is_spent(cast: Cast) -> None:
    Ward.objects.update(email="")
    User.objects.update(email="")
    handed_out(cast, FRIDAY, cast.iva)
    (letter,) = reminders.letters(MONDAY)
    assert letter.addresses == ()
    assert remind(MONDAY) == []
    assert not Reminder.objects.exists()


# --- drills -----------------------------------------------------------------------------------


def test_a_drill_reminds_its_leader_alone_and_says_so(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva, cast.eye, drill=True)
    (sent,) = remind(MONDAY)
    assert sent.to == [TILDA]
    assert sent.subject.startswith("ÖVNING: ")
    assert "DRILL" in str(sent.body)


def test_after_five_nobody_else_hears_of_a_drill(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    assert week_after_week(MONDAY, 8) == [[[TILDA]]] * 5 + [[]] * 3


@pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}])
def test_a_leader_without_an_address_or_gone_is_not_reminded(
    cast: Cast, change: dict[str, Any]
) -> None:
    User.objects.filter(pk=cast.tilda.pk).update(**change)
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    assert remind(MONDAY) == []
    assert not Reminder.objects.exists()


def test_a_drill_and_reality_are_two_mails(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(email=TILDA)
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    handed_out(cast, FRIDAY, cast.iva)
    assert sorted(each.subject.startswith("ÖVNING") for each in remind(MONDAY)) == [False, True]


# --- what a mail says -------------------------------------------------------------------------


@pytest.fixture
def every_kind(cast: Cast) -> list[EmailMessage]:
    """A mail of every kind, also about what looks like a patient in the place of a ward."""
    typed = (register.typed_in(name) for name in (scenes.REAL[9], "19121212-1212"))
    given = handed_out(cast, FRIDAY, cast.iva, cast.iva, *typed)
    scenes.replaced(given[0].pk, scenes.REAL_WOMAN, Event.now(cast.wilma, FRIDAY))
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    return remind(MONDAY)


def all_of(sent: EmailMessage) -> str:
    """Return a mail as its reader has it: headers decoded, every part decoded, and as sent.

    But for the digits that are drawn by lot: among them, any four of a number come up some day.
    """
    message = sent.message()
    del message["Message-ID"]
    assert not message.is_multipart()  # its boundary would be drawn too
    raw = message.as_bytes()
    parsed = message_from_bytes(raw)
    headers = [str(make_header(decode_header(value))) for value in parsed.values()]
    parts = [part.get_payload(decode=True) or b"" for part in parsed.walk()]
    texts = [part.decode() for part in parts if isinstance(part, bytes)]
    return "\n".join([raw.decode(), *headers, *texts])


def test_no_number_stands_in_any_part_of_any_mail(every_kind: list[EmailMessage]) -> None:
    assert [list(sent.to) for sent in every_kind] == [[IVA], [ADELE], [TILDA]]
    secrets = [*scenes.REAL, *scenes.TRAINING, scenes.REAL_WOMAN, "191212121212", "19121212-1212"]
    secrets += [number[8:] for number in scenes.REAL + scenes.TRAINING] + ["20000101", "1945"]
    for sent in every_kind:
        text = all_of(sent)
        assert str(sent.body).splitlines()[0] in text
        assert [secret for secret in secrets if secret in text] == []


def test_a_link_leads_to_each_ones_door(cast: Cast, settings: Any) -> None:
    settings.SITE_URL = "https://befreg.example.org"
    handed_out(cast, FRIDAY, cast.iva, register.typed_in("Rum 7"))
    handed_out(cast, FRIDAY, cast.iva, drill=True)
    bodies = [str(sent.body) for sent in remind(MONDAY)]
    doors = ("/ward/", "/binder/overview/", "/outage/?drill=1")
    for path, body in zip(doors, bodies, strict=True):
        assert body.count(f"https://befreg.example.org{path}\n") == 1


def test_without_the_sites_address_there_is_no_link(every_kind: list[EmailMessage]) -> None:
    assert not any("http" in str(sent.body) or " :" in str(sent.body) for sent in every_kind)


def test_it_is_in_swedish_and_asks_for_no_answer(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    (sent,) = remind(MONDAY)
    assert sent.subject.startswith("Påminnelse")
    assert "1 öppet nummer, sedan 2026-11-13 08:00" in str(sent.body)
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"


def test_a_name_can_add_no_header_and_no_line(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(name="IVA\r\nBcc: x@example.org\n\n<b>&")
    handed_out(cast, FRIDAY, cast.iva)
    (sent,) = remind(MONDAY)
    assert sent.recipients() == [IVA]
    assert "- Anestesikliniken / IVA Bcc: x@example.org <b>&: " in str(sent.body)


def test_an_address_can_add_no_header_either(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(email=f"{IVA}\nBcc: x@example.org")
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    first, second, _told = reminders.remind(lambda: MONDAY)
    assert first.failure.startswith("BadHeaderError")
    assert not second.failure
    assert [each.to for each in mail.outbox] == [[EYE], [ADELE]]


# --- a slow server ----------------------------------------------------------------------------


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


# --- at most once -----------------------------------------------------------------------------


def test_what_another_run_sent_meanwhile_is_not_sent_again(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    slow = reminders.remind(lambda: MONDAY)
    assert next(slow).letter.addresses == (IVA,)
    assert recipients(MONDAY) == [[EYE]]
    assert list(slow) == []


def test_what_was_closed_meanwhile_is_not_asked_for(cast: Cast) -> None:
    _first, second = handed_out(cast, FRIDAY, cast.iva, cast.eye)
    slow = reminders.remind(lambda: MONDAY)
    next(slow)
    close(second, cast, MONDAY)
    assert list(slow) == []


def test_of_two_who_claim_the_same_one_wins(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    ((loops,),) = [letter.about for letter in reminders.letters(MONDAY)]
    claims = [reminders._insert(loops, IVA, MONDAY) for _run in range(2)]
    assert claims == [Reminder.objects.get(), None]


@pytest.mark.parametrize("changes", [{"sequence": 2}, {"day": MONDAY.date() + DAY}])
def test_the_database_takes_a_reminder_once(cast: Cast, changes: dict[str, Any]) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    remind(MONDAY)
    again = Reminder.objects.get()
    again.pk = None
    for name, value in changes.items():
        setattr(again, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)


def test_a_claim_never_changes_and_never_goes(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    remind(MONDAY)
    kept = Reminder.objects.all()
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        kept.update(sequence=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        kept.update(sent_at=MONDAY + HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        kept._raw_delete(kept.db)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("reminder_sent_or_failed", {"sent_at": MONDAY, "failure": "no such mailbox"}),
        ("reminder_counted_from_one", {"sequence": 0}),
    ],
)
def test_the_database_knows_what_a_reminder_looks_like(
    cast: Cast, rule: str, changes: dict[str, Any]
) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    fields = {"sequence": 1, "day": MONDAY.date(), "handouts": 1, "claimed_at": MONDAY}
    row = Reminder(outage=Outage.objects.get(), ward=cast.iva, **(fields | changes))
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        row.save(force_insert=True)


# --- failures ---------------------------------------------------------------------------------


@pytest.fixture
def refusing(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refuses"


@pytest.mark.usefixtures("refusing")
def test_a_mail_that_fails_is_kept_as_failed_and_holds_up_no_other(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva, cast.eye)
    assert recipients(MONDAY) == [[EYE]]
    failed = Reminder.objects.get(ward=cast.iva, to=IVA)
    assert failed.sent_at is None
    assert failed.failure.startswith("SMTPRecipientsRefused: ")
    assert "\n" not in failed.failure


def test_the_next_days_comes_as_usual(cast: Cast, settings: Any) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Refuses"
    remind(MONDAY)
    settings.EMAIL_BACKEND = working
    assert recipients(MONDAY + HOUR) == []
    assert recipients(MONDAY + DAY) == [[IVA]]
    assert Reminder.objects.get(sent_at=MONDAY + DAY).sequence == 3


def test_administrators_are_told_until_a_mail_comes_through(cast: Cast, settings: Any) -> None:
    settings.REMIND_MOST = 1
    handed_out(cast, FRIDAY, cast.iva)
    working = settings.EMAIL_BACKEND
    remind(MONDAY)
    settings.EMAIL_BACKEND = f"{__name__}.Refuses"
    remind(MONDAY + DAY)
    settings.EMAIL_BACKEND = working
    assert week_after_week(MONDAY + 2 * DAY, 2) == [[[ADELE]], []]


@pytest.fixture
def no_iva(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.NoIva"


@pytest.mark.usefixtures("no_iva")
class TestUnreachedWard:
    def test_the_administrators_hear_of_it_the_same_day(self, cast: Cast) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        (sent,) = remind(MONDAY)
        assert sent.to == [ADELE]
        assert "(e-postadressen i registret fungerar inte)" in str(sent.body)
        assert remind(MONDAY + HOUR) == []

    def test_two_runs_tell_them_once(self, cast: Cast) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        slow = reminders.remind(lambda: MONDAY)
        assert next(slow).failure
        assert recipients(MONDAY) == [[ADELE]]
        assert list(slow) == []

    def test_also_when_they_had_a_mail_that_day(self, cast: Cast) -> None:
        Ward.objects.filter(pk=cast.eye.pk).update(email="")
        handed_out(cast, FRIDAY, cast.eye)
        handed_out(cast, MONDAY - DAY + HOUR, cast.iva)
        assert recipients(MONDAY) == recipients(MONDAY + HOUR) == [[ADELE]]
        assert recipients(MONDAY + 2 * HOUR) == []

    def test_with_others_it_is_one_mail(self, cast: Cast) -> None:
        Ward.objects.filter(pk=cast.eye.pk).update(email="")
        handed_out(cast, FRIDAY, cast.iva, cast.eye)
        assert recipients(MONDAY) == [[ADELE]]

    def test_a_mail_that_failed_is_no_turn(self, cast: Cast, settings: Any) -> None:
        settings.REMIND_MOST = 2
        handed_out(cast, FRIDAY, cast.iva)
        assert recipients(MONDAY) == [[ADELE]]
        Ward.objects.filter(pk=cast.iva.pk).update(email=EYE)
        assert week_after_week(MONDAY + DAY, 3) == [[[EYE]], [[ADELE]], []]

    def test_a_new_address_is_tried_the_same_day(self, cast: Cast, settings: Any) -> None:
        User.objects.update(email="")
        handed_out(cast, FRIDAY, cast.iva)
        assert recipients(MONDAY) == []
        Ward.objects.filter(pk=cast.iva.pk).update(email=EYE)
        assert recipients(MONDAY + HOUR) == [[EYE]]

    def test_at_last_they_hear_that_it_does_not_work(self, cast: Cast) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        assert week_after_week(MONDAY, 8) == [[[ADELE]]] * 6 + [[]] * 2
        assert "fungerar inte)" in str(mail.outbox[-1].body)
        assert not Reminder.objects.filter(to=IVA, sent_at__isnull=False).exists()

    def test_the_overview_names_it_until_its_address_is_changed(
        self, cast: Cast, sign_in: SignIn
    ) -> None:
        handed_out(cast, FRIDAY, cast.iva, cast.eye)
        remind(MONDAY)
        page = sign_in(cast.adele).get("/binder/overview/")
        assert page.context["unreached"] == [cast.iva]
        assert "E-postadressen i registret fungerar inte" in page.content.decode()
        Ward.objects.filter(pk=cast.iva.pk).update(email="iva2@example.org")
        assert sign_in(cast.adele).get("/binder/overview/").context["unreached"] == []


def test_without_a_mail_server_nothing_is_spent(cast: Cast, settings: Any) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    with pytest.raises(reminders.Unreachable, match="Connection refused"):
        list(reminders.remind(lambda: MONDAY))
    assert not Reminder.objects.exists()


# --- the audit log ----------------------------------------------------------------------------


def test_the_audit_log_tells_of_it(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    remind(MONDAY)
    entry = LogEntry.objects.get(act="remind")
    assert (entry.unit, entry.number, entry.timestamp) == (str(cast.iva), "", MONDAY)
    assert entry.changes["to"] == ["None", IVA]
    assert "sent_at" in entry.changes


@pytest.mark.usefixtures("refusing")
def test_and_of_what_failed(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    remind(MONDAY)
    changes = LogEntry.objects.filter(act="remind").earliest("pk").changes
    assert "SMTPRecipientsRefused" in changes["failure"][1]
    assert "sent_at" not in changes


# --- the command ------------------------------------------------------------------------------


@pytest.fixture
def on_monday(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: MONDAY)
        patch.setattr(clock, "database_now", lambda: MONDAY)
        yield


@pytest.mark.usefixtures("on_monday")
class TestCommand:
    def test_it_says_what_it_sent(self, cast: Cast, capsys: Any) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        call_command("remind")
        said = capsys.readouterr().out
        assert said.startswith(f"Sent: ward <{IVA}> about Anestesikliniken / IVA (ward ")
        assert "1 open, reminder 1" in said
        assert not any(number in said for number in scenes.REAL)
        assert LogEntry.objects.get(act="remind").additional_data["command"] == "remind"

    def test_a_dry_run_says_the_same_and_does_nothing(self, cast: Cast, capsys: Any) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        call_command("remind", "--dry-run")
        assert capsys.readouterr().out.startswith(f"Due: ward <{IVA}> about ")
        assert not mail.outbox
        assert not Reminder.objects.exists()

    def test_a_dry_run_says_when_nothing_is_due(self, capsys: Any) -> None:
        call_command("remind", "--dry-run")
        assert capsys.readouterr().out.startswith("Nothing is due now.")

    def test_it_says_for_whose_sake_reminders_wait(self, cast: Cast, capsys: Any) -> None:
        handed_out(cast, FRIDAY, cast.iva)
        outage, _new = lifecycle.start(Event.now(cast.tilda, MONDAY - HOUR))
        call_command("remind")
        assert capsys.readouterr().out == (
            f"Held back while outage {outage.pk} is ongoing, since 2026-11-16 08:00."
            " From 2026-11-17 08:00 reminders go out all the same.\n"
        )

    def test_nothing_waits_where_nothing_is_open(self, cast: Cast, capsys: Any) -> None:
        lifecycle.start(Event.now(cast.tilda, MONDAY - HOUR))
        call_command("remind")
        assert capsys.readouterr() == ("", "")

    def test_it_names_an_outage_that_nobody_ended(self, cast: Cast, capsys: Any) -> None:
        outage, _new = lifecycle.start(Event.now(cast.tilda, FRIDAY))
        call_command("remind", "--dry-run")
        last = capsys.readouterr().out.splitlines()[-1]
        assert last == f"Open since 2026-11-13 09:00: outage {outage.pk}. Has nobody ended it?"

    def test_nothing_due_is_no_error(self, cast: Cast, capsys: Any) -> None:
        call_command("remind")
        assert capsys.readouterr() == ("", "")

    def test_wards_without_an_address_are_named(self, cast: Cast, capsys: Any) -> None:
        Ward.objects.filter(pk=cast.eye.pk).update(email="")
        handed_out(cast, FRIDAY, cast.iva, cast.eye)
        call_command("remind")
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.startswith("Open numbers, and no e-mail address: Ögonkliniken / ")

    def test_no_administrator_to_tell_is_an_error(self, cast: Cast, capsys: Any) -> None:
        Ward.objects.update(email="")
        User.objects.update(email="")
        handed_out(cast, FRIDAY, cast.iva)
        with pytest.raises(SystemExit) as ended:
            call_command("remind")
        assert ended.value.code == 1
        assert "Nobody to write to: administrators <>" in capsys.readouterr().err

    def test_a_drill_without_a_leader_to_tell_is_none(self, cast: Cast, capsys: Any) -> None:
        User.objects.update(email="")
        handed_out(cast, FRIDAY, cast.iva, drill=True)
        call_command("remind")
        assert "Nobody to write to: leader <>" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("backend", "said"), [("Refuses", "Failed: ward <iva@"), ("Down", "No mail server")]
    )
    def test_a_failure_is_an_error(
        self, cast: Cast, settings: Any, capsys: Any, backend: str, said: str
    ) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.{backend}"
        handed_out(cast, FRIDAY, cast.iva)
        with pytest.raises(SystemExit) as ended:
            call_command("remind")
        assert ended.value.code == 1
        assert capsys.readouterr().err.startswith(said)


def test_as_many_statements_for_many_wards_as_for_one(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    def cost() -> int:
        with django_assert_max_num_queries(10) as captured:
            reminders.letters(MONDAY)
        return len(captured)

    handed_out(cast, FRIDAY, cast.iva)
    one = cost()
    handed_out(cast, FRIDAY, cast.iva, cast.eye, register.typed_in("Rum 7"))
    assert cost() == one
    assert Outage.objects.count() == 2
