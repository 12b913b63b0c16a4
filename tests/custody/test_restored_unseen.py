"""Nothing of ours in the journal hides what a restored backup forgot, and no bad line stops a call."""

import pytest
from django.conf import settings
from django.utils import timezone

from custody import departures, handouts, journal, restoration
from custody.models import Handout, LostHandout
from custody.steps import Event
from tests import scenes
from tests.custody.test_restored import (  # noqa: F401  fixtures
    Night,
    cast,
    night,
    real_binder,
    three_calls,
)

pytestmark = pytest.mark.django_db(transaction=True)
WRONG = [
    {"key": ["x"]}, {"key": 5}, {"number": ["x"]}, {"number": 5}, {"at": 5}, {"ward": 5},
    {"ward": ""}, {"caller": ""}, {"outage": 5}, {"row": "x"},
]  # fmt: skip


def test_an_undo_after_a_restore_hides_nothing(night: Night) -> None:  # noqa: F811
    night.restore()
    first = Handout.objects.earliest("pk")
    handouts.undo(first.pk, Event.now(night.cast.tilda, timezone.now()), reason="fel")
    assert not three_calls(night) & night.numbers


def test_nor_do_calls_while_the_journal_could_not_be_read(night: Night) -> None:  # noqa: F811
    night.restore()
    journal_, away = settings.CUSTODY_JOURNAL, settings.CUSTODY_JOURNAL.with_name("away")
    journal_.rename(away)
    journal_.mkdir()
    for _ in range(4):
        scenes.handed_out(night.cast)
    journal_.rmdir()
    away.rename(journal_)
    departures.trouble()  # the board asks this first
    restoration.look(at=timezone.now())
    assert set(LostHandout.objects.values_list("number", flat=True)) == night.numbers


@pytest.mark.parametrize("wrong", [*WRONG, None], ids=str)
def test_a_miswritten_line_stops_no_call(night: Night, wrong: dict | None) -> None:  # noqa: F811
    kept = journal.read(settings.CUSTODY_JOURNAL)
    line = {**(kept.last or {}), "key": "0" * 32, **(wrong or {}), "former": kept.last_hash}
    with settings.CUSTODY_JOURNAL.open("ab") as file:
        file.write((b"[" * 60000 if wrong is None else journal._encoded(line)) + b"\n")
    restoration.standing()
    departures.trouble()
    assert scenes.handed_out(night.cast).pk
