"""What a backup says of itself, in a file beside it."""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from befreg_reserv.backups.held import Held
from befreg_reserv.backups.stopped import Stopped

NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """``version``: the application's; ``server``: the version of the database's program.

    ``migrations``: those applied, as app.name. ``tables``: how many rows each table has, and its
    last key. ``sha256`` and ``bytes`` are those of ``file``.
    """

    format: int
    version: str
    vendor: str
    server: str
    taken_at: datetime
    file: str
    bytes: int
    sha256: str
    migrations: list[str]
    tables: Held

    def write(self, folder: Path) -> Path:
        """Write it into the folder of its backup; return its path."""
        values = asdict(self) | {"taken_at": self.taken_at.isoformat()}
        path = folder / NAME
        path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
        return path


def version() -> str:
    """Return the application's version."""
    project = (settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(project)["project"]["version"])


def applied(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the migrations that the database has had, as app.name."""
    return sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())


def known() -> set[str]:
    """Return the migrations of this version of the application, as app.name."""
    return {".".join(key) for key in MigrationLoader(None).disk_migrations or {}}


def read(folder: Path) -> Manifest:
    """Return the manifest of the backup in this folder. Raises Stopped."""
    path = folder / NAME
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Stopped(f"{folder} is no backup: it has no {NAME}.") from error
    except OSError as error:
        raise Stopped(f"{path}: {error.strerror}.") from error
    except ValueError as error:
        raise Stopped(f"{path} was changed or cut short: it is no JSON.") from error
    return _parsed(path, values)


def _parsed(path: Path, values: Any) -> Manifest:
    if isinstance(values, dict) and values.get("format", FORMAT) != FORMAT:
        raise Stopped(
            f"{path} is of format {values['format']}, and this version of Befreg reserv reads"
            f" format {FORMAT}. Restore it with the version that took it: {values.get('version')}."
        )
    try:
        values["taken_at"] = datetime.fromisoformat(values["taken_at"])
        values["tables"] = {
            table: (int(rows), str(last)) for table, (rows, last) in values["tables"].items()
        }
        found = Manifest(**values)
        sound = _is_sound(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Stopped(f"{path} was changed: it is no manifest of a backup.") from error
    if not sound:
        raise Stopped(f"{path} was changed: it is no manifest of a backup.")
    return found


def _is_sound(found: Manifest) -> bool:
    """Tell whether the columns are what we write; raises ValueError or TypeError for some."""
    numbers = [found.bytes, int(found.server.split(".")[0])]
    words = [found.version, found.vendor, found.file, found.sha256, *found.migrations]
    typed = all(type(each) is int for each in numbers) and all(type(each) is str for each in words)
    return typed and Path(found.file).name == found.file and found.taken_at.tzinfo is not None


def check_file(manifest: Manifest, folder: Path) -> Path:
    """Return the path of the backup's file. Raises Stopped unless it is what was written then."""
    path = folder / manifest.file
    try:
        whole = path.stat().st_size == manifest.bytes and sha256(path) == manifest.sha256
    except OSError as error:
        raise Stopped(f"{path}: {error.strerror}.") from error
    if not whole:
        raise Stopped(f"{path} was changed or cut short after it was taken. Use another backup.")
    return path


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
