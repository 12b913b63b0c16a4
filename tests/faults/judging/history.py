"""What clients saw, held against what the database holds.

Each call has a client's own number for it, whatever keys its forms carried: so a caller who was
given two numbers is seen, also where the form was typed again under another key.
"""

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum


class NotHere(Exception):
    """A scenario can't be played on this machine; the message says why."""


class Kind(Enum):
    """What came back of one request."""

    NUMBER = "the number"
    TAKEN = "where to find the number"
    SIGN_IN = "the way to sign in"
    ELSE = "another page of ours"  # no number left, or asked again
    NOTHING = "our page that says: nothing was recorded"
    DOUBT = "our page that says: nobody knows"
    BARE = "a page that isn't ours"
    CUT = "nothing: the connection died"
    CLOSED = "nothing: nobody listens"


UNKNOWN = {Kind.DOUBT, Kind.BARE, Kind.CUT}


@dataclass(frozen=True)
class Try:
    """One request of a call's form, or for the page that its answer led to."""

    call: int
    key: str
    began: float  # time.monotonic()
    seconds: float
    kind: Kind
    number: str = ""

    @property
    def ended(self) -> float:
        """Return when its answer had come."""
        return self.began + self.seconds


@dataclass(frozen=True)
class Held:
    """What the database holds at the end.

    ``numbers``: a call's key and the number it was given, undone ones excepted. ``set_aside``:
    numbers that were taken out of the binder without a handout.
    """

    numbers: list[tuple[str, str]]
    set_aside: list[str]
    findings: list[str]


@dataclass
class History:
    """What all clients of one scenario saw, in the order of their answers."""

    tries: list[Try] = field(default_factory=list)
    live: list[float] = field(default_factory=list)
    # When a fault struck, or ended, from which a next number is waited for.
    marks: list[float] = field(default_factory=list)

    def mark(self) -> None:
        """Note that from now on a number is waited for."""
        self.marks.append(time.monotonic())

    def next_number(self, mark: float) -> float:
        """Return how long after ``mark`` the next number was shown."""
        ends = [one.ended for one in self.tries if one.kind is Kind.NUMBER and one.ended > mark]
        return min(ends, default=math.inf) - mark


@dataclass(frozen=True)
class Verdict:
    """What became of the calls of one scenario."""

    calls: int
    numbers: int
    lost: int  # acknowledged, and the database would hand it out again
    aside: int  # acknowledged, and known to the journal alone: set aside
    twice: int  # numbers of two calls, and calls with two numbers
    unknown: int  # calls of which at some moment nobody knew
    unresolved: int
    bare: int
    next_number: float | None  # seconds, at worst
    longest: float
    live: float
    findings: tuple[str, ...] = ()


def judge(history: History, held: Held) -> Verdict:
    """Hold what was seen against what is held."""
    acknowledged = {(one.call, one.key, one.number) for one in history.tries if one.number}
    doubtful = {one.call for one in history.tries if one.kind in UNKNOWN}
    return Verdict(
        calls=len({one.call for one in history.tries}),
        numbers=len(acknowledged),
        lost=len(_unknown(acknowledged, held) - set(held.set_aside)),
        aside=len(_unknown(acknowledged, held) & set(held.set_aside)),
        twice=len(_twice(history.tries, acknowledged, held)),
        unknown=len(doubtful),
        unresolved=len(_unresolved(history.tries, held)),
        bare=sum(one.kind is Kind.BARE for one in history.tries),
        next_number=max(map(history.next_number, history.marks), default=None),
        longest=max((one.seconds for one in history.tries), default=math.inf),
        live=max(history.live, default=math.inf),
        findings=tuple(held.findings),
    )


def _unresolved(tries: Iterable[Try], held: Held) -> set[int]:
    """Return the calls that got no end, or another page though the database has their number."""
    given = {key for key, _number in held.numbers}
    calls, ended = set(), set()
    for one in tries:
        calls.add(one.call)
        if one.kind is Kind.NUMBER or (one.kind is Kind.ELSE and one.key not in given):
            ended.add(one.call)
    return calls - ended


def _unknown(acknowledged: Iterable[tuple[int, str, str]], held: Held) -> set[str]:
    """Return the numbers that a client was shown, and the database knows no such handout."""
    known = set(held.numbers)
    return {number for _call, key, number in acknowledged if (key, number) not in known}


def _twice(
    tries: Iterable[Try], acknowledged: Iterable[tuple[int, str, str]], held: Held
) -> set[str]:
    """Return numbers that two calls have, and the calls that have two numbers."""
    call_of = {one.key: one.call for one in tries}
    pairs = {(call, number) for call, _key, number in acknowledged}
    pairs |= {(call_of.get(key, -1), number) for key, number in held.numbers}
    rows = Counter(number for _key, number in held.numbers)
    numbers = Counter(number for _call, number in pairs)
    calls = Counter(str(call) for call, _number in pairs if call >= 0)
    return {one for each in (rows, numbers, calls) for one, times in each.items() if times > 1}
