"""A binder is counted while its numbers are handed out, returned and destroyed."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from custody.checks import consistency
from custody.counts import count, settle
from custody.counts.count import Found
from custody.counts.refusals import SheetSettled
from custody.handouts import closing
from custody.handouts.refusals import SheetDestroyed
from custody.ledger import tabs
from custody.models import Binder, Count, CountLine, Handout, Quarantine, ReserveNumber
from tests import scenes
from tests.cast import Cast
from tests.races import pool
from tests.races.processes.job import PATIENCE_SECONDS
from tests.races.processes.unlocked import take_unseen, without_locks
from tests.races.together import race, row_of
from tests.scenes import now

A_MOMENT = 0.3

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("outage")]


def lowest_missing(binder: Binder) -> Found:
    """Return the findings of somebody for whom the next tab's sheet isn't there."""
    lying = binder.numbers.filter(taken_at=None).order_by("tab").values_list("pk", flat=True)
    return Found(timezone.now(), frozenset(lying[1:]))


def counted(cast: Cast, binder: Binder, found: Found, key: UUID | None = None) -> Count:
    return count.count_binder(
        binder.pk, found, now(cast.tilda), request_key=key or uuid4(), reason="borta"
    ).row


def both_given_and_missed() -> set[int]:
    given = set(Handout.objects.values_list("number_id", flat=True))
    return given & set(Quarantine.objects.values_list("number_id", flat=True))


def test_a_missing_number_is_handed_out_or_set_aside_but_not_both(
    cast: Cast, meetings: range
) -> None:
    pool.lay_in_women(30)
    binder = Binder.objects.get()
    for _meeting in meetings:
        found = lowest_missing(binder)
        outcomes = race(partial(counted, cast, binder, found), partial(scenes.handed_out, cast))
        assert {type(outcome) for outcome in outcomes} == {Count, Handout}
    assert both_given_and_missed() == set()
    assert list(consistency.findings()) == []


class Interrupted:
    """A count of three tabs, the first one's sheet missing; it is handed out between the count's
    reading and its writing, or as soon after that as the count lets it be."""

    def __init__(self, cast: Cast, *, patience: float) -> None:
        scenes.lay_in("Pärm", scenes.many_numbers(3), training=False)
        binder = Binder.objects.get()
        self._count = partial(counted, cast, binder, lowest_missing(binder))
        self._cast = cast
        self._patience = patience
        self._read, self._given = Event(), Event()
        self.given_in_time = False

    def outcomes(self) -> list[object]:
        """Return what the count and the handout came to."""
        compared = count._compared

        def read_slowly(*args: Any) -> count.Comparison:
            seen = compared(*args)
            self._read.set()
            self.given_in_time = self._given.wait(self._patience)
            return seen

        with patch.object(count, "_compared", read_slowly):
            return list(race(self._count, self._hand_out))

    def _hand_out(self) -> Handout:
        self._read.wait(PATIENCE_SECONDS)
        handout = scenes.handed_out(self._cast)
        self._given.set()
        return handout


def test_who_hands_out_waits_for_a_count_and_gets_the_next(cast: Cast) -> None:
    interrupted = Interrupted(cast, patience=A_MOMENT)
    done, handout = interrupted.outcomes()
    assert not interrupted.given_in_time
    assert isinstance(done, Count)
    assert isinstance(handout, Handout)
    assert handout.number.tab == 2
    assert both_given_and_missed() == set()


@contextmanager
def unlocked() -> Iterator[None]:
    """Count as naive code would: read, then write, each by itself."""
    naive = inspect.unwrap(count.count_binder)  # without its transaction
    with (
        patch.object(count, "count_binder", naive),
        without_locks(),
    ):
        yield


def test_without_lock_and_condition_a_number_is_given_and_missed(cast: Cast) -> None:
    interrupted = Interrupted(cast, patience=PATIENCE_SECONDS)
    with unlocked(), patch.object(tabs, "take_out", take_unseen):
        done, handout = interrupted.outcomes()
    assert interrupted.given_in_time
    assert isinstance(done, Count)
    assert isinstance(handout, Handout)
    assert both_given_and_missed() == {handout.number_id}


def test_without_the_lock_the_condition_alone_lets_no_number_be_both(cast: Cast) -> None:
    interrupted = Interrupted(cast, patience=PATIENCE_SECONDS)
    with unlocked():
        interrupted.outcomes()
    assert interrupted.given_in_time
    assert Handout.objects.exists()
    assert both_given_and_missed() == set()


def test_one_form_sent_twice_at_once_is_one_count(cast: Cast, meetings: range) -> None:
    scenes.lay_in("Pärm", scenes.many_numbers(20), training=False)
    binder = Binder.objects.get()
    for meeting in meetings:
        act = partial(counted, cast, binder, lowest_missing(binder), uuid4())
        first, again = race(act, act)
        assert isinstance(first, Count)
        assert first == again
        assert Quarantine.objects.count() == meeting + 1


def test_two_who_count_at_once_miss_a_sheet_once(cast: Cast, meetings: range) -> None:
    scenes.lay_in("Pärm", scenes.many_numbers(20), training=False)
    binder = Binder.objects.get()
    for _meeting in meetings:
        found = lowest_missing(binder)
        outcomes = race(*[partial(counted, cast, binder, found)] * 2)
        assert {type(outcome) for outcome in outcomes} == {Count}
    assert Quarantine.objects.count() == len(meetings)
    assert list(consistency.findings()) == []


def test_a_sheet_is_destroyed_or_returned_but_not_both(cast: Cast, meetings: range) -> None:
    pool.lay_in_women(2 * len(meetings) + 2)
    for _meeting in meetings:
        handout = scenes.handed_out(cast)
        line = scenes.miscounted(cast, handout)
        undo = row_of(closing.undo, handout.pk, now(cast.adele), reason="Låg kvar")
        destroy = row_of(settle.destroy_sheet, line.pk, now(cast.adele))
        outcomes = race(undo, destroy)
        assert {type(outcome) for outcome in outcomes} in (
            {Handout, SheetSettled},
            {SheetDestroyed, CountLine},
        )
        returned = ReserveNumber.objects.filter(pk=handout.number_id, taken_at=None)
        line.refresh_from_db()
        assert returned.exists() != bool(line.destroyed_at)
        if returned.exists():
            scenes.handed_out(cast)
    assert list(consistency.findings()) == []
