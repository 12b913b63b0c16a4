"""A text with its signature, as C2SP's signed notes have it (c2sp.org/signed-note), by Ed25519.

The text, an empty line, and a line for each signature: who, and which key of theirs. A key is
written as one line too, so that it can be printed or read out: ``name+hash+key``.
"""

import base64
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_KEY_BYTES = 32
_HASH_BYTES = 4
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+=*)\n")


class NotSigned(Exception):
    """The note isn't signed by that key, or is none; the message says which."""


class NoKey(Exception):
    """The text is no key; the message never repeats it."""


def _hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_HASH_BYTES]


@dataclass(frozen=True)
class PublicKey:
    """Whose signatures are believed. ``str`` gives the line that ``public_key`` reads."""

    name: str
    key: bytes

    @property
    def hash(self) -> bytes:
        """Return the four bytes by which a signature names its key."""
        return _hash(self.name, self.key)

    def __str__(self) -> str:
        encoded = base64.b64encode(_ED25519 + self.key).decode()
        return f"{self.name}+{self.hash.hex()}+{encoded}"

    def text_of(self, note: str) -> str:
        """Return the text that the key has signed. Raises NotSigned."""
        text, gap, signatures = note.rpartition("\n\n")
        if not gap:
            raise NotSigned("it is no signed note")
        text += "\n"
        for name, encoded in _SIGNATURE.findall(signatures):
            signature = _decoded(encoded)
            if name == self.name and signature[:_HASH_BYTES] == self.hash:
                self._check(signature[_HASH_BYTES:], text)
                return text
        raise NotSigned("no signature of it is by this key")

    def _check(self, signature: bytes, text: str) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except (InvalidSignature, UnicodeEncodeError):
            raise NotSigned("its signature is of another text") from None


@dataclass(frozen=True)
class Keys:
    """Several keys, any of which is believed."""

    keys: tuple[PublicKey, ...]

    def text_of(self, note: str) -> str:
        """Return the text that one of them has signed. Raises NotSigned."""
        for key in self.keys[1:]:
            with suppress(NotSigned):
                return key.text_of(note)
        return self.keys[0].text_of(note)


Believed = PublicKey | Keys


@dataclass(frozen=True)
class Signer:
    """Who signs. ``secret_line`` gives the line that ``signer`` reads, and that nobody may see."""

    name: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        """Return what checks the signatures."""
        return PublicKey(self.name, self.key.public_key().public_bytes_raw())

    def secret_line(self) -> str:
        """Return the key as text, with which anybody can sign."""
        encoded = base64.b64encode(_ED25519 + self.key.private_bytes_raw()).decode()
        return f"{_PRIVATE}{self.name}+{self.public.hash.hex()}+{encoded}"

    def sign(self, text: str) -> str:
        """Return the signed note over a text, which ends with a line's end."""
        if not text.endswith("\n"):
            raise ValueError("A note's text ends with a line's end.")
        signature = self.public.hash + self.key.sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(signature).decode()}\n"


def countersigned(note: str, signer: Signer) -> str:
    """Return a signed note with another signature."""
    text = note.rpartition("\n\n")[0] + "\n"
    return note + signer.sign(text)[len(text) + 1 :]


def new_signer(name: str) -> Signer:
    """Return a signer with a new key. Raises NoKey for a name with a blank or a plus."""
    if not _NAME.fullmatch(name):
        raise NoKey("a key's name has neither blanks nor a plus")
    return Signer(name, Ed25519PrivateKey.generate())


def signer(line: str) -> Signer:
    """Return the signer whose ``secret_line`` it is. Raises NoKey."""
    if not line.startswith(_PRIVATE):
        raise NoKey("it is no secret key")
    name, hash_of_key, key = _parts(line.removeprefix(_PRIVATE))
    found = Signer(name, Ed25519PrivateKey.from_private_bytes(key))
    if found.public.hash.hex() != hash_of_key:
        raise NoKey("the key isn't the one that its hash names")
    return found


def public_key(line: str) -> PublicKey:
    """Return the key that the line holds. Raises NoKey."""
    if line.startswith(_PRIVATE):
        raise NoKey("it is the secret key: give the public one")
    name, hash_of_key, key = _parts(line)
    found = PublicKey(name, key)
    if found.hash.hex() != hash_of_key:
        raise NoKey("the key isn't the one that its hash names")
    return found


def _parts(line: str) -> tuple[str, str, bytes]:
    name, _plus, rest = line.strip().partition("+")
    hash_of_key, _plus, encoded = rest.partition("+")
    key = _decoded(encoded)
    if not _NAME.fullmatch(name) or key[:1] != _ED25519 or len(key) != _KEY_BYTES + 1:
        raise NoKey("it is no key: name+hash+key on one line")
    return name, hash_of_key, key[1:]


def _decoded(encoded: str) -> bytes:
    """Return what the text holds; nothing if it is no base64."""
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        return b""
