"""``manage.py seal_key``: show the key that checks seals, or make a new one."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv.audit.seals import keys
from befreg_reserv.audit.seals.keys import NoKeyFile


class Command(BaseCommand):
    """Prints the public key on one line."""

    help = "Show the public key of the seals: print it, and keep it where no server is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to make one."""
        parser.add_argument("--new", action="store_true", help="make the key that SEAL_KEY names")

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Show it."""
        path = settings.SEAL_KEY
        try:
            if options["new"] and path:
                keys.make(path)
            self.stdout.write(str(keys.public(path)))
        except NoKeyFile as error:
            raise CommandError(str(error)) from error
