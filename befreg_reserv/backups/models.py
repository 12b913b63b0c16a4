"""When the last backup was taken."""

from django.db import models


class LastBackup(models.Model):
    """One row for each kind of database, overwritten by each backup. Not history.

    A backup holds the row of the one before it. So a restore writes the row of the backup that it
    restored. After a move to PostgreSQL the row of SQLite's file says nothing of the new database.
    """

    vendor = models.CharField(max_length=20, unique=True)  # Django's name of the database
    taken_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.vendor} {self.taken_at:%Y-%m-%d %H:%M:%S}"
