"""A file of wards that is older than what became of them loads, and says what it did with them."""

from typing import Any

import pytest
from django.utils import timezone

from befreg_reserv.people.models import Clinic, ClinicChange, Membership, Ward
from befreg_reserv.people.wards import file, loading, register
from befreg_reserv.people.wards.changes import chain, changing
from befreg_reserv.people.wards.changes.changing import Kind, Terms
from befreg_reserv.people.wards.clinics import changing as clinics
from befreg_reserv.people.wards.clinics.changing import ClinicTerms
from tests import scenes
from tests.cast import Cast

pytestmark = pytest.mark.django_db
OLD = """klinik;avdelning;hsa-id;telefon
Anestesikliniken;IVA;SE2321000131-E1;2199
Ögonkliniken;Ögonmottagning;;2200
Hudkliniken;Hud 1;;2201
"""


def become(cast: Cast, ward: Ward, kind: Kind, *then: Ward) -> None:
    ward = Ward.objects.select_related("clinic").get(pk=ward.pk)
    terms = Terms(kind, timezone.localdate(), "x", then)
    changing.change(ward, terms, scenes.now(cast.adele))


def test_a_file_older_than_the_changes(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.iva.pk).update(hsa_id="SE2321000131-E1")
    assert cast.iva.clinic
    become(cast, cast.iva, Kind.RENAMED, changing.proposed(cast.iva.clinic, "Intensiv"))
    become(cast, cast.eye, Kind.CLOSED)
    done = loading.load(file.read(OLD.encode()).rows, scenes.now(cast.adele)).row
    closed = [(str(row.ward), [heir.name for heir in row.heirs]) for row in done.closed]
    assert closed == [
        ("Anestesikliniken / IVA", ["Intensiv"]),
        ("Ögonkliniken / Ögonmottagning", []),
    ]
    assert [str(ward) for ward in done.new] == ["Hudkliniken / Hud 1"]
    assert done.changed == []
    assert Ward.objects.filter(key="iva").count() == 1


def test_a_name_that_another_ward_has_now(cast: Cast) -> None:
    become(cast, cast.iva, Kind.CLOSED)
    rows = file.read(b"klinik;avd;hsa\nAnestesikliniken;IVA;SE2321000131-E9\n").rows
    done = loading.load(rows, scenes.now(cast.adele)).row
    assert [str(ward) for ward in done.new] == ["Anestesikliniken / IVA"]
    again = loading.load(rows, scenes.now(cast.adele)).row
    assert (len(again.same), again.closed) == (1, [])


def first_names() -> dict[str, str]:
    """Return what each ward with an HSA-id is called now, by the end of its id."""
    wards = Ward.objects.filter(closed_on=None).exclude(hsa_id="")
    return {ward.hsa_id[-1]: ward.name for ward in wards}


@pytest.mark.parametrize("after", ["21", "231", "321"], ids=["two", "three", "two of three"])
def test_wards_that_swap_names_are_read_by_their_hsa_ids(cast: Cast, after: str) -> None:
    def rows(names: str) -> list[file.WardRow]:
        line = "Hud;Hud {};SE2321000131-E{}\n"
        lines = (line.format(name, place) for place, name in enumerate(names, 1))
        return file.read(("klinik;avd;hsa\n" + "".join(lines)).encode()).rows

    loading.load(rows("".join(sorted(after))), scenes.now(cast.adele))
    first = Ward.objects.get(name="Hud 1")
    Membership.objects.create(user=cast.noone, ward=first)
    done = loading.load(rows(after), scenes.now(cast.adele)).row
    assert first_names() == {f"{place}": f"Hud {name}" for place, name in enumerate(after, 1)}
    assert len(done.renamed) == sum(name != f"{place}" for place, name in enumerate(after, 1))
    assert [ward.name for ward in cast.noone.wards.all()] == [f"Hud {after[0]}"]
    first.refresh_from_db()
    assert (first.name, first.is_open) == ("Hud 1", False)  # what was said of it stays
    meant = register.find("hud 1")
    assert (meant.name, meant.is_open) == ("Hud 1", True) if meant else False
    again = loading.load(rows(after), scenes.now(cast.adele))
    assert (again.new, len(again.row.same)) == (False, len(after))
    assert list(chain.differences()) == []


def test_a_name_that_stays_anothers_is_refused(cast: Cast) -> None:
    both = "klinik;avd;hsa\nHud;Hud 1;SE2321000131-E1\nHud;Hud 2;SE2321000131-E2\n"
    loading.load(file.read(both.encode()).rows, scenes.now(cast.adele))
    rows = file.read(b"klinik;avd;hsa\nHud;Hud 2;SE2321000131-E1\n").rows
    with pytest.raises(file.BadFile, match="SE2321000131-E2"):
        loading.load(rows, scenes.now(cast.adele))


# --- clinics --------------------------------------------------------------------------------------


