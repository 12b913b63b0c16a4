"""A reminder goes out at most once, and one that failed is kept as failed."""

from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.mailing import Unreachable
from befreg_reserv.people.models import User, Ward
from custody.handouts import reminders
from custody.models import Reminder
from outage.models import Outage
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.handouts.reminders import post
from tests.custody.handouts.reminders.post import (
    ADELE,
    DAY,
    EYE,
    FRIDAY,
    HOUR,
    IVA,
    MONDAY,
    close,
    handed_out,
    recipients,
    remind,
    week_after_week,
)
from tests.pages import text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("addresses", "real_binder", "training_binder"),
    pytest.mark.one_database("decisions"),
]


# --- at most once ------------------------------------------------------------------------------


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


# --- failures ----------------------------------------------------------------------------------


@pytest.fixture
def refusing(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{post.__name__}.Refuses"


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
    settings.EMAIL_BACKEND = f"{post.__name__}.Refuses"
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
    settings.EMAIL_BACKEND = f"{post.__name__}.Refuses"
    remind(MONDAY + DAY)
    settings.EMAIL_BACKEND = working
    assert week_after_week(MONDAY + 2 * DAY, 2) == [[[ADELE]], []]


@pytest.fixture
def no_iva(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{post.__name__}.NoIva"


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
        said = "E-postadressen i registret fungerar inte: Anestesikliniken / IVA."
        assert said in text_of(sign_in(cast.adele).get("/binder/overview/"))
        Ward.objects.filter(pk=cast.iva.pk).update(email="iva2@example.org")
        assert said not in text_of(sign_in(cast.adele).get("/binder/overview/"))


def test_without_a_mail_server_nothing_is_spent(cast: Cast, settings: Any) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    settings.EMAIL_BACKEND = f"{post.__name__}.Down"
    with pytest.raises(Unreachable, match="Connection refused"):
        list(reminders.remind(lambda: MONDAY))
    assert not Reminder.objects.exists()


# --- the audit log -----------------------------------------------------------------------------


def test_the_audit_log_tells_of_it(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    remind(MONDAY)
    entry = LogEntry.objects.get(act="remind")
    assert (entry.unit, entry.number, entry.timestamp) == (str(cast.iva), "", MONDAY)
    assert entry.changes["to"] == ["None", IVA]
    assert "sent_at" in entry.changes


@pytest.mark.both_databases
@pytest.mark.usefixtures("refusing")
def test_and_of_what_failed(cast: Cast) -> None:
    handed_out(cast, FRIDAY, cast.iva)
    remind(MONDAY)
    changes = LogEntry.objects.filter(act="remind").earliest("pk").changes
    assert "SMTPRecipientsRefused" in changes["failure"][1]
    assert "sent_at" not in changes
