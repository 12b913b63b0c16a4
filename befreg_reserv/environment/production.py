"""What a production start refuses, in one line each: it says what to set instead."""

import ipaddress
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg import pq

from befreg_reserv.environment import databases, env

# As Django's own check asks for, but ours stops the start.
SHORTEST_SECRET = 50
FEWEST_CHARACTERS = 10  # different ones; a random secret in hexadecimal has them
# Words of secrets that stand in examples.
KNOWN = ("django-insecure", "befreg", "secret", "changeme", "change-me", "example")
# With any other, libpq believes whoever answers.
CHECKED_TLS = {"verify-ca", "verify-full"}


def secret(name: str) -> str:
    """Return the secret. Raises ImproperlyConfigured for a short or a known one."""
    value = env.required(name)
    poor = len(value) < SHORTEST_SECRET or len(set(value)) < FEWEST_CHARACTERS
    if poor or any(word in value.lower() for word in KNOWN):
        how = "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        raise ImproperlyConfigured(f"{name} is short or known: make one with {how}")
    return value


def hosts(name: str) -> list[str]:
    """Return the hosts. Raises ImproperlyConfigured for none and for ``*``."""
    found = env.required_listing(name)
    if any("*" in host for host in found):
        raise ImproperlyConfigured(f"{name}: write each host's own name, without *.")
    return found


def origins(name: str) -> list[str]:
    """Return the other sites that may send forms. Raises ImproperlyConfigured for wildcards."""
    found = env.listing(name)
    for origin in found:
        if "*" in origin or not origin.startswith("https://") or not env.is_site(origin):
            raise ImproperlyConfigured(f"{name}: {origin!r}: write https://host, without *.")
    return found


def database(name: str, patience: databases.Patience) -> dict[str, Any]:
    """Return Django's settings of the database.

    Raises ImproperlyConfigured for SQLite without SQLITE_IS_MEANT, and for PostgreSQL on another
    host without checked TLS or DATABASE_LINE_IS_SAFE.
    """
    url = env.required(name)
    if url.startswith("sqlite:") and not env.flag("SQLITE_IS_MEANT", default=False):
        raise ImproperlyConfigured(
            f"{name} is SQLite, for one server alone: set SQLITE_IS_MEANT=1, or use PostgreSQL."
        )
    chosen = databases.at(url, patience)
    if "sqlite" in chosen["ENGINE"] or env.flag("DATABASE_LINE_IS_SAFE", default=False):
        return chosen
    if _is_elsewhere(chosen) and _parameter(chosen, "sslmode") not in CHECKED_TLS:
        raise ImproperlyConfigured(
            f"{name} names another host without TLS: add sslmode=verify-full (and sslrootcert),"
            " or set DATABASE_LINE_IS_SAFE=1 if nobody else can reach the line."
        )
    return chosen


def _is_elsewhere(chosen: dict[str, Any]) -> bool:
    """Tell whether any host may be another machine; one that a service file names may be."""
    if "service" in chosen["OPTIONS"]:
        return True
    found = _parameter(chosen, "hostaddr") or chosen["HOST"] or _parameter(chosen, "host")
    return not all(_is_here(host.strip()) for host in found.split(","))


def _is_here(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True  # a socket of this machine
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parameter(chosen: dict[str, Any], name: str) -> str:
    """Return a parameter as libpq will find it: in the address, or in PGSSLMODE and its like."""
    defaults = {option.keyword.decode(): option.val for option in pq.Conninfo.get_defaults()}
    return str(chosen["OPTIONS"].get(name) or (defaults.get(name) or b"").decode())
