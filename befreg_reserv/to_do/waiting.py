"""What waits for somebody: rooms register it at start, and the overview lists it.

A lower room knows none above it, so each says here what it leaves to do.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, Protocol

from django.db.models import Model
from django.utils.functional import Promise

MOST = 20  # of one source; the others follow as these are done
Words = str | Promise


class HasRights(Protocol):
    """A person, as far as a source needs to know."""

    def has_perm(self, perm: str) -> bool:
        """Tell whether the person holds a permission."""


@dataclass(frozen=True)
class Asked:
    """Who looks, when, and whether at what drills have left to do."""

    person: HasRights
    now: datetime
    drill: bool = False

    def to(self, address: str, permission: str) -> str:
        """Return the address if the person may open it, else ""."""
        return address if self.person.has_perm(permission) else ""


@dataclass(frozen=True)
class Waiting:
    """One thing that waits.

    ``label``: its kind, in a word or two; ``owner``: who sees to it; ``since``: when it began to
    wait, if that is known. ``text`` says what it is, and ``leads`` what the link to ``address``
    does. What needs more than a sentence has a ``piece``, a template that shows ``about``, and
    perhaps a ``form``, whose fields' ids begin with ``ids``. ``shown``: the row whose look is
    logged. ``step``: the address of an installation's step that says the same.
    """

    label: Words
    owner: Words
    text: Words = ""
    since: datetime | None = None
    address: str = ""
    leads: Words = ""
    color: str = "warning"  # a key of the tags
    piece: str = ""
    about: Any = None
    form: Any = None
    ids: str = ""
    shown: Model | None = None
    step: str = ""


Source = Callable[[Asked], Iterable[Waiting]]


class _Registered(NamedTuple):
    place: int
    source: Source
    of_drills: bool


_sources: dict[str, _Registered] = {}


def register(place: int, source: Source, *, of_drills: bool = False) -> None:
    """Add a source of what waits. ``place``: the lowest comes first, what is worst for a patient.

    ``of_drills``: it also tells what drills left; others are asked about reality alone.
    """
    name = f"{source.__module__}.{source.__qualname__}"
    _sources[name] = _Registered(place, source, of_drills)


@dataclass(frozen=True)
class ToDo:
    """What waits, in order. ``more``: a source has further ones, which follow as these are done."""

    waiting: list[Waiting]
    more: bool


def everything(asked: Asked) -> ToDo:
    """Return what waits for anybody: of reality, or of drills."""
    found: list[Waiting] = []
    more = False
    for each in sorted(_sources.values(), key=lambda each: each.place):
        if asked.drill and not each.of_drills:
            continue
        listed = list(islice(each.source(asked), MOST + 1))
        found += listed[:MOST]
        more = more or len(listed) > MOST
    return ToDo(found, more)
