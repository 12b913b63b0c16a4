"""A head: the seal over all rows that were sealed until then, as a signed text of a few lines.

Who signs, how many rows, the root of their tree, when, and the hash of its state. The first three
lines are a checkpoint as transparency logs have it (c2sp.org/tlog-checkpoint).
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from befreg_reserv.audit.seals import note, tree

_AT, _STATE = "at ", "state "
_CODE_BYTES = 10  # eighty bits: nobody finds another root that begins alike
_GROUP = 4  # characters of a code that are read at once


@dataclass
class State:
    """What the next seal goes on from, and what ``verify`` can begin at anew.

    ``sealed``: the highest key of each table that was sealed. ``settled``: up to which key no
    transaction that goes on could still add a row; what appears below it later was put there.
    """

    frontier: tree.Frontier = field(default_factory=tree.Frontier)
    sealed: dict[str, int] = field(default_factory=dict)
    settled: dict[str, int] = field(default_factory=dict)

    def text(self) -> str:
        """Return it as it is kept: ``state`` reads it."""
        kept = {
            "frontier": [root.hex() for root in self.frontier.roots],
            "sealed": self.sealed,
            "settled": self.settled,
        }
        return json.dumps(kept, sort_keys=True, separators=(",", ":"))


def state(text: str, size: int) -> State:
    """Return what ``State.text`` wrote. Raises ValueError for what it can't have written."""
    try:
        kept = json.loads(text)
        roots = [bytes.fromhex(root) for root in kept["frontier"]]
        keys: list[dict[str, int]] = [
            {str(table): int(key) for table, key in kept[name].items()}
            for name in ("sealed", "settled")
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("it is no state") from error
    return State(tree.Frontier(size, roots), *keys)


@dataclass(frozen=True)
class Checkpoint:
    """What a head's text says."""

    size: int
    root: bytes
    at: datetime
    state: str  # the hash of the state

    def code(self) -> str:
        """Return what paper says of it."""
        return code(self.root)


def code(root: bytes) -> str:
    """Return a root's beginning, for paper: four groups of four letters and digits."""
    letters = base64.b32encode(root[:_CODE_BYTES]).decode()
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def sign(signer: note.Signer, at: datetime, state: State) -> str:
    """Return the signed note of a head."""
    lines = [
        signer.name,
        str(state.frontier.size),
        base64.b64encode(state.frontier.root()).decode(),
        _AT + at.astimezone(UTC).isoformat(timespec="seconds"),
        _STATE + _hash(state.text()),
    ]
    return signer.sign("".join(f"{line}\n" for line in lines))


def read(signed: str, key: note.Believed) -> Checkpoint:
    """Return what a signed note says. Raises NotSigned unless the key has signed it."""
    return _parsed(key.text_of(signed))


def claimed(signed: str) -> Checkpoint:
    """Return what a note says, whoever has signed it. Raises NotSigned if it is no head's."""
    return _parsed(signed.partition("\n\n")[0] + "\n")


def _parsed(text: str) -> Checkpoint:
    try:
        _name, size, root, at, state_hash, *_more = text.splitlines()
        moment = datetime.fromisoformat(at.removeprefix(_AT))
        found = Checkpoint(int(size), base64.b64decode(root), moment, state_hash)
    except ValueError as error:
        raise note.NotSigned("it is no head's text") from error
    return found


def is_state_of(text: Any, checkpoint: Checkpoint) -> bool:
    """Tell whether this is the state that the head was signed with."""
    return checkpoint.state == _STATE + _hash(str(text))


def _hash(text: str) -> str:
    encoded = text.encode("utf-8", "surrogatepass")  # what is no text has a hash of its own too
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()
