"""``manage.py load_wards FILE``: create or update clinics and wards from a CSV file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv.audit import trail
from befreg_reserv.people.wards import file


class Command(BaseCommand):
    """Loads the whole file or, when a line is faulty, nothing. May run again."""

    help = "Create or update wards from a CSV file: clinic,ward,hsa_id,telephone[,email]."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    @no_translations  # the command line speaks English throughout
    def handle(self, *_args: Any, **options: Any) -> None:
        """Load the file; a CommandError names every faulty line."""
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        try:
            with trail.command("load_wards"):
                created, updated = file.load(file.read(data))
        except file.BadFile as refused:
            raise CommandError(f"Nothing was loaded.\n{refused}") from refused
        self.stdout.write(f"{created} wards created, {updated} updated.")
