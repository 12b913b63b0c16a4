"""``manage.py load_wards FILE``: create or update clinics and wards from a CSV file."""

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv import clock
from befreg_reserv.acts.event import Unattended
from befreg_reserv.acts.refused import Refused
from befreg_reserv.audit import trail
from befreg_reserv.people.models import Named
from befreg_reserv.people.wards import file, loading


class Command(BaseCommand):
    """Loads the whole file or, when a line is faulty, nothing. May run again."""

    help = "Create or update wards from a table: clinic, ward[, HSA-id, telephone, e-mail]."

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
                found = file.read(data)
                event = Unattended(clock.now(), trail.by_command())
                done = loading.load(found.rows, event).row
        except Refused as refused:  # faulty lines, or open numbers that a command can't move
            raise CommandError(f"Nothing was loaded.\n{refused.advice}") from refused
        self.stdout.write(f"{len(done.new)} wards created, {len(done.corrected)} updated.")
        if done.renamed:
            renamed = "; ".join(f"{each.ward} → {each.becomes}" for each in done.renamed)
            self.stdout.write(f"Renamed: {renamed}.")
        if done.emptied:
            closed = "; ".join(f"{row.clinic} → {_names(row.then)}" for row in done.emptied)
            self.stdout.write(f"Clinics closed: {closed}.")
        if done.followed:
            read = "; ".join(f"{row.clinic} → {row.then}" for row in done.followed.values())
            self.stdout.write(f"Clinics closed before, read as what came after: {read}.")
        if done.merged:
            self.stdout.write(f"Merged before, left as they are: {_names(done.merged)}.")
        if done.closed:
            closed = _names([row.ward for row in done.closed])
            self.stdout.write(f"Closed or called otherwise since, left as they are: {closed}.")
        if done.left_out:
            self.stdout.write(f"In the register, not in the file: {_names(done.left_out)}.")
        if found.passed_over:
            self.stdout.write(f"Columns passed over: {', '.join(found.passed_over)}.")


def _names(named: Iterable[Named]) -> str:
    return "; ".join(map(str, named))
