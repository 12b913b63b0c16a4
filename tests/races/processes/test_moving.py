"""Eight people move the same numbers to another ward or void them: each is told what happened."""

from collections import Counter

import pytest

from custody.checks import consistency
from custody.models import Handout
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.forked import in_processes
from tests.races.processes.moving_crowd import (
    MOVED,
    REFUSED,
    TOO_LATE,
    VOIDED,
    Moving,
    move_or_void,
)

PEOPLE = 8
HANDOUTS = [6, pytest.param(60, marks=pytest.mark.long)]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outage")]


def at_eight_places(
    cast: Cast, count: int, *, locked: bool = True
) -> dict[Handout, tuple[str, ...]]:
    """Move so many handouts at four places and void them at four; return what each was told."""
    pool.lay_in_women(count)
    keys = [scenes.handed_out(cast).pk for _ in range(count)]
    jobs = [
        Moving(keys, cast.tilda.pk, cast.eye.pk if place % 2 else None, locked=locked)
        for place in range(PEOPLE)
    ]
    told = zip(*in_processes(move_or_void, jobs), strict=True)
    return {Handout.objects.get(pk=pk): each for pk, each in zip(keys, told, strict=True)}


@pytest.mark.parametrize("count", HANDOUTS)
def test_each_is_voided_once_and_moved_only_before(cast: Cast, count: int) -> None:
    for handout, told in at_eight_places(cast, count).items():
        assert Counter(told[::2]) == {VOIDED: 1, TOO_LATE: PEOPLE // 2 - 1}
        assert set(told[1::2]) <= {MOVED, TOO_LATE}
        moved = MOVED in told
        assert (handout.state, handout.ward == cast.eye) == ("voided", moved)
        assert handout.steps.filter(act="transfer").count() == moved
    assert list(consistency.findings()) == []


def test_without_the_locks_only_the_database_stops_seven(cast: Cast) -> None:
    ((handout, told),) = at_eight_places(cast, 1, locked=False).items()
    assert Counter(told)[REFUSED] == PEOPLE - 1
    assert handout.steps.count() == 2
