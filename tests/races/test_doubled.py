"""The same number on paper at the same moment as something else: each patient recorded once."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.utils import timezone

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.event import Event
from custody.checks import consistency
from custody.handouts import closing, doubles
from custody.ledger import tabs
from custody.models import DoubledNumber, Handout, ReserveNumber
from custody.models.states import State
from custody.paper import one_line
from custody.paper.refusals import GivenAlready
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.unlocked import take_unseen, without_constraint, without_locks
from tests.races.test_acts import kinds
from tests.races.together import race, row_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def over(cast: Cast) -> Outage:
    """A real outage that has ended."""
    outage = scenes.begin(cast.tilda, ago=timedelta(hours=3))
    return lifecycle.end(outage, Event.now(cast.tilda, timezone.now() - timedelta(hours=2))).row


@pytest.fixture
def before(cast: Cast, over: Outage) -> Outage:
    """Another one, before it: entries of both don't wait for each other's outage."""
    start = over.started_at - timedelta(hours=3)
    return Outage.objects.create(
        kind="unplanned", drill=False, started_at=start, ended_at=start + timedelta(hours=1)
    )


def test_one_line_of_a_doubled_number_that_is_sent_twice_at_once(
    cast: Cast, over: Outage, meetings: range
) -> None:
    for number in pool.lay_in_women(len(meetings)):
        first = scenes.from_paper(cast, over, number=number)
        changes: dict[str, Any] = {"number": number, "ward": cast.eye, "request_key": uuid4()}
        entry = scenes.on_paper(cast, over, double_of=first.request_key, **changes)
        enter = partial(one_line.enter, entry, over.pk, scenes.now(cast.adele))
        outcomes = [each for each in race(enter, enter) if isinstance(each, Done)]
        assert sorted(each.new for each in outcomes) == [False, True]
    assert DoubledNumber.objects.count() == len(meetings)
    assert list(consistency.findings()) == []


@pytest.mark.parametrize("same", [True, False], ids=["same outage", "two outages"])
def test_two_lines_of_one_number_at_once(
    cast: Cast, over: Outage, before: Outage, meetings: range, *, same: bool
) -> None:
    """The second to come is asked; unasked, no number is ever two patients'."""
    for number in pool.lay_in_women(len(meetings)):
        outcomes = race(
            partial(scenes.from_paper, cast, over, number=number),
            partial(scenes.from_paper, cast, over if same else before, number=number, by="vera1"),
        )
        assert kinds(outcomes) == {Handout, GivenAlready}
    assert not DoubledNumber.objects.exists()
    assert list(consistency.findings()) == []


@pytest.mark.parametrize("same", [True, False], ids=["same outage", "two outages"])
def test_two_who_double_one_number_at_once(
    cast: Cast, over: Outage, before: Outage, meetings: range, *, same: bool
) -> None:
    """Each has seen the first patient's handout; the later one hasn't seen the other's."""
    for number in pool.lay_in_women(len(meetings)):
        first = scenes.from_paper(cast, over, number=number)
        other = over if same else before
        line = {"number": number, "double_of": first.request_key, "ward": cast.eye}
        outcomes = race(
            partial(scenes.from_paper, cast, over, caller="vera1", **line),
            partial(scenes.from_paper, cast, other, caller="vera2", **line),
        )
        assert kinds(outcomes) == {Handout, GivenAlready}
    assert DoubledNumber.objects.count() == len(meetings)
    assert list(consistency.findings()) == []


def test_a_line_doubles_what_is_being_undone(cast: Cast, over: Outage, meetings: range) -> None:
    """Undone first: the line holds the number alone. Doubled first: the number stays out."""
    for number in pool.lay_in_women(len(meetings)):
        first = scenes.from_paper(cast, over, number=number)
        outcomes = race(
            partial(scenes.doubled, cast, first),
            row_of(closing.undo, first.pk, scenes.now(cast.adele), reason="misread"),
        )
        assert kinds(outcomes) == {Handout}
        holder = Handout.objects.exclude(state=State.UNDONE).get(number=first.number)
        assert ReserveNumber.objects.get(pk=holder.number_id).taken_at
    assert list(consistency.findings()) == []


def test_both_patients_handouts_are_undone_at_once(
    cast: Cast, over: Outage, meetings: range
) -> None:
    """The last one puts the number back, and it lies there once."""
    for number in pool.lay_in_women(len(meetings)):
        first = scenes.from_paper(cast, over, number=number)
        second = scenes.doubled(cast, first)
        undo = partial(closing.undo, event=scenes.now(cast.adele), reason="misread")
        race(partial(undo, first.pk), partial(undo, second.pk))
        assert ReserveNumber.objects.get(value=number).taken_at is None
    assert list(consistency.findings()) == []


def test_two_who_write_what_was_done_at_once(cast: Cast, over: Outage, meetings: range) -> None:
    for number in pool.lay_in_women(len(meetings)):
        alarm = scenes.doubled(cast, scenes.from_paper(cast, over, number=number)).alarm
        settle = partial(doubles.settle, alarm.pk, scenes.now(cast.adele))
        outcomes = race(partial(settle, done="a"), partial(settle, done="b"))
        assert [isinstance(each, Done) for each in outcomes].count(True) == 1
    assert not doubles.waiting().exists()


# --- without the protection -----------------------------------------------------------------------


@contextmanager
def unprotected() -> Iterator[None]:
    """Let lines be entered as naive code would: read, then write, each by itself."""
    with (
        without_constraint(),
        patch.object(one_line, "enter", inspect.unwrap(one_line.enter)),
        patch.object(tabs, "take_out", take_unseen),
        without_locks(),
    ):
        yield


def test_without_transaction_lock_and_rule_two_patients_have_one_number_unasked(
    cast: Cast, over: Outage, before: Outage
) -> None:
    def both_have_it(number: str) -> bool:
        race(
            partial(scenes.from_paper, cast, over, number=number),
            partial(scenes.from_paper, cast, before, number=number),
        )
        return Handout.objects.filter(number__value=number).count() == 2

    with unprotected():
        assert any(both_have_it(number) for number in pool.lay_in_women(30))
