"""A clinic is closed at the moment in which somebody puts a ward into it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from befreg_reserv.acts.refused import Refused
from befreg_reserv.people.models import Clinic, Ward
from befreg_reserv.people.wards import clinic_names, loading
from befreg_reserv.people.wards.changes import changing as wards
from befreg_reserv.people.wards.clinics import changing
from befreg_reserv.people.wards.clinics.changing import ClinicTerms
from befreg_reserv.people.wards.file import BadFile, WardRow
from tests import scenes
from tests.cast import Cast
from tests.races.together import race, until_another_waits

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = timezone.localdate()


def typed_in(name: str) -> Ward:
    return Ward.objects.create(name=name, confirmed=False)


def opening(cast: Cast, clinic: Clinic) -> Callable[[], object]:
    return partial(wards.open_ward, wards.proposed(clinic, "Tält"), TODAY, scenes.now(cast.adele))


def confirming(cast: Cast, clinic: Clinic) -> Callable[[], object]:
    typed, event = typed_in("Tältet"), scenes.now(cast.adele)
    return partial(wards.confirm, typed, clinic.name, "Tält", event)


def loading_a_file(cast: Cast, clinic: Clinic) -> Callable[[], object]:
    return partial(loading.load, [WardRow(clinic.name, "Tält", {}, 2)], scenes.now(cast.adele))


REFUSED: dict[Callable[[Cast, Clinic], Callable[[], object]], type[Refused]] = {
    opening: clinic_names.ClinicHasClosed,
    confirming: clinic_names.ClinicHasClosed,
    loading_a_file: BadFile,
}


@pytest.mark.parametrize("how", REFUSED)
def test_no_ward_comes_into_a_clinic_while_it_closes(
    cast: Cast, how: Callable[[Cast, Clinic], Callable[[], object]]
) -> None:
    event = scenes.now(cast.adele)
    clinic = changing.open_clinic(changing.proposed("Fält"), TODAY, event).row
    put = how(cast, clinic)
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        changing.change(clinic, ClinicTerms(TODAY, "r"), event)
        late = other.submit(race, put)
        until_another_waits()
    assert [type(each) for each in late.result()] == [REFUSED[how]]
    assert not clinic.wards.exists()


@pytest.mark.parametrize("how", REFUSED)
def test_a_clinic_that_closes_takes_a_ward_along_that_just_came(
    cast: Cast, how: Callable[[Cast, Clinic], Callable[[], object]]
) -> None:
    event = scenes.now(cast.adele)
    clinic = changing.open_clinic(changing.proposed("Fält"), TODAY, event).row
    put = how(cast, clinic)
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        put()
        late = other.submit(race, partial(changing.change, clinic, ClinicTerms(TODAY, "r"), event))
        until_another_waits()
    late.result()
    clinic.refresh_from_db()
    assert (clinic.is_open, clinic.wards.get().is_open) == (False, False)


def test_two_typed_in_wards_of_one_new_clinic_are_both_confirmed(cast: Cast) -> None:
    first, second = typed_in("A"), typed_in("B")
    event = scenes.now(cast.adele)
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        wards.confirm(first, "Fält", "A", event)
        late = other.submit(race, partial(wards.confirm, second, "Fält", "B", event))
        until_another_waits()
    late.result()
    clinic = Clinic.objects.get(name="Fält")
    assert (clinic.wards.count(), clinic.changes.get().kind) == (2, "opened")
