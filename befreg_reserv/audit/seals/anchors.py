"""Heads that are kept outside of the database: one JSON object on each line of a file.

Between them stand statements (``statements``). All are signed, so the file needs no secret place:
only one that whoever has the database can't write as well.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from befreg_reserv.audit.models import Head
from befreg_reserv.audit.seals import heads, statements
from befreg_reserv.audit.seals.findings import Anchor
from befreg_reserv.audit.seals.heads import Checkpoint
from befreg_reserv.audit.seals.note import Keys, NotSigned, PublicKey
from befreg_reserv.audit.seals.statements import Restored

_KINDS = {"head", "restored", "key"}
_OWNER_WRITES = 0o640
_END_BYTES = 64 * 1024  # some twenty lines


class NoAnchors(Exception):
    """A file of anchors can't be read or written; the message says why."""


@dataclass(frozen=True)
class Kept:
    """What the files keep: ``anchors`` but for what a restored backup has forgotten."""

    anchors: list[Anchor]
    restored: list[Restored]
    keys: Keys


def files() -> list[Path]:
    """Return where seals are kept: where the settings say, and beside the journals."""
    return [*settings.SEAL_ANCHORS, *settings.SEAL_ANCHORS_BESIDE]


def keep(path: Path, made: Iterable[Head]) -> None:
    """Add heads to a file; they are on the disk on return. Raises NoAnchors."""
    _add(path, [{"head": head.note, "state": head.state} for head in made])


def say(path: Path, **statement: str) -> None:
    """Add a signed statement, ``restored`` or ``key``, as ``keep`` adds heads."""
    _add(path, [statement])


def _add(path: Path, said: Iterable[dict[str, str]]) -> None:
    text = "".join(f"{json.dumps(line)}\n" for line in said).encode()
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
    if not _is_here(*last):
        raise NoAnchors(
            f"{path} ends with a seal over {last[0]} rows that isn't this database's: it was"
            " restored, or rewritten. Run manage.py verify; after a restore say so: seal"
            " --after-restore WHY."
        )
    return list(Head.objects.filter(size__gt=last[0]).order_by("size"))


def forgotten(path: Path) -> tuple[Checkpoint, int] | None:
    """Return the newest head that file and database share, and over how many rows the file's is.

    None if the file's last one is this database's. Raises NoAnchors, also when they share none.
    """
    last = _last(path)
    if last is None or _is_here(*last):
        return None
    for point in reversed(list(_claims(path))):
        if _is_here(point.size, point.root):
            return point, last[0]
    raise NoAnchors(f"{path} has no seal of this database: it is another's. Begin another file.")


def _is_here(size: int, root: bytes) -> bool:
    return Head.objects.filter(size=size, root=root.hex()).exists()


def _claims(path: Path) -> Iterator[Checkpoint]:
    for line in _text(path):
        with suppress(ValueError, KeyError, TypeError, NotSigned):
            yield heads.claimed(str(json.loads(line)["head"]))


def _last(path: Path) -> tuple[int, bytes] | None:
    """Return size and root of what a file goes on from, or None when there is none."""
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
            said = json.loads(line)
            if "restored" in said:
                back = statements.claimed_restored(str(said["restored"]))
                return back.size, back.root
            point = heads.claimed(str(said["head"]))
            return point.size, point.root
    return None


def read(paths: Iterable[Path], key: PublicKey) -> Kept:
    """Return what files have kept. Raises NoAnchors for what isn't signed, and for no file.

    ``key`` leads to others, where a statement says that another key signs.
    """
    files = {path: [*_lines(path)] for path in paths}
    said_of_keys = [line["key"] for each in files.values() for _at, line in each if "key" in line]
    keys = statements.believed(key, map(str, said_of_keys))
    kept: list[Anchor] = []
    restored: dict[Restored, None] = {}
    for path, lines in files.items():
        said = [_read(where, line, keys) for where, line in lines if "key" not in line]
        restored |= dict.fromkeys(each for each in said if isinstance(each, Restored))
        kept += _standing(path, said)
    return Kept(kept, list(restored), keys)


def _standing(path: Path, said: list[Anchor | Restored]) -> list[Anchor]:
    """Return a file's heads but for those between a restore and the head that it goes back to.

    In this file alone: else whoever writes one could undo what another keeps. A newer backup may
    have been restored after an older one: then what stood before is there again.
    """
    found: list[Anchor] = []
    back_to: tuple[int, bytes] | None = None
    for each in reversed(said):
        if isinstance(each, Restored):
            back_to = back_to or (each.size, each.root)
        elif back_to in (None, (each.checkpoint.size, each.checkpoint.root)):
            found.append(each)
            back_to = None
    if back_to:
        raise NoAnchors(f"{path} says of a restore to a seal that it hasn't kept")
    return found[::-1]


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where a line stands, and what it says."""
    for number, line in enumerate(_text(path), start=1):
        where = f"{path}, line {number}"
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if isinstance(said, dict) and said.keys() & _KINDS:
            yield where, said
        elif _is_whole(line):  # a power cut may tear a line; the next run writes it again
            raise NoAnchors(f"{where}: no anchor")


def _text(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NoAnchors(f"{path}: {getattr(error, 'strerror', error)}") from error


def _read(where: str, said: dict[str, Any], keys: Keys) -> Anchor | Restored:
    try:
        if "restored" in said:
            return statements.read_restored(str(said["restored"]), keys)
        signed = str(said["head"])
        return Anchor(heads.read(signed, keys), where, str(said.get("state", "")), signed)
    except NotSigned as error:
        raise NoAnchors(f"{where}: {error}") from error


def _is_whole(line: str) -> bool:
    return line.endswith("}")
