"""What the database keeps of wards that change, past the Python."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from befreg_reserv.people.models import (
    Clinic,
    ClinicChange,
    ClinicSuccession,
    Heir,
    Membership,
    Succession,
    Ward,
    WardChange,
)
from befreg_reserv.people.wards.changes import changing
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from tests import cast as casting
from tests import scenes
from tests.cast import Cast

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def written(ward: Ward, kind: str, *successors: Ward, **columns: object) -> WardChange:
    """Write a change as nobody should, without closing the ward."""
    fields = {"day": TODAY, "reason": "r", "by": "adele", "recorded_at": timezone.now()}
    change = WardChange.objects.create(ward=ward, kind=kind, **(fields | columns))
    for successor in successors:
        Succession.objects.create(change=change, ward=successor)
    return change


def close(change: WardChange, **columns: object) -> int:
    closed = {"closed_on": change.day, "closed_at": change.recorded_at} | columns
    return Ward.objects.filter(pk=change.ward_id).update(**closed)


def clinic_written(clinic: Any, kind: str, *successors: Any, **columns: object) -> ClinicChange:
    """Write a clinic's change as nobody should, without closing the clinic."""
    fields = {"day": TODAY, "reason": "r", "by": "adele", "recorded_at": timezone.now()}
    change = ClinicChange.objects.create(clinic=clinic, kind=kind, **(fields | columns))
    for successor in successors:
        ClinicSuccession.objects.create(change=change, clinic=successor)
    return change


def close_clinic(change: ClinicChange, **columns: object) -> int:
    closed = {"closed_on": change.day} | columns
    return Clinic.objects.filter(pk=change.clinic_id).update(**closed)


def closed_clinic(ward: Any) -> Clinic:
    """Close the clinic of a closed ward as its act does."""
    close_clinic(clinic_written(ward.clinic, "closed"))
    return Clinic.objects.get(pk=ward.clinic_id, closed_on=TODAY)


@pytest.fixture
def closed(cast: Cast) -> Ward:
    terms = Terms(Kind.MERGED, TODAY, "one ward", (cast.eye,))
    changing.change(cast.iva, terms, scenes.now(cast.adele))
    return Ward.objects.get(pk=cast.iva.pk)


