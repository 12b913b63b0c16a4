"""How old the last good backup is, and that the overview says so once it is too old."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from befreg_reserv.backups.models import LastBackup
from befreg_reserv.times import moment
from befreg_reserv.to_do.waiting import Asked, Waiting


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


def overdue(asked: Asked) -> Iterator[Waiting]:
    """Yield that the last backup is too old, or that none was taken."""
    found = age(asked.now)
    if found is None or not found.overdue:
        return
    if found.taken_at:
        words = _(
            "The last backup is too old: it was taken %(time)s. Tell whoever runs this server."
        )
        text = words % {"time": moment(found.taken_at)}
    else:
        text = _("No backup has been taken. Tell whoever runs this server.")
    yield Waiting(_("Backup"), _("Whoever runs the server"), text, found.taken_at, color="overdue")


def note(taken_at: datetime) -> None:
    """Write when the last backup was taken; nothing before the upgrade that makes the table."""
    if LastBackup._meta.db_table in connection.introspection.table_names():
        values = {"taken_at": taken_at}
        LastBackup.objects.update_or_create(vendor=connection.vendor, defaults=values)
