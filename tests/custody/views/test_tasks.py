"""What a ward has left to do: one list of every kind, the oldest first, and what comes next."""

from datetime import datetime
from typing import Any

import pytest

from befreg_reserv.people.models import User
from custody.afterwards import tasks
from custody.afterwards.tasks import Filter, TaskKind, WardTask
from custody.models import Binder, PreparedNumber
from custody.planned import late_registration, prepared
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.lifting import lifted
from tests.pages import text_of
from tests.scenes import now

pytestmark = [pytest.mark.django_db, pytest.mark.one_database("decisions")]

K = TaskKind


def left(user: User, *, drill: bool = False, **wanted: Any) -> list[WardTask]:
    return list(tasks.tasks(user, Filter(**wanted), None, drill=drill, size=50))


def kinds(user: User, **wanted: Any) -> list[TaskKind]:
    return [task.kind for task in left(user, **wanted)]


@pytest.fixture
def all_kinds(cast: Cast, real_binder: Binder) -> dict[str, Any]:
    """Lay in one task of each kind, of IVA, in a planned outage that has ended."""
    return scenes.one_task_of_each_kind(cast)


@pytest.mark.both_databases
def test_every_kind_is_in_one_list_the_oldest_first(cast: Cast, all_kinds: dict[str, Any]) -> None:
    found = left(cast.wilma)
    assert {task.kind: task.row for task in found} == {
        TaskKind(kind): row for kind, row in all_kinds.items()
    }
    times: list[datetime] = [task.since for task in found]
    assert times == sorted(times)
    assert left(cast.vidar) == []
    assert left(cast.wilma, drill=True) == []
    assert len(left(cast.adele)) == len(found)


@pytest.mark.both_databases
def test_the_list_is_cut_down(cast: Cast, all_kinds: dict[str, Any]) -> None:
    assert kinds(cast.wilma, kind=K.NOTICE) == [K.NOTICE]
    assert kinds(cast.wilma, ward=cast.eye.pk) == []
    assert len(kinds(cast.wilma, ward=cast.iva.pk)) == len(all_kinds)
    assert set(kinds(cast.wilma, mine=True)) == {K.NUMBER, K.NOTICE, K.SWITCHES, K.LATE}


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["waits", "number", "notice", "switches", "late", "prepared"])
def test_who_sees_all_can_choose_any_ward_with_something_left(
    cast: Cast, all_kinds: dict[str, Any], kind: str
) -> None:
    row = all_kinds[kind].call if kind == "waits" else all_kinds[kind]
    with lifted():
        type(row).objects.filter(pk=row.pk).update(ward=cast.eye)
    assert set(tasks.wards(cast.adele, drill=False)) == {cast.iva, cast.eye}
    assert [task.kind for task in left(cast.adele, ward=cast.eye.pk)] == [kind]
    assert tasks.wards(cast.adele, drill=True) == []


def test_one_done_step_leads_on_to_the_next_until_nothing_is_left(
    cast: Cast, all_kinds: dict[str, Any], sign_in: SignIn
) -> None:
    first = tasks.next_task(cast.wilma, drill=False)
    assert first
    assert first.row == left(cast.wilma)[0].row
    following = tasks.next_task(cast.wilma, drill=False, beside=first.row)
    assert following
    assert following.row == left(cast.wilma)[1].row
    late = all_kinds["late"]
    late_registration.strike(late.pk, now(cast.wilma), reason="listed twice")
    assert K.LATE not in kinds(cast.wilma)
    page = sign_in(cast.wilma).get(f"/outage/{late.outage_id}/late/")
    assert page.context["next_task"].row == left(cast.wilma)[0].row
    assert tasks.next_task(cast.vidar, drill=False) is None
    number = all_kinds["prepared"]
    prepared.mark(number.pk, PreparedNumber.Outcome.USED, now(cast.wilma))
    page = sign_in(cast.wilma).get(f"/outage/plans/{number.plan_id}/numbers/")
    assert page.context["next_task"].row == left(cast.wilma)[0].row


def test_a_settled_patient_leads_on_too(
    cast: Cast, all_kinds: dict[str, Any], sign_in: SignIn
) -> None:
    patient = all_kinds["waits"]
    settle = f"/till/patients/{patient.pk}/settle/"
    adele = sign_in(cast.adele)
    assert "next_task" not in adele.get(patient.call.get_absolute_url()).context
    page = adele.post(settle, {"reason": "made there"}, follow=True)
    assert page.context["next_task"].row == left(cast.adele)[0].row
    assert "Nästa" in text_of(page)
    assert "patienten är klar i Befreg" in text_of(page)


def test_the_page_shows_whose_each_is_and_how_old(
    cast: Cast, all_kinds: dict[str, Any], sign_in: SignIn
) -> None:
    ward = sign_in(cast.wilma)
    page = text_of(ward.get("/ward/"))
    for words in (
        "Kvar att göra",
        "begärt av wilma",
        "petra1",
        "wilma",
        "Förberett, men inte markerat",
        "Avslutat",
    ):
        assert words in page
    only = ward.get("/ward/?kind=late")
    assert [task.kind for task in only.context["page"]] == [K.LATE]
    assert "Inget av det slaget är kvar" in text_of(sign_in(cast.vidar).get("/ward/?kind=late"))
    for strange in ("kind=x", "ward=x", "ward=-1", f"ward={10**30}", "kind=%00", "page=x"):
        assert ward.get(f"/ward/?{strange}").status_code == 200


def test_whoever_belongs_to_no_ward_is_told_whom_to_ask(cast: Cast, sign_in: SignIn) -> None:
    cast.wilma.wards.clear()
    page = text_of(sign_in(cast.wilma).get("/ward/"))
    assert "Allt är klart" not in page
    assert "wilma på din avdelning" in page
