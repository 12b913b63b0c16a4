"""In which order a run of several processes does its tests.

pytest-django puts tests that commit after all others. They wait for servers, browsers and locks:
at the end of a run, with nothing else left to do, the processors stood idle.
"""

from itertools import groupby
from pathlib import Path

import pytest

from tests.where import kind

WAITING = {"committed", "browser"}


def waits(item: pytest.Item) -> bool:
    """Tell whether a test is of those that wait."""
    return kind(item) in WAITING


def dealt(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """Return the tests so that each process begins with its share of those that wait.

    xdist gives each process a part of the list; who has done with it takes from the end of
    another's. Tests of one file stay together, since they share what was made for them.
    """
    shares: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for at, (_file, tests) in enumerate(groupby(filter(waits, items), key=_file_of)):
        shares[at % processes] += tests
    others = [item for item in items if not waits(item)]
    result: list[pytest.Item] = []
    for at, share in enumerate(shares):
        room = (len(items) - len(result)) // (processes - at) - len(share)
        result += [*share, *others[: max(room, 0)]]
        del others[: max(room, 0)]
    return result + others


def _file_of(item: pytest.Item) -> Path:
    return item.path
