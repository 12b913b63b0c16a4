"""Mails to the administrators: two colleagues let a third in.

The timer that sends the reminders sends these too, at any hour, and so no act waits for a mail
server. How often one is tried: ``mailing.Post``.
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
from befreg_reserv.mailing import Clock, Outcome, Post
from befreg_reserv.people.logged import Logged
from befreg_reserv.people.models import Reset, ResetMail, User
from befreg_reserv.people.resets import resetting
from befreg_reserv.people.roles import Role


@dataclass(frozen=True)
class ResetDue:
    """One mail that is due. ``addresses``: those of the administrators, perhaps none."""

    reset: Reset
    addresses: tuple[str, ...]
    sequence: int


def due(at: datetime) -> list[ResetDue]:
    """Return the mails that are due, also where no administrator has an address."""
    to = User.objects.addresses_of(Role.ADMINISTRATOR.value)
    found = []
    for reset in resetting.unseen().prefetch_related("mails"):
        mails = list(reset.mails.all())
        if not mailing.is_enough(mails, at):
            found.append(ResetDue(reset, to, len(mails) + 1))
    return found


def send(clock: Clock) -> Iterator[Outcome[ResetDue]]:
    """Send what is due and has an address, as ``Post.send`` does."""
    return POST.send(clock)


def _claim(mail: ResetDue, at: datetime) -> ResetMail:
    to = ", ".join(mail.addresses)[: ResetMail.TO_LENGTH]
    return ResetMail.objects.create(reset=mail.reset, sequence=mail.sequence, to=to, claimed_at=at)


def _tell(row: ResetMail, at: datetime, became: Mapping[str, Any]) -> None:
    said = record.said(to=row.to, **became)
    record.record(row.reset.person, Logged.RESET_MAILED, Unattended(at), said)


@translation.override("sv")
def message(mail: ResetDue) -> EmailMessage:
    """Return the mail: Swedish, and a summary in English."""
    link = settings.SITE_URL and settings.SITE_URL + reverse("colleague:every")
    context = {"reset": mail.reset, "link": link}
    subject = _("Two colleagues let %(person)s in") % {"person": mail.reset.person}
    return mailing.message(subject, "people/mail/reset.txt", context, mail.addresses)


POST = Post(due, _claim, message, _tell)
