"""How hard it is to mishear one number for another: a distance over the spoken last four. Pure.

Callers hear a word for the letter (``spelling``) and three digits, one by one or in twos.
Which Swedish digits are taken for each other on the telephone is our own judgement, after the
sounds that they share: we know no published measurement.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import pairwise, repeat
from typing import Final

from custody.numbers.identities import last_four

# Two digits that may be taken for each other, heard one by one.
ALIKE: Final = frozenset(
    map(
        frozenset,
        (
            "16",  # ett, sex: a short e, cut off
            "56",  # fem, sex: the same e
            "67",  # sex, sju: both begin with a hiss
            "18",  # ett, åtta: a long t
            "28",  # två, åtta: the same å
            "23",  # två, tre: the same t, and a long vowel
            "09",  # noll, nio: the same n
            "27",  # tjugo, sjuttio, where the serial is read as one number
        ),
    )
)
# Read in twos: tretton and trettio, femton and femtio, sexton and sextio, and so on.
_ENDINGS: Final = frozenset(frozenset((f"1{digit}", f"{digit}0")) for digit in "356789")

SAME, LIKE, UNLIKE = 0, 1, 2
# What one slip of the tongue or ear costs, wherever it is: a swap, a wrong ending.
SLIP: Final = 1
# Numbers at most so far apart are neighbours: two of the four characters tell them apart.
NEIGHBOURS: Final = 2 * UNLIKE


@lru_cache(maxsize=10_000)  # the pairs of a birth date
def apart(one: str, other: str) -> int:
    """Return how far two texts of the same length are apart for the ear; 0 if they are the same.

    Place by place: 1 for digits that sound alike, 2 for other characters. Two neighbours swapped,
    or -ton heard as -tio, are one slip, and count 1 instead of what their two places would.
    """
    costs = [_heard(*pair) for pair in zip(one, other, strict=True)]
    least = sum(costs)
    for place, (first, second) in enumerate(zip(pairwise(one), pairwise(other), strict=True)):
        if first != second and _one_slip("".join(first), "".join(second)):
            least = min(least, sum(costs) - sum(costs[place : place + 2]) + SLIP)
    return least


def least(number: str, tails: Iterable[str]) -> int:
    """Return the distance of a number to the nearest of those in use, of which these are the tails.

    With none in use, more than any distance. Numbers of other birth dates don't belong here.
    """
    tail = last_four(number)
    return min(map(apart, repeat(tail), tails), default=UNLIKE * len(tail) + 1)


@cache  # of two characters
def _heard(one: str, other: str) -> int:
    if one == other:
        return SAME
    return LIKE if frozenset((one, other)) in ALIKE else UNLIKE


@cache  # of twice two characters
def _one_slip(one: str, other: str) -> bool:
    return one == other[::-1] or frozenset((one, other)) in _ENDINGS
