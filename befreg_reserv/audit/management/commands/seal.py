"""``manage.py seal``: seal what was written since the last run; a timer runs it each minute."""

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
            for path in settings.SEAL_ANCHORS:
                anchors.keep(path, anchors.missing(path))
        except (NoKeyFile, NoAnchors, OutOfStep) as error:
            raise CommandError(str(error)) from error
        if made:
            last = made[-1]
            code = heads.claimed(last.note).code()
            self.stdout.write(f"Sealed: {last.size} rows in all, {code}")
