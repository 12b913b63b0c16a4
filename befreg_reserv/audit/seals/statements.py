"""What whoever keeps the seals says in the files of anchors, between the heads, and signs.

That an older backup was restored, or that another key signs from now on: so that ``verify`` tells
either from a tampering.
"""

import base64
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from befreg_reserv.audit.seals import note
from befreg_reserv.audit.seals.note import Keys, NoKey, NotSigned, PublicKey, Signer
from befreg_reserv.text import clean_line

# Behind the signer's name, in the first line: so that no head is taken for one of these.
_RESTORED, _KEY = "/restored", "/key"


@dataclass(frozen=True)
class Restored:
    """An older database was put in this one's place: it ends with ``size`` sealed rows.

    ``forgotten``: how many rows the newest seal was over that it doesn't know.
    """

    size: int
    root: bytes
    forgotten: int
    at: datetime
    by: str
    why: str

    def __str__(self) -> str:
        when = self.at.isoformat(timespec="seconds")
        return (
            f"restored: by {self.by} before {when}, from {self.forgotten} sealed rows back to"
            f" {self.size}: {self.why}"
        )


def say_restored(signer: Signer, said: Restored) -> str:
    """Return the signed statement."""
    lines = [
        signer.name + _RESTORED,
        str(said.size),
        base64.b64encode(said.root).decode(),
        str(said.forgotten),
        said.at.astimezone(UTC).isoformat(timespec="seconds"),
        clean_line(said.by),
        clean_line(said.why),
    ]
    return signer.sign("".join(f"{line}\n" for line in lines))


def read_restored(signed: str, key: note.Believed) -> Restored:
    """Return what a statement says. Raises NotSigned."""
    return _restored(key.text_of(signed))


def claimed_restored(signed: str) -> Restored:
    """Return what a statement says, whoever has signed it. Raises NotSigned if it is none."""
    return _restored(signed.partition("\n\n")[0])


def _restored(text: str) -> Restored:
    try:
        name, size, root, forgotten, at, by, why = text.splitlines()
        moment = datetime.fromisoformat(at)
        found = Restored(int(size), base64.b64decode(root), int(forgotten), moment, by, why)
    except ValueError as error:
        raise NotSigned("it says of no restored backup") from error
    if not name.endswith(_RESTORED):
        raise NotSigned("it says of no restored backup")
    return found


def say_key(old: Signer, new: Signer, at: datetime) -> str:
    """Return the statement that ``new`` signs after ``old``, signed by both.

    So it leads from either to the other, whichever was kept on paper.
    """
    lines = [
        old.name + _KEY, str(old.public), str(new.public),
        at.astimezone(UTC).isoformat(timespec="seconds"),
    ]  # fmt: skip
    return note.countersigned(old.sign("".join(f"{line}\n" for line in lines)), new)


def believed(key: PublicKey, said: Iterable[str]) -> Keys:
    """Return this key, and those that statements lead to from it."""
    pairs = [pair for each in said for pair in _pair(each)]
    keys, before = [key], 0
    while len(keys) > before:
        before = len(keys)
        for pair in pairs:
            if any(each in keys for each in pair):
                keys += [each for each in pair if each not in keys]
    return Keys(tuple(keys))


def _pair(signed: str) -> list[tuple[PublicKey, PublicKey]]:
    """Return the two keys of a statement that both have signed; nothing of any other."""
    with suppress(NotSigned, NoKey, ValueError):
        name, old, new, _at = signed.partition("\n\n")[0].splitlines()
        pair = note.public_key(old), note.public_key(new)
        for each in pair:
            each.text_of(signed)
        return [pair] if name.endswith(_KEY) else []
    return []
