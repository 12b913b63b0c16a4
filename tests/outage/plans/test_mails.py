"""Mails about planned outages: each ward once for each version, none lost, no number in any."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend as Delivers
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.mailing import Unreachable
from outage.models import Plan, PlanMail
from outage.plans import mails, needs, planning, reached
from outage.plans.planning import Terms
from tests.cast import Cast
from tests.conftest import SignIn
from tests.outage.plans.scenes import announce, cancel, change

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("decisions")]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IVA, EYE = "iva@example.org", "eye@example.org"


class NoIva(Delivers):
    """A mail server that knows no address of IVA."""

    def send_messages(self, messages: Any) -> int:
        if any(IVA in each.to for each in messages):
            raise SMTPRecipientsRefused({IVA: (550, b"no such\r\nmailbox")})
        return super().send_messages(messages)


class Down(BaseEmailBackend):
    """No mail server."""

    def open(self) -> bool:
        raise ConnectionRefusedError(111, "Connection refused")


@pytest.fixture(autouse=True)
def addresses(cast: Cast) -> Iterator[None]:
    for ward, address in ((cast.iva, IVA), (cast.eye, EYE)):
        ward.email = address
        ward.save(update_fields=["email"])
    return iter(())


def sent(at: datetime) -> list[EmailMessage]:
    before = len(mail.outbox)
    for _outcome in mails.send(lambda: at):
        pass
    return mail.outbox[before:]


def kinds(at: datetime) -> list[tuple[str, str]]:
    """Send what is due; return to whom, and what kind."""
    return [(each.due.ward.email, each.due.kind.value) for each in mails.send(lambda: at)]


def later(plan: Plan, hours: int = 1) -> Terms:
    move = hours * HOUR
    return Terms(plan.planned_start + move, plan.planned_end + move, list(needs.concerned(plan)))


def answer(cast: Cast, plan: Plan) -> None:
    event = Event.now(cast.wilma, timezone.now())
    needs.state_need(plan.pk, cast.iva, event, women=1, men=0, registers_late=False)


# --- to whom, when --------------------------------------------------------------------------------


def test_each_ward_concerned_is_told_once(cast: Cast) -> None:
    announce(cast, cast.iva)
    now = timezone.now()
    assert kinds(now) == [(IVA, "announced")]
    assert kinds(now + HOUR) == []
    assert LogEntry.objects.filter(act="mail_plan").count() == 1


def test_of_a_drill_none(cast: Cast) -> None:
    announce(cast, drill=True)
    assert kinds(timezone.now()) == []


def test_a_move_tells_what_held_before(cast: Cast) -> None:
    plan = announce(cast, cast.iva, begins=10 * DAY)
    before = timezone.localtime(plan.planned_start).strftime("%Y-%m-%d %H:%M")
    sent(timezone.now())
    change(cast, plan, later(plan), reason="leverantören bad om det")
    (moved,) = sent(timezone.now())
    assert "Ändrad tid" in moved.subject
    assert f"Tidigare gällde {before}" in str(moved.body)
    assert "leverantören bad om det" in str(moved.body)


def test_other_wards_are_no_news(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    sent(timezone.now())
    both = Terms(plan.planned_start, plan.planned_end, [cast.iva, cast.eye])
    change(cast, plan, both)
    assert kinds(timezone.now()) == [(EYE, "announced")]
    change(cast, plan, Terms(plan.planned_start, plan.planned_end, [cast.iva]))
    assert kinds(timezone.now()) == [(EYE, "taken_out")]
    change(cast, plan, both)
    assert kinds(timezone.now()) == [(EYE, "announced")]


def test_two_changes_before_a_run_are_one_mail(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    sent(timezone.now())
    change(cast, plan, later(plan))
    change(cast, plan, later(plan, 2))
    assert kinds(timezone.now()) == [(IVA, "changed")]


def test_whoever_was_told_hears_that_it_is_cancelled(cast: Cast) -> None:
    plan = announce(cast, cast.iva, cast.eye)
    cast.eye.email = ""
    cast.eye.save(update_fields=["email"])
    sent(timezone.now())
    cast.eye.email = EYE
    cast.eye.save(update_fields=["email"])
    cancel(cast, plan)
    assert kinds(timezone.now()) == [(IVA, "cancelled")]
    assert kinds(timezone.now() + HOUR) == []


def test_what_is_over_needs_none(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    assert kinds(plan.planned_end) == []


def test_an_outage_that_lasts_longer_is_told(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    sent(timezone.now())
    planning.start(plan.pk, Event.now(cast.tilda, timezone.now()))
    end = plan.planned_end + 2 * HOUR
    planning.move_end(plan.pk, end, Event.now(cast.adele, timezone.now()), reason="drar ut")
    (moved,) = sent(timezone.now())
    assert "Svara" not in str(moved.body)


# --- asked again ----------------------------------------------------------------------------------


def noon(plan: Plan, days_before: int) -> datetime:
    day = timezone.localtime(plan.planned_start - days_before * DAY)
    return day.replace(hour=12)


@pytest.mark.both_databases
def test_who_has_not_answered_is_asked_once_more(cast: Cast) -> None:
    plan = announce(cast, cast.iva, cast.eye, begins=10 * DAY)
    sent(timezone.now())
    answer(cast, plan)
    assert kinds(noon(plan, 5)) == []
    assert kinds(noon(plan, 2).replace(hour=6)) == []
    assert kinds(noon(plan, 2)) == [(EYE, "asked_again")]
    assert kinds(noon(plan, 1)) == []


def test_not_on_the_day_when_it_was_told_nor_when_it_began(cast: Cast) -> None:
    plan = announce(cast, cast.iva, begins=2 * DAY)
    now = timezone.now()
    sent(now)
    assert kinds(now + 20 * HOUR) == []
    assert kinds(plan.planned_start) == []


# --- nothing is lost, nothing comes twice ---------------------------------------------------------


def test_without_a_mail_server_all_stays_due(cast: Cast, settings: Any) -> None:
    announce(cast, cast.iva)
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Down"
    with pytest.raises(Unreachable):
        sent(timezone.now())
    assert not PlanMail.objects.exists()
    settings.EMAIL_BACKEND = backend
    assert kinds(timezone.now()) == [(IVA, "announced")]


@pytest.mark.both_databases
def test_one_that_failed_is_tried_again_each_hour_and_stops(cast: Cast, settings: Any) -> None:
    plan = announce(cast, cast.iva, cast.eye, begins=2 * DAY)
    settings.EMAIL_BACKEND = f"{__name__}.NoIva"
    now = timezone.now()
    assert kinds(now) == [(IVA, "announced"), (EYE, "announced")]
    assert kinds(now + HOUR / 2) == []
    for hour in range(1, 9):
        sent(now + hour * HOUR)
    assert PlanMail.objects.filter(ward=cast.iva).count() == mails.MOST
    assert reached.standing(plan, now).failed == [cast.iva]


def given_up(cast: Cast, settings: Any) -> tuple[Plan, datetime]:
    """Return a plan whose mail to IVA was tried in vain until it was given up, and when."""
    plan = announce(cast, cast.iva, cast.eye, begins=2 * DAY)
    backend, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.NoIva"
    now = timezone.now()
    for hours_ago in range(mails.MOST, 0, -1):
        assert not any(each.given_up for each in reached.not_reached(now - hours_ago * HOUR))
        sent(now - hours_ago * HOUR)
    settings.EMAIL_BACKEND = backend
    return plan, now


@pytest.mark.both_databases
def test_one_that_was_given_up_is_on_the_overview_until_it_is_sent_again(
    cast: Cast, settings: Any, sign_in: SignIn
) -> None:
    plan, at = given_up(cast, settings)
    (found,) = reached.not_reached(at)
    assert (found.given_up, found.late) == ([cast.iva], 0)
    client = sign_in(cast.adele)
    page = client.get("/binder/overview/").content.decode()
    assert f'action="/outage/plans/{plan.pk}/send-again/"' in page
    assert f'href="/wards/every/{cast.iva.pk}/"' in page
    assert kinds(at) == []
    assert client.post(f"/outage/plans/{plan.pk}/send-again/").status_code == 302
    assert LogEntry.objects.get(act="mail_plan_again").actor == cast.adele
    assert kinds(at) == [(IVA, "announced")]
    assert not list(reached.not_reached(at))
    assert not reached.send_again(plan.pk, Event.now(cast.adele, at)).new


def test_a_corrected_address_lets_it_go_out_by_itself(cast: Cast, settings: Any) -> None:
    _plan, at = given_up(cast, settings)
    cast.iva.email = "new@example.org"
    cast.iva.save(update_fields=["email"])
    (found,) = reached.not_reached(at)
    assert (found.given_up, found.late) == ([], 1)
    assert kinds(at) == [("new@example.org", "announced")]


def test_a_mail_server_that_is_away_is_seen_after_an_hour(cast: Cast) -> None:
    announce(cast, cast.iva, cast.eye, begins=2 * DAY)
    (plan,) = reached.not_reached(timezone.now())  # the scene announced it days ago
    assert (plan.given_up, plan.late) == ([], 2)


def test_a_run_ends_in_time_for_the_next_alarm(cast: Cast) -> None:
    announce(cast, cast.iva, cast.eye)
    now = timezone.now()
    times = iter([now, now, now, now + mails.AT_MOST])
    assert len(list(mails.send(lambda: next(times)))) == 1


def test_a_claim_of_a_run_that_was_killed_is_tried_again(cast: Cast) -> None:
    announce(cast, cast.iva)
    now = timezone.now()
    mails._claim(mails.due(now)[0], now)
    assert kinds(now) == []
    assert kinds(now + HOUR) == [(IVA, "announced")]


def test_what_was_changed_since_it_was_due_is_not_sent(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    (old,) = mails.due(timezone.now())
    cancel(cast, plan)
    assert mails._claim(old, timezone.now()) is None


@pytest.mark.both_databases
def test_the_database_takes_no_mail_twice_and_keeps_it(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    at = timezone.now()
    row = {"change": plan.changes.get(), "ward": cast.iva, "to": IVA, "claimed_at": at}
    first = PlanMail.objects.create(**row, kind="announced", sequence=1, sent_at=at)
    refused: list[dict[str, Any]] = [
        {"kind": "announced", "sequence": 1},
        {"kind": "announced", "sequence": 2, "sent_at": at},
        {"kind": "changed", "sequence": 0},
        {"kind": "changed", "sequence": 1, "to": ""},
        {"kind": "changed", "sequence": 1, "sent_at": at, "failure": "x"},
        {"kind": "cancelled", "sequence": 1},
    ]
    for more in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            PlanMail.objects.create(**row | more)
    for columns in ({"to": EYE}, {"sent_at": None}, {"sent_at": at + DAY}, {"again_at": at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PlanMail.objects.filter(pk=first.pk).update(**columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanMail._base_manager.all()._raw_delete(connection.alias)


# --- what it says ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    ["20000101K064", "2000-01-01 K 06 4", "00 01 01 K064", "2000 01 01-k06 4", "00-01-01-0000"],
)
def test_a_reason_that_may_hold_a_number_is_left_out(
    cast: Cast, settings: Any, number: str
) -> None:
    settings.SITE_URL = "https://befreg.example.org"
    plan = announce(cast, cast.iva, reason=f"efter {number}")
    (announced,) = sent(timezone.now())
    assert "efter" not in f"{announced.subject}{announced.body}"
    assert f"https://befreg.example.org/outage/plans/{plan.pk}/" in str(announced.body)
    assert "Anestesikliniken / IVA" in str(announced.body)


def test_a_reason_with_a_day_and_a_time_stays(cast: Cast) -> None:
    announce(cast, cast.iva, reason="flyttas från 2026-12-01 till 2026-12-08, kl. 22:00–23:30")
    (announced,) = sent(timezone.now())
    assert "flyttas från 2026-12-01 till 2026-12-08" in str(announced.body)


def test_a_ward_named_with_lines_adds_no_header(cast: Cast) -> None:
    cast.iva.name = "IVA\nBcc: x@example.org"
    cast.iva.save()
    announce(cast, cast.iva)
    (announced,) = sent(timezone.now())
    assert announced.recipients() == [IVA]


def test_the_command_sends_them_and_says_what_failed(cast: Cast, settings: Any) -> None:
    announce(cast, cast.iva, cast.eye)
    settings.EMAIL_BACKEND = f"{__name__}.NoIva"
    dry, out, errors = StringIO(), StringIO(), StringIO()
    call_command("remind", "--dry-run", stdout=dry)
    assert dry.getvalue().count("Due: ward") == 2
    with pytest.raises(SystemExit):
        call_command("remind", stdout=out, stderr=errors)
    assert f"Sent: ward {cast.eye.pk} <{EYE}>" in out.getvalue()
    assert f"Failed: ward {cast.iva.pk} <{IVA}>" in errors.getvalue()


def test_the_plans_page_says_how_far_they_have_come(cast: Cast, sign_in: SignIn) -> None:
    cast.eye.email = ""
    cast.eye.save(update_fields=["email"])
    plan = announce(cast, cast.iva, cast.eye)
    page = sign_in(cast.adele).get(plan.get_absolute_url()).content.decode()
    assert "1 är på väg" in page
    assert "De har ingen e-postadress" in page
    assert (
        "Mejl till avdelningarna"
        not in sign_in(cast.wilma).get(plan.get_absolute_url()).content.decode()
    )
