"""Mails about a number that two patients have: to each ward, and to the administrators.

In a drill one goes to its leader alone. The timer that sends the reminders sends these too, on any
day and at any hour, and so no act waits for a mail server. A mail is claimed before it is sent, as
a reminder is; but one that failed, or of which nobody knows whether it came through, is followed by
another, up to MOST: better twice than never.

No mail holds a number, and no name that was typed in at the till.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv import mailing
from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.addresses import of_kind
from befreg_reserv.mailing import Clock
from befreg_reserv.people.models import Ward
from custody.handouts import doubles, reminders
from custody.logged import Logged
from custody.models import DoubledMail, DoubledNumber, Handout

MOST = 5  # in a row, to one address
UNKNOWN_AFTER = timedelta(minutes=30)  # a run that was killed has sent its mail, or hasn't


@dataclass(frozen=True)
class DueMail:
    """One mail that is due. ``ward``: None for the administrators, or for a drill's leader."""

    alarm: DoubledNumber
    ward: Ward | None
    addresses: tuple[str, ...]
    sequence: int

    @property
    def to(self) -> str:
        """Return the addresses as ``DoubledMail.to`` keeps them."""
        return ", ".join(self.addresses)[: DoubledMail._meta.get_field("to").max_length]


@dataclass(frozen=True)
class Delivered:
    """What became of a mail: sent, unless ``failure`` says why not."""

    due: DueMail
    failure: str = ""


def due(at: datetime) -> list[DueMail]:
    """Return the mails that are due, also those without an address, which can't be sent."""
    found = []
    for doubled in doubles.described(doubles.waiting()):
        mails = list(doubled.alarm.mails.order_by("sequence"))
        for ward, addresses in _readers(doubled.alarm, doubled.handouts):
            earlier = [mail for mail in mails if mail.ward_id == (ward.pk if ward else None)]
            if not _is_enough(earlier, at):
                found.append(DueMail(doubled.alarm, ward, addresses, len(earlier) + 1))
    return found


def _readers(
    alarm: DoubledNumber, handouts: list[Handout]
) -> Iterator[tuple[Ward | None, tuple[str, ...]]]:
    """Yield whom to tell, each ward once, with the addresses."""
    if alarm.drill:
        yield None, reminders.leaders().get(alarm.second.outage_id, ())
        return
    wards = {
        ward.pk: ward
        for handout in (alarm.first, alarm.second, *handouts)
        for ward in [handout.ward.same_as or handout.ward]
    }
    for ward in wards.values():
        yield ward, (ward.email,) if ward.email else ()
    yield None, reminders.administrators()


def _is_enough(earlier: list[DoubledMail], at: datetime) -> bool:
    sent = any(mail.sent_at for mail in earlier)
    under_way = any(not mail.failure and at - mail.claimed_at < UNKNOWN_AFTER for mail in earlier)
    return sent or under_way or len(earlier) >= MOST


def send(clock: Clock) -> Iterator[Delivered]:
    """Send what is due and has an address; yield what became of each mail.

    Raises Unreachable when the mail server doesn't answer.
    """
    connection = get_connection()
    try:
        for mail in [each for each in due(clock()) if each.addresses]:
            mailing.reach(connection)
            if row := _claim(mail, clock()):
                failure = mailing.deliver(message(mail), connection)
                _settle(row, clock(), failure)
                yield Delivered(mail, failure)
    finally:
        mailing.close(connection)


def _claim(mail: DueMail, at: datetime) -> DoubledMail | None:
    """Insert and commit the mail's row; None when another run was first, or it isn't due now."""
    try:
        with transaction.atomic(durable=True):
            if mail not in due(at):
                return None
            return DoubledMail.objects.create(
                alarm=mail.alarm,
                ward=mail.ward,
                sequence=mail.sequence,
                to=mail.to,
                claimed_at=at,
            )
    except IntegrityError:
        return None


@transaction.atomic
def _settle(row: DoubledMail, at: datetime, failure: str) -> None:
    """Record that a claimed mail was sent, or why it wasn't."""
    outcome: dict[str, object] = {"failure": failure} if failure else {"sent_at": at}
    DoubledMail.objects.filter(pk=row.pk, sent_at=None, failure="").update(**outcome)
    changes = record.said(to=row.to, **outcome)
    record.record(row.alarm, Logged.MAIL_DOUBLED, Unattended(at), changes)


@translation.override("sv")
def message(mail: DueMail) -> EmailMessage:
    """Return the mail: Swedish, and a summary in English. It holds no number."""
    alarm = mail.alarm
    link = of_kind(reverse("ward:open" if mail.ward else "binder:overview"), drill=alarm.drill)
    context = {
        "alarm": alarm,
        "first": reminders.name_of(alarm.first.ward),
        "second": reminders.name_of(alarm.second.ward),
        "link": settings.SITE_URL and settings.SITE_URL + link,
    }
    return mailing.message(_subject(alarm), "custody/mail/doubled.txt", context, mail.addresses)


def _subject(alarm: DoubledNumber) -> str:
    words = _("TWO PATIENTS have the same reserve number: act at once")
    return f"{_('DRILL')}: {words}" if alarm.drill else words
