"""Each process begins with its share of the tests that wait."""

from pathlib import Path
from typing import Any

import pytest

from tests.run import order


class Item:
    """As much of a test as its place in the order depends on."""

    def __init__(self, file: str, at: int, *, waits: bool) -> None:
        self.path, self.name, self.waits = Path(file), f"{file}{at}", waits


def quick(file: str, count: int) -> list[Any]:
    return [Item(file, at, waits=False) for at in range(count)]


def waiting(file: str, count: int) -> list[Any]:
    return [Item(file, at, waits=True) for at in range(count)]


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "waits", lambda item: item.waits)


def names(items: list[Any]) -> str:
    return " ".join(item.name for item in items)


def test_each_begins_with_whole_files_and_none_is_lost() -> None:
    items = quick("a", 4) + waiting("b", 2) + waiting("c", 1)
    assert names(order.dealt(items, 2)) == "b0 b1 a0 c0 a1 a2 a3"


def test_those_that_wait_may_be_more_than_a_part() -> None:
    items = quick("a", 1) + waiting("b", 4) + waiting("c", 1)
    assert names(order.dealt(items, 2)) == "b0 b1 b2 b3 c0 a0"