PAST_THE_PYTHON: dict[str, Callable[[Cast, Ward], object]] = {
    "opened again": lambda cast, ward: Ward.objects.filter(pk=ward.pk).update(
        closed_on=None, closed_at=None
    ),
    "another day": lambda cast, ward: Ward.objects.filter(pk=ward.pk).update(
        closed_on=TODAY - timedelta(1)
    ),
    "another name": lambda cast, ward: Ward.objects.filter(pk=ward.pk).update(name="B", key="b"),
    "another clinic": lambda cast, ward: Ward.objects.filter(pk=ward.pk).update(
        clinic=cast.eye.clinic
    ),
    "no longer confirmed": lambda cast, ward: Ward.objects.filter(pk=ward.pk).update(
        confirmed=False
    ),
    "closed a second time": lambda cast, ward: written(ward, "closed"),
    "opened afterwards": lambda cast, ward: written(ward, "opened"),
    "opened twice": lambda cast, ward: (
        written(cast.eye, "opened"),
        written(cast.eye, "opened"),
    ),
    "a circle": lambda cast, ward: written(cast.eye, "merged", ward),
    "into itself": lambda cast, ward: written(cast.eye, "merged", cast.eye),
    "a further successor": lambda cast, ward: Succession.objects.create(
        change=ward.changes.get(), ward=casting.ward("Hud", "Hud")
    ),
    "a successor of none": lambda cast, ward: written(cast.eye, "closed", casting.ward("H", "H")),
    "closed without a change": lambda cast, ward: Ward.objects.filter(pk=cast.eye.pk).update(
        closed_on=TODAY, closed_at=timezone.now()
    ),
    "closed by half": lambda cast, ward: close(written(cast.eye, "closed"), closed_at=None),
    "on another day than its change": lambda cast, ward: close(
        written(cast.eye, "closed"), closed_on=TODAY - timedelta(1)
    ),
    "merged into none": lambda cast, ward: close(written(cast.eye, "merged")),
    "split into one": lambda cast, ward: close(written(cast.eye, "split", casting.ward("H", "H"))),
    "of no kind": lambda cast, ward: written(cast.eye, "sold"),
    "without a reason": lambda cast, ward: written(cast.eye, "closed", reason=""),
    "before it opened": lambda cast, ward: (
        Ward.objects.filter(pk=cast.eye.pk).update(opened_on=TODAY),
        close(written(cast.eye, "closed", day=TODAY - timedelta(1))),
    ),
    "a change that is rewritten": lambda cast, ward: WardChange.objects.update(reason="other"),
    "a change that is deleted": lambda cast, ward: Succession.objects.all().delete(),
    "a person in a closed ward": lambda cast, ward: Membership.objects.create(
        user=cast.noone, ward=ward
    ),
    "a person moved to a closed ward": lambda cast, ward: Membership.objects.update(ward=ward),
    "its own heir": lambda cast, ward: Heir.objects.create(ward=ward, heir=ward),
    "an heir twice": lambda cast, ward: Heir.objects.create(ward=ward, heir=cast.eye),
    "begun closed": lambda cast, ward: Ward.objects.create(
        name="A", clinic=cast.eye.clinic, closed_on=TODAY, closed_at=timezone.now()
    ),
    "a second open ward of a name": lambda cast, ward: casting.ward(
        "Ögonkliniken", "Ögonmottagning"
    ),
    "a clinic closed before it opened": lambda cast, ward: Clinic.objects.create(
        name="C", opened_on=TODAY, closed_on=date(2020, 1, 1)
    ),
    "a clinic begun closed": lambda cast, ward: Clinic.objects.create(name="C", closed_on=TODAY),
    "a clinic of another name": lambda cast, ward: Clinic.objects.update(name="C", key="c"),
    "a clinic closed with a ward in it": lambda cast, ward: close_clinic(
        clinic_written(cast.eye.clinic, "closed")
    ),
    "a clinic closed without a change": lambda cast, ward: Clinic.objects.filter(wards=ward).update(
        closed_on=TODAY
    ),
    "a clinic closed on another day than its change": lambda cast, ward: close_clinic(
        clinic_written(ward.clinic, "closed"), closed_on=TODAY - timedelta(1)
    ),
    "a clinic merged into none": lambda cast, ward: close_clinic(
        clinic_written(ward.clinic, "merged")
    ),
    "a clinic divided into one": lambda cast, ward: close_clinic(
        clinic_written(ward.clinic, "split", cast.eye.clinic)
    ),
    "a clinic after itself": lambda cast, ward: clinic_written(ward.clinic, "merged", ward.clinic),
    "a clinic after one that closed for good": lambda cast, ward: clinic_written(
        ward.clinic, "closed", cast.eye.clinic
    ),
    "a clinic closed of no kind": lambda cast, ward: clinic_written(ward.clinic, "sold"),
    "a clinic closed without a reason": lambda cast, ward: clinic_written(
        ward.clinic, "closed", reason=""
    ),
    "a closed clinic reopened": lambda cast, ward: Clinic.objects.filter(
        pk=closed_clinic(ward).pk
    ).update(closed_on=None),
    "a closed clinic's name": lambda cast, ward: Clinic.objects.filter(
        pk=closed_clinic(ward).pk
    ).update(name="ANESTESIKLINIKEN"),
    "a closed clinic closed again": lambda cast, ward: clinic_written(
        closed_clinic(ward), "closed"
    ),
    "a closed clinic after another": lambda cast, ward: clinic_written(
        cast.eye.clinic, "merged", closed_clinic(ward)
    ),
    "a ward opened in a closed clinic": lambda cast, ward: Ward.objects.create(
        name="B", clinic=closed_clinic(ward)
    ),
    "a ward moved to a closed clinic": lambda cast, ward: Ward.objects.filter(
        pk=cast.eye.pk
    ).update(clinic=closed_clinic(ward)),
    "a clinic's change that is rewritten": lambda cast, ward: (
        closed_clinic(ward),
        ClinicChange.objects.update(reason="other"),
    ),
}


@pytest.mark.parametrize("attempt", PAST_THE_PYTHON)
def test_refused_past_the_python(cast: Cast, closed: Ward, attempt: str) -> None:
    before = _rows()
    with pytest.raises(IntegrityError), transaction.atomic():
        PAST_THE_PYTHON[attempt](cast, closed)
    assert _rows() == before


def _rows() -> list[object]:
    models = (Ward, WardChange, Succession, Heir, Membership, Clinic, ClinicChange)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def test_a_closed_wards_name_and_hsa_id_are_free(cast: Cast, closed: Ward) -> None:
    anew = casting.ward("Anestesikliniken", "IVA")
    assert anew.pk != closed.pk
    assert Ward.objects.filter(key="iva").count() == 2


def test_a_clinic_without_open_wards_closes_by_its_change(closed: Ward) -> None:
    assert closed_clinic(closed).closed_on == TODAY
