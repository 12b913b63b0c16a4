"""Mails about a number that two patients have: to each ward, and to the administrators.

In a drill one goes to its leader alone. The timer that sends the reminders sends these too, on any
day and at any hour, and so no act waits for a mail server. ``mailing.Post`` says how often one is
tried.

No mail holds a number, and no name that was typed in at the till.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv import mailing
from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.addresses import of_kind
from befreg_reserv.mailing import Clock, Outcome, Post
from befreg_reserv.people.models import Ward
from custody.handouts import doubles, reminders
from custody.logged import Logged
from custody.models import DoubledMail, DoubledNumber, Handout


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


def due(at: datetime) -> list[DueMail]:
    """Return the mails that are due, also those without an address, which can't be sent."""
    found = []
    for doubled in doubles.described(doubles.waiting()):
        mails = list(doubled.alarm.mails.order_by("sequence"))
        for ward, addresses in _readers(doubled.alarm, doubled.handouts):
            earlier = [mail for mail in mails if mail.ward_id == (ward.pk if ward else None)]
            if not mailing.is_enough(earlier, at):
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


def send(clock: Clock) -> Iterator[Outcome[DueMail]]:
    """Send what is due and has an address, as ``Post.send`` does."""
    return POST.send(clock)


def _claim(mail: DueMail, at: datetime) -> DoubledMail:
    return DoubledMail.objects.create(
        alarm=mail.alarm, ward=mail.ward, sequence=mail.sequence, to=mail.to, claimed_at=at
    )


def _tell(row: DoubledMail, at: datetime, became: Mapping[str, Any]) -> None:
    changes = record.said(to=row.to, **became)
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


POST = Post(due, _claim, message, _tell)
