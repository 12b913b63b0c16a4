"""Mails that a seal was broken: to the administrators and the auditors, at the timer's next run.

As with doubled numbers: claimed before it is sent, and followed by another if it failed, up to
MOST. It says which account, when and why.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from befreg_reserv import mailing
from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.mailing import Clock
from befreg_reserv.people.break_glass.logged import GlassLogged
from befreg_reserv.people.break_glass.models import TO_LENGTH, Breaking, GlassMail
from befreg_reserv.people.models import User
from befreg_reserv.people.roles import STAFF_ROLES

MOST = 5
UNKNOWN_AFTER = timedelta(minutes=30)  # a run that was killed has sent its mail, or hasn't


@dataclass(frozen=True)
class DueMail:
    """One mail that is due."""

    breaking: Breaking
    addresses: tuple[str, ...]
    sequence: int


@dataclass(frozen=True)
class Delivered:
    """What became of a mail: sent, unless ``failure`` says why not."""

    due: DueMail
    failure: str = ""


def untold() -> QuerySet[Breaking]:
    """Return the uses of which no mail has come through."""
    told = Breaking.objects.filter(mails__sent_at__isnull=False)
    rows = Breaking.objects.exclude(pk__in=told.values("pk"))
    return rows.select_related("seal__account__user").prefetch_related("mails")


def due(at: datetime) -> list[DueMail]:
    """Return the mails that are due, also those that have no address."""
    readers = _readers()
    found = []
    for breaking in untold():
        earlier = list(breaking.mails.all())
        under_way = any(not m.failure and at - m.claimed_at < UNKNOWN_AFTER for m in earlier)
        if not under_way and len(earlier) < MOST:
            found.append(DueMail(breaking, readers, len(earlier) + 1))
    return found


def _readers() -> tuple[str, ...]:
    people = User.objects.filter(is_active=True, groups__name__in=STAFF_ROLES).exclude(email="")
    return tuple(people.order_by("email").values_list("email", flat=True).distinct())


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


def _claim(mail: DueMail, at: datetime) -> GlassMail | None:
    """Insert and commit the mail's row; None when another run was first."""
    row = GlassMail(
        breaking=mail.breaking,
        sequence=mail.sequence,
        to=", ".join(mail.addresses)[:TO_LENGTH],
        claimed_at=at,
    )
    try:
        with transaction.atomic(durable=True):
            row.save()
    except IntegrityError:
        return None
    return row


@transaction.atomic
def _settle(row: GlassMail, at: datetime, failure: str) -> None:
    """Record that a claimed mail was sent, or why it wasn't."""
    outcome: dict[str, object] = {"failure": failure} if failure else {"sent_at": at}
    GlassMail.objects.filter(pk=row.pk, sent_at=None, failure="").update(**outcome)
    changes = record.said(to=row.to, **outcome)
    record.record(row.breaking.seal.account, GlassLogged.MAILED, Unattended(at), changes)


@translation.override("sv")
def message(mail: DueMail) -> EmailMessage:
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
