"""Typed readings of the environment. Every wrong value fails at start, by name.

Our own, because django-environ 0.14 reads a mistyped yes as no, environs 15.2 reads no NAME_FILE,
and neither has most of what is here (addresses, names, networks). A database's address:
``databases``.
"""

import ipaddress
import os
import re
import secrets
from collections.abc import Collection
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SHORTEST_TOKEN = 20

OTHERS = 0o077  # the rights of group and world

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return the variable ``name``, or the contents of the file that ``name_FILE`` points at.

    Raises ImproperlyConfigured when that file can't be read.
    """
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path}: not UTF-8 text") from error


def required(name: str) -> str:
    """Return the variable; raise ImproperlyConfigured when it is missing or empty."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set in production.")
    return value


def token(name: str) -> str:
    """Return the word that opens something, or "" when it isn't set.

    Raises ImproperlyConfigured for one under 20 characters: it can be guessed.
    """
    value = text(name)
    if 0 < len(value) < SHORTEST_TOKEN:
        raise ImproperlyConfigured(f"{name} can be guessed: write {SHORTEST_TOKEN} characters.")
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return a yes or no; raise ImproperlyConfigured for anything else."""
    value = text(name, str(default)).lower()
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name}={value!r}: write 1 or 0.")


def integer(name: str, default: int) -> int:
    """Return a whole number; raise ImproperlyConfigured for anything else."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r}: write a whole number.") from error


def positive(name: str, default: int) -> int:
    """Return a whole number of at least 1; raise ImproperlyConfigured for anything else."""
    value = integer(name, default)
    if value < 1:
        raise ImproperlyConfigured(f"{name}={value}: write 1 or more.")
    return value


def listing(name: str, default: str = "") -> list[str]:
    """Return the comma-separated parts, without blanks."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def some_of(name: str, known: Collection[str], default: str) -> list[str]:
    """Return the comma-separated parts; raise ImproperlyConfigured for one that isn't ``known``."""
    parts = listing(name, default)
    for part in parts:
        if part not in known:
            raise ImproperlyConfigured(f"{name}: {part!r} is none of {', '.join(known)}.")
    return parts


def one_of(name: str, known: Collection[str], default: str) -> str:
    """Return the word; raise ImproperlyConfigured for one that isn't ``known``."""
    value = text(name, default)
    if value not in known:
        raise ImproperlyConfigured(f"{name}: {value!r} is none of {', '.join(known)}.")
    return value


def required_listing(name: str) -> list[str]:
    """Return the comma-separated parts; raise ImproperlyConfigured when there is none."""
    parts = listing(name)
    if not parts:
        required(name)
        raise ImproperlyConfigured(f"{name} holds nothing but commas and blanks.")
    return parts


def networks(name: str) -> list[Network]:
    """Return the comma-separated addresses and networks (10.0.0.0/24).

    Raises ImproperlyConfigured for anything else, and for a network that is everybody.
    """
    found = []
    for part in listing(name):
        try:
            network = ipaddress.ip_network(part)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name}: {part!r} is no address and no network; write 10.0.0.2 or 10.0.0.0/24."
            ) from error
        if not network.prefixlen:
            raise ImproperlyConfigured(f"{name}: {part!r} is everybody; name some.")
        found.append(network)
    return found


def sender(name: str, default: str) -> str:
    """Return ``a@b`` or ``Name <a@b>``; raise ImproperlyConfigured for anything else."""
    value = text(name, default)
    try:
        validate_email(parseaddr(value)[1])
    except ValidationError as error:
        raise ImproperlyConfigured(f"{name}={value!r}: write an e-mail address.") from error
    if not value.isprintable():
        raise ImproperlyConfigured(f"{name}={value!r}: write it on one line.")
    return value


def site(name: str) -> str:
    """Return ``https://host`` without a slash at its end, or nothing when it isn't set.

    Raises ImproperlyConfigured for anything else: pages are linked to by appending their path.
    """
    value = text(name).removesuffix("/")
    if value and not is_site(value):
        raise ImproperlyConfigured(f"{name}={value!r}: write https://host, without a path.")
    return value


def is_site(address: str) -> bool:
    """Tell whether it is http(s)://host, without a path."""
    if re.search(r"[^!-~]|[@?#\\]", address):
        return False
    try:
        parts = urlsplit(address)
        port = parts.port  # raises for what is no port
    except ValueError:
        return False
    known = parts.scheme in {"http", "https"} and parts.hostname and port != 0
    return bool(known) and not parts.path


def web_address(name: str, value: str | None = None) -> str:
    """Return ``value``, or else the variable, if it is an address to fetch; or nothing for "".

    Raises ImproperlyConfigured for anything but http:// or https:// with a host: a password in an
    address would be shown and logged with it.
    """
    address = text(name) if value is None else value
    if not address and value is None:
        return ""
    try:
        parts = urlsplit(address)
        sound = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        sound = False
    plain = address.isascii() and address.isprintable() and " " not in address
    if not (sound and plain and parts.scheme in {"http", "https"}):
        # Not repeated: it may hold a password.
        raise ImproperlyConfigured(f"{name}: write http(s)://host/path, without a password.")
    return address


def by_name(name: str) -> dict[str, str]:
    """Return the comma-separated ``name=…`` parts. Raises ImproperlyConfigured for one twice."""
    found: dict[str, str] = {}
    for part in listing(name):
        label, _equals, value = part.partition("=")
        if label in found:
            raise ImproperlyConfigured(f"{name}: {label!r} stands there twice.")
        found[label] = value.strip()
    return found


def keep_new_files_private() -> None:
    """Let every file and folder that this process makes be its owner's alone."""
    os.umask(OTHERS)


def kept_secret(path: Path) -> str:
    """Return the secret kept in ``path``, made on first use and readable by its owner only.

    For development alone: a default secret in the source would be everybody's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = secrets.token_urlsafe(50)
        file.write(secret)
    return secret


def path(name: str) -> Path | None:
    """Return the absolute path that the variable names, or None when it isn't set.

    Raises ImproperlyConfigured for a relative one: it would depend on where the server started.
    """
    value = text(name)
    return _absolute(name, value) if value else None


def paths(name: str) -> list[Path]:
    """Return the absolute paths that the variable names, with commas between.

    Raises ImproperlyConfigured for a relative one, or the same one twice.
    """
    found = [_absolute(name, value) for value in listing(name)]
    if len(set(found)) < len(found):
        raise ImproperlyConfigured(f"{name}: write each path once.")
    return found


def _absolute(name: str, value: str) -> Path:
    if not Path(value).is_absolute():
        raise ImproperlyConfigured(f"{name}={value!r}: write an absolute path.")
    return Path(value)
