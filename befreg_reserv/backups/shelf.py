"""The folder in which backups lie: each in a folder of its own, whole or not there.

A backup is made under another name, is on the disk, and then gets its name in one step. What an
interrupted run left is taken away by the next one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from befreg_reserv.backups import thinning
from befreg_reserv.backups.stopped import Stopped
from befreg_reserv.backups.thinning import Rule

PRIVATE, PRIVATE_FOLDER = 0o600, 0o700
LOCK = ".befreg-lock"
UNFINISHED, GONE = ".befreg-unfinished-", ".befreg-gone-"
NAMES = "befreg-%Y%m%dT%H%M%S.%fZ"


@contextmanager
def locked(shelf: Path) -> Iterator[None]:
    """Let nobody else write there meanwhile; take away what was left unfinished. Raises Stopped."""
    if not shelf.is_dir():
        # Not made: it may be a disk that isn't mounted, or a slip of the pen.
        raise Stopped(f"{shelf} is no folder. Make it, or mount its disk.")
    descriptor = os.open(shelf / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stopped(f"Another backup is being taken in {shelf}.") from None
        for prefix in (UNFINISHED, GONE):
            for left in shelf.glob(f"{prefix}*"):
                shutil.rmtree(left)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def new(shelf: Path, at: datetime) -> Iterator[Path]:
    """Yield a folder to fill; afterwards it lies on the shelf, or isn't there if that failed."""
    name = at.astimezone(UTC).strftime(NAMES)
    folder = shelf / f"{UNFINISHED}{name}"
    folder.mkdir(mode=PRIVATE_FOLDER)
    try:
        yield folder
        for path in [*folder.iterdir(), folder]:
            sync(path)
        folder.rename(shelf / name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sync(shelf)


def make_private(path: Path) -> None:
    """Make an empty file that only its owner can read."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))


def sync(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backups(shelf: Path) -> dict[datetime, Path]:
    """Return the backups that lie there, by when they were taken."""
    found = {}
    for path in shelf.iterdir():
        try:
            found[datetime.strptime(path.name, NAMES).replace(tzinfo=UTC)] = path
        except ValueError:
            continue  # somebody else's
    return found


def thin(shelf: Path, rule: Rule, *, besides: datetime) -> list[Path]:
    """Take away the backups that the rule doesn't keep; return them.

    ``besides``: when the one was taken that stays whatever the others' times are: a clock that was
    ahead may have left some in the future.
    """
    lying = backups(shelf)
    kept = thinning.kept(lying, rule) | {besides}
    going = [lying[at] for at in sorted(lying.keys() - kept)]
    for path in going:
        gone = path.rename(shelf / f"{GONE}{path.name}")  # at no moment half a backup
        shutil.rmtree(gone)
    return going
