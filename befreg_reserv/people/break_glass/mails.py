"""Mails that a seal was broken: to the administrators and the auditors, at the timer's next run.

It says which account, when and why. How often one is tried: ``mailing.Post``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv import mailing
from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.mailing import Clock, Outcome, Post
from befreg_reserv.people.break_glass.logged import GlassLogged
from befreg_reserv.people.break_glass.models import TO_LENGTH, Breaking, GlassMail
from befreg_reserv.people.models import User
from befreg_reserv.people.roles import STAFF_ROLES


@dataclass(frozen=True)
class GlassDue:
    """One mail that is due."""

    breaking: Breaking
    addresses: tuple[str, ...]
    sequence: int


def untold() -> QuerySet[Breaking]:
    """Return the uses of which no mail has come through."""
    told = Breaking.objects.filter(mails__sent_at__isnull=False)
    rows = Breaking.objects.exclude(pk__in=told.values("pk"))
    return rows.select_related("seal__account__user").prefetch_related("mails")


def due(at: datetime) -> list[GlassDue]:
    """Return the mails that are due, also those that have no address."""
    readers = User.objects.addresses_of(*STAFF_ROLES)
    found = []
    for breaking in untold():
        earlier = list(breaking.mails.all())
        if not mailing.is_enough(earlier, at):
            found.append(GlassDue(breaking, readers, len(earlier) + 1))
    return found


def send(clock: Clock) -> Iterator[Outcome[GlassDue]]:
    """Send what is due and has an address, as ``Post.send`` does."""
    return POST.send(clock)


def _claim(mail: GlassDue, at: datetime) -> GlassMail:
    to = ", ".join(mail.addresses)[:TO_LENGTH]
    return GlassMail.objects.create(
        breaking=mail.breaking, sequence=mail.sequence, to=to, claimed_at=at
    )


def _tell(row: GlassMail, at: datetime, became: Mapping[str, Any]) -> None:
    changes = record.said(to=row.to, **became)
    record.record(row.breaking.seal.account, GlassLogged.MAILED, Unattended(at), changes)


@translation.override("sv")
def message(mail: GlassDue) -> EmailMessage:
    """Return the mail: Swedish, and a summary in English."""
    context = {
        "use": mail.breaking,
        "account": mail.breaking.seal.account,
        "link": settings.SITE_URL and settings.SITE_URL + reverse("glass:index"),
    }
    subject = _("The break-glass account %(account)s was used")
    return mailing.message(
        subject % {"account": mail.breaking.seal.account},
        "people/break_glass/mail.txt",
        context,
        mail.addresses,
    )


POST = Post(due, _claim, message, _tell)
