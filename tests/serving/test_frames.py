"""Frames have room: however deep a call stands, those below it cost the system nothing."""

import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from befreg_reserv.serving.frames import with_room

pytestmark = pytest.mark.one_database("network")

CALLS = 2_000
DEEPEST = 150  # frames of the least size, of which a piece of 16 KiB holds some 130


def _nothing() -> None:
    """Be a call with a larger frame than those above: at some depth a piece has no room for it."""


_nothing.__code__ = _nothing.__code__.replace(co_stacksize=60)


def _pieces(depth: int) -> int:
    """Return how many pieces of memory were asked for by CALLS calls so many frames below."""
    if depth:
        return _pieces(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(CALLS):
        _nothing()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def _most() -> int:
    """Return the same for the worst depth."""
    return max(_pieces(depth) for depth in range(DEEPEST))


def _in_a_thread(call: Callable[[], int]) -> int:
    """Return what the call does in a thread of its own, whose frames begin anew."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


def test_a_call_in_a_room_asks_the_system_for_none_wherever_it_stands() -> None:
    assert _in_a_thread(partial(with_room, _most)) < CALLS / 10
    assert _in_a_thread(_most) > CALLS / 2  # what it would be without


def test_a_room_gives_and_raises_what_the_call_does() -> None:
    def half(number: int, *, of: int) -> float:
        return of / number

    assert with_room(half, 2, of=3) == 1.5
    with pytest.raises(ZeroDivisionError):
        with_room(half, 0, of=3)
