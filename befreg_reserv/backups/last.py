"""How old the last good backup is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from befreg_reserv.backups.models import LastBackup


@dataclass(frozen=True)
class Age:
    """``taken_at``: of the last good backup; None: no backup was ever taken."""

    taken_at: datetime | None
    overdue: bool


def age(at: datetime) -> Age | None:
    """Return what to show of the last backup, or None when another program takes backups."""
    if not settings.BACKUP_OVERDUE_HOURS:
        return None
    row = LastBackup.objects.filter(vendor=connection.vendor).first()
    most = timedelta(hours=settings.BACKUP_OVERDUE_HOURS)
    return Age(row.taken_at, at - row.taken_at > most) if row else Age(None, overdue=True)


def note(taken_at: datetime) -> None:
    """Write when the last backup was taken; nothing before the upgrade that makes the table."""
    if LastBackup._meta.db_table in connection.introspection.table_names():
        values = {"taken_at": taken_at}
        LastBackup.objects.update_or_create(vendor=connection.vendor, defaults=values)
