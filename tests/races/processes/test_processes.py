"""Processes at one pool of numbers: with all protection, and with it taken away."""

from collections import Counter

import pytest

from custody.handouts.refusals import NoneLeft
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.crowd import work
from tests.races.processes.forked import in_processes
from tests.races.processes.job import Job, Told
from tests.races.processes.unlocked import without_constraint

PROCESSES = 8
CALLS = [10, pytest.param(250, marks=pytest.mark.long)]
# Without the lock all processes choose the same number in each call.
FEW_CALLS = 3

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outage")]


def crowd(cast: Cast, *, calls: int, locked: bool = True) -> Told:
    """Let eight processes hand out at once; return what their callers were told."""
    job = Job(calls, ward=cast.iva.pk, user=cast.tilda.pk, locked=locked)
    told = Told()
    for own in in_processes(work, [job] * PROCESSES):
        told.add(own)
    return told


@pytest.mark.parametrize("calls", CALLS)
def test_eight_processes_hand_out_each_number_once(cast: Cast, calls: int) -> None:
    numbers = pool.lay_in_women(PROCESSES * calls)
    told = crowd(cast, calls=calls)
    assert (told.refused, told.errors) == (0, [])
    assert sorted(pool.handed_out()) == sorted(told.numbers) == sorted(numbers)
    pool.assert_complete(PROCESSES * calls)
    with pytest.raises(NoneLeft):
        scenes.handed_out(cast)


def test_without_lock_and_constraint_the_same_crowd_finds_duplicates(cast: Cast) -> None:
    pool.lay_in_women(FEW_CALLS + 1)
    with without_constraint():
        told = crowd(cast, calls=FEW_CALLS, locked=False)
        assert (told.refused, told.errors) == (0, [])
        found = Counter(told.numbers)
        assert found == Counter(pool.handed_out())
        assert [*found.values()] == [PROCESSES] * FEW_CALLS


def test_without_the_lock_the_constraint_alone_refuses_every_duplicate(cast: Cast) -> None:
    numbers = pool.lay_in_women(FEW_CALLS + 1)
    told = crowd(cast, calls=FEW_CALLS, locked=False)
    assert (told.refused, told.errors) == (FEW_CALLS * (PROCESSES - 1), [])
    assert sorted(told.numbers) == sorted(pool.handed_out())
    assert len(set(told.numbers) & set(numbers)) == len(told.numbers) == FEW_CALLS
