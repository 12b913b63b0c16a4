"""Protections of the product, each of which a run of the faults can take away in its servers."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from django.db.backends.signals import connection_created
from django.utils import timezone

VARIABLE = "FAULTS_CLOCK"  # a file's name; it holds how many seconds the server's clock is ahead


def _put(owner: Any, name: str, other: Any) -> None:
    setattr(owner, name, other)


def times_of_the_pool() -> None:
    """Let the pool wait as long as psycopg's own does, and try as seldom."""
    from django.db import connection  # noqa: PLC0415  loaded with the application

    connection.settings_dict["OPTIONS"]["pool"].update(timeout=30.0, reconnect_timeout=300.0)


def places_for_passwords() -> None:
    """Let any number of passwords be checked at a time, each as dear as Django has it."""
    from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: PLC0415  as above

    from befreg_reserv.people.signing_in import hashing  # noqa: PLC0415  as above

    for cost in ("time_cost", "memory_cost", "parallelism"):
        _put(hashing.Argon2, cost, getattr(Argon2PasswordHasher, cost))
    for places in (hashing.OF_STRANGERS, hashing.OF_KNOWN):
        places._room = places._turn = BoundedSemaphore(1000)


def threads_of_sign_ins() -> None:
    """Let sign-ins take the till's threads; before there is a worker."""
    from befreg_reserv.serving import worker  # noqa: PLC0415  as above

    worker.OWN_THREADS.pop((b"/sign-in/", False))


def the_shared_clock() -> None:
    """Record what this server's own clock shows, whatever the database's does."""
    from befreg_reserv import clock  # noqa: PLC0415  as above

    _put(clock, "agree", lambda _one, _other: True)
    _put(clock, "read_of", lambda _row: timezone.now())


def the_forms_key() -> None:
    """Let the server not ask once more: without the key it would hand out a second number."""
    from befreg_reserv.pages import once_more  # noqa: PLC0415  as above

    _put(once_more, "LEAST_SECONDS", float("inf"))


BY_NAME: dict[str, Callable[[], None]] = {
    "times of the pool": times_of_the_pool,
    "places for passwords": places_for_passwords,
    "the shared clock": the_shared_clock,
    "the form's key": the_forms_key,
}


# What is lost without these is counted, so a busy machine shows it too; the others show in times.
COUNTED = {"the form's key", "synchronous standbys", "the shared clock", "the journal"}


def follow_clock() -> None:
    """Let this server's own clock be as wrong as the file says; on SQLite the database's too.

    Before the models are loaded, which keep the function for their defaults.
    """
    file, real_now = Path(os.environ[VARIABLE]), timezone.now

    def wrong_now() -> datetime:
        ahead = float(file.read_text()) if file.exists() else 0
        return real_now() + timedelta(seconds=ahead)

    def strftime(pattern: str, _now: str, later: str = "+0 seconds") -> str:
        at = wrong_now() + timedelta(seconds=float(later.removesuffix(" seconds")))
        return at.strftime(pattern.replace("%f", f"%S.{at.microsecond // 1000:03}"))

    def connected(connection: Any, **_kwargs: Any) -> None:
        if connection.vendor == "sqlite":
            connection.connection.create_function("strftime", -1, strftime)

    timezone.now = wrong_now
    connection_created.connect(connected, weak=False)
