"""A file of wards that is older than what became of them loads, and says what it did with them."""

import pytest
from django.utils import timezone

from befreg_reserv.people.models import Membership, Ward
from befreg_reserv.people.wards import file, loading, register
from befreg_reserv.people.wards.changes import chain, changing
from befreg_reserv.people.wards.changes.changing import Kind, Terms
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
