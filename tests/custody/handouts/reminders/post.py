"""The post of these tests: to whom it goes, what mail servers do, and what is due."""

from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from zoneinfo import ZoneInfo

from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend as Delivers

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import Ward
from custody.handouts import notices, reminders
from custody.models import Handout
from outage import lifecycle
from tests import scenes
from tests.cast import Cast
from tests.ground.scenery import kept, scene

ZONE = ZoneInfo("Europe/Stockholm")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 16, 9, tzinfo=ZONE)
FRIDAY = MONDAY - 3 * DAY
IVA, EYE, ADELE, TILDA = (f"{name}@example.org" for name in ("iva", "eye", "adele", "tilda"))


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


def week_after_week(first: datetime, days: int) -> list[list[list[str]]]:
    """Remind once on each of the next weekdays; return the recipients of each day."""
    every = (first + number * DAY for number in range(2 * days))
    return [recipients(at) for at in every if at.weekday() < 5][:days]
