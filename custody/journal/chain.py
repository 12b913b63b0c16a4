"""The journal: what left the binder, in a file outside of the database that a restore can't undo.

One JSON object on each line, with the SHA-256 of the line before it. Lines are only ever added, one
writer at a time, and are on the disk before ``append`` returns. A line that a power cut tore stays
there, and readers skip it: nobody has relied on it. A file that has grown is moved aside, and the
next one begins with its last line. No operation waits longer than ``bounded`` allows. A leaf: it
knows nothing of numbers.
"""

import fcntl
import hashlib
import json
import os
import stat
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from custody.journal import bounded
from custody.journal.bounded import Unusable

Line = dict[str, Any]
PRIVATE = 0o600
FORMER = "former"  # the column that holds the hash of the line before
AFTER = "after"  # in a file's first line: the file before, whose last line it repeats
RECENT_BYTES = 16 * 1024  # some forty lines: each handout reads them twice
AT_ONCE_BYTES = 64 * 1024  # that are read with one call
LARGE_BYTES = 1024 * 1024  # some thousand lines: then the next file begins
PATIENCE_SECONDS = 0.8  # for another writer's turn: /ready has a second, and a call waits too
PAUSE_SECONDS = 0.01
# A process's threads wait here: waiting for each other's file lock they would use up their time.
_turns: defaultdict[Path, threading.RLock] = defaultdict(threading.RLock)


@dataclass(frozen=True)
class Journal:
    """The lines that were read of a journal, the oldest first: all, or the last few."""

    lines: list[Line] = field(default_factory=list)
    last_hash: str = ""  # of the last line; "" before the first
    unended: bool = False  # the last line was torn, or lacks its end
    size: int = 0  # in bytes, of the file that the last lines stand in
    fault: str = ""  # why lines are missing before the first

    @property
    def last(self) -> Line | None:
        """Return the last line."""
        return self.lines[-1] if self.lines else None


# Returns the lines to add, given the journal.
Composer = Callable[[Journal], list[Line]]
# Returns them too, without asking the database: in another thread. None if it can't.
Ready = Callable[[Journal], list[Line] | None]


def latest(path: Path) -> Journal:
    """Return the last lines, without looking at the chain. No file: nothing. Raises Unusable."""
    return bounded.within(path, partial(latest_unbounded, path))


def latest_of_writable(path: Path) -> Journal:
    """Return what ``latest`` returns. Raises Unusable too where ``check`` does."""

    def look() -> Journal:
        _check(path)
        return latest_unbounded(path)

    return bounded.within(path, look)


def latest_unbounded(path: Path) -> Journal:
    """Return what ``latest`` returns; it may hang."""
    data = _contents(path, RECENT_BYTES)
    journal = _parse(data)
    if journal.last is None and len(data) == RECENT_BYTES:
        return read_unbounded(path)
    return journal


def read(path: Path) -> Journal:
    """Return all lines, without looking at the chain. No file: nothing. Raises Unusable."""
    return bounded.within(path, partial(read_unbounded, path))


def read_unbounded(path: Path) -> Journal:
    """Return what ``read`` returns, the files that were moved aside included; it may hang."""
    journal = _parse(_contents(path))
    lines, fault = journal.lines, ""
    seen = {path.name}
    while lines and (name := lines[0].get(AFTER)):
        older = path.with_name(Path(str(name)).name)
        earlier = _parse(_contents(older)) if older.name not in seen else Journal()
        seen.add(older.name)
        if not earlier.lines:
            fault = f"{older.name}, which it goes on after, is missing"
            break
        lines = [*earlier.lines, *lines]
    return replace(journal, lines=lines, fault=fault)


def written_at(path: Path) -> int:
    """Return when the file was written last, in nanoseconds; 0: there is none. Raises Unusable."""
    return bounded.within(path, partial(_written_at, path))


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise Unusable(_why(error)) from error


def read_on(path: Path, size: int, former: str) -> Journal | None:
    """Return the lines behind the first ``size`` bytes; None if they don't follow on those.

    ``former``: the hash of the last line among the first. Raises Unusable.
    """
    data = bounded.within(path, partial(_contents, path, first=size))
    more = _parse(data)
    for line in more.lines:
        if line[FORMER] != former:
            return None
        former = hash_of(line)
    return None if more.unended or (data and not more.lines) else more


