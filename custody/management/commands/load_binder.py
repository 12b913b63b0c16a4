"""``manage.py load_binder FILE --name NAME``: fill or refill a binder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv import clock
from befreg_reserv.acts.event import Unattended
from befreg_reserv.acts.refused import BadTime
from befreg_reserv.audit import trail
from befreg_reserv.text import clean_line
from befreg_reserv.times import LocalTimeField
from custody.binder import contents, loading
from custody.numbers.identities import Sex

NAME_LENGTH = 60


class Command(BaseCommand):
    """Loads all numbers of a file or, when one is faulty, none."""

    help = "Load reserve numbers into a binder, made new unless it exists. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file, the binder's name, ``--since`` and ``--training``."""
        parser.add_argument("file", type=Path, help="CSV with tab,number; or one number a line")
        parser.add_argument("--name", required=True, help="the binder's name")
        parser.add_argument(
            "--since", default="", help='since when the sheets lie there: "2026-11-22 14:05"'
        )
        parser.add_argument("--training", action="store_true", help="a binder for drills")

    @no_translations  # the command line speaks English throughout
    def handle(self, *_args: Any, **options: Any) -> None:
        """Load the file; a CommandError names every faulty line."""
        name = clean_line(options["name"])
        if not 0 < len(name) <= NAME_LENGTH:
            raise CommandError(f"--name must have 1 to {NAME_LENGTH} characters.")
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        try:
            since = LocalTimeField(required=False).clean(options["since"])
        except ValidationError as error:
            raise CommandError(f"--since: {error.messages[0]}") from error
        try:
            with trail.command("load_binder"):
                event = Unattended(clock.now(), trail.by_command())
                loaded = loading.load(
                    data, event, name=name, training=options["training"], since=since
                ).row
        except loading.BinderRefused as refused:
            raise CommandError(f"Nothing was loaded.\n{refused.advice}") from refused
        except BadTime as refused:
            raise CommandError(f"--since: {refused.advice}") from refused
        left = contents.stock(training=loaded.training)
        self.stdout.write(
            f"Loaded into {loaded.name}. Now left in such binders: "
            f"{left.of(Sex.WOMAN)} women's, {left.of(Sex.MAN)} men's, "
            f"{left.of(Sex.UNKNOWN)} of unknown sex."
        )
