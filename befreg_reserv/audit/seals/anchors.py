"""Heads that are kept outside of the database: one JSON object on each line of a file.

Each is signed, so the file needs no secret place: only one that whoever has the database can't
write as well.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from befreg_reserv.audit.models import Head
from befreg_reserv.audit.seals import heads
from befreg_reserv.audit.seals.findings import Anchor
from befreg_reserv.audit.seals.heads import Checkpoint
from befreg_reserv.audit.seals.note import NotSigned, PublicKey

_OWNER_WRITES = 0o640
_END_BYTES = 64 * 1024  # some twenty lines


class NoAnchors(Exception):
    """A file of anchors can't be read or written; the message says why."""


def keep(path: Path, made: Iterable[Head]) -> None:
    """Add heads to a file; they are on the disk on return. Raises NoAnchors."""
    lines = [json.dumps({"head": head.note, "state": head.state}) for head in made]
    text = "".join(f"{line}\n" for line in lines).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _OWNER_WRITES)
        try:
            if _is_torn(path):
                os.write(descriptor, b"\n")
            os.write(descriptor, text)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise NoAnchors(f"{path}: {error.strerror}") from error


def _is_torn(path: Path) -> bool:
    """Tell whether a power cut has left the last line without its end."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1))
        return file.read() not in (b"", b"\n")


def missing(path: Path) -> list[Head]:
    """Return the heads that a file hasn't got yet, the oldest first.

    Raises NoAnchors, also when the file's last seal isn't one of this database: then it is older
    than the file, or another. Reads the end of the file alone, since it grows for years.
    """
    last = _last(path)
    if last is None:
        return list(Head.objects.order_by("size"))
    if not Head.objects.filter(size=last.size, root=last.root.hex()).exists():
        raise NoAnchors(
            f"{path} ends with a seal over {last.size} rows that isn't this database's: it was"
            " restored, or rewritten. Run manage.py verify; after a restore begin another file."
        )
    return list(Head.objects.filter(size__gt=last.size).order_by("size"))


def _last(path: Path) -> Checkpoint | None:
    """Return the newest head of a file, or None when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _END_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoAnchors(f"{path}: {error.strerror}") from error
    for line in reversed(lines):
        with suppress(ValueError, KeyError, TypeError, NotSigned):  # torn by a power cut
            return heads.claimed(str(json.loads(line)["head"]))
    return None


def read(path: Path, key: PublicKey) -> list[Anchor]:
    """Return what a file has kept. Raises NoAnchors for what isn't signed, and for no file."""
    return list(_lines(path, key))


def _lines(path: Path, key: PublicKey) -> Iterable[Anchor]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NoAnchors(f"{path}: {getattr(error, 'strerror', error)}") from error
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        try:
            kept = json.loads(line)
            signed, state = str(kept["head"]), str(kept["state"])
            point = heads.read(signed, key)
        except (ValueError, KeyError, TypeError) as error:
            if _is_whole(line):
                raise NoAnchors(f"{where}: no anchor") from error
            continue  # a power cut may tear a line; the next run writes it again
        except NotSigned as error:
            raise NoAnchors(f"{where}: {error}") from error
        yield Anchor(point, where, state, signed)


def _is_whole(line: str) -> bool:
    return line.endswith("}")
