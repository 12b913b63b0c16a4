"""PostgreSQL's own programs, of the server's version."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from befreg_reserv.backups.stopped import Stopped

# Where Debian and Red Hat keep those of each version.
PLACES = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin")


def find(name: str, major: int) -> Path:
    """Return the program of the server's version.

    Raises Stopped when there is none. One of an older version can't read the server, and what a
    newer one writes the server may not take back.
    """
    seen = []
    for path in _candidates(name, major):
        found = _major(path)
        if found == major:
            return path
        seen.append(f"{path} is of version {found or '?'}")
    others = f" ({'; '.join(seen)})" if seen else ""
    raise Stopped(
        f"The server is PostgreSQL {major}, and no {name} of that version was found{others}."
        f" Install PostgreSQL's client programs of version {major}, or let PG_BINDIR name their"
        " folder."
    )


def _candidates(name: str, major: int) -> Iterator[Path]:
    if settings.PG_BINDIR:
        folders = [settings.PG_BINDIR]
    else:
        folders = [Path(place.format(major=major)) for place in PLACES]
    for folder in folders:
        if (folder / name).is_file():
            yield folder / name
    on_path = None if settings.PG_BINDIR else shutil.which(name)
    if on_path:
        yield Path(on_path)


def _major(program: Path) -> int | None:
    try:
        run = subprocess.run(  # noqa: S603
            [program, "--version"], check=False, capture_output=True, text=True
        )
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", run.stdout)
    return int(found[1]) if found else None
