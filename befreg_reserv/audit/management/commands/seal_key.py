"""``manage.py seal_key``: show the key that checks seals, or make a new one."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv.audit.seals import keys
from befreg_reserv.audit.seals.keys import NoKeyFile


class Command(BaseCommand):
    """Prints the public key on one line."""

    help = "Show the public key of the seals: print it, and keep it where no server is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to make one."""
        parser.add_argument("--new", type=Path, metavar="FILE", help="make a key in this file")

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Show it."""
        try:
            made = keys.make(options["new"]) if options["new"] else keys.public(settings.SEAL_KEY)
        except NoKeyFile as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(made))
