"""``manage.py forget``: throw away what nobody needs any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, no_translations

from befreg_reserv import clock
from befreg_reserv.retention import terms


class Command(BaseCommand):
    """Deletes old readings of the probe, sessions, sign-ins, drafts and browsers' reports.

    Exits 0. Histories aren't among them: the log, and what was handed out.
    """

    help = "Throw away what nobody needs any more; --dry-run says what that would be."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether it is meant."""
        parser.add_argument("--dry-run", action="store_true", help="delete nothing, say how many")

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Print how many rows of each kind went, or would."""
        at = clock.now()
        for term in terms.all_terms():
            if options["dry_run"]:
                self.stdout.write(f"{term.what}: {term.old(at).count()} would go")
            else:
                self.stdout.write(f"{term.what}: {terms.forget(term, at)} went")
