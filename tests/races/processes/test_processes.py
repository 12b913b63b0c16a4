"""Processes at one pool of numbers: with all protection, and with it taken away."""

import json
import os
import signal
import subprocess
import sys

import pytest

from custody.handouts.refusals import NoneLeft
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.job import PATIENCE_SECONDS, Job, Told
from tests.races.processes.unlocked import without_constraint
from tests.served import ROOT, child_environment

PROCESSES = 8
CALLS = [25, pytest.param(250, marks=pytest.mark.long)]
# Enough for a collision without the lock: nearly every call collides.
FEW_CALLS = 10
ROUNDS = 5

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outage")]


def crowd(cast: Cast, *, calls: int, locked: bool = True) -> Told:
    """Let eight processes hand out at once; return what their callers were told."""
    job = Job(PROCESSES, calls, ward=cast.iva.pk, user=cast.tilda.pk, locked=locked)
    code = f"from tests.races.processes.crowd import Job, main; main({job})"
    with subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", code],
        cwd=ROOT,
        env=child_environment(),
        start_new_session=True,
        stdout=subprocess.PIPE,
    ) as leader:
        try:
            answer, _none = leader.communicate(timeout=PATIENCE_SECONDS)
        except BaseException:
            os.killpg(leader.pid, signal.SIGKILL)  # and all that it forked: the next test is near
            raise
    assert leader.returncode == 0
    return Told(**json.loads(answer))


def twice(numbers: list[str]) -> int:
    """Return how many of the numbers are given a second time."""
    return len(numbers) - len(set(numbers))


@pytest.mark.parametrize("calls", CALLS)
def test_eight_processes_hand_out_each_number_once(cast: Cast, calls: int) -> None:
    numbers = pool.lay_in_women(PROCESSES * calls)
    told = crowd(cast, calls=calls)
    assert (told.refused, told.errors) == (0, [])
    assert pool.handed_out() == numbers
    assert sorted(told.numbers) == sorted(numbers)
    pool.assert_complete(PROCESSES * calls)
    with pytest.raises(NoneLeft):
        scenes.handed_out(cast)


def test_without_lock_and_constraint_the_same_crowd_finds_duplicates(cast: Cast) -> None:
    pool.lay_in_women(PROCESSES * FEW_CALLS * ROUNDS)
    with without_constraint():
        rounds = (crowd(cast, calls=FEW_CALLS, locked=False) for _ in range(ROUNDS))
        assert any(twice(told.numbers) for told in rounds)
        assert twice(pool.handed_out())


def test_without_the_lock_the_constraint_alone_refuses_every_duplicate(cast: Cast) -> None:
    pool.lay_in_women(PROCESSES * FEW_CALLS * ROUNDS)
    rounds = (crowd(cast, calls=FEW_CALLS, locked=False) for _ in range(ROUNDS))
    assert any(told.refused for told in rounds)
    assert pool.handed_out()
    assert not twice(pool.handed_out())
