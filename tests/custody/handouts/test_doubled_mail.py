"""Mails about a doubled number: to both wards and the administrators, at any hour, no number."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from befreg_reserv import clock, mailing
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.mailing import Unreachable
from befreg_reserv.people.wards import register
from custody.handouts import doubled_mail, doubles
from custody.models import DoubledMail, DoubledNumber, Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.custody.handouts.reminders.post import (
    ADELE,
    DAY,
    EYE,
    HOUR,
    IVA,
    TILDA,
    Down,
    NoIva,
    addresses,
)

__all__ = ["addresses"]
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("addresses"),
    pytest.mark.one_database("decisions"),
]


@pytest.fixture
def alarm(cast: Cast, handout: Handout) -> DoubledNumber:
    return DoubledNumber.objects.get(second=scenes.doubled(cast, handout))


def sent(at: datetime) -> list[EmailMessage]:
    before = len(mail.outbox)
    for _outcome in doubled_mail.send(lambda: at):
        pass
    return mail.outbox[before:]


def recipients(at: datetime) -> list[list[str]]:
    return [list(each.to) for each in sent(at)]


def test_both_wards_and_the_administrators_get_one(alarm: DoubledNumber) -> None:
    assert recipients(alarm.found_at) == [[IVA], [EYE], [ADELE]]
    assert recipients(alarm.found_at + DAY) == []
    assert LogEntry.objects.filter(act="mail_doubled").count() == 3


@pytest.mark.parametrize("local", ["2026-11-29 03:00", "2026-12-25 12:00"])
def test_at_any_hour(alarm: DoubledNumber, local: str) -> None:
    assert len(sent(timezone.make_aware(datetime.fromisoformat(local)))) == 3


def test_none_holds_the_number(alarm: DoubledNumber) -> None:
    for each in sent(alarm.found_at):
        assert "K064" not in f"{each.subject}{each.body}"
        assert "K 06 4" not in f"{each.subject}{each.body}"
        assert "TVÅ PATIENTER" in each.subject
        assert "Ring den andra avdelningen" in str(each.body)


def test_nor_a_name_that_was_typed_in(cast: Cast, handout: Handout) -> None:
    scenes.doubled(cast, handout, ward=register.typed_in("20000101K064"))
    assert all("K064" not in str(each.body) for each in sent(timezone.now()))


def test_what_is_settled_needs_none(cast: Cast, alarm: DoubledNumber) -> None:
    doubles.settle(alarm.pk, scenes.now(cast.adele), done="separated")
    assert sent(alarm.found_at) == []


def test_one_ward_with_both_patients_gets_one(cast: Cast, handout: Handout) -> None:
    scenes.doubled(cast, handout, ward=cast.iva)
    assert recipients(timezone.now()) == [[IVA], [ADELE]]


def test_a_drills_leader_alone_hears_of_it(
    cast: Cast, training_binder: object, drill: Outage, settings: Any
) -> None:
    settings.SITE_URL = "https://befreg.example.org"
    first = scenes.handed_out(cast, outage_id=drill.pk)
    scenes.doubled(cast, first)
    (only,) = sent(timezone.now())
    assert list(only.to) == [TILDA]
    assert only.subject.startswith("ÖVNING")
    assert "/binder/overview/?drill=1\n" in str(only.body)


@pytest.mark.both_databases
def test_one_that_failed_is_followed_by_another_five_at_most(
    alarm: DoubledNumber, settings: Any
) -> None:
    settings.EMAIL_BACKEND = f"{NoIva.__module__}.NoIva"
    for hour in range(8):
        sent(alarm.found_at + hour * HOUR)
    tries = DoubledMail.objects.filter(ward=alarm.first.ward)
    assert tries.count() == mailing.MOST
    assert all("no such mailbox" in each.failure for each in tries)


def test_a_claim_of_a_run_that_was_killed_is_tried_again(alarm: DoubledNumber) -> None:
    doubled_mail.POST.claimed(doubled_mail.due(alarm.found_at)[0], alarm.found_at)
    assert recipients(alarm.found_at) == [[EYE], [ADELE]]
    assert recipients(alarm.found_at + HOUR) == [[IVA]]


def test_without_a_mail_server_nothing_is_claimed(alarm: DoubledNumber, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{Down.__module__}.Down"
    with pytest.raises(Unreachable):
        sent(alarm.found_at)
    assert not DoubledMail.objects.exists()


def test_the_command_sends_them_and_names_who_has_no_address(
    cast: Cast, alarm: DoubledNumber
) -> None:
    cast.eye.email = ""
    cast.eye.save(update_fields=["email"])
    out, errors = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("remind", stdout=out, stderr=errors)
    assert out.getvalue().count("two patients with one number") == 2
    assert f"Nobody to write to: ward {cast.eye.pk}" in errors.getvalue()


@pytest.mark.both_databases
def test_a_dry_run_sends_nothing(alarm: DoubledNumber) -> None:
    out = StringIO()
    call_command("remind", "--dry-run", stdout=out)
    assert (out.getvalue().count("Due: "), mail.outbox) == (3, [])


def test_the_database_takes_no_mail_twice(alarm: DoubledNumber) -> None:
    at = clock.now()
    for ward in (alarm.first.ward, None):
        row = {"alarm": alarm, "ward": ward, "sequence": 1, "to": "x", "claimed_at": at}
        DoubledMail.objects.create(**row)
        with pytest.raises(IntegrityError), transaction.atomic():
            DoubledMail.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        DoubledMail.objects.update(sent_at=at, failure="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        DoubledMail.objects.update(claimed_at=at + timedelta(days=1))
    with pytest.raises(IntegrityError):
        DoubledMail._base_manager.all()._raw_delete(connection.alias)
