"""``manage.py move FILE``: move a SQLite database to the configured PostgreSQL."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import DatabaseError

from befreg_reserv.audit import trail
from befreg_reserv.backups import afterwards, moving
from befreg_reserv.backups.management.commands.restore import tell
from befreg_reserv.backups.stopped import Stopped


class Command(BaseCommand):
    """Exits 1 when nothing was moved, or when something isn't right afterwards."""

    help = "Move a SQLite file's rows to the PostgreSQL of DATABASE_URL, which must be empty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take SQLite's file."""
        parser.add_argument("file", type=Path)

    @no_translations  # the command line speaks English throughout
    def handle(self, *_args: Any, **options: Any) -> None:
        """Move, then print what was found."""
        try:
            moved = moving.move(options["file"])
            self.stdout.write(f"{sum(moved.values())} rows of {len(moved)} tables, all compared.")
            with trail.command("move"):
                tell(self, afterwards.look())
        except (Stopped, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error
