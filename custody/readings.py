"""What a caller read back, beside the number that was read out. Pure, and a leaf."""

from dataclasses import dataclass
from typing import Final

from custody.identities import LENGTH, normalise

LAST: Final = 4  # the characters that tell the numbers of a binder apart


@dataclass(frozen=True, slots=True)
class Reading:
    """A number and all that was typed of it, normalised.

    ``places``: those of the number (0–11) at which a reading of the last four, or of all
    characters, differs. Empty where it is right, and where it can't be compared place by place.
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
        """Return the places that differ as people count them in what was read: "1, 3"."""
        before = LENGTH - len(self.typed)
        return ", ".join(str(place - before + 1) for place in self.places)

    @property
    def whole(self) -> bool:
        """Tell whether all of the number was read back, and not its last four."""
        return self.comparable and len(self.typed) > LAST


def compare(value: str, text: str) -> Reading:
    """Return how ``text``, typed while the caller reads, differs from the stored number ``value``.

    Spaces, hyphens and lower case don't count (``identities.normalise``). Everything else that was
    typed does: a caller who says more or less than the last four, or all twelve characters, may
    have another number before them. So does a scanner's prefix: the till's own sheet is no
    caller's word.
    """
    typed = normalise(text)
    comparable = len(typed) in {LAST, LENGTH}
    start = LENGTH - len(typed)
    pairs = enumerate(zip(value[start:], typed, strict=True), start) if comparable else ()
    places = tuple(place for place, (right, said) in pairs if right != said)
    return Reading(typed, places, comparable)
