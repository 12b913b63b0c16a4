"""Paper and screen at the same moment: one wins, and the other is told."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from befreg_reserv.acts.act import Done
from befreg_reserv.acts.event import Event
from custody.checks import consistency
from custody.handouts import missing_sheet, read_back
from custody.handouts.refusals import NoneLeft
from custody.models import Handout
from custody.models.states import State
from custody.paper import one_line
from custody.paper.refusals import GivenAlready, SameLine, TwoPatients
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.forked import in_processes
from tests.races.processes.paper_crowd import ENTERED, GIVEN, LIVE, Paper, enter_all
from tests.races.test_acts import kinds
from tests.races.together import race, row_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def over(cast: Cast) -> Outage:
    """A real outage that has ended, beside which another may go on."""
    outage = scenes.begin(cast.tilda, ago=timedelta(hours=3))
    return lifecycle.end(outage, Event.now(cast.tilda, timezone.now() - timedelta(hours=2))).row


def from_paper(cast: Cast, outage: Outage, number: str) -> Handout:
    at = timezone.now() - timedelta(minutes=1) if outage.ongoing else outage.started_at
    return scenes.from_paper(cast, outage, number=number, at=at)


def test_two_who_enter_one_line_of_paper(cast: Cast, over: Outage, meetings: range) -> None:
    for number in pool.lay_in_women(len(meetings)):
        outcomes = race(*[partial(from_paper, cast, over, number)] * 2)
        assert kinds(outcomes) == {Handout, SameLine}
    assert list(consistency.findings()) == []


def test_one_form_that_is_sent_twice_at_once(cast: Cast, over: Outage, meetings: range) -> None:
    for number in pool.lay_in_women(len(meetings)):
        entry = scenes.on_paper(cast, over, number=number, request_key=uuid4())
        enter = partial(one_line.enter, entry, over.pk, scenes.now(cast.adele))
        outcomes = race(enter, enter)
        entered = [each for each in outcomes if isinstance(each, Done)]
        assert sorted(each.new for each in entered) == [False, True]
        assert len({each.row.handout.pk for each in entered}) == 1


@pytest.mark.parametrize("same", [True, False], ids=["same outage", "a later outage"])
def test_the_till_hands_out_the_number_that_is_being_entered(
    cast: Cast, over: Outage, meetings: range, *, same: bool
) -> None:
    ongoing = scenes.begin(cast.tilda)
    for number in scenes.many_numbers(len(meetings)):
        scenes.lay_in("Pärm", [number], training=False)
        outcomes = race(
            partial(from_paper, cast, ongoing if same else over, number),
            partial(scenes.handed_out, cast),
        )
        assert kinds(outcomes) in ({Handout, GivenAlready}, {Handout, NoneLeft})
        scenes.nobody_waits(cast)
    assert Handout.objects.count() == len(meetings)
    assert list(consistency.findings()) == []


def test_the_sheet_is_found_missing_while_its_number_is_being_entered(
    cast: Cast, meetings: range
) -> None:
    """Paper first: said to be given out. Missing first: it makes way. Never two hold the number."""
    ongoing = scenes.begin(cast.tilda)
    for number in scenes.many_numbers(len(meetings)):
        scenes.lay_in("Pärm", [number], training=False)
        named = scenes.handed_out(cast)
        outcomes = race(
            partial(from_paper, cast, ongoing, number),
            row_of(missing_sheet.give_next, named.pk, scenes.now(cast.tilda)),
        )
        assert kinds(outcomes) in ({Handout, NoneLeft}, {GivenAlready, NoneLeft})
        scenes.nobody_waits(cast)
    assert list(consistency.findings()) == []


def test_two_enter_the_number_whose_sheet_was_missing_and_one_hands_out(
    cast: Cast, meetings: range
) -> None:
    ongoing = scenes.begin(cast.tilda)
    for number in scenes.many_numbers(len(meetings)):
        scenes.lay_in("Pärm", [number], training=False)
        named = scenes.handed_out(cast)
        with suppress(NoneLeft):
            missing_sheet.give_next(named.pk, scenes.now(cast.tilda))
        outcomes = race(
            *[partial(from_paper, cast, ongoing, number)] * 2, partial(scenes.handed_out, cast)
        )
        assert kinds(outcomes) == {Handout, GivenAlready, NoneLeft}
        holders = Handout.objects.filter(number=named.number).exclude(state=State.UNDONE)
        assert holders.get().late
        scenes.nobody_waits(cast)
    assert list(consistency.findings()) == []


def test_the_number_is_read_back_while_it_is_being_entered(cast: Cast, meetings: range) -> None:
    """Missing while it is read back, then entered: it makes way, or is two patients'."""
    ongoing = scenes.begin(cast.tilda)
    for number in scenes.many_numbers(len(meetings)):
        scenes.lay_in("Pärm", [number], training=False)
        named = scenes.handed_out(cast)
        race(
            row_of(missing_sheet.give_next, named.pk, scenes.now(cast.tilda)),
            row_of(read_back.confirm_read_back, named.pk, number, scenes.now(cast.tilda)),
        )
        (outcome,) = race(partial(from_paper, cast, ongoing, number))
        named.refresh_from_db()
        assert isinstance(outcome, TwoPatients if named.read_back_at else Handout)
        scenes.nobody_waits(cast)
    assert list(consistency.findings()) == []


def test_two_processes_enter_what_was_missing_and_nobody_else_is_given_it(cast: Cast) -> None:
    ongoing = scenes.begin(cast.tilda)
    numbers = scenes.many_numbers(30)
    scenes.lay_in("Pärm", numbers, training=False)
    named, on_paper = scenes.handed_out(cast), list[str]()
    for _sheet in range(12):  # each call names the next sheet, which is missing too
        on_paper.append(named.number.value)
        named = missing_sheet.give_next(named.pk, scenes.now(cast.tilda)).row
    paper = Paper(ongoing.pk, cast.iva.pk, cast.tilda.pk, on_paper)
    told = [answer for own in in_processes(enter_all, [paper] * 2) for answer in own]
    entered = [number for what, number in told if what == ENTERED]
    live = [number for what, number in told if what == LIVE]
    assert {what for what, _number in told} == {ENTERED, GIVEN, LIVE, ""}
    assert sorted(entered) == sorted(on_paper)
    assert sorted([*live, *on_paper, named.number.value]) == sorted(numbers)
    assert Handout.objects.filter(late=True).count() == len(on_paper)
    assert list(consistency.findings()) == []
