"""A file of wards that is older than what became of them loads, and says what it did with them."""

import pytest
from django.utils import timezone

from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards import file, loading
from befreg_reserv.people.wards.changes import changing
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
