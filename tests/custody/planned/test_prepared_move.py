"""A prepared number for the wrong ward, or of a cancelled plan, is moved, on record."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from custody.checks import consistency
from custody.models import PreparedMove, PreparedNumber
from custody.planned import prepared
from custody.planned.refusals import NotMovable
from outage import lifecycle
from outage.models import Plan
from outage.plans import planning
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.lifting import lifted
from tests.ground.scenery import scene

pytestmark = pytest.mark.one_database("decisions")


@scene
def plan(cast: Cast) -> Plan:
    return scenes.planned(cast)


@scene
def anew(cast: Cast) -> Plan:
    return scenes.planned(cast, ahead=8)


@scene
def number(cast: Cast, plan: Plan) -> PreparedNumber:
    at = timezone.now()
    (row,) = prepared.enter(plan, cast.iva, scenes.REAL_WOMAN, Event.now(cast.adele, at)).row
    return row


def move(
    cast: Cast, number: PreparedNumber, plan: Plan, ward: Ward, reason: str = "wrong ward"
) -> PreparedNumber:
    return prepared.move(number.pk, plan, ward, scenes.now(cast.adele), reason=reason).row


def mark(cast: Cast, number: PreparedNumber, outcome: str) -> None:
    prepared.mark(number.pk, outcome, scenes.now(cast.wilma))


def cancel(cast: Cast, plan: Plan) -> None:
    planning.cancel(plan.pk, scenes.now(cast.adele), reason="postponed")


@pytest.mark.both_databases
def test_to_another_ward_of_the_plan(cast: Cast, plan: Plan, number: PreparedNumber) -> None:
    moved = move(cast, number, plan, cast.eye)
    assert (moved.plan, moved.ward, moved.outcome) == (plan, cast.eye, "")
    assert not prepared.visible_to(cast.wilma).exists()
    assert prepared.visible_to(cast.vidar).get() == number
    (told,) = number.moves.all()
    assert (told.from_ward, told.to_ward, told.by) == (cast.iva, cast.eye, cast.adele)
    entry = LogEntry.objects.get(act="move_prepared")
    assert (entry.number, entry.unit) == (scenes.REAL_WOMAN, str(cast.eye))
    assert "wrong ward" in str(entry.changes)
    move(cast, number, plan, cast.eye)
    assert number.moves.count() == 1  # it was there already
    move(cast, number, plan, cast.iva)
    assert list(consistency.findings()) == []


@pytest.mark.parametrize("marked", ["", "unused"])
def test_from_a_cancelled_plan_to_the_one_announced_anew(
    cast: Cast, plan: Plan, anew: Plan, number: PreparedNumber, marked: str
) -> None:
    cancel(cast, plan)
    if marked:
        mark(cast, number, marked)
    moved = move(cast, number, anew, cast.iva, reason="announced anew")
    assert (moved.plan, moved.outcome, moved.marked_at) == (anew, "", None)
    assert not prepared.unaccounted(plan).exists()
    assert prepared.moved_away(plan).get().to_plan == anew
    assert PreparedNumber.objects.count() == 1
    assert list(consistency.findings()) == []


def test_what_was_used_stays(cast: Cast, plan: Plan, anew: Plan, number: PreparedNumber) -> None:
    mark(cast, number, "used")
    with pytest.raises(NotMovable):
        move(cast, number, plan, cast.eye)
    cancel(cast, plan)
    with pytest.raises(NotMovable):
        move(cast, number, anew, cast.iva)
    assert not PreparedMove.objects.exists()


def test_what_is_marked_unused_of_a_plan_that_stands_stays(
    cast: Cast, plan: Plan, number: PreparedNumber
) -> None:
    mark(cast, number, "unused")
    with pytest.raises(NotMovable):
        move(cast, number, plan, cast.eye)


def test_to_a_plan_that_takes_it(
    cast: Cast, plan: Plan, anew: Plan, number: PreparedNumber
) -> None:
    with pytest.raises(NotMovable):  # its own plan stands
        move(cast, number, anew, cast.iva)
    cancel(cast, plan)
    with pytest.raises(NotMovable):  # to the other ward of a plan that never comes
        move(cast, number, scenes.planned(cast, drill=True), cast.iva)
    with pytest.raises(ReasonMissing):
        move(cast, number, anew, cast.iva, reason="")
    outage, _new = planning.start(anew.pk, scenes.now(cast.tilda))
    lifecycle.end(outage, scenes.now(cast.tilda))
    with pytest.raises(NotMovable):
        move(cast, number, anew, cast.iva)
    late = scenes.planned(cast, ahead=9)
    cancel(cast, late)
    with pytest.raises(NotMovable):
        move(cast, number, late, cast.iva)


# --- the database ---------------------------------------------------------------------------------


def record(number: PreparedNumber, plan: Plan, ward: Ward, cast: Cast) -> PreparedMove:
    return PreparedMove.objects.create(
        number=number,
        from_plan=number.plan,
        from_ward=number.ward,
        to_plan=plan,
        to_ward=ward,
        at=timezone.now(),
        by=cast.adele,
        reason="x",
    )


def test_a_number_never_moves_without_its_record(
    cast: Cast, plan: Plan, anew: Plan, number: PreparedNumber
) -> None:
    rows = PreparedNumber.objects.filter(pk=number.pk)
    for change in ({"ward": cast.eye}, {"plan": anew}):
        with pytest.raises(IntegrityError, match="record of it"), transaction.atomic():
            rows.update(**change)
    move(cast, number, plan, cast.eye)
    with pytest.raises(IntegrityError, match="record of it"), transaction.atomic():
        rows.update(ward=cast.iva)
    with lifted():
        assert rows.update(ward=cast.iva) == 1


def test_no_record_of_what_may_not_be(
    cast: Cast, plan: Plan, anew: Plan, number: PreparedNumber
) -> None:
    mark(cast, number, "used")
    for target in ((plan, cast.eye), (anew, cast.iva)):
        with pytest.raises(IntegrityError, match="only an unused"), transaction.atomic():
            record(number, *target, cast)
    cancel(cast, plan)
    with pytest.raises(IntegrityError, match="only an unused"), transaction.atomic():
        record(number, anew, cast.iva, cast)


def test_the_record_stays(cast: Cast, plan: Plan, number: PreparedNumber) -> None:
    move(cast, number, plan, cast.eye)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        PreparedMove.objects.update(reason="else")
    number.refresh_from_db()
    with pytest.raises(IntegrityError, match="leads_elsewhere"), transaction.atomic():
        record(number, plan, cast.eye, cast)


# --- the page -------------------------------------------------------------------------------------


def test_the_administrator_moves_it(
    cast: Cast, plan: Plan, anew: Plan, number: PreparedNumber, sign_in: SignIn
) -> None:
    cancel(cast, plan)
    client, address = sign_in(cast.adele), f"/outage/prepared/{number.pk}/move/"
    assert address in client.get(f"/outage/plans/{plan.pk}/numbers/").content.decode()
    assert client.get(address).context["form"]["ward"].value() == str(cast.iva)
    fields = {"plan": str(anew.pk), "ward": str(cast.eye)}
    assert client.post(address, fields).status_code == 400
    done = client.post(address, fields | {"reason": "announced anew"}, follow=True)
    assert done.redirect_chain == [(f"/outage/plans/{anew.pk}/numbers/", 302)]
    assert "announced anew" in done.content.decode()
    old = client.get(f"/outage/plans/{plan.pk}/numbers/").content.decode()
    assert "announced anew" in old


def test_what_cant_be_moved_is_said(
    cast: Cast, plan: Plan, number: PreparedNumber, sign_in: SignIn
) -> None:
    client, address = sign_in(cast.adele), f"/outage/prepared/{number.pk}/move/"
    cancel(cast, plan)
    assert 'name="plan"' not in client.get(address).content.decode()  # there is no other plan
    mark(cast, number, "used")
    assert 'name="plan"' not in client.get(address).content.decode()


def test_nobody_else_moves_it(cast: Cast, number: PreparedNumber, sign_in: SignIn) -> None:
    for person in (cast.wilma, cast.tilda, cast.gunde):
        assert sign_in(person).get(f"/outage/prepared/{number.pk}/move/").status_code == 403
