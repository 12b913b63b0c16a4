"""Planned outages: announced, changed, cancelled, started; and what the database itself refuses."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing, Refused
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Membership, User, Ward
from befreg_reserv.people.roles import Role
from outage import lifecycle
from outage.models import Outage, Plan, PlanChange
from outage.plans import needs, planning
from outage.plans.planning import PlanState, Terms
from outage.refusals import BadWindow, PlanCancelled, PlanNotStarted, PlanOver, PlanStarted
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.outage.plans.scenes import WHY, announce, cancel, change, of_wards, said, terms

pytestmark = pytest.mark.one_database("decisions")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def start(cast: Cast, plan: Plan) -> tuple[Outage, bool]:
    return planning.start(plan.pk, Event.now(cast.tilda, timezone.now()), text="stopped")


def end(cast: Cast, outage: Outage) -> None:
    lifecycle.end(outage, Event.now(cast.tilda, timezone.now()))


# --- announced ------------------------------------------------------------------------------------


def test_an_announcement_stands_with_its_wards_and_is_told(cast: Cast) -> None:
    wanted = terms(cast.iva, cast.eye)
    now = timezone.now()
    plan, new = planning.announce(wanted, Event.now(cast.adele, now), drill=False, reason=WHY)
    assert (new, plan.planned_start, plan.planned_end) == (True, wanted.start, wanted.end)
    assert (plan.all_wards, of_wards(plan)) == (False, {"IVA": True, "Ögonmottagning": True})
    assert said(plan) == [("announced", "adele", WHY, wanted.end)]
    entry = LogEntry.objects.get(act="plan_announced")
    assert entry.changes["wards"][1] == "Anestesikliniken / IVA; Ögonkliniken / Ögonmottagning"


def test_without_wards_it_is_for_all(cast: Cast) -> None:
    plan = announce(cast)
    assert (plan.all_wards, of_wards(plan)) == (True, {})


def test_the_same_announced_twice_is_one(cast: Cast) -> None:
    same: dict[str, Any] = {"event": scenes.now(cast.adele), "drill": False, "reason": WHY}
    wanted = terms(cast.iva)
    first, _new = planning.announce(wanted, **same)
    assert planning.announce(wanted, **same) == (first, False)
    other, new = planning.announce(terms(cast.eye), **same)
    assert new
    assert other != first
    assert PlanChange.objects.count() == 2


def test_the_same_may_be_announced_again_after_it_was_cancelled(cast: Cast) -> None:
    wanted, now = terms(), timezone.now()
    first, _new = planning.announce(wanted, Event.now(cast.adele, now), drill=False, reason=WHY)
    cancel(cast, first)
    again, new = planning.announce(wanted, Event.now(cast.adele, now), drill=False, reason=WHY)
    assert new
    assert again != first


@pytest.mark.parametrize("hours", [0, -1])
def test_a_window_ends_after_it_begins(cast: Cast, hours: float) -> None:
    with pytest.raises(BadWindow):
        announce(cast, hours=hours)
    assert not Plan.objects.exists()


def test_what_is_over_is_not_announced(cast: Cast) -> None:
    past, now = terms(begins=-2 * HOUR, hours=1), timezone.now()
    with pytest.raises(BadWindow):
        planning.announce(past, Event.now(cast.adele, now), drill=False, reason=WHY)


@pytest.mark.parametrize(
    ("begins", "hours", "refused"),
    [
        (366 * DAY, 4, False),
        (367 * DAY, 4, True),
        (DAY, 7 * 24, False),
        (DAY, 7 * 24 + 1, True),
        (366_000 * DAY, 4, True),
    ],
)
def test_what_is_too_far_away_or_too_long_is_mistyped(
    cast: Cast, begins: timedelta, hours: float, *, refused: bool
) -> None:
    plan, mistyped = announce(cast), terms(begins=begins, hours=hours)
    for act in (
        lambda: change(cast, plan, mistyped),
        lambda: announce(cast, begins=begins, hours=hours),
    ):
        with pytest.raises(BadWindow) if refused else nullcontext():
            act()


def test_the_end_of_what_lasts_for_days_can_still_be_moved(cast: Cast) -> None:
    plan = announce(cast, begins=-8 * DAY)
    start(cast, plan)
    event = scenes.now(cast.adele)
    for end_at, moved in ((event.at + 7 * DAY, True), (event.at + 8 * DAY, False)):
        with nullcontext() if moved else pytest.raises(BadWindow):
            assert planning.move_end(plan.pk, end_at, event, reason="disk").new


def test_nothing_is_said_without_a_reason(cast: Cast) -> None:
    plan = announce(cast)
    for act in (
        lambda: announce(cast, reason=" "),
        lambda: change(cast, plan, terms(hours=9), reason=""),
        lambda: cancel(cast, plan, reason=""),
    ):
        with pytest.raises(ReasonMissing):
            act()
    assert len(said(plan)) == PlanChange.objects.count() == 1


# --- changed --------------------------------------------------------------------------------------


def test_a_change_moves_the_window_and_says_why(cast: Cast) -> None:
    plan, later = announce(cast), terms(begins=2 * DAY)
    assert change(cast, plan, later, "leverantören är sen")
    plan.refresh_from_db()
    assert (plan.planned_start, plan.planned_end) == (later.start, later.end)
    assert said(plan)[1] == ("changed", "adele", "leverantören är sen", later.end)


def test_a_ward_taken_out_keeps_its_row_and_has_it_again(cast: Cast) -> None:
    both = terms(cast.iva, cast.eye)
    plan = announce(cast, cast.iva, cast.eye)
    change(cast, plan, terms(cast.iva))
    assert of_wards(plan) == {"IVA": True, "Ögonmottagning": False}
    change(cast, plan, both)
    assert of_wards(plan) == {"IVA": True, "Ögonmottagning": True}
    changes = LogEntry.objects.filter(act="plan_changed").values_list("changes", flat=True)
    names = "Anestesikliniken / IVA", "Ögonkliniken / Ögonmottagning"
    assert [each["wards"] for each in changes.order_by("pk")] == [
        ["; ".join(names), names[0]],
        [names[0], "; ".join(names)],
    ]


@pytest.mark.both_databases
def test_from_some_wards_to_all_and_back(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    change(cast, plan, terms())
    plan.refresh_from_db()
    assert (plan.all_wards, of_wards(plan)) == (True, {"IVA": True})
    change(cast, plan, terms(cast.eye))
    assert of_wards(plan) == {"IVA": False, "Ögonmottagning": True}


def test_what_changes_nothing_is_not_told(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    same = Terms(plan.planned_start, plan.planned_end, [cast.iva])
    assert not change(cast, plan, same)
    assert len(said(plan)) == 1


def test_the_log_names_what_was_changed_alone(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    change(cast, plan, Terms(plan.planned_start, plan.planned_end + HOUR, [cast.iva]))
    assert set(LogEntry.objects.get(act="plan_changed").changes) == {"planned_end", "reason"}


def test_a_change_is_not_into_the_past(cast: Cast) -> None:
    plan = announce(cast)
    with pytest.raises(BadWindow):
        change(cast, plan, terms(begins=-DAY, hours=1))


# --- cancelled ------------------------------------------------------------------------------------


def test_a_cancelled_plan_neither_starts_nor_changes_nor_is_cancelled_again(cast: Cast) -> None:
    plan = announce(cast)
    cancel(cast, plan, "skjuts upp")
    acts: list[Callable[[], object]] = [
        lambda: start(cast, plan),
        lambda: change(cast, plan, terms(hours=9)),
        lambda: cancel(cast, plan),
    ]
    for act in acts:
        with pytest.raises(PlanCancelled) as refused:
            act()
        assert refused.value.about == plan
    assert [each[0] for each in said(plan)] == ["announced", "cancelled"]
    assert not Outage.objects.exists()


# --- started --------------------------------------------------------------------------------------


@pytest.mark.parametrize("drill", [False, True])
def test_a_start_makes_the_outage_of_the_plan(cast: Cast, *, drill: bool) -> None:
    plan = announce(cast, drill=drill)
    outage, new = start(cast, plan)
    assert (new, outage.plan, outage.kind, outage.drill) == (True, plan, "planned", drill)
    assert [(entry.act, entry.by) for entry in outage.timeline.all()] == [("started", "tilda")]


def test_a_second_start_comes_to_the_same_outage(cast: Cast) -> None:
    plan = announce(cast)
    outage, _new = start(cast, plan)
    assert start(cast, plan) == (outage, False)
    assert [entry.act for entry in outage.timeline.all()] == ["started", "also_reported"]


def test_another_outage_stands_in_the_way_and_the_plan_waits(cast: Cast, outage: Outage) -> None:
    plan = announce(cast)
    assert start(cast, plan) == (outage, False)
    outage.refresh_from_db()
    assert (outage.plan, planning.outage_of(Plan.objects.get())) == (None, None)
    assert outage.timeline.last().act == "also_reported"  # type: ignore[union-attr]
    end(cast, outage)
    own, new = start(cast, plan)
    assert (new, own.plan) == (True, plan)


def test_a_drill_stands_in_no_real_ones_way(cast: Cast, drill: Outage) -> None:
    plan = announce(cast)
    assert start(cast, plan)[1]


def test_what_has_begun_is_neither_changed_nor_cancelled(cast: Cast) -> None:
    plan = announce(cast)
    start(cast, plan)
    for act in (lambda: change(cast, plan, terms(hours=9)), lambda: cancel(cast, plan)):
        with pytest.raises(PlanStarted):
            act()


def test_its_planned_end_may_be_moved_and_nothing_else(cast: Cast) -> None:
    plan = announce(cast, begins=-HOUR)
    start(cast, plan)
    later, now = plan.planned_end + HOUR, timezone.now()
    said_so: dict[str, Any] = {"event": Event.now(cast.adele, now), "reason": "tar längre tid"}
    assert planning.move_end(plan.pk, later, **said_so).new
    assert not planning.move_end(plan.pk, later, **said_so).new
    moved = Plan.objects.get()
    assert (moved.planned_start, moved.planned_end) == (plan.planned_start, later)
    assert [each[2:] for each in said(plan)][1:] == [("tar längre tid", later)]
    with pytest.raises(BadWindow):
        planning.move_end(plan.pk, plan.planned_start, **said_so)


def test_the_end_of_what_has_not_begun_is_not_moved_alone(cast: Cast) -> None:
    plan = announce(cast)
    with pytest.raises(PlanNotStarted):
        planning.move_end(
            plan.pk, plan.planned_end + HOUR, Event.now(cast.adele, timezone.now()), reason="x"
        )


def test_what_is_over_is_over(cast: Cast) -> None:
    plan = announce(cast, begins=-HOUR)
    outage, _new = start(cast, plan)
    end(cast, outage)
    acts: list[Callable[[], object]] = [
        lambda: start(cast, plan),
        lambda: change(cast, plan, terms(hours=9)),
        lambda: cancel(cast, plan),
        lambda: planning.move_end(
            plan.pk, plan.planned_end + HOUR, Event.now(cast.adele, timezone.now()), reason="x"
        ),
    ]
    for act in acts:
        with pytest.raises(PlanOver) as refused:
            act()
        assert refused.value.about == outage
    assert Outage.objects.count() == 1


def test_a_refusal_of_a_drill_wears_its_frame(cast: Cast) -> None:
    for drill in (False, True):
        plan = announce(cast, drill=drill)
        cancel(cast, plan)
        with pytest.raises(Refused) as refused:
            start(cast, plan)
        assert refused.value.drill == drill


# --- how it stands --------------------------------------------------------------------------------


def test_how_a_plan_stands_from_minute_to_minute(cast: Cast) -> None:
    plan = announce(cast)
    minute = timedelta(minutes=1)
    assert planning.state_of(plan, plan.planned_start - minute) == PlanState.ANNOUNCED
    assert planning.state_of(plan, plan.planned_start) == PlanState.LATE_TO_START
    outage, _new = start(cast, plan)
    plan = Plan.objects.get()
    assert planning.state_of(plan, plan.planned_end - minute) == PlanState.ONGOING
    assert planning.state_of(plan, plan.planned_end) == PlanState.LATE_TO_END
    end(cast, outage)
    assert planning.state_of(Plan.objects.get(), plan.planned_end) == PlanState.ENDED


def test_a_cancelled_plan_is_late_for_nothing(cast: Cast) -> None:
    plan = announce(cast)
    cancel(cast, plan)
    plan.refresh_from_db()
    assert planning.state_of(plan, plan.planned_end + DAY) == PlanState.CANCELLED


# --- at the same time -----------------------------------------------------------------------------


def overlaps(plan: Plan) -> tuple[list[Plan], list[Outage]]:
    plans, outages = planning.overlapping(plan, timezone.now())
    return plans, outages


def test_windows_that_share_a_moment_are_pointed_out_both_ways(cast: Cast) -> None:
    first, second = announce(cast), announce(cast, reason="annat", begins=DAY + 2 * HOUR)
    assert overlaps(first) == ([second], [])
    assert overlaps(second) == ([first], [])


def test_windows_that_only_touch_do_not_overlap(cast: Cast) -> None:
    first = announce(cast, hours=4)
    then = Terms(first.planned_end, first.planned_end + HOUR)
    planning.announce(then, Event.now(cast.adele, timezone.now()), drill=False, reason=WHY)
    assert overlaps(first) == ([], [])


def test_neither_a_drill_nor_what_is_cancelled_overlaps(cast: Cast) -> None:
    plan = announce(cast)
    announce(cast, drill=True)
    cancel(cast, announce(cast, reason="annat"))
    assert overlaps(plan) == ([], [])


def test_an_ongoing_outage_overlaps_what_should_have_begun_only(cast: Cast, outage: Outage) -> None:
    assert overlaps(announce(cast, begins=-HOUR / 2)) == ([], [outage])
    assert overlaps(announce(cast)) == ([], [])


def test_a_plan_does_not_overlap_its_own_outage_nor_anothers_twice(cast: Cast) -> None:
    plan = announce(cast, begins=-HOUR)
    other = announce(cast, begins=-HOUR, reason="annat")
    outage, _new = start(cast, plan)
    assert overlaps(plan) == ([other], [])
    assert overlaps(other) == ([plan], [])
    end(cast, outage)
    assert overlaps(other) == ([], [])


# --- who is told ----------------------------------------------------------------------------------


def told(user: User) -> list[Plan]:
    return [notice.plan for notice in planning.announced_for(user, timezone.now())]


def test_everyone_concerned_is_told_and_nobody_else(cast: Cast) -> None:
    for_iva, for_all = announce(cast, cast.iva), announce(cast, begins=2 * DAY)
    for user in (cast.tilda, cast.wilma, cast.adele, cast.gunde):
        assert told(user) == [for_iva, for_all], user
    assert told(cast.vidar) == [for_all]


def test_a_mistyped_wards_people_belong_to_the_ward_that_was_meant(cast: Cast) -> None:
    mistyped = Ward.objects.create(name="Iwa", confirmed=False, same_as=cast.iva)
    vera = casting.person("vera", Role.WARD, mistyped)
    plan = announce(cast, cast.iva)
    assert told(vera) == [plan]


def test_the_soonest_comes_first(cast: Cast) -> None:
    later, soon = announce(cast, begins=3 * DAY), announce(cast)
    assert told(cast.wilma) == [soon, later]


def test_what_is_cancelled_is_told_until_its_planned_end(cast: Cast) -> None:
    plan = announce(cast, cast.iva)
    cancel(cast, plan, "skjuts upp")
    [notice] = planning.announced_for(cast.wilma, plan.planned_end - timedelta(minutes=1))
    assert notice.latest
    assert (notice.latest.act, notice.latest.reason) == ("cancelled", "skjuts upp")
    assert not notice.asks
    assert planning.announced_for(cast.wilma, plan.planned_end) == []


def test_a_ward_taken_out_is_told_so_until_the_planned_end(cast: Cast) -> None:
    plan = announce(cast, cast.iva, cast.eye)
    change(cast, plan, Terms(plan.planned_start, plan.planned_end, [cast.iva]))
    [notice] = planning.announced_for(cast.vidar, timezone.now())
    assert (notice.concerns, notice.asks) == (False, False)
    assert planning.announced_for(cast.vidar, plan.planned_end) == []
    [notice] = planning.announced_for(cast.wilma, plan.planned_end)
    assert (notice.concerns, notice.asks) == (True, True)


def test_also_when_it_was_for_every_ward_before(cast: Cast, sign_in: SignIn) -> None:
    plan = announce(cast)
    change(cast, plan, Terms(plan.planned_start, plan.planned_end, [cast.iva]), "bara IVA")
    [notice] = planning.announced_for(cast.vidar, timezone.now())
    assert (notice.plan, notice.concerns, notice.asks) == (plan, False, False)
    assert "bara IVA" in sign_in(cast.vidar).get("/ward/").content.decode()
    assert sign_in(cast.vidar).get(plan.get_absolute_url()).status_code == 200
    assert planning.announced_for(cast.vidar, plan.planned_end) == []
    assert needs.totals(Plan.objects.get()) == needs.Totals(1, 0, 0, 0, 0)


def test_and_for_every_ward_again_it_asks_them_again(cast: Cast) -> None:
    plan = announce(cast)
    window = plan.planned_start, plan.planned_end
    change(cast, plan, Terms(*window, [cast.iva]))
    change(cast, plan, Terms(*window))
    [notice] = planning.announced_for(cast.vidar, timezone.now())
    assert (notice.concerns, notice.asks) == (True, True)
    assert needs.totals(Plan.objects.get()) == needs.Totals(2, 0, 0, 0, 0)


def test_a_row_without_a_history_breaks_nobodys_start_page(cast: Cast, sign_in: SignIn) -> None:
    past_python = terms()
    plan = Plan.objects.create(
        drill=False,
        planned_start=past_python.start,
        planned_end=past_python.end,
        reason=WHY,
        all_wards=True,
    )
    [notice] = planning.announced_for(cast.wilma, timezone.now())
    assert (notice.plan, notice.latest) == (plan, None)
    page = sign_in(cast.tilda).get("/till/").content.decode()
    assert WHY in page
    assert "None" not in page


def test_what_is_overdue_stays_and_what_is_over_goes(cast: Cast) -> None:
    plan = announce(cast, begins=-2 * DAY)
    assert told(cast.wilma) == [plan]
    outage, _new = start(cast, plan)
    assert told(cast.wilma) == [plan]
    end(cast, outage)
    assert told(cast.wilma) == []


def test_who_is_in_two_wards_is_asked_until_both_have_answered(cast: Cast) -> None:
    Membership.objects.create(user=cast.wilma, ward=cast.eye)
    plan = announce(cast)
    plan.needs.create(ward=cast.iva, answered_at=timezone.now(), answered_by=cast.wilma)
    [notice] = planning.announced_for(cast.wilma, timezone.now())
    assert notice.asks
    plan.needs.create(ward=cast.eye, answered_at=timezone.now(), answered_by=cast.wilma)
    [notice] = planning.announced_for(cast.wilma, timezone.now())
    assert not notice.asks


# --- past the Python ------------------------------------------------------------------------------


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_a_window_that_ends_before_it_begins(cast: Cast) -> None:
    plan = announce(cast)
    with pytest.raises(IntegrityError, match="plan_ends_after_start"), transaction.atomic():
        Plan.objects.update(planned_end=plan.planned_start)


def test_the_database_refuses_a_plan_without_a_reason(cast: Cast) -> None:
    announce(cast)
    with pytest.raises(IntegrityError, match="plan_has_reason"), transaction.atomic():
        Plan.objects.update(reason="")


def test_the_database_refuses_a_change_without_a_reason(cast: Cast) -> None:
    told = announce(cast).changes.get()
    told.pk, told.reason = None, ""
    with pytest.raises(IntegrityError, match="plan_change_has_reason"), transaction.atomic():
        told.save()


def test_the_database_lets_a_plan_become_one_outage(cast: Cast) -> None:
    plan = announce(cast)
    outage, _new = start(cast, plan)
    end(cast, outage)
    with pytest.raises(IntegrityError), transaction.atomic():
        lifecycle.start(Event.now(cast.tilda, timezone.now()), plan=plan)
    assert Outage.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("UPDATE outage_plan SET drill = NOT drill", "never change"),
        ("UPDATE outage_plan SET cancelled_at = NULL", "set once"),
        ("UPDATE outage_outage SET plan_id = NULL", "set once"),
        ("UPDATE outage_planchange SET reason = 'x'", "append-only"),
        ("DELETE FROM outage_planchange", "append-only"),
        ("DELETE FROM outage_plan", "append-only"),
    ],
)
def test_history_neither_changes_nor_goes(cast: Cast, change: str, refusal: str) -> None:
    start(cast, announce(cast))
    cancel(cast, announce(cast, begins=2 * DAY))
    with pytest.raises(IntegrityError, match=refusal):
        run(change)


def test_an_outage_of_a_plan_is_a_planned_one(cast: Cast) -> None:
    plan = announce(cast)
    with pytest.raises(IntegrityError, match="outage_of_a_plan_is_planned"), transaction.atomic():
        Outage.objects.create(kind="unplanned", drill=False, started_at=timezone.now(), plan=plan)


@pytest.mark.parametrize("cancelled", [False, True])
def test_the_database_takes_an_outage_of_a_plan_as_that_stands(
    cast: Cast, *, cancelled: bool
) -> None:
    plan = announce(cast, drill=not cancelled)
    if cancelled:
        cancel(cast, plan)
    real = {"kind": "planned", "drill": False, "started_at": timezone.now()}
    with pytest.raises(IntegrityError, match="as its plan is"), transaction.atomic():
        Outage.objects.create(plan=plan, **real)
    Outage.objects.create(**real)
    with pytest.raises(IntegrityError, match="as its plan is"):
        run(f"UPDATE outage_outage SET plan_id = {plan.pk}")  # noqa: S608  our own words


def test_nor_is_cancelled_what_has_begun(cast: Cast) -> None:
    start(cast, announce(cast))
    with pytest.raises(IntegrityError, match="can't be cancelled"):
        run("UPDATE outage_plan SET cancelled_at = planned_start")
