"""The key that signs seals. It lies in a file outside of the database, with its public half beside.

Whoever has the database and not the key can't make a seal that ``verify`` believes.
"""

import os
from contextlib import suppress
from pathlib import Path

from befreg_reserv.audit.seals import note
from befreg_reserv.audit.seals.note import NoKey

_OWNER_ALONE = 0o600
_EVERYBODY_READS = 0o644
NAME = "befreg-reserv"


class NoKeyFile(Exception):
    """There is no key, or it can't be used; the message says what to do."""


def make(path: Path, name: str = NAME) -> note.PublicKey:
    """Make a new key in a file that isn't there yet. Raises NoKeyFile."""
    try:
        made = note.new_signer(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, made.secret_line(), _OWNER_ALONE)
        _write(_public(path), str(made.public), _EVERYBODY_READS)
    except FileExistsError:
        raise NoKeyFile(f"{path} is there already: it is never written over.") from None
    except (OSError, NoKey) as error:
        raise NoKeyFile(f"{path}: {error}") from error
    return made.public


def _write(path: Path, line: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)  # whatever the umask is
        file.write(f"{line}\n")


def _public(path: Path) -> Path:
    return path.with_name(f"{path.name}.pub")


def signer(path: Path | None, *, made_if_missing: bool = False) -> note.Signer:
    """Return who signs. Raises NoKeyFile when there is no usable key.

    ``made_if_missing``: as in development, where nobody has made one.
    """
    if path is None:
        raise NoKeyFile("SEAL_KEY names no file: make one with manage.py seal_key --new FILE.")
    if made_if_missing and not path.exists():
        with suppress(NoKeyFile):  # another process was quicker
            make(path)
    try:
        return note.signer(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError, NoKey) as error:
        raise NoKeyFile(f"{path}: {_why(error)}") from error


def public(path: Path | None) -> note.PublicKey:
    """Return the key that checks seals, from the file beside the secret one. Raises NoKeyFile."""
    if path is None:
        raise NoKeyFile("SEAL_KEY names no file: give the public key's line with --key.")
    try:
        return note.public_key(_public(path).read_text(encoding="utf-8").strip())
    except FileNotFoundError as error:
        raise NoKeyFile(
            f"{_public(path)}: {_why(error)}. Nothing was sealed here yet, or it lies elsewhere:"
            " give the public key's line with --key."
        ) from error
    except (OSError, UnicodeDecodeError, NoKey) as error:
        raise NoKeyFile(f"{_public(path)}: {_why(error)}") from error


def _why(error: Exception) -> str:
    return (error.strerror or "can't be read") if isinstance(error, OSError) else str(error)
