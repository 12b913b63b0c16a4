"""Two people act at the same moment: one wins, and the other is told."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Event
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from custody.binder.loading import BinderRefused
from custody.checks import consistency
from custody.handouts import closing, missing_sheet, switches
from custody.handouts.refusals import NoneLeft, TabRefilled
from custody.ledger.refusals import CallKeyReused, IllegalStep, SamePerson
from custody.models import Binder, Handout, ReserveNumber, SwitchItem, SwitchTick
from custody.models.states import State
from outage import lifecycle
from outage.models import Outage, Plan
from outage.plans import planning
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.job import BREATH_SECONDS, PATIENCE_SECONDS
from tests.races.together import race, row_of, until_another_waits
from tests.scenes import REAL_WOMAN, now

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(outcomes: Iterable[object]) -> set[type]:
    return {type(outcome) for outcome in outcomes}


def start(by: str, cast: Cast) -> tuple[Outage, bool]:
    return lifecycle.start(scenes.now(getattr(cast, by)))


def end(outage: Outage, cast: Cast) -> tuple[Outage, bool]:
    return lifecycle.end(outage, scenes.now(cast.adele))


def ended(outage: Outage, cast: Cast) -> Outage:
    return end(outage, cast)[0]


def void(handout: Handout, cast: Cast) -> Handout:
    return closing.void(handout.pk, now(cast.wilma), reason="Aldrig använt").row


def undo(handout: Handout, cast: Cast) -> Handout:
    return closing.undo(handout.pk, now(cast.adele), reason="Låg kvar").row


def test_two_who_start_at_once_get_one_outage(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        outcomes = race(partial(start, "tilda", cast), partial(start, "adele", cast))
        outage = Outage.objects.get(ended_at=None)
        assert set(outcomes) == {(outage, True), (outage, False)}
        acts = outage.timeline.values_list("act", flat=True)
        assert sorted(acts) == ["also_reported", "started"]
        end(outage, cast)


def test_a_plan_whose_form_is_sent_twice_is_announced_once(cast: Cast, meetings: range) -> None:
    begins = timezone.now() + timedelta(days=1)
    for meeting in meetings:
        terms = planning.Terms(begins, begins + timedelta(hours=2, minutes=meeting))
        announce = partial(
            planning.announce, terms, scenes.now(cast.adele), drill=False, reason="x"
        )
        outcomes = race(announce, announce)
        plan = Plan.objects.get(planned_end=terms.end)
        assert set(outcomes) == {(plan, True), (plan, False)}


def test_two_who_end_at_once_end_it_once(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        outage = scenes.begin(cast.tilda)
        outcomes = race(*[partial(end, outage, cast)] * 2)
        assert set(outcomes) == {(outage, True), (outage, False)}
        assert outage.timeline.filter(act="ended").count() == 1


def calls_without_end(outage: Outage, cast: Cast, begun: Event) -> None:
    while True:
        scenes.handed_out(cast, outage_id=outage.pk)  # until a patient waits
        begun.set()
        time.sleep(BREATH_SECONDS)


def ended_meanwhile(outage: Outage, cast: Cast, begun: Event) -> Outage:
    begun.wait(PATIENCE_SECONDS)
    return ended(outage, cast)


def test_no_handout_is_later_than_the_end_of_its_outage(cast: Cast, meetings: range) -> None:
    pool.lay_in_women(1000)
    for _meeting in meetings:
        outage, begun = scenes.begin(cast.tilda), Event()
        calls = partial(calls_without_end, outage, cast, begun)
        end_it = partial(ended_meanwhile, outage, cast, begun)
        assert kinds(race(calls, calls, end_it)) == {NoneLeft, Outage}
        assert outage.handouts.exists()
        scenes.nobody_waits(cast)
    assert list(consistency.findings()) == []


@pytest.mark.usefixtures("real_binder")
def test_an_end_that_waited_for_a_handout_is_not_earlier_than_it(
    cast: Cast, outage: Outage
) -> None:
    under_way = Event()

    def hand_out_slowly() -> None:
        with transaction.atomic():
            Outage.objects.select_for_update().get(pk=outage.pk)
            under_way.set()
            time.sleep(0.3)  # now the end is asked for, and waits
            scenes.handed_out(cast)

    def end_meanwhile() -> None:
        under_way.wait(PATIENCE_SECONDS)
        end(outage, cast)

    assert race(hand_out_slowly, end_meanwhile) == [None, None]
    assert list(consistency.findings()) == []


@pytest.mark.usefixtures("outage")
def test_the_last_number_goes_to_one_of_two_callers(cast: Cast, meetings: range) -> None:
    for number in scenes.many_numbers(len(meetings)):
        scenes.lay_in("Pärm", [number], training=False)
        outcomes = race(*[partial(scenes.handed_out, cast)] * 2)
        assert kinds(outcomes) == {Handout, NoneLeft}
        scenes.nobody_waits(cast)


@pytest.mark.usefixtures("training_binder")
def test_one_form_sent_into_outage_and_drill_is_answered_once(
    cast: Cast, outage: Outage, drill: Outage
) -> None:
    scenes.lay_in("Pärm", scenes.REAL, training=False)
    for _meeting in range(5):  # as many as there are women's numbers
        call = partial(scenes.handed_out, cast, request_key=uuid4())
        outcomes = race(*[partial(call, outage_id=where.pk) for where in (outage, drill)])
        assert kinds(outcomes) == {Handout, CallKeyReused}
    pool.assert_complete(5)


@pytest.mark.usefixtures("outage")
def test_one_real_number_is_registered_by_one_of_two_wards(cast: Cast, meetings: range) -> None:
    pool.lay_in_women(2 * len(meetings))
    for _meeting in meetings:
        given = [scenes.handed_out(cast, ward=ward) for ward in (cast.iva, cast.eye)]
        outcomes = race(
            *[row_of(scenes.replaced, handout.pk, REAL_WOMAN, now(cast.wilma)) for handout in given]
        )
        assert kinds(outcomes) == {Handout, SamePerson}
        registered = Handout.objects.get(real_identity=REAL_WOMAN)
        closing.withdraw_replacement(registered.pk, now(cast.wilma), reason="Fel nummer")


@pytest.mark.usefixtures("outage")
def test_a_handout_is_voided_or_undone_but_not_both(cast: Cast, meetings: range) -> None:
    pool.lay_in_women(len(meetings))
    for _meeting in meetings:
        handout = scenes.handed_out(cast)
        outcomes = race(partial(void, handout, cast), partial(undo, handout, cast))
        assert kinds(outcomes) == {Handout, IllegalStep}
        handout.refresh_from_db()
        assert bool(handout.number.taken_at) == (handout.state == State.VOIDED)
    assert list(consistency.findings()) == []


@pytest.mark.usefixtures("outage")
def test_a_tab_gets_its_number_back_or_a_new_one(cast: Cast, meetings: range) -> None:
    numbers = iter(scenes.many_numbers(2 * len(meetings)))
    for meeting, old, new in zip(meetings, numbers, numbers, strict=True):
        lay_in = partial(scenes.lay_in, f"Pärm {meeting}", training=False)
        lay_in([old])
        handout = scenes.handed_out(cast)
        outcomes = race(partial(undo, handout, cast), partial(lay_in, [f"1,{new}"]))
        assert kinds(outcomes) in ({Handout, BinderRefused}, {TabRefilled, Binder})
        assert ReserveNumber.objects.filter(taken_at=None).count() == 1
        scenes.handed_out(cast)


def test_two_who_miss_the_same_sheet_get_one_number(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    first = scenes.handed_out(cast)
    outcomes = race(*(row_of(missing_sheet.give_next, first.pk, now(cast.tilda)) for _ in range(4)))
    assert len({outcome.pk for outcome in outcomes if isinstance(outcome, Handout)}) == 1
    assert kinds(outcomes) == {Handout}
    assert Handout.objects.count() == 2


def test_what_was_just_ticked_stays_so_when_the_item_goes_out_of_use(
    cast: Cast, handout: Handout
) -> None:
    scenes.replaced(handout.pk, REAL_WOMAN, now(cast.wilma))
    item, *_others = SwitchItem.objects.filter(active=True)
    change = row_of(switches.change_item, item, {"active": False}, now(cast.adele))
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        switches.answer(handout.pk, REAL_WOMAN, {item.pk: "done"}, now(cast.wilma))
        changed = other.submit(race, change)
        until_another_waits()
    assert changed.result() == [item]
    assert SwitchTick.objects.get(item=item).answer == "done"