def since(path: Path, marked: str) -> tuple[Journal, int] | None:
    """Return the last lines, and the place among them of the one with this hash.

    Files are read from the latest back to the one in which it stands. None if no chain leads to it.
    Raises Unusable.
    """
    return bounded.within(path, partial(_since, path, marked))


def _since(path: Path, marked: str) -> tuple[Journal, int] | None:
    journal = _parse(_contents(path))
    lines, name, seen = journal.lines, path.name, set[str]()
    while not journal.unended and lines and name not in seen:
        hashes = [hash_of(line) for line in lines]
        if [line[FORMER] for line in lines[1:]] != hashes[:-1]:
            return None
        if marked in hashes:
            return replace(journal, lines=lines), hashes.index(marked)
        seen.add(name)
        name = Path(str(lines[0].get(AFTER))).name
        earlier = _parse(_contents(path.with_name(name)))
        lines = [*earlier.lines, *lines] if earlier.lines else []
    return None


def verify(journal: Journal) -> None:
    """Raise Unusable when a line doesn't carry the hash of the one before: somebody changed it.

    ``journal``: all lines of the journal.
    """
    if journal.fault:
        raise Unusable(journal.fault)
    former = ""
    for place, line in enumerate(journal.lines, start=1):
        if line.get(FORMER) != former:
            raise Unusable(f"line {place} doesn't carry the hash of the line before it")
        former = hash_of(line)


def append(
    path: Path, compose: Composer, *, ready: Ready | None = None, whole: bool = False
) -> None:
    """Add the lines that ``compose`` returns; they are on the disk on return.

    Nobody else writes meanwhile. ``compose`` gets the journal's last lines; all with ``whole``. If
    ``ready`` returns lines for it, those are added in one go, and ``compose`` isn't called. The
    file and its folder are made on first use. Raises Unusable.
    """
    with _turn(path):
        begun = bounded.within(path, partial(_begin, path, whole, ready), undo=_forsake)
        if begun is None:
            return
        descriptor, journal = begun
        lines: list[Line] = []
        try:
            lines = compose(journal)
        finally:  # whatever happened, the file is closed
            _finish_in_time(path, descriptor, partial(_finish, descriptor, path, journal, lines))


def _finish_in_time(path: Path, descriptor: int, finish: Callable[[], None]) -> None:
    try:
        task = bounded.Task(path, finish)
    except Unusable:
        os.close(descriptor)  # or nobody else could lock the file
        raise
    task.result()


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    if not _turns[path].acquire(timeout=bounded.seconds(PATIENCE_SECONDS)):
        raise Unusable("another thread holds it")
    try:
        yield
    finally:
        _turns[path].release()


def _begin(path: Path, whole: bool, ready: Ready | None) -> tuple[int, Journal] | None:  # noqa: FBT001  called by ``partial``
    """Return the open file, locked, and what stands in it; None if its lines are written."""
    try:
        descriptor = _open_locked(path)
    except OSError as error:
        raise Unusable(_why(error)) from error
    try:
        journal = read_unbounded(path) if whole else latest_unbounded(path)
        lines = ready(journal) if ready else None
    except BaseException:
        os.close(descriptor)
        raise
    if lines is None:
        return descriptor, journal
    _finish(descriptor, path, journal, lines)
    return None


def _forsake(begun: tuple[int, Journal] | None) -> None:
    if begun:
        os.close(begun[0])


def _finish(descriptor: int, path: Path, journal: Journal, lines: list[Line]) -> None:
    try:
        if lines and not (_is_large(descriptor, journal) and _begin_next(path, journal, lines)):
            _write(descriptor, path, journal, lines)
    except OSError as error:
        raise Unusable(_why(error)) from error
    finally:
        os.close(descriptor)


def check(path: Path) -> None:
    """Raise Unusable when a line could not be added now, as far as that shows without writing."""
    bounded.within(path, partial(_check, path))


def _check(path: Path) -> None:
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


# --- one file after another -----------------------------------------------------------------------


