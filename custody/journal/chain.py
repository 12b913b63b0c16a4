"""The journal: what left the binder, in a file outside of the database that a restore can't undo.

One JSON object on each line, with the SHA-256 of the line before it. Lines are only ever added, one
writer at a time, and are on the disk before ``append`` returns. A line that a power cut tore stays
there, and readers skip it: nobody has relied on it. A leaf: it knows nothing of numbers.
"""

import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Line = dict[str, Any]
PRIVATE = 0o600
FORMER = "former"  # the column that holds the hash of the line before
RECENT_BYTES = 64 * 1024  # some hundred lines
PATIENCE_SECONDS = 0.8  # for another writer's turn: /ready has a second, and a call waits too
PAUSE_SECONDS = 0.01


class Unusable(Exception):
    """The journal can't be read or written; the message says why, for an administrator."""


@dataclass(frozen=True)
class Journal:
    """The lines that were read of a journal, the oldest first: all, or the last few."""

    lines: list[Line] = field(default_factory=list)
    last_hash: str = ""  # of the last line; "" before the first
    unended: bool = False  # the last line was torn, or lacks its end

    @property
    def last(self) -> Line | None:
        """Return the last line."""
        return self.lines[-1] if self.lines else None


# Returns the lines to add, given the journal.
Composer = Callable[[Journal], list[Line]]


def latest(path: Path) -> Journal:
    """Return the last lines, without looking at the chain. No file: nothing. Raises Unusable."""
    data = _contents(path, RECENT_BYTES)
    journal = _parse(data)
    if journal.last is None and len(data) == RECENT_BYTES:
        return read(path)
    return journal


def read(path: Path) -> Journal:
    """Return all lines, without looking at the chain. No file: nothing. Raises Unusable."""
    return _parse(_contents(path))


def verify(journal: Journal) -> None:
    """Raise Unusable when a line doesn't carry the hash of the one before: somebody changed it.

    ``journal``: all lines of the journal.
    """
    former = ""
    for place, line in enumerate(journal.lines, start=1):
        if line.get(FORMER) != former:
            raise Unusable(f"line {place} doesn't carry the hash of the line before it")
        former = _hash(_encoded(line))


def append(path: Path, compose: Composer, *, whole: bool = False) -> None:
    """Add the lines that ``compose`` returns; they are on the disk on return.

    Nobody else writes meanwhile. ``compose`` gets the journal's last lines; all with ``whole``. The
    file and its folder are made on first use. Raises Unusable.
    """
    try:
        descriptor = _open_locked(path)
        try:
            journal = read(path) if whole else latest(path)
            _write(descriptor, path, journal, compose(journal))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unusable(_why(error)) from error


def check(path: Path) -> None:
    """Raise Unusable when a line could not be added now, as far as that shows without writing."""
    try:
        if path.exists():
            if not path.is_file():
                raise Unusable("not a file")
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
            return
        folder = next(parent for parent in path.absolute().parents if parent.exists())
    except OSError as error:
        raise Unusable(_why(error)) from error
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise Unusable(f"{folder} can't be written")


def _write(descriptor: int, path: Path, journal: Journal, lines: list[Line]) -> None:
    if not lines:
        return
    former, parts = journal.last_hash, [b"\n"] if journal.unended else []
    for line in lines:
        encoded = _encoded(line | {FORMER: former})
        former = _hash(encoded)
        parts.append(encoded + b"\n")
    data = b"".join(parts)
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)
    if not journal.lines:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk, so that it survives a power cut as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    """Return the descriptor of the file, open and locked. Raises OSError or Unusable."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags, PRIVATE)
        try:
            _lock(descriptor)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # moved away while we waited: the next try makes it anew


def _lock(descriptor: int) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise Unusable("not a file")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unusable("another process holds it") from None
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _contents(path: Path, last_bytes: int | None = None) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise Unusable("not a file")
        with path.open("rb") as file:
            if last_bytes is not None:
                file.seek(max(0, file.seek(0, os.SEEK_END) - last_bytes))
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise Unusable(_why(error)) from error


def _parse(data: bytes) -> Journal:
    """Return the whole lines, without one that a power cut tore or that was read in part."""
    lines = [line for line in map(_decoded, data.split(b"\n")) if line is not None]
    last_hash = _hash(_encoded(lines[-1])) if lines else ""
    return Journal(lines, last_hash, unended=bool(data) and not data.endswith(b"\n"))


def _decoded(text: bytes) -> Line | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and FORMER in line else None


def _encoded(line: Line) -> bytes:
    """Return a line's bytes; a line that was read gives the same bytes again."""
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _hash(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
