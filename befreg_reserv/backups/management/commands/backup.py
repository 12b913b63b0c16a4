"""``manage.py backup DIR``: take a backup of the database, and thin the old ones."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import DatabaseError

from befreg_reserv import clock
from befreg_reserv.backups import taking
from befreg_reserv.backups.stopped import Stopped


class Command(BaseCommand):
    """Exits 1 when no backup was taken, and says why."""

    help = "Take a backup of the database into a folder, and take away old ones by the rule."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder."""
        parser.add_argument("dir", type=Path)

    @no_translations  # the command line speaks English throughout
    def handle(self, *_args: Any, **options: Any) -> None:
        """Take the backup; a CommandError says why there is none."""
        try:
            taken = taking.take(options["dir"].absolute(), clock.now())
        except (Stopped, DatabaseError) as error:
            raise CommandError(f"No backup was taken. {str(error).strip()}") from error
        rows = sum(count for count, _last in taken.manifest.tables.values())
        self.stdout.write(f"{taken.folder}: {rows} rows, {taken.manifest.bytes} bytes.")
        for gone in taken.thinned:
            self.stdout.write(f"Taken away by the rule: {gone.name}")
