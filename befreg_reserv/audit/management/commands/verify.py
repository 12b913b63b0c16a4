"""``manage.py verify``: recompute all that was sealed, and name what was touched."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv.audit.seals import anchors, keys, note, verifying
from befreg_reserv.audit.seals.anchors import NoAnchors
from befreg_reserv.audit.seals.findings import Verdict
from befreg_reserv.audit.seals.keys import NoKeyFile
from befreg_reserv.audit.seals.note import NoKey


class Command(BaseCommand):
    """Exits 0 when all is as it was sealed, else 1 with each row named, the first one first."""

    help = "Recompute all that was sealed. Exit 1 names each row that was touched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the database can't know."""
        parser.add_argument("--key", help="the public key's line, as it was kept elsewhere")
        parser.add_argument(
            "--anchors", action="append", type=Path, metavar="FILE", help="instead of SEAL_ANCHORS"
        )

        parser.add_argument(
            "--paper", action="append", nargs=2, metavar=("ROWS", "CODE"), default=[],
            help="what a printed report says of its seal",
        )  # fmt: skip

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what was found."""
        try:
            key = (
                note.public_key(options["key"])
                if options["key"]
                else keys.public(settings.SEAL_KEY)
            )
            kept = anchors.read(options["anchors"] or self._files(), key)
        except (NoKey, NoKeyFile, NoAnchors) as error:
            raise CommandError(str(error)) from error
        for restored in kept.restored:
            self.stdout.write(str(restored))
        self._report(verifying.verify(kept.keys, kept.anchors, _papers(options["paper"])))

    def _files(self) -> list[Path]:
        """Return those of the settings, and those beside the journals that this server has."""
        beside = [path for path in settings.SEAL_ANCHORS_BESIDE if path.exists()]
        for path in settings.SEAL_ANCHORS_BESIDE:
            if path not in beside:
                self.stdout.write(f"not there, and not compared: {path}")
        return [*settings.SEAL_ANCHORS, *beside]

    def _report(self, verdict: Verdict) -> None:
        for finding in verdict.in_order():
            self.stdout.write(str(finding))
        for table, count in verdict.waiting.items():
            self.stdout.write(f"not sealed yet: {count} of {table}")
        if verdict.redacted:
            self.stdout.write(
                f"masked since they were sealed: texts of {verdict.redacted} rows."
                " Compare with the page of masked texts, and with the log."
            )
        if verdict.findings:
            self.stderr.write(f"{len(verdict.findings)} findings.")
            sys.exit(1)
        self.stdout.write(
            f"All as it was sealed: {verdict.sealed} rows, {verdict.heads} seals,"
            f" {verdict.anchors} kept elsewhere."
        )


def _papers(given: list[list[str]]) -> dict[int, str]:
    """Return the printed codes by their numbers of rows, however somebody types them."""
    try:
        return {int("".join(size.split())): code.strip().upper() for size, code in given}
    except ValueError:
        raise CommandError("--paper takes the number of rows, then the code.") from None
