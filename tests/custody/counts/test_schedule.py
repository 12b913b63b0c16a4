"""When a count is asked for."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from custody.counts import schedule
from custody.models import (
    Binder,
    Count,
)
from custody.numbers.identities import check_digit
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.custody.counts.test_count import counted, findings
from tests.ground.scenery import scene

pytestmark = pytest.mark.one_database("decisions")


@scene
def counted_now(cast: Cast, real_binder: Binder) -> Count:
    return counted(cast, real_binder, findings(real_binder))


def test_a_binder_that_nobody_counted_is_due_after_the_interval(real_binder: Binder) -> None:
    (due,) = schedule.due(timezone.now())
    assert (due.binder, due.ended_at, due.last) == (real_binder, None, None)
    assert schedule.due(scenes.LONG_AGO + timedelta(days=30)) == []


def test_a_new_binder_is_not_due(db: None) -> None:
    scenes.lay_in("Ny", scenes.REAL, training=False, at=timezone.now())
    assert schedule.due(timezone.now()) == []


def test_the_interval_begins_with_each_count(counted_now: Count) -> None:
    assert schedule.due(timezone.now() + timedelta(days=29)) == []
    (due,) = schedule.due(timezone.now() + timedelta(days=31))
    assert due.last == counted_now.listed_at


def test_without_an_interval_only_outages_ask(real_binder: Binder, settings: Any) -> None:
    settings.COUNT_INTERVAL_DAYS = 0
    assert schedule.due(timezone.now()) == []


def test_the_end_of_an_outage_asks(cast: Cast, counted_now: Count) -> None:
    outage = scenes.begin(cast.tilda)
    assert schedule.due(timezone.now()) == []
    lifecycle.end(outage, scenes.now(cast.tilda))
    outage.refresh_from_db()
    (due,) = schedule.due(timezone.now())
    assert (due.ended_at, due.last) == (outage.ended_at, counted_now.listed_at)
    counted(cast, due.binder, findings(due.binder))
    assert schedule.due(timezone.now()) == []


def test_a_drill_asks_for_training_binders_alone(
    cast: Cast, counted_now: Count, training_binder: Binder, drill: Outage
) -> None:
    counted(cast, training_binder, findings(training_binder))
    lifecycle.end(drill, scenes.now(cast.tilda))
    assert [each.binder for each in schedule.due(timezone.now())] == [training_binder]


def test_a_list_made_before_the_end_does_not_answer_it(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    before = findings(real_binder)
    ended = lifecycle.end(outage, scenes.now(cast.tilda)).row
    counted(cast, real_binder, before)
    assert schedule.uncounted_after(ended) == [real_binder]
    counted(cast, real_binder, findings(real_binder))
    assert schedule.uncounted_after(ended) == []


def test_an_outage_waits_for_its_own_kind(
    cast: Cast, real_binder: Binder, training_binder: Binder, outage: Outage, drill: Outage
) -> None:
    assert schedule.uncounted_after(outage) == [real_binder]
    assert schedule.uncounted_after(drill) == [training_binder]


def all_left(binder: Binder) -> Binder:
    """Take every number out of a binder, as earlier outages did."""
    binder.numbers.update(taken_at=scenes.LONG_AGO)
    return binder


def test_a_binder_that_holds_nothing_is_never_asked_for(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    all_left(real_binder)
    ended = lifecycle.end(outage, scenes.now(cast.tilda)).row
    assert schedule.uncounted_after(ended) == []
    assert schedule.due(timezone.now()) == []


def test_but_after_an_outage_that_took_its_last_number(cast: Cast, outage: Outage) -> None:
    shelf = scenes.lay_in("Liten", scenes.many_numbers(1), training=False)
    scenes.handed_out(cast)
    ended = lifecycle.end(outage, scenes.now(cast.tilda)).row
    assert schedule.uncounted_after(ended) == [shelf]
    assert [each.binder for each in schedule.due(timezone.now())] == [shelf]
    scenes.counted(cast, shelf)
    assert schedule.uncounted_after(ended) == []
    assert schedule.due(timezone.now()) == []


def test_a_binder_laid_in_afterwards_was_not_there_to_be_counted(
    cast: Cast, outage: Outage
) -> None:
    ended = lifecycle.end(outage, scenes.now(cast.tilda)).row
    scenes.lay_in("Ny", scenes.REAL, training=False, at=timezone.now())
    assert schedule.uncounted_after(ended) == []


def test_the_last_count_is_the_one_with_the_latest_list(
    cast: Cast, real_binder: Binder, training_binder: Binder
) -> None:
    assert schedule.last_count(real_binder) is None
    counted(cast, real_binder, findings(real_binder))
    last = counted(cast, real_binder, findings(real_binder))
    assert schedule.last_count(real_binder) == last
    assert schedule.last_counts([real_binder]) == {real_binder.pk: last}


def test_due_costs_one_statement_however_many_binders(cast: Cast, real_binder: Binder) -> None:
    for day in range(1, 29):
        born = f"200102{day:02}K06"
        scenes.lay_in(str(day), [born + check_digit(born)], training=False)
    with CaptureQueriesContext(connection) as captured:
        assert len(schedule.due(timezone.now())) == 29
    assert len(captured) == 1
