"""``manage.py seal``: seal what was written since the last run; a timer runs it each minute."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv import clock
from befreg_reserv.audit import trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.models import Head
from befreg_reserv.audit.seals import anchors, heads, keys, sealing, statements
from befreg_reserv.audit.seals.anchors import NoAnchors
from befreg_reserv.audit.seals.heads import Checkpoint
from befreg_reserv.audit.seals.keys import NoKeyFile
from befreg_reserv.audit.seals.note import Signer
from befreg_reserv.audit.seals.sealing import OutOfStep
from befreg_reserv.audit.seals.statements import Restored
from befreg_reserv.text import clean_line


class Command(BaseCommand):
    """Exits 1 when anything was left unsealed, or is kept in the database alone."""

    help = "Seal the rows that were written since the last run, and keep the seal elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take that a backup was restored."""
        parser.add_argument(
            "--after-restore", metavar="WHY",
            help="say in the log and in the files of anchors that an older backup was restored",
        )  # fmt: skip

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Seal, then let each file of anchors catch up."""
        try:
            signer = keys.signer(settings.SEAL_KEY, made_if_missing=not settings.PRODUCTION)
            if options["after_restore"] is not None:
                self._say_restored(signer, clean_line(options["after_restore"]))
            made = sealing.seal_all(signer)
        except (NoAnchors, NoKeyFile, OutOfStep) as error:
            raise CommandError(str(error)) from error
        if made:
            last = made[-1]
            code = heads.claimed(last.note).code()
            self.stdout.write(f"Sealed: {last.size} rows in all, {code}")
        if faults := list(_kept()):
            raise CommandError("\n".join(faults))

    def _say_restored(self, signer: Signer, why: str) -> None:
        """Say so wherever a file knows more than the database: in the log first, then there."""
        if not why:
            raise CommandError("Say why: seal --after-restore 'disk broken, backup of 02:00'.")
        behind: dict[Path, tuple[Checkpoint, int]] = {}
        faults: list[str] = []
        for path in anchors.files():
            try:
                found = anchors.forgotten(path)
            except NoAnchors as error:  # the others go on all the same
                faults.append(str(error))
            else:
                behind |= {path: found} if found else {}
        if not behind:
            nothing = "No file knows more than this database: nothing was restored."
            raise CommandError("\n".join(faults) or nothing)
        with trail.command("seal --after-restore"):
            for path, (point, size) in behind.items():
                by, at = trail.by_command(), clock.database_now()
                said = Restored(point.size, point.root, size, at, by, why)
                changes = {"size": (size, point.size), "reason": (None, why), "file": (None, path)}
                head = Head.objects.get(size=point.size)
                trail.record(head, Logged.SEALS_RESTORED, actor=None, at=at, changes=changes)
                anchors.say(path, restored=statements.say_restored(signer, said))
                self.stdout.write(f"{path}: {said}")


def _kept() -> Iterator[str]:
    """Let each file catch up, whatever is wrong with the others; yield that."""
    for path in anchors.files():
        try:
            anchors.keep(path, anchors.missing(path))
        except NoAnchors as error:
            yield str(error)
