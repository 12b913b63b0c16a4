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


_doors: dict[str, Door] = {}


def register(*doors: Door) -> None:
    """Add an app's doors."""
    _doors.update({door.address: door for door in doors})


def from_the_left() -> list[Door]:
    """Return all doors in the order of the tabs."""
    return sorted(_doors.values(), key=lambda door: door.place)


def own() -> list[Door]:
    """Return the doors that are somebody's own, in the order in which one is chosen."""
    return sorted((door for door in _doors.values() if door.own_to), key=lambda door: door.rank)
