"""One of several processes that send reminders at once, into a folder of its own.

A folder each, because Django names a mail's file by the second and by an address in memory, which
forked processes share.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

from custody.handouts import reminders
from custody.handouts.reminders import DueReminder
from custody.models import Reminder
from tests.races.processes.forked import meet


@dataclass(frozen=True)
class Mailing:
    """Reminders at this time, into this folder."""

    at: datetime
    folder: str
    claimed: bool = True


def remind(mailing: Mailing) -> None:
    """Remind once."""
    if not mailing.claimed:
        _unclaim()
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = mailing.folder
    failures = [outcome.failure for outcome in reminders.remind(lambda: mailing.at)]
    if any(failures):
        raise RuntimeError(failures)


def _unclaim() -> None:
    """Let this process send as naive code would: look, send, and then write that it was sent.

    All processes have looked for the first mail before any sends it.
    """
    words, first = reminders.message, [meet]

    def words_for_all(*letter: Any) -> EmailMessage:
        if first:
            first.pop()()
        return words(*letter)

    patch.object(reminders, "_insert", _just_made).start()
    patch.object(reminders, "message", words_for_all).start()
    patch.object(reminders, "_settle", _written_afterwards).start()


def _just_made(loops: DueReminder, to: str, at: datetime) -> Reminder:
    return Reminder(
        outage=loops.outage,
        ward=loops.ward,
        sequence=loops.sequence,
        day=at.date(),
        to=to,
        handouts=loops.handouts,
        claimed_at=at,
    )


def _written_afterwards(rows: list[Reminder], at: datetime, _failure: str) -> None:
    for row in rows:
        row.sent_at = at
        with suppress(IntegrityError), transaction.atomic():  # another was quicker
            row.save(force_insert=True)
