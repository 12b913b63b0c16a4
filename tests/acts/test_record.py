"""What an act changes, and its one entry in the log."""

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from befreg_reserv.acts import record
from befreg_reserv.acts.event import Unattended
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.models import LogEntry
from tests import scenes
from tests.cast import Cast


def test_a_change_is_written_and_logged_once_with_its_difference(cast: Cast) -> None:
    entries = LogEntry.objects.count()
    also = record.said(reason="moved")
    record.change(cast.iva, Logged.UPDATE, scenes.now(cast.adele), {"telephone": "2102"}, also)
    assert cast.iva.telephone == type(cast.iva).objects.get(pk=cast.iva.pk).telephone == "2102"
    assert LogEntry.objects.count() == entries + 1
    entry = LogEntry.objects.latest("id")
    assert (entry.act, entry.actor) == ("update", cast.adele)
    assert entry.changes == {"telephone": ["", "2102"], "reason": ["None", "moved"]}


def test_a_row_that_stands_otherwise_is_not_written(cast: Cast) -> None:
    with pytest.raises(ObjectDoesNotExist):
        record.assign(cast.iva, {"telephone": "2102"}, {"confirmed": False})
    assert type(cast.iva).objects.get(pk=cast.iva.pk).telephone == ""


def test_what_a_command_does_has_no_actor(cast: Cast) -> None:
    at = timezone.now()
    record.record(cast.iva, Logged.UPDATE, Unattended(at, "load_wards (root)"))
    entry = LogEntry.objects.latest("id")
    assert (entry.actor, entry.timestamp) == (None, at)
