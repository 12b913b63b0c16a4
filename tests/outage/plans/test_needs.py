"""What wards need for a planned outage: said, changed, summed up; and who may say it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User, Ward
from befreg_reserv.people.roles import Role
from befreg_reserv.people.wards.changes import changing
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from outage import lifecycle
from outage.models import Need, Plan
from outage.plans import needs, planning
from outage.refusals import BadNeed, NotConcerned, PlanCancelled, PlanOver, PlanStarted
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.outage.plans.scenes import announce, cancel, change, terms

pytestmark = pytest.mark.one_database("decisions")


def state(plan: Plan, ward: Ward, by: User, women: int = 0, men: int = 0, **more: Any) -> Need:
    said = {"women": women, "men": men, "registers_late": False} | more
    return needs.state_need(plan.pk, ward, Event.now(by, timezone.now()), **said).row


def rows(plan: Plan) -> list[tuple[str, int, int, bool]]:
    said = plan.needs.filter(answered_at__isnull=False)
    return list(said.values_list("ward__name", "women", "men", "registers_late"))


def test_a_ward_says_what_it_needs_and_that_is_logged(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    need = state(plan, cast.iva, cast.wilma, 2, 1, registers_late=True)
    assert rows(plan) == [("IVA", 2, 1, True)]
    assert (need.answered_by, need.answered_at is None) == (cast.wilma, False)
    entry = LogEntry.objects.get(act="state_need")
    assert (entry.actor, entry.unit) == (cast.wilma, "Anestesikliniken / IVA")
    assert entry.changes == {
        "women": ["0", "2"],
        "men": ["0", "1"],
        "registers_late": ["False", "True"],
    }


def test_the_answer_may_be_changed_and_is_one(cast: Cast) -> None:
    plan = announce(cast)
    state(plan, cast.iva, cast.wilma, 2, 1)
    state(plan, cast.iva, cast.adele, 0, 5)
    assert rows(plan) == [("IVA", 0, 5, False)]
    assert LogEntry.objects.filter(act="state_need").count() == 2


def test_nothing_is_an_answer_too(cast: Cast) -> None:
    plan = announce(cast, cast.iva, cast.eye)
    state(plan, cast.iva, cast.wilma)
    assert rows(plan) == [("IVA", 0, 0, False)]
    assert needs.totals(plan) == needs.Totals(2, answered=1, women=0, men=0, register_late=0)


@pytest.mark.parametrize(("women", "men"), [(-1, 0), (0, -1), (100, 0), (0, 100), (10**9, 0)])
def test_a_number_that_nobody_means_is_refused(cast: Cast, women: int, men: int) -> None:
    plan = announce(cast, cast.iva)
    with pytest.raises(BadNeed):
        state(plan, cast.iva, cast.wilma, women, men)
    assert rows(plan) == []


def test_the_most_is_taken(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    state(plan, cast.iva, cast.wilma, 99, 99)
    assert rows(plan) == [("IVA", 99, 99, False)]


def test_only_a_ward_concerned_is_heard(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    with pytest.raises(NotConcerned):
        state(plan, cast.eye, cast.adele)


def test_a_ward_taken_out_is_not_heard_and_its_answer_counts_again_when_it_is_back(
    cast: Cast,
) -> None:
    plan = announce(cast, cast.iva, cast.eye)
    state(plan, cast.eye, cast.vidar, 3)
    change(cast, plan, terms(cast.iva))
    with pytest.raises(NotConcerned):
        state(plan, cast.eye, cast.vidar, 4)
    assert needs.totals(plan).women == 0
    assert [(need.ward, need.women) for need in needs.taken_out(plan)] == [(cast.eye, 3)]
    change(cast, plan, terms(cast.iva, cast.eye))
    assert (needs.totals(plan).women, needs.taken_out(plan).exists()) == (3, False)


def test_an_answer_that_went_on_at_a_successor_is_shown_once(cast: Cast) -> None:
    plan = announce(cast)
    state(plan, cast.eye, cast.vidar, 3)
    closing = Terms(Kind.MERGED, timezone.localdate(), "decided", (cast.iva,))
    changing.change(cast.eye, closing, scenes.now(cast.adele))
    assert (needs.totals(plan).women, needs.taken_out(plan).exists()) == (3, False)


def test_a_ward_that_is_not_in_the_register_is_not_heard(cast: Cast) -> None:
    typed_in = Ward.objects.create(name="Tältet", confirmed=False)
    with pytest.raises(NotConcerned):
        state(announce(cast), typed_in, cast.adele)


def test_once_it_has_begun_or_is_called_off_the_answer_stands(cast: Cast) -> None:
    plan, off = announce(cast), announce(cast, reason="annat")
    state(plan, cast.iva, cast.wilma, 1)
    cancel(cast, off)
    with pytest.raises(PlanCancelled):
        state(off, cast.iva, cast.wilma, 2)
    outage, _new = planning.start(plan.pk, Event.now(cast.tilda, timezone.now()))
    with pytest.raises(PlanStarted):
        state(plan, cast.iva, cast.wilma, 2)
    lifecycle.end(outage, Event.now(cast.tilda, timezone.now()))
    with pytest.raises(PlanOver):
        state(plan, cast.iva, cast.wilma, 2)
    assert rows(plan) == [("IVA", 1, 0, False)]


def test_who_may_answer_for_which_ward(cast: Cast) -> None:
    mistyped = Ward.objects.create(name="Iwa", confirmed=False, same_as=cast.iva)
    vera = casting.person("vera", Role.WARD, mistyped)
    own = {
        user.username: set(needs.answers_for(user))
        for user in (cast.wilma, cast.vidar, vera, cast.tilda, cast.gunde, cast.noone)
    }
    assert own == {
        "wilma": {cast.iva},
        "vidar": {cast.eye},
        "vera": {cast.iva},
        "tilda": set(),
        "gunde": set(),
        "noone": set(),
    }
    assert {cast.iva, cast.eye} <= set(needs.answers_for(cast.adele))


def test_all_wards_of_the_register_are_asked_and_those_that_answered_come_first(cast: Cast) -> None:
    plan = announce(cast)
    Ward.objects.create(name="Tältet", confirmed=False)
    casting.ward("Ortopedkliniken", "Avd 5")
    state(plan, cast.eye, cast.vidar, 1, 2, registers_late=True)
    assert [ward.name for ward in needs.answered_first(plan)] == ["Ögonmottagning", "IVA", "Avd 5"]
    totals = needs.totals(plan)
    assert totals == needs.Totals(3, answered=1, women=1, men=2, register_late=1)
    assert totals.unanswered == 2


def test_the_overview_costs_the_same_for_many_wards(cast: Cast) -> None:
    def cost(plan: Plan) -> int:
        with CaptureQueriesContext(connection) as captured:
            needs.totals(plan)
            needs.of_wards(plan, list(needs.answered_first(plan)))
        return len(captured)

    few = announce(cast, cast.iva)
    wards = [casting.ward("Ortopedkliniken", f"Avd {number}") for number in range(20)]
    many = announce(cast, *wards, reason="annat")
    for ward in wards[:10]:
        state(many, ward, cast.adele, 1)
    assert len(needs.answered_first(many)) == 20
    assert cost(few) == cost(many)


@pytest.mark.parametrize(
    "wrong",
    [
        {"answered_at": timezone.now()},
        {"women": 1},
        {"men": 1},
    ],
)
def test_the_database_knows_who_answered(cast: Cast, wrong: dict[str, Any]) -> None:
    announce(cast, cast.iva)
    with (
        pytest.raises(IntegrityError, match="need_answered_by_somebody"),
        transaction.atomic(),
    ):
        Need.objects.update(**wrong)


def test_the_database_keeps_one_row_a_ward(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    with pytest.raises(IntegrityError), transaction.atomic():
        Need.objects.create(plan=plan, ward=cast.iva)


def test_the_database_keeps_what_was_said(cast: Cast) -> None:
    state(announce(cast, cast.iva), cast.iva, cast.wilma, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Need.objects.all().delete()
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        Need.objects.update(ward=cast.eye)
