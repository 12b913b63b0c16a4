"""A backup of the configured database is taken, and old ones are thinned."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from befreg_reserv.backups import last, manifest, pg_archive, shelf, sqlite_file
from befreg_reserv.backups.manifest import Manifest
from befreg_reserv.backups.stopped import Stopped
from befreg_reserv.backups.thinning import Rule

# What a backup leaves of the disk: the database may lie on the same one, and handouts need room.
SPARE_BYTES = 64 * 1024 * 1024
KINDS = {"sqlite": sqlite_file, "postgresql": pg_archive}


@dataclass(frozen=True)
class NewBackup:
    """A new backup, and the old ones that were taken away after it."""

    folder: Path
    manifest: Manifest
    thinned: list[Path]


def take(on: Path, at: datetime) -> NewBackup:
    """Take a backup into the folder ``on``: whole, or not there. Raises Stopped.

    ``at``: when it begins. Others may write to the database meanwhile.
    """
    try:
        with shelf.locked(on):
            with shelf.new(on, at) as folder:
                written = _fill(folder, at)
            _note(on, at)
            thinned = shelf.thin(on, Rule(*settings.BACKUP_KEEP), besides=at)
    except OSError as error:
        raise Stopped(f"{error.filename or on}: {error.strerror}.") from error
    return NewBackup(shelf.backups(on)[at], written, thinned)


def _fill(folder: Path, at: datetime) -> Manifest:
    kind = KINDS[connection.vendor]
    file = folder / kind.FILE
    shelf.make_private(file)
    applied = manifest.applied(connection)
    if not applied:
        raise Stopped("The database is empty: there is nothing to back up.")
    _check_room(folder, kind.least_bytes())
    tables = kind.take(file)
    made = Manifest(
        format=manifest.FORMAT,
        version=manifest.version(),
        vendor=connection.vendor,
        server=kind.server(),
        taken_at=at,
        file=file.name,
        bytes=file.stat().st_size,
        sha256=manifest.sha256(file),
        migrations=applied,
        tables=tables,
    )
    shelf.make_private(folder / manifest.NAME)
    made.write(folder)
    return made


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        mib = 1024 * 1024
        raise Stopped(
            f"The disk is almost full: {free // mib} MiB are free, and the backup needs"
            f" {needed // mib} and leaves {SPARE_BYTES // mib}."
        )


def _note(on: Path, at: datetime) -> None:
    try:
        last.note(at)
    except DatabaseError as error:
        raise Stopped(f"The backup lies in {on}, but the database can't say so: {error}") from error
