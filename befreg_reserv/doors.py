"""The doors that apps register at start: the tabs above each page, and where each role begins."""

from typing import NamedTuple

from django.utils.functional import Promise


class Door(NamedTuple):
    """A tab: where it leads, the right that opens it, and its place from the left.

    Holders of the permission ``own_to`` come to this door after sign-in and at "/"; if they have
    several such doors, to the one with the lowest ``rank``.
    """

    label: str | Promise
    address: str
    permission: str
    place: int
    own_to: str = ""
    rank: int = 0


class Kept(NamedTuple):
    """A register that somebody keeps: what it is for, where it leads, who may look, its place."""

    label: str | Promise
    about: str | Promise
    address: str
    permission: str
    place: int


_doors: dict[str, Door] = {}
_kept: dict[str, Kept] = {}


def register(*doors: Door) -> None:
    """Add an app's doors."""
    _doors.update({door.address: door for door in doors})


def keep(*registers: Kept) -> None:
    """Add an app's registers to their page."""
    _kept.update({register.address: register for register in registers})


def kept() -> list[Kept]:
    """Return all registers in the order of their page."""
    return sorted(_kept.values(), key=lambda register: register.place)


def from_the_left() -> list[Door]:
    """Return all doors in the order of the tabs."""
    return sorted(_doors.values(), key=lambda door: door.place)


def own() -> list[Door]:
    """Return the doors that are somebody's own, in the order in which one is chosen."""
    return sorted((door for door in _doors.values() if door.own_to), key=lambda door: door.rank)
