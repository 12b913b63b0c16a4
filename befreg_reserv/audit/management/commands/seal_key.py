"""``manage.py seal_key``: show the key that checks seals, or make a new one."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv import clock
from befreg_reserv.audit.seals import anchors, keys, statements
from befreg_reserv.audit.seals.anchors import NoAnchors
from befreg_reserv.audit.seals.keys import NoKeyFile


class Command(BaseCommand):
    """Prints the public key on one line."""

    help = "Show the public key of the seals: print it, and keep it where no server is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to make one."""
        parser.add_argument("--new", type=Path, metavar="FILE", help="make a key in this file")
        parser.add_argument(
            "--signed-over", action="store_true",
            help="let the key of SEAL_KEY say in the files of anchors that the new one follows it",
        )  # fmt: skip

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Show it."""
        new, signed_over = options["new"], options["signed_over"]
        if signed_over and not (new and anchors.files()):
            raise CommandError(
                "--signed-over takes --new FILE, and a file of anchors to say it in."
            )
        try:
            old = keys.signer(settings.SEAL_KEY) if signed_over else None
            made = keys.make(new) if new else keys.public(settings.SEAL_KEY)
            if old:
                said = statements.say_key(old, keys.signer(new), clock.database_now())
                for path in anchors.files():
                    anchors.say(path, key=said)
        except (NoAnchors, NoKeyFile) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(made))