def loaded(cast: Cast, *lines: str) -> loading.Preview:
    text = "klinik;avd;hsa\n" + "\n".join(lines)
    return loading.load(file.read(text.encode()).rows, scenes.now(cast.adele)).row


def closing(cast: Cast, ward: Ward, **terms: Any) -> ClinicChange:
    clinic = Clinic.objects.get(wards=ward)
    return clinics.change(
        clinic, ClinicTerms(timezone.localdate(), "x", **terms), scenes.now(cast.adele)
    ).row


def test_a_file_that_names_a_clinic_as_it_was_called(cast: Cast) -> None:
    closing(cast, cast.iva, name="Op")
    done = loaded(cast, "Anestesikliniken;IVA;", "Anestesikliniken;Uppvak;", "Op;Post-op;")
    assert [(str(row.ward), *map(str, row.heirs)) for row in done.closed] == [
        ("Anestesikliniken / IVA", "Op / IVA")
    ]
    assert [(str(row.clinic), str(row.then)) for row in done.followed.values()] == [
        ("Anestesikliniken", "Op")
    ]
    assert [str(ward) for ward in done.new] == ["Op / Uppvak", "Op / Post-op"]
    again = loaded(cast, "Anestesikliniken;IVA;", "Anestesikliniken;Uppvak;", "Op;Post-op;")
    assert (again.new, again.changed, len(again.same)) == ([], [], 2)


def test_a_closed_clinic_with_nothing_after_it_is_refused_with_what_would_do(cast: Cast) -> None:
    closing(cast, cast.iva)
    with pytest.raises(file.BadFile, match=r"closed on .* Write the clinic"):
        loaded(cast, "Anestesikliniken;Uppvak;")
    done = loaded(cast, "Anestesikliniken;IVA;", "Op;Uppvak;")  # what closed stays so
    assert ([str(ward) for ward in done.new], len(done.closed)) == (["Op / Uppvak"], 1)


def test_a_ward_that_stands_under_its_clinics_old_name_and_its_new_one_is_refused(
    cast: Cast,
) -> None:
    closing(cast, cast.iva, name="Op")
    with pytest.raises(file.BadFile, match="The same ward stands on line 2"):
        loaded(cast, "Anestesikliniken;Uppvak;", "Op;Uppvak;SE2321000016-1")


CLINICS = {
    "renamed": ("Op;Hud 1;{}1", "Op;Hud 2;{}2"),
    "merged": ("Ögonkliniken;Hud 1;{}1", "Ögonkliniken;Hud 2;{}2"),
    "split": ("Op;Hud 1;{}1", "Ögonkliniken;Hud 2;{}2"),
}


@pytest.mark.parametrize("kind", CLINICS)
def test_a_clinic_whose_wards_all_go_on_elsewhere_closes(cast: Cast, kind: str) -> None:
    hsa_id = "SE2321000131-E"
    loaded(cast, *(f"Hud;Hud {end};{hsa_id}{end}" for end in "12"))
    lines = [line.format(hsa_id) for line in CLINICS[kind]]
    (emptied,) = loaded(cast, *lines).emptied
    change = ClinicChange.objects.get(clinic__name="Hud")
    assert (change.kind, emptied.clinic.is_open) == (kind, False)
    assert set(change.successors.all()) == set(emptied.then)
    again = loaded(cast, *lines)
    assert (again.changed, again.emptied, len(again.same)) == ([], [], 2)


def test_a_clinic_with_a_ward_that_the_file_leaves_out_stays_open(cast: Cast) -> None:
    loaded(cast, "Hud;Hud 1;SE2321000131-E1", "Hud;Hud 2;")
    done = loaded(cast, "Op;Hud 1;SE2321000131-E1")
    assert (done.emptied, Clinic.objects.get(name="Hud").is_open) == ([], True)


def test_a_clinic_renamed_by_the_file_opens_as_its_successor(cast: Cast) -> None:
    done = loaded(cast, "Hud;Hud 1;SE2321000131-E1", "Hud;Hud 2;SE2321000131-E2")
    assert done.emptied == []
    loaded(cast, "Op;Hud 1;SE2321000131-E1", "Op;Hud 2;SE2321000131-E2", "Op;Hud 3;")
    change = ClinicChange.objects.get(clinic__name="Hud")
    (new,) = change.successors.all()
    assert (change.kind, new.opened_on) == ("renamed", timezone.localdate())
    assert new.wards.count() == 3


def test_two_clinics_that_go_on_as_one_new_one_are_merged(cast: Cast) -> None:
    loaded(cast, "Hud;Hud 1;SE2321000131-E1", "Öron;Öron 1;SE2321000131-E2")
    loaded(cast, "Op;Hud 1;SE2321000131-E1", "Op;Öron 1;SE2321000131-E2")
    changes = ClinicChange.objects.filter(clinic__name__in=("Hud", "Öron"))
    assert [(change.kind, str(change.successors.get())) for change in changes] == [
        ("merged", "Op"),
        ("merged", "Op"),
    ]
