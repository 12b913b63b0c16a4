"""Who is who in the demonstration that `make run` lays in. Production refuses its people."""

from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from befreg_reserv.people.roles import Role


class Somebody(NamedTuple):
    """One of the demonstration's people, what to try as this person, and on which page."""

    vgr_id: str
    role: Role
    to_try: str | Promise
    where: str


# Real people may be called so: the log tells who made them.
PEOPLE = (
    Somebody(
        "demka",
        Role.TILL,
        _("Take a call in the drill that is going on, and let the number be read back."),
        "/till/drill/",
    ),
    Somebody(
        "demav",
        Role.WARD,
        _("Close the numbers of last week's drill, and say what the ward needs next week."),
        "/ward/?drill=1",
    ),
    Somebody(
        "demad",
        Role.ADMINISTRATOR,
        _("See what waits for somebody, refill the training binder, read last week's report."),
        "/binder/overview/?drill=1",
    ),
    Somebody(
        "demgr",
        Role.AUDITOR,
        _("Look for a number in the log: who saw it, and when?"),
        "/audit/",
    ),
)


def logins() -> Path:
    """Return the file with the logins, for whoever started the demonstration."""
    path: Path = settings.VAR_DIR / "demo-logins.txt"
    return path


def people() -> tuple[Somebody, ...]:
    """Return who may sign in to try things out; nobody where no demonstration was laid in."""
    return () if settings.PRODUCTION or not logins().exists() else PEOPLE


def to_try(vgr_id: str) -> str:
    """Return what this person may try, with a link to its page; "" for anybody else.

    Their own doors open on reality, where the demonstration has no number.
    """
    found = next((somebody for somebody in people() if somebody.vgr_id == vgr_id), None)
    if not found:
        return ""
    return format_html('{} <a href="{}">{}</a>', found.to_try, found.where, _("Go there"))
