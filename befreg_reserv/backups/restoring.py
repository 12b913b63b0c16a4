"""A backup is put into the configured database, which is empty."""

from pathlib import Path

from django.db import connection

from befreg_reserv.backups import held, last, manifest
from befreg_reserv.backups.manifest import Manifest
from befreg_reserv.backups.stopped import Stopped
from befreg_reserv.backups.taking import KINDS


def restore(path: Path) -> Manifest:
    """Put a backup back: all of it, or nothing. Returns its manifest. Raises Stopped.

    ``path``: its folder, or a file in it. Everything that can be checked is checked before.
    """
    folder = path if path.is_dir() else path.parent
    found = manifest.read(folder)
    _check_kind(found)
    _check_version(found)
    file = manifest.check_file(found, folder)
    kind = KINDS[connection.vendor]
    kind.check_empty()
    kind.check_takes(found.server)
    kind.fill(file)
    if differing := held.differing(kind.read(), found.tables):
        raise Stopped(
            "The backup was put back, but these tables differ from its manifest: "
            f"{', '.join(differing)}. Don't use this database."
        )
    last.note(found.taken_at)
    return found


def _check_kind(found: Manifest) -> None:
    if found.vendor != connection.vendor:
        raise Stopped(
            f"This is a backup of {found.vendor}, and DATABASE_URL names {connection.vendor}."
            " Restore it into a database of its own kind; `manage.py move` moves SQLite's on."
        )


def _check_version(found: Manifest) -> None:
    later = sorted(set(found.migrations) - manifest.known())
    if later:
        raise Stopped(
            f"The backup is of another version, {found.version}: this one doesn't know"
            f" {', '.join(later)}. Install that version first."
        )
