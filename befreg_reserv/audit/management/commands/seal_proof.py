"""``manage.py seal_proof``: what ``docs/check_proof.py`` checks, as JSON."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv.audit.seals import proofs
from befreg_reserv.audit.seals.proofs import NoProof


class Command(BaseCommand):
    """Prints one proof."""

    help = (
        "Prove that a row was sealed, or that nothing was taken from what an older seal was over."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what is to be proved."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--row", nargs=2, metavar=("TABLE", "KEY"), help="audit_logentry 4711")
        what.add_argument("--since", type=int, metavar="SIZE", help="rows of the older seal")

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it."""
        try:
            if options["row"]:
                table, key = options["row"]
                proof = proofs.of_row(table, int(key))
            else:
                proof = proofs.since(options["since"])
        except ValueError:
            raise CommandError(f"{options['row'][1]!r} is no key: write a whole number.") from None
        except NoProof as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(proof, ensure_ascii=False, indent=1))
