"""``manage.py gateway_pages DIR``: write what a proxy shows when nothing of ours answers."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outage.calling import gateway


class Command(BaseCommand):
    """Exits 1 when a page couldn't be written; those that are there stay."""

    help = (
        "Write the pages that a proxy shows in place of its own errors, with the numbers to call."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, which must exist."""
        parser.add_argument("dir", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write them; a CommandError says what is wrong."""
        try:
            for page in gateway.write(options["dir"].absolute()):
                self.stdout.write(str(page))
        except OSError as error:
            raise CommandError(f"{options['dir']}: {error.strerror}") from error
