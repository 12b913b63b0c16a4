"""Operating-system processes that all send reminders at once, each into a folder of its own.

Runs inside ``manage.py shell`` for the reasons that ``tests.races.processes.crowd`` gives. A folder
each, because Django names a mail's file by the second and by an address in memory, which forked
processes share.
"""

from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.synchronize import Barrier
from unittest.mock import patch

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from custody.handouts import reminders
from custody.handouts.reminders import DueReminder
from custody.models import Reminder
from tests.races.processes.crowd import FORK
from tests.races.processes.job import PATIENCE_SECONDS


@dataclass(frozen=True)
class Mailing:
    """So many processes that remind at a time, told as ISO text, into folders under ``folder``."""

    processes: int
    at: str
    folder: str
    claimed: bool = True


def main(mailing: Mailing) -> None:
    """Let each process remind once."""
    if not mailing.claimed:
        _unclaim()
    start = FORK.Barrier(mailing.processes)
    # Forks all its processes at once, while no connection is open yet.
    with ProcessPoolExecutor(mailing.processes, FORK, _get_ready, (start,)) as processes:
        folders = (f"{mailing.folder}/{number}" for number in range(mailing.processes))
        list(processes.map(_remind, [mailing.at] * mailing.processes, folders))


def _get_ready(start: Barrier) -> None:
    connection.ensure_connection()
    start.wait(PATIENCE_SECONDS)


def _remind(at: str, folder: str) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = folder
    now = datetime.fromisoformat(at)
    failures = [outcome.failure for outcome in reminders.remind(lambda: now)]
    if any(failures):
        raise RuntimeError(failures)


def _unclaim() -> None:
    """Let this process send as naive code would: look, send, and then write that it was sent."""
    patch.object(reminders, "_insert", _just_made).start()
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
