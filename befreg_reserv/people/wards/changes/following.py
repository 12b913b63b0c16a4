"""What is open of a ward and goes on at its successor: higher rooms register theirs at the start.

People are a kind of their own, and the rooms of plans and numbers have theirs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.utils.translation import gettext as _

from befreg_reserv.acts.event import AnyEvent
from befreg_reserv.people.models import Ward


@dataclass(frozen=True)
class Thing:
    """One open thing of a ward's: its key, and what tells an administrator which it is."""

    key: int
    words: str
    link: str = ""
    drill: bool = False


Found = Callable[[Ward], list[Thing]]
Mover = Callable[[int, Sequence[Ward], AnyEvent, str], object]


@dataclass(frozen=True)
class Kind:
    """A kind of things that follow.

    ``counted`` says in words how many there are. ``move`` takes a thing's key, where it goes on
    (one ward, or with ``shared`` several), the event and the reason. ``stays``: without a successor
    they stay where they are. ``by_a_person``: no command moves them, somebody must stand for it.
    Without ``move`` they keep the ward's name, and its successors see them and finish them.
    """

    name: str
    counted: Callable[[int], str]
    found: Found
    move: Mover | None
    shared: bool = False
    stays: bool = True
    by_a_person: bool = False


@dataclass(frozen=True)
class Left:
    """What is open of one kind."""

    kind: Kind
    things: list[Thing]

    @property
    def words(self) -> str:
        """Return how many there are in words, and how many of them drills left."""
        what = self.kind.counted(len(self.things))
        drills = sum(thing.drill for thing in self.things)
        if not drills:
            return what
        if drills == len(self.things):
            return _("%(what)s (drill)") % {"what": what}
        return _("%(what)s (%(count)d in drills)") % {"what": what, "count": drills}

    def words_of(self, thing: Thing) -> str:
        """Return what tells one of them from the others."""
        return Left(self.kind, [thing]).words + f": {thing.words}"

    @property
    def words_in_list(self) -> str:
        """Return the words for a list of all that goes on elsewhere, or keeps the ward's name."""
        if self.kind.move:
            return self.words
        return _("%(what)s (keeps its name)") % {"what": self.words}


def going_on(left: Iterable[Left]) -> list[Left]:
    """Return what goes on at a successor: the rest keeps the ward's name, and is seen there."""
    return [each for each in left if each.kind.move]


_registered: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Let things of these kinds follow a ward to its successor."""
    _registered.update({kind.name: kind for kind in kinds})


def left_at(ward: Ward) -> list[Left]:
    """Return what is open of a ward, each kind that there is some of; a few statements a kind."""
    found = (Left(kind, kind.found(ward)) for kind in _registered.values())
    return [left for left in found if left.things]


def mark(left: Iterable[Left]) -> str:
    """Return a text that is another one when something else would move."""
    what = sorted((each.kind.name, sorted(thing.key for thing in each.things)) for each in left)
    return sha256(repr(what).encode()).hexdigest()
