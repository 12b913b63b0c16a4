"""A year of wards and clinics that open, are renamed, merged, split and closed, with open numbers.

Nobody's number is lost from sight, and what an outage's story, report and rows say stays to the
letter what it was.
"""

from typing import Any

import pytest
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Clinic, ClinicChange, User, Ward, WardChange
from befreg_reserv.people.wards import clinic_names
from befreg_reserv.people.wards.changes import chain, changing, following
from befreg_reserv.people.wards.changes.changing import Kind, Placed, Terms
from befreg_reserv.people.wards.clinics import changing as clinics
from befreg_reserv.people.wards.clinics.changing import ClinicTerms
from custody.afterwards import deviations
from custody.afterwards.report import rows_csv, words
from custody.afterwards.report.figures import report
from custody.afterwards.story.pages import page_of
from custody.checks import consistency
from custody.handouts import followup
from custody.models import Binder, Handout
from custody.models.states import OPEN, Act
from tests import scenes
from tests.cast import Cast
from tests.custody.afterwards.aftermath import Aftermath, lay_out
from tests.ground.scenery import scene

TODAY = timezone.localdate()
NOW = timezone.now()

pytestmark = pytest.mark.django_db


@scene
def after(cast: Cast, real_binder: Binder) -> Aftermath:
    return lay_out(cast)


def become(
    cast: Cast, ward: Ward, kind: Kind, *then: Ward, placed: Placed | None = None
) -> WardChange:
    ward = Ward.objects.select_related("clinic").get(pk=ward.pk)
    mark = following.mark(following.left_at(ward))
    terms = Terms(kind, TODAY, "decided", then)
    return changing.change(ward, terms, scenes.now(cast.adele), seen=mark, placed=placed).row


def of_clinic(cast: Cast, clinic: Clinic, **terms: Any) -> ClinicChange:
    shown = clinics.mark(clinics.outcomes(clinic, ClinicTerms(TODAY, "decided", **terms)))
    return clinics.change(
        clinic, ClinicTerms(TODAY, "decided", **terms), scenes.now(cast.adele), preview=shown
    ).row


def named(ward: Ward, name: str) -> Ward:
    assert ward.clinic
    return changing.proposed(ward.clinic, name)


def told(after: Aftermath) -> list[str]:
    """Return all that the outage's story, report and rows say, line by line."""
    lines: list[str] = []
    for latest_first in (False, True):
        page = page_of(after.outage, after.cast.gunde, None, latest_first=latest_first)
        lines += [
            f"{each.at} {each.by} {each.what} {each.text} {each.detail} {each.number} {each.ward}"
            for each in page
        ]
    lines += [repr(section) for section in words.sections(report(after.outage, NOW))]
    found = deviations.of(after.outage)
    shown = rows_csv.Words.of(drill=after.outage.drill)
    for handouts in rows_csv.chunks(rows_csv.of_outage(after.outage)):
        lines += rows_csv.lines(handouts, shown, found).splitlines()
    return lines


def unseen() -> set[int]:
    """Return the open handouts that nobody who is active in a ward sees."""
    nurses = User.objects.filter(is_active=True, groups__name="ward")
    seen = {row.pk for nurse in nurses for row in followup.open_for(nurse)}
    return set(open_numbers()) - seen


def open_numbers() -> list[int]:
    return list(Handout.objects.filter(state__in=OPEN).values_list("pk", flat=True))


def test_a_year(after: Aftermath) -> None:
    cast = after.cast
    before, numbers = told(after), open_numbers()
    assert len(numbers) > 1
    assert unseen() == set()

    def nothing_is_lost(*left: int) -> None:
        assert told(after) == before
        assert unseen() == set(left)
        assert {row.pk for row in followup.open_for(cast.adele)} == set(numbers)
        assert sum(row.total for row in followup.open_by_ward(NOW)) == len(numbers)
        assert list(consistency.findings()) == []

    acute = changing.open_ward(named(cast.iva, "Akutvård"), TODAY, scenes.now(cast.adele)).row
    nothing_is_lost()
    intensive = become(cast, cast.iva, Kind.RENAMED, named(cast.iva, "Intensiv")).successors.get()
    nothing_is_lost()
    become(cast, intensive, Kind.MERGED, acute)
    nothing_is_lost()
    become(cast, cast.eye, Kind.MERGED, acute)
    nothing_is_lost()
    # Half of it goes on as one ward, half as another.
    left = {each.kind.name: each.things for each in following.left_at(acute)}
    assert {thing.key for thing in left["numbers"]} == set(numbers)
    placed = {("numbers", thing.key): [place % 2] for place, thing in enumerate(left["numbers"])}
    one, two = (named(acute, name) for name in ("Akut 1", "Akut 2"))
    become(cast, acute, Kind.SPLIT, one, two, placed=placed)
    one, two = (Ward.objects.get(name=name) for name in ("Akut 1", "Akut 2"))
    nothing_is_lost()
    # With nobody after it, its numbers are the administrator's.
    at_one = set(Handout.objects.filter(ward=one, state__in=OPEN).values_list("pk", flat=True))
    become(cast, one, Kind.CLOSED)
    nothing_is_lost(*at_one)
    assert {row.ward for row in followup.open_by_ward(NOW)} == {one, two}
    changing.move_on(one, two, scenes.now(cast.adele), reason="nobody else")
    nothing_is_lost()
    assert set(Handout.objects.filter(pk__in=at_one).values_list("ward", flat=True)) == {two.pk}
    assert {ward.name for ward in chain.heirs(cast.iva)} == {"Akut 2"}
    # The clinic gets another name; then it goes up in the other one, where its ward has a new home.
    home = Clinic.objects.get(wards=two)
    renamed = of_clinic(cast, home, name="Akutkliniken").successors.get()
    nothing_is_lost()
    of_clinic(cast, renamed, into=Clinic.objects.get(wards=cast.eye))
    nothing_is_lost()
    (last,) = chain.heirs(cast.iva)
    assert str(last) == "Ögonkliniken / Akut 2"
    assert set(Handout.objects.filter(state__in=OPEN).values_list("ward", flat=True)) == {last.pk}
    assert clinic_names.after([home])[home.pk] == [last.clinic]
    # Each move is a step and an entry in the log.
    moved = LogEntry.objects.filter(act=Act.TRANSFER, actor=cast.adele).count()
    assert moved == sum(row.steps.filter(act=Act.TRANSFER).count() for row in Handout.objects.all())
