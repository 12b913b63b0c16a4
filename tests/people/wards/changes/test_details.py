"""What the register says of a ward is put right: spelling, HSA-id, telephone and e-mail."""

from dataclasses import replace

import pytest

from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from befreg_reserv.people.wards.changes import details
from befreg_reserv.people.wards.changes.details import Details
from tests import scenes
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_it_is_put_right_and_what_it_said_is_in_the_log(cast: Cast) -> None:
    there = Details.of(cast.iva)
    right = replace(there, hsa_id="SE2321000131-E1", telephone="2102")
    event = scenes.now(cast.adele)
    assert details.correct(cast.iva, right, event, seen=there.mark).new
    assert not details.correct(cast.iva, right, event, seen=there.mark).new
    assert Details.of(Ward.objects.get(pk=cast.iva.pk)) == right
    assert LogEntry.objects.filter(act="ward_corrected", actor=cast.adele).count() == 1


def test_an_hsa_id_is_of_one_ward(cast: Cast) -> None:
    Ward.objects.filter(pk=cast.eye.pk).update(hsa_id="SE2321000131-E1")
    taken = replace(Details.of(cast.iva), hsa_id="SE2321000131-E1")
    with pytest.raises(details.HsaIdTaken):
        details.correct(cast.iva, taken, scenes.now(cast.adele))


def test_an_old_page_and_another_name_change_nothing(cast: Cast) -> None:
    there = Details.of(cast.iva)
    with pytest.raises(details.ChangedByOthers):
        details.correct(cast.iva, replace(there, telephone="1"), scenes.now(cast.adele), seen="x")
    with pytest.raises(details.AnotherName):
        details.correct(cast.iva, replace(there, name="Intensivvård"), scenes.now(cast.adele))
    assert Details.of(Ward.objects.get(pk=cast.iva.pk)) == there
