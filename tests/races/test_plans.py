"""Two people act on a planned outage at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User
from custody.models import PreparedNumber
from custody.planned import prepared
from outage import lifecycle
from outage.models import Need, Outage, Plan
from outage.plans import needs, planning
from outage.refusals import PlanCancelled, PlanStarted
from tests.cast import Cast
from tests.outage.plans.scenes import announce, cancel
from tests.races.together import race, row_of, until_another_waits
from tests.scenes import REAL_WOMAN

pytestmark = pytest.mark.django_db(transaction=True)


def start(plan: Plan, by: User) -> tuple[Outage, bool]:
    return planning.start(plan.pk, Event.now(by, timezone.now()))


def answer(plan: Plan, cast: Cast, women: int) -> Need:
    now = timezone.now()
    return needs.state_need(
        plan.pk, cast.iva, Event.now(cast.wilma, now), women=women, men=0, registers_late=False
    ).row


def end_all(cast: Cast) -> None:
    for outage in Outage.objects.filter(ended_at=None):
        lifecycle.end(outage, Event.now(cast.tilda, timezone.now()))


def test_two_who_start_a_plan_at_once_get_one_outage(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        plan = announce(cast)
        outcomes = race(partial(start, plan, cast.tilda), partial(start, plan, cast.adele))
        outage = Outage.objects.get(plan=plan)
        assert set(outcomes) == {(outage, True), (outage, False)}
        end_all(cast)


def test_of_two_plans_started_at_once_one_waits(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        first, second = announce(cast), announce(cast, reason="annat")
        outcomes = race(partial(start, first, cast.tilda), partial(start, second, cast.adele))
        outage = Outage.objects.get(plan__in=[first, second])
        assert set(outcomes) == {(outage, True), (outage, False)}
        waits = second if outage.plan_id == first.pk else first
        end_all(cast)
        cancel(cast, waits)


def test_a_plan_is_either_started_or_cancelled(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        plan = announce(cast)
        outcomes = race(partial(start, plan, cast.tilda), partial(cancel, cast, plan))
        plan.refresh_from_db()
        started = Outage.objects.filter(plan=plan).exists()
        assert started != bool(plan.cancelled_at)
        refused = {type(each) for each in outcomes if isinstance(each, Exception)}
        assert refused == {PlanStarted if started else PlanCancelled}
        end_all(cast)


def test_two_answers_of_a_ward_at_once_are_one_row(cast: Cast, meetings: range) -> None:
    for _meeting in meetings:
        plan = announce(cast)
        race(partial(answer, plan, cast, 1), partial(answer, plan, cast, 2))
        assert Need.objects.get(plan=plan).women in {1, 2}
        cancel(cast, plan)


def test_a_mark_waits_for_a_move(cast: Cast) -> None:
    plan = announce(cast)
    event = Event.now(cast.adele, timezone.now())
    (number,) = prepared.enter(plan, cast.iva, REAL_WOMAN, event).row
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        prepared.move(number.pk, plan, cast.eye, event, reason="other ward")
        marked = other.submit(race, row_of(prepared.mark, number.pk, "unused", event))
        until_another_waits()
    (row,) = marked.result()
    assert isinstance(row, PreparedNumber)
    assert (row.ward, row.outcome) == (cast.eye, "unused")
