"""The mark of what was changed: another after each change, the same after each look."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.audit import changed, trail
from befreg_reserv.audit.acts import Logged
from befreg_reserv.audit.changed import WINDOW
from befreg_reserv.audit.models import LogEntry
from outage.models import Reading
from tests.cast import Cast

Action = LogEntry.Action


def log(cast: Cast, *keys: int, action: int = Action.UPDATE) -> None:
    """Write entries, with these keys if there are any."""
    now = timezone.now()
    for key in keys or (None,):
        entry = trail.entry(cast.iva, Logged.UPDATE, actor=None, at=now, action=action)
        entry.pk = key
        trail.write(entry)


@pytest.fixture
def last(cast: Cast) -> int:
    """The key of the newest entry, as if a window of the mark had begun not long ago."""
    log(cast, 7 * WINDOW + 1)
    return 7 * WINDOW + 1


def test_a_look_is_no_change(cast: Cast, last: int) -> None:
    before = changed.mark()
    log(cast, last + 1, action=Action.ACCESS)
    assert changed.mark() == before
    log(cast, last + 2)
    assert changed.mark() != before


def test_what_is_committed_late_is_a_change(cast: Cast, last: int) -> None:
    log(cast, last + 9)
    before = changed.mark()
    log(cast, last + 5)  # whose transaction took its key first
    assert changed.mark() != before


@pytest.mark.parametrize("gap", [1, WINDOW, 2 * WINDOW, 9 * WINDOW])
def test_many_looks_after_a_change_hide_nothing(cast: Cast, last: int, gap: int) -> None:
    before = changed.mark()
    log(cast, last + 1)
    log(cast, last + 1 + gap, action=Action.ACCESS)
    assert changed.mark() != before


def test_a_new_row_of_another_table_changes_it(cast: Cast, last: int) -> None:
    before = changed.mark(Reading)
    Reading.objects.create(target="befreg", at=timezone.now(), result="timeout", milliseconds=9)
    assert changed.mark(Reading) != before


def test_it_takes_one_statement(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        changed.mark(Reading)
    assert len(captured) == 1