def _is_large(descriptor: int, journal: Journal) -> bool:
    large = os.fstat(descriptor).st_size > LARGE_BYTES
    return large and journal.last is not None and not journal.unended


def _begin_next(path: Path, journal: Journal, lines: list[Line]) -> bool:
    """Move the file aside and begin the next one. Return False where the disk can't do that.

    The path names a whole file at any moment: it gets the new one's content at once.
    """
    new = path.with_name(f".{path.name}.next")
    try:
        older = _aside(path)
        first = {**(journal.last or {}), AFTER: older.name}
        data = _chained(journal.last_hash, [first, *lines])
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
        try:
            _write_all(descriptor, data)
        finally:
            os.close(descriptor)
        os.link(path, older)
        new.replace(path)
    except OSError:  # as on a share without links: the file just grows
        with suppress(OSError):
            new.unlink()
        return False
    _sync_folder(path.parent)
    return True


def _aside(path: Path) -> Path:
    """Return the next name for a file that is moved aside: ``custody.0001.jsonl``."""
    number = 1
    while (older := path.with_name(f"{path.stem}.{number:04}{path.suffix}")).exists():
        number += 1
    return older


def set_aside(path: Path) -> Path | None:
    """Move a file that was changed aside, and begin the next one from nothing. Raises Unusable.

    Returns its new name; None if there is none.
    """

    def move() -> Path | None:
        try:
            kept = path.with_name(f"{path.name}.changed-{int(time.time())}")
            path.rename(kept)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unusable(_why(error)) from error
        return kept

    with _turn(path):
        return bounded.within(path, move)


# --- writing --------------------------------------------------------------------------------------


def _write(descriptor: int, path: Path, journal: Journal, lines: list[Line]) -> None:
    data = _chained(journal.last_hash, lines)
    _write_all(descriptor, (b"\n" if journal.unended else b"") + data)
    if not journal.lines:
        _sync_folder(path.parent)


def _chained(former: str, lines: list[Line]) -> bytes:
    """Return the bytes of lines, each with the hash of the one before; ``former``: of the last."""
    parts = []
    for line in lines:
        encoded = _encoded(line | {FORMER: former})
        former = hashlib.sha256(encoded).hexdigest()
        parts.append(encoded + b"\n")
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk, so that it survives a power cut as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    """Return the descriptor of the file, open and locked. Raises OSError or Unusable."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    while True:
        try:
            descriptor = os.open(path, flags, PRIVATE)
        except FileNotFoundError:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, flags, PRIVATE)
        try:
            _lock(descriptor)
            if _is_at(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # moved away while we waited: the next try makes it anew


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


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


def _contents(path: Path, last_bytes: int | None = None, *, first: int = 0) -> bytes:
    """Return the file's bytes; only those after the ``first``, or at most the last ones."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unusable("not a file")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise Unusable(_why(error)) from error
    try:
        if last_bytes is not None:
            first = max(0, os.fstat(descriptor).st_size - last_bytes)
        os.lseek(descriptor, first, os.SEEK_SET)
        return b"".join(iter(partial(os.read, descriptor, AT_ONCE_BYTES), b""))
    except OSError as error:
        raise Unusable(_why(error)) from error
    finally:
        os.close(descriptor)


def _parse(data: bytes) -> Journal:
    """Return the whole lines, without one that a power cut tore or that was read in part."""
    lines = [line for line in map(_decoded, data.split(b"\n")) if line is not None]
    last_hash = hash_of(lines[-1]) if lines else ""
    unended = bool(data) and not data.endswith(b"\n")
    return Journal(lines, last_hash, unended, size=len(data))


# Each handout reads the last lines twice, and all but one were read before. Nobody changes a line.
@lru_cache(maxsize=512)
def _decoded(text: bytes) -> Line | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and FORMER in line else None


def _encoded(line: Line) -> bytes:
    """Return a line's bytes; a line that was read gives the same bytes again."""
    text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode(errors="surrogatepass")  # half a character, as only an editor writes it


def hash_of(line: Line) -> str:
    """Return the hash of a line as it was read."""
    return hashlib.sha256(_encoded(line)).hexdigest()


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
