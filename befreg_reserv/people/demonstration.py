"""Who is who in the demonstration that `make run` lays in. Production refuses its people."""

from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.roles import Role


class Somebody(NamedTuple):
    """One of the demonstration's people, and what to try as this person."""

    vgr_id: str
    role: Role
    to_try: str | Promise


# Real people may be called so: the log tells who made them.
PEOPLE = (
    Somebody(
        "demka",
        Role.TILL,
        _("Take a call in the drill that is going on, and let the number be read back."),
    ),
    Somebody(
        "demav",
        Role.WARD,
        _("Close the numbers of last week's drill, and say what the ward needs next week."),
    ),
    Somebody(
        "demad",
        Role.ADMINISTRATOR,
        _("See what waits for somebody, refill the training binder, read last week's report."),
    ),
    Somebody("demgr", Role.AUDITOR, _("Look for a number in the log: who saw it, and when?")),
)


def logins() -> Path:
    """Return the file with the logins, for whoever started the demonstration."""
    path: Path = settings.VAR_DIR / "demo-logins.txt"
    return path


def people() -> tuple[Somebody, ...]:
    """Return who may sign in to try things out; nobody where no demonstration was laid in."""
    return () if settings.PRODUCTION or not logins().exists() else PEOPLE
