"""Patients who wait, and those to be registered afterwards, when their ward closes meanwhile."""

import pytest
from django.urls import reverse
from django.utils import timezone

from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.changes import changing, following
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from befreg_reserv.to_do.waiting import Asked
from custody.calls import taking, unmet, waiting
from custody.models import LateRegistration, Patient
from custody.planned import late_registration
from custody.to_do.outages import nobody_there
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def patient(cast: Cast, outage: Outage) -> Patient:
    """Somebody of IVA who waits, beside one who was treated without a number."""
    scenes.treated_without(cast, outage)
    call = taking.take(scenes.call(cast), scenes.now(cast.tilda)).row.call
    return call.patients.get()


def become(cast: Cast, kind: Kind, *after: Ward) -> None:
    ward = Ward.objects.select_related("clinic").get(pk=cast.iva.pk)
    changing.change(ward, Terms(kind, TODAY, "decided", after), scenes.now(cast.adele))


def named(cast: Cast, *names: str) -> list[Ward]:
    assert cast.iva.clinic
    return [changing.proposed(cast.iva.clinic, name) for name in names]


@pytest.mark.one_database("words")
def test_what_drills_left_is_called_theirs(cast: Cast, patient: Patient, drill: Outage) -> None:
    scenes.treated_without(cast, drill)
    late = following.left_at(cast.iva)[-1]
    assert late.words == "2 patients to register afterwards (1 in drills)"
    theirs = next(thing for thing in late.things if thing.drill)
    assert late.words_of(theirs).startswith("1 patient to register afterwards (drill): ")


def served(cast: Cast, patient: Patient) -> Ward:
    scenes.lay_in("Pärm", ["20000101K064"], training=False)
    return waiting.serve(patient.pk, scenes.now(cast.tilda)).row.ward


def nobody_at(cast: Cast) -> int:
    return len(list(nobody_there(Asked(cast.adele, timezone.now()))))


def test_both_are_counted_and_keep_the_wards_name(cast: Cast, patient: Patient) -> None:
    words = [each.words for each in following.left_at(cast.iva)]
    assert words[1:] == ["1 patient who waits for a number", "1 patient to register afterwards"]
    assert following.left_at(cast.iva)[1].words_in_list == f"{words[1]} (keeps its name)"
    become(cast, Kind.MERGED, cast.eye)
    assert [each.words for each in following.left_at(cast.iva)] == words[1:]
    assert unmet.waiting_for(cast.vidar).get() == patient
    late = late_registration.visible_to(cast.vidar).get()
    assert (late.ward, unmet.waiting_for(cast.vidar).get().ward) == (cast.iva, cast.iva)
    late_registration.register(late.pk, "191212121212", scenes.now(cast.vidar))
    assert not LateRegistration.objects.filter(late_registration.OPEN).exists()


def test_a_number_that_comes_later_is_the_successors(cast: Cast, patient: Patient) -> None:
    become(cast, Kind.MERGED, cast.eye)
    assert served(cast, patient) == cast.eye
    assert nobody_at(cast) == 0


def test_of_a_ward_that_was_split_all_see_the_number(cast: Cast, patient: Patient) -> None:
    become(cast, Kind.SPLIT, *named(cast, "IVA 1", "IVA 2"))
    assert served(cast, patient) == cast.iva
    assert nobody_at(cast) == 0  # the people of both see it
    cast.wilma.membership_set.all().delete()
    assert nobody_at(cast) == 1


def test_of_a_ward_without_a_successor_the_administrator_has_both(
    cast: Cast, patient: Patient, sign_in: SignIn
) -> None:
    asked = {"day": f"{TODAY}", "reason": "decided"}
    page = sign_in(cast.adele).post(reverse("wards:close", args=[cast.iva.pk]), asked)
    assert "1 patient som väntar på ett nummer, 1 patient att efterregistrera" in text_of(page)
    assert "administratören ser dem" in text_of(page)
    become(cast, Kind.CLOSED)
    assert unmet.waiting_for(cast.adele).get() == patient
    assert served(cast, patient) == cast.iva
    assert nobody_at(cast) == 1
