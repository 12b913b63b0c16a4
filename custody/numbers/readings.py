"""What a caller read back, compared with the number that was read out. Pure."""

from collections.abc import Container
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import Final, NamedTuple

from custody.numbers.identities import LENGTH, last_four, normalise, parts, place_of


@dataclass(frozen=True, slots=True)
class ComparedReading:
    """What was typed while a caller read a number back, normalised.

    ``places``: the number's places (0–11) that differ, when the last four or all characters were
    read. Empty when the reading is right, and when it can't be compared place by place.
    """

    typed: str
    places: tuple[int, ...]
    comparable: bool

    @property
    def right(self) -> bool:
        """Tell whether it is exactly the number, or exactly its last four."""
        return self.comparable and not self.places

    @property
    def differing(self) -> str:
        """Return the places that differ, counted from 1 in what was read: "1, 3"."""
        begin = place_of(self.typed) or 0
        return ", ".join(str(place - begin + 1) for place in self.places)

    @property
    def whole(self) -> bool:
        """Tell whether all of the number was read back, and not its last four."""
        return place_of(self.typed) == 0


def compare(value: str, text: str) -> ComparedReading:
    """Return how ``text``, typed while the caller reads, differs from the stored number ``value``.

    Spaces, hyphens and lower case don't count (``identities.normalise``). Everything else does: a
    caller who says anything but the last four or all twelve characters may have another number
    before them. A scanner's prefix counts too: it comes from the till's own sheet, not the caller.
    """
    typed = normalise(text)
    begin = place_of(typed)
    if begin is None:
        return ComparedReading(typed, (), comparable=False)
    pairs = enumerate(zip(value[begin:], typed, strict=True), begin)
    places = tuple(place for place, (stored, heard) in pairs if stored != heard)
    return ComparedReading(typed, places, comparable=True)


class Pair(NamedTuple):
    """A character that was meant beside the one that was typed; "" where one of them ends."""

    meant: str
    typed: str

    @property
    def wrong(self) -> bool:
        """Tell whether the two differ."""
        return self.meant != self.typed


# A text that is longer than that is no number, and what stands after it shows nothing more.
MOST_SHOWN: Final = 2 * LENGTH


def beside(value: str, reading: ComparedReading) -> list[Pair]:
    """Return a reading beside the number ``value``, character by character.

    Beside the whole number, if at least as much was typed as a birth date has; else beside the
    last four.
    """
    date, *_rest = parts(value)
    meant = value if len(reading.typed) >= len(date) else last_four(value)
    typed = reading.typed[:MOST_SHOWN]
    return [Pair(*pair) for pair in zip_longest(meant, typed, fillvalue="")]


class Character(NamedTuple):
    """One character of a number: whether it was read back wrong, whether a group ends with it."""

    character: str
    wrong: bool
    gap: bool


def marked(value: str, places: Container[int] = ()) -> tuple[list[Character], list[Character]]:
    """Return the characters of a number's birth date, and the others in their groups.

    ``places``: those that were read back wrong.
    """
    birth, *ends = accumulate(map(len, parts(value)))
    marks = [Character(char, at in places, at + 1 in ends[:-1]) for at, char in enumerate(value)]
    return marks[:birth], marks[birth:]
