"""``manage.py seal``: seal what was written since the last run; a timer runs it each minute."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations

from befreg_reserv.audit.seals import anchors, heads, keys, sealing
from befreg_reserv.audit.seals.anchors import NoAnchors
from befreg_reserv.audit.seals.keys import NoKeyFile
from befreg_reserv.audit.seals.sealing import OutOfStep


class Command(BaseCommand):
    """Exits 1 when anything was left unsealed, or is kept in the database alone."""

    help = "Seal the rows that were written since the last run, and keep the seal elsewhere."

    @no_translations
    def handle(self, *_args: Any, **_options: Any) -> None:
        """Seal, then let each file of anchors catch up."""
        try:
            signer = keys.signer(settings.SEAL_KEY, made_if_missing=not settings.PRODUCTION)
            made = sealing.seal_all(signer)
        except (NoKeyFile, OutOfStep) as error:
            raise CommandError(str(error)) from error
        if made:
            last = made[-1]
            code = heads.claimed(last.note).code()
            self.stdout.write(f"Sealed: {last.size} rows in all, {code}")
        if faults := list(_kept()):
            raise CommandError("\n".join(faults))


def _kept() -> Iterator[str]:
    """Let each file catch up, whatever is wrong with the others; yield that."""
    for path in settings.SEAL_ANCHORS:
        try:
            anchors.keep(path, anchors.missing(path))
        except NoAnchors as error:
            yield str(error)
