"""A ward that was invented in a drill stays in drills."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import Client

from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.wards import register
from befreg_reserv.people.wards.changes import changing
from befreg_reserv.people.wards.register import InventedInDrill
from custody.calls import said_wrong, taking
from custody.handouts import correcting
from custody.models import Binder, Call, Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.ledger.test_invariants import refused, update
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")

NAME = "Övningstältet"


@scene
def invented(cast: Cast, training_binder: Binder, drill: Outage) -> Ward:
    typed = register.typed_in(NAME, drill=True)
    return scenes.handed_out(cast, outage_id=drill.pk, ward=typed).ward


@scene
def handout(cast: Cast, real_binder: Binder, outage: Outage) -> Handout:
    return scenes.handed_out(cast)


def test_reality_neither_finds_nor_offers_it(invented: Ward) -> None:
    assert (register.find(NAME), register.search(NAME)) == (None, [])
    assert register.find(NAME, drill=True) == invented
    assert register.search(NAME, drill=True) == [invented]


def test_each_call_form_has_its_own_wards(
    cast: Cast, invented: Ward, handout: Handout, sign_in: SignIn
) -> None:
    till = sign_in(cast.tilda)
    for board, drill in (("/till/", False), ("/till/drill/", True)):
        search = f"/wards/search/{'drill/' if drill else ''}"
        assert f'data-combobox="{search}"' in till.get(f"{board}call/?new=1").content.decode()
        assert (NAME in text_of(till.get(f"{search}?ward=tältet"))) == drill


def test_the_same_name_in_reality_is_another_ward(
    cast: Cast, invented: Ward, handout: Handout, sign_in: SignIn
) -> None:
    form = {"sex": "M", "caller": "wilma", "ward": NAME, "request_key": "0" * 31 + "1"}
    till: Client = sign_in(cast.tilda)
    assert till.post("/till/hand-out/", form).status_code == 302
    ward = Call.objects.latest("pk").ward
    assert (ward.name, ward.drill, ward == invented) == (NAME, False, False)
    # A drill goes on with its own.
    assert register.find(NAME, drill=True) == invented
    assert register.find(NAME) == ward


@pytest.mark.both_databases
def test_a_drill_uses_the_wards_of_reality(cast: Cast, invented: Ward) -> None:
    real = register.keep_typed_in(register.typed_in("Fältsjukhuset"))
    assert register.find("Fältsjukhuset", drill=True) == real
    assert register.search("fält", drill=True) == [real]


def test_an_answer_with_its_key_is_not_taken_in_reality(
    cast: Cast, invented: Ward, handout: Handout, sign_in: SignIn
) -> None:
    form = {"sex": "M", "caller": "wilma", "ward": NAME, "request_key": "0" * 31 + "1"}
    asked = {"ward_choice": str(invented.pk), "ward_asked": NAME}
    assert sign_in(cast.tilda).post("/till/hand-out/", form | asked).status_code == 302
    assert not Call.objects.latest("pk").ward.drill


def test_the_administrator_sees_it_as_a_drills_alone(
    cast: Cast, invented: Ward, sign_in: SignIn
) -> None:
    adele = sign_in(cast.adele)
    assert not register.waiting().exists()
    assert "skrevs in i kassan" not in text_of(adele.get("/binder/overview/"))
    page = adele.get("/wards/").content.decode()
    assert page.count(NAME) == 1
    assert page.index('id="of-drills"') < page.index(NAME) < page.index('id="people"')
    assert "/confirm/" not in adele.get(f"/wards/{invented.pk}/").content.decode()


def test_it_is_never_taken_into_the_register(cast: Cast, invented: Ward) -> None:
    with pytest.raises(InventedInDrill):
        changing.confirm(invented, "Kirurgkliniken", NAME, now(cast.adele))
    clinic = Clinic.objects.create(name="Kirurgkliniken")
    with pytest.raises(IntegrityError, match="ward_of_a_drill_is_never_confirmed"):
        Ward.objects.filter(pk=invented.pk).update(clinic=clinic, confirmed=True)


def test_its_numbers_may_be_a_known_wards(cast: Cast, invented: Ward) -> None:
    register.merge(invented, cast.iva, now(cast.adele))
    assert (register.find(NAME), register.find(NAME, drill=True)) == (None, invented)
    assert not register.of_drills().exists()


def test_the_database_keeps_it_out_of_reality(cast: Cast, invented: Ward, handout: Handout) -> None:
    for act in (
        lambda: scenes.handed_out(cast, ward=invented),
        lambda: correcting.transfer(handout.pk, invented, now(cast.tilda), reason="x", place=""),
        lambda: scenes.treated_without(cast, handout.outage, ward=invented),
    ):
        with refused("stays in drills"), transaction.atomic():
            act()


def test_no_patient_of_reality_waits_there(cast: Cast, invented: Ward, outage: Outage) -> None:
    waits = taking.take(scenes.call(cast), now(cast.tilda)).row.call.patients.get()
    said = {"caller": "wilma", "callback": "2102", "reason": "misheard"}
    with refused("stays in drills"), transaction.atomic():
        said_wrong.correct(waits.pk, invented, now(cast.tilda), **said)


@pytest.mark.both_databases
@pytest.mark.parametrize("marked", [True, False])
def test_what_it_was_invented_in_never_changes(cast: Cast, invented: Ward, marked: bool) -> None:
    ward = cast.iva if marked else invented
    with refused("never change"):
        update(ward, drill=marked)


def test_an_upgrade_marks_those_that_only_drills_have_used(
    cast: Cast, training_binder: Binder, drill: Outage, handout: Handout
) -> None:
    unused, drilled, both, moved = (
        register.keep_typed_in(register.typed_in(name)) for name in ("A", "B", "C", "D")
    )
    for ward in (drilled, both, moved, cast.eye):
        scenes.handed_out(cast, outage_id=drill.pk, ward=ward)
    scenes.handed_out(cast, ward=both)
    correcting.transfer(handout.pk, moved, now(cast.tilda), reason="x", place="")
    correcting.transfer(handout.pk, cast.eye, now(cast.tilda), reason="y", place="")
    with connection.cursor() as cursor:  # as before the upgrade
        of_table = " ON people_ward" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER people_ward_fixed{of_table}")
    import_module("custody.migrations.0019_wards_invented_in_drills").mark(apps, None)
    assert list(Ward.objects.filter(drill=True)) == [drilled]
    assert unused in register.waiting()
