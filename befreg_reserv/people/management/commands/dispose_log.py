"""``manage.py dispose_log``: let the log of a year go on which two people have agreed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv import clock
from befreg_reserv.acts.event import Unattended
from befreg_reserv.audit import trail
from befreg_reserv.audit.models import Disposal
from befreg_reserv.people.disposal import running
from befreg_reserv.people.disposal.running import CannotGo


class Command(BaseCommand):
    """Exports the rows, proves the file against the seals, and deletes them only with --yes."""

    help = "Export the log of a year and prove the file; with --yes its rows are deleted then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which year, and where its rows are kept."""
        parser.add_argument("--year", type=int, required=True)
        parser.add_argument("--export", type=Path, required=True, help="a file that isn't there")
        parser.add_argument("--yes", action="store_true", help="delete the rows: it is meant")

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it, or say why not."""
        try:
            with trail.command("dispose_log"):
                self._dispose(options["year"], options["export"], meant=options["yes"])
        except (CannotGo, OSError) as error:
            raise CommandError(str(error)) from error

    def _dispose(self, year: int, path: Path, *, meant: bool) -> None:
        confirmation = running.agreed(year)
        begun = Disposal.objects.filter(confirmation=confirmation).first()
        if begun is None:
            first, last = running.bounds(confirmation)
            exported = running.export(path, first, last)
            count = running.check(path, first, last)
            self.stdout.write(f"{count} rows of {year} in {path}, as they were sealed.")
            if not meant:
                self.stdout.write("Nothing was deleted: add --yes, and another file.")
                return
            event = Unattended(clock.now(), trail.by_command())
            begun = running.decide(confirmation, first, last, exported, event)
        elif not meant:
            self.stdout.write(f"The log of {year} was exported. To delete what is left, add --yes.")
            return
        self.stdout.write(f"{running.delete(begun)} rows were deleted.")
