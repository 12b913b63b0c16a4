"""Heads that are kept outside of the database: one JSON object on each line of a file.

Each is signed, so the file needs no secret place: only one that whoever has the database can't
write as well.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from befreg_reserv.audit.models import Head
from befreg_reserv.audit.seals import heads
from befreg_reserv.audit.seals.findings import Anchor
from befreg_reserv.audit.seals.note import NotSigned, PublicKey

_OWNER_WRITES = 0o640


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
    """Return the heads that a file hasn't got yet, the oldest first. Raises NoAnchors."""
    kept = max((each.checkpoint.size for each in _lines(path, None)), default=0)
    return list(Head.objects.filter(size__gt=kept).order_by("size"))


def read(path: Path, key: PublicKey) -> list[Anchor]:
    """Return what a file has kept. No file: nothing. Raises NoAnchors for what isn't signed."""
    return list(_lines(path, key))


def _lines(path: Path, key: PublicKey | None) -> Iterable[Anchor]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise NoAnchors(f"{path}: {error}") from error
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        try:
            kept = json.loads(line)
            signed, state = str(kept["head"]), str(kept["state"])
            point = heads.read(signed, key) if key else heads.claimed(signed)
        except (ValueError, KeyError, TypeError) as error:
            if key and _is_whole(line):
                raise NoAnchors(f"{where}: no anchor") from error
            continue  # a power cut may tear a line; the next run writes it again
        except NotSigned as error:
            raise NoAnchors(f"{where}: {error}") from error
        yield Anchor(point, where, state)


def _is_whole(line: str) -> bool:
    return line.endswith("}")
