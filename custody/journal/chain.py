"""The journal: what left the binder, in a file outside of the database that a restore can't undo.

One JSON object on each line, with the SHA-256 of the line before it. Lines are only ever added, one
writer at a time, and each is on the disk before ``append`` returns. A line that a power cut tore
was never relied on: it stays, and readers pass over it. A leaf: it knows nothing of numbers.
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
class Kept:
    """Lines of a journal, the oldest first; of ``latest`` only the last few."""

    lines: list[Line] = field(default_factory=list)
    last_hash: str = ""  # of the last line; "" before the first
    unended: bool = False  # the last line was torn, or lacks its end

    @property
    def last(self) -> Line | None:
        """Return the last line."""
        return self.lines[-1] if self.lines else None


# Given what is kept, what is to be added to it.
Composer = Callable[[Kept], list[Line]]


def latest(path: Path) -> Kept:
    """Return the last lines, without looking at the chain. No file: nothing. Raises Unusable."""
    data = _contents(path, RECENT_BYTES)
    kept = _parse(data)
    if kept.last is None and len(data) == RECENT_BYTES:
        return read(path)
    return kept


def read(path: Path) -> Kept:
    """Return all lines, without looking at the chain. No file: nothing. Raises Unusable."""
    return _parse(_contents(path))


def verify(kept: Kept) -> None:
    """Raise Unusable when a line of all that is kept doesn't carry the hash of the one before it.

    Then something was changed or taken out.
    """
    former = ""
    for place, line in enumerate(kept.lines, start=1):
        if line.get(FORMER) != former:
            raise Unusable(f"line {place} doesn't carry the hash of the line before it")
        former = _hash(_encoded(line))


def append(path: Path, compose: Composer, *, whole: bool = False) -> None:
    """Add the lines that ``compose`` makes of what is kept; they are on the disk on return.

    Nobody else writes meanwhile. ``compose`` is given the last lines, or all of them. The file and
    its folder are made on first use. Raises Unusable.
    """
    try:
        descriptor = _opened(path)
        try:
            kept = read(path) if whole else latest(path)
            _write(descriptor, path, kept, compose(kept))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unusable(_why(error)) from error


def check(path: Path) -> None:
    """Raise Unusable when a line could not be added now, as far as that shows without a try."""
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


def _write(descriptor: int, path: Path, kept: Kept, lines: list[Line]) -> None:
    if not lines:
        return
    former, parts = kept.last_hash, [b"\n"] if kept.unended else []
    for line in lines:
        encoded = _encoded(line | {FORMER: former})
        former = _hash(encoded)
        parts.append(encoded + b"\n")
    data = b"".join(parts)
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)
    if not kept.lines:
        _keep_its_name(path.parent)


def _keep_its_name(folder: Path) -> None:
    """Let a new file's name survive a power cut as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """Return the file, open and locked. Raises OSError or Unusable."""
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


def _contents(path: Path, most: int | None = None) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise Unusable("not a file")
        with path.open("rb") as file:
            if most is not None:
                file.seek(max(0, file.seek(0, os.SEEK_END) - most))
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise Unusable(_why(error)) from error


def _parse(data: bytes) -> Kept:
    """Return what is whole; what a power cut tore, or a block began with, is no object."""
    lines = [line for line in map(_decoded, data.split(b"\n")) if line is not None]
    last_hash = _hash(_encoded(lines[-1])) if lines else ""
    return Kept(lines, last_hash, unended=bool(data) and not data.endswith(b"\n"))


def _decoded(text: bytes) -> Line | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and FORMER in line else None


def _encoded(line: Line) -> bytes:
    """Return the one way to write a line: what was read gives its own bytes again."""
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _hash(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
