"""Mails to the administrators: two colleagues let a third in.

The timer that sends the reminders sends these too, at any hour, and so no act waits for a mail
server. A mail is claimed before it is sent; one that failed, or of which nobody knows whether it
came through, is followed by another, up to MOST: better twice than never.
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
from befreg_reserv.mailing import Clock
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Reset, ResetMail, User
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.roles import Role

MOST = 5  # of one reset
UNKNOWN_AFTER = timedelta(minutes=30)  # a run that was killed has sent its mail, or hasn't


@dataclass(frozen=True)
class ResetDue:
    """One mail that is due. ``addresses``: those of the administrators, perhaps none."""

    reset: Reset
    addresses: tuple[str, ...]
    sequence: int


@dataclass(frozen=True)
class ResetDelivered:
    """What became of a mail: sent, unless ``failure`` says why not."""

    due: ResetDue
    failure: str = ""


def due(at: datetime) -> list[ResetDue]:
    """Return the mails that are due, also where no administrator has an address."""
    to = User.objects.addresses_of(Role.ADMINISTRATOR.value)
    found = []
    for reset in resetting.unseen().prefetch_related("mails"):
        mails = list(reset.mails.all())
        if not _is_enough(mails, at):
            found.append(ResetDue(reset, to, len(mails) + 1))
    return found


def _is_enough(mails: list[ResetMail], at: datetime) -> bool:
    sent = any(mail.sent_at for mail in mails)
    under_way = any(not mail.failure and at - mail.claimed_at < UNKNOWN_AFTER for mail in mails)
    return sent or under_way or len(mails) >= MOST


def send(clock: Clock) -> Iterator[ResetDelivered]:
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
                yield ResetDelivered(mail, failure)
    finally:
        mailing.close(connection)


def _claim(mail: ResetDue, at: datetime) -> ResetMail | None:
    """Insert and commit the mail's row; None when another run was first, or it isn't due now."""
    to = ", ".join(mail.addresses)[: ResetMail.TO_LENGTH]
    try:
        with transaction.atomic(durable=True):
            if mail not in due(at):
                return None
            return ResetMail.objects.create(
                reset=mail.reset, sequence=mail.sequence, to=to, claimed_at=at
            )
    except IntegrityError:
        return None


@transaction.atomic
def _settle(row: ResetMail, at: datetime, failure: str) -> None:
    """Record that a claimed mail was sent, or why it wasn't."""
    outcome: dict[str, object] = {"failure": failure} if failure else {"sent_at": at}
    ResetMail.objects.filter(pk=row.pk, sent_at=None, failure="").update(**outcome)
    said = record.said(to=row.to, **outcome)
    record.record(row.reset.person, Logged.RESET_MAILED, Unattended(at), said)


@translation.override("sv")
def message(mail: ResetDue) -> EmailMessage:
    """Return the mail: Swedish, and a summary in English."""
    link = settings.SITE_URL and settings.SITE_URL + reverse("colleague:every")
    context = {"reset": mail.reset, "link": link}
    subject = _("Two colleagues let %(person)s in") % {"person": mail.reset.person}
    return mailing.message(subject, "people/mail/reset.txt", context, mail.addresses)
