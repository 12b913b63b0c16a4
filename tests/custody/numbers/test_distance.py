"""Numbers that sound alike are near; the one farthest from those in use is handed out next."""

from collections.abc import Callable, Sequence
from itertools import combinations

import pytest

from custody.numbers import distance
from custody.numbers.identities import last_four
from tests.custody.numbers.every import OF_ONE_DATE
from tests.scenes import TAILS


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("K064", "K064", 0),
        ("K064", "K164", 2),  # noll, ett
        ("K064", "K964", 1),  # noll, nio
        ("K064", "M064", 2),
        ("K064", "K046", 1),  # one swap
        ("K064", "K604", 1),
        ("K135", "K305", 1),  # tretton, trettio
        ("K135", "K306", 2),  # the same, and fem for sex
        ("K200", "K700", 1),  # tjugo, sjuttio
        ("K064", "K080", 4),
        ("K064", "M110", 7),  # ett, sex
    ],
)
def test_what_sounds_alike_is_near(one: str, other: str, apart: int) -> None:
    assert distance.apart(one, other) == distance.apart(other, one) == apart


def test_different_numbers_are_never_at_no_distance() -> None:
    assert all(distance.apart(*map(last_four, pair)) for pair in combinations(OF_ONE_DATE, 2))


def test_with_none_in_use_all_are_equally_far() -> None:
    assert len({distance.least(number, []) for number in OF_ONE_DATE}) == 1


def farthest(lying: Sequence[str], in_use: Sequence[str]) -> str:
    return max(lying, key=lambda number: distance.least(number, [*map(last_four, in_use)]))


def lowest(lying: Sequence[str], _in_use: Sequence[str]) -> str:
    return lying[0]


def neighbours(sexes: Sequence[str], choose: Callable[[Sequence[str], Sequence[str]], str]) -> int:
    """Hand out numbers of these sexes; return how many pairs in use are neighbours then."""
    in_use: list[str] = []
    for sex in sexes:
        lying = [tail for tail in TAILS if tail[0] == sex and tail not in in_use]
        in_use.append(choose(lying, in_use))
    return sum(distance.apart(*two) <= distance.NEIGHBOURS for two in combinations(in_use, 2))


# All orders in which five women and five men can come.
ORDERS = ["".join("MK"[at in women] for at in range(10)) for women in combinations(range(10), 5)]


@pytest.mark.parametrize(
    ("handouts", "pairs", "lowest_tab_first"),
    [(2, 0, 112), (3, 42, 357), (4, 159, 564), (5, 393, 733), (7, 1136, 1197), (10, 2520, 2520)],
)
def test_fewer_neighbours_are_in_use_at_once(
    handouts: int, pairs: int, lowest_tab_first: int
) -> None:
    begun = [order[:handouts] for order in ORDERS]
    assert len(begun) == 252
    assert sum(neighbours(sexes, farthest) for sexes in begun) == pairs
    assert sum(neighbours(sexes, lowest) for sexes in begun) == lowest_tab_first
