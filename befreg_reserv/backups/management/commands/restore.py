"""``manage.py restore BACKUP``: put a backup into an empty database, and look at it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import DatabaseError

from befreg_reserv.audit import trail
from befreg_reserv.backups import afterwards, restoring
from befreg_reserv.backups.afterwards import Verdict
from befreg_reserv.backups.stopped import Stopped


class Command(BaseCommand):
    """Exits 1 when nothing was restored, or when something isn't right afterwards."""

    help = "Put a backup into the database of DATABASE_URL, which must be empty, and look at it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the backup's folder."""
        parser.add_argument("backup", type=Path, help="its folder, or a file in it")

    @no_translations  # the command line speaks English throughout
    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore, then print what was found."""
        try:
            found = restoring.restore(options["backup"].absolute())
            self.stdout.write(f"Restored: the database of {found.taken_at:%Y-%m-%d %H:%M:%S %Z}.")
            with trail.command("restore"):
                tell(self, afterwards.look())
        except (Stopped, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error


def tell(command: BaseCommand, seen: Verdict) -> None:
    """Print what was seen; raise CommandError when something isn't right."""
    for line in seen.news:
        command.stdout.write(line)
    if seen.faults:
        raise CommandError("\n".join([*seen.faults, f"{len(seen.faults)} findings."]))
    command.stdout.write("All well.")
