"""A sheet that a count found where it shouldn't lie: undone or destroyed."""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from custody.checks import consistency
from custody.counts import count, settle
from custody.counts.count import Found
from custody.counts.refusals import SheetSettled
from custody.handouts import closing
from custody.handouts.refusals import SheetDestroyed
from custody.models import (
    Binder,
    CountLine,
    Handout,
    ReserveNumber,
)
from custody.models.states import State
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.custody.counts.test_count import counted, findings
from tests.ground.scenery import scene
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


@scene
def surplus(cast: Cast, real_binder: Binder, handout: Handout) -> CountLine:
    """The sheet of K064, which was handed out, found in the binder."""
    counted(cast, real_binder, findings(real_binder, besides={"K064"}))
    return CountLine.objects.get(number=handout.number)


def destroy(cast: Cast, line: CountLine) -> CountLine:
    return settle.destroy_sheet(line.pk, now(cast.adele), note="strimlat").row


def test_it_waits_until_the_handout_is_undone(
    cast: Cast, handout: Handout, surplus: CountLine
) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="Låg kvar")
    assert not settle.waiting().exists()
    scenes.handed_out(cast)  # the same number, now in earnest
    assert not settle.waiting().exists()


@pytest.mark.both_databases
def test_a_sheet_set_aside_waits_though_its_late_entry_is_undone(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    tail = "K148"
    lying = real_binder.numbers.exclude(value__endswith=tail).values_list("pk", flat=True)
    missed = real_binder.numbers.get(value__endswith=tail)
    for found in (frozenset(lying), frozenset([*lying, missed.pk])):
        count.count_binder(
            real_binder.pk,
            Found(timezone.now(), found),
            now(cast.tilda),
            request_key=uuid4(),
            reason="borta, och hittat",
        )
    entered = scenes.from_paper(cast, outage, number=tail, seen_reason="hittat")
    closing.undo(entered.pk, now(cast.adele), reason="fel avdelning")
    assert [line.number for line in settle.waiting()] == [missed]


def test_or_until_the_sheet_is_destroyed(cast: Cast, surplus: CountLine) -> None:
    done = destroy(cast, surplus)
    assert (done.destroyed_by, done.destroyed_note) == ("adele", "strimlat")
    assert not settle.waiting().exists()
    assert LogEntry.objects.get(act="destroy_sheet").number == "20000101K064"
    assert ReserveNumber.objects.get(pk=surplus.number_id).taken_at


def test_a_sheet_is_destroyed_once(cast: Cast, surplus: CountLine) -> None:
    destroy(cast, surplus)
    with pytest.raises(SheetSettled):
        destroy(cast, surplus)


def test_when_it_was_destroyed_is_set_once(cast: Cast, surplus: CountLine) -> None:
    destroy(cast, surplus)
    with pytest.raises(IntegrityError, match="set once"):
        CountLine.objects.filter(pk=surplus.pk).update(destroyed_at=timezone.now())


def test_a_sheet_that_lies_there_rightly_is_not_destroyed(cast: Cast, surplus: CountLine) -> None:
    rightly = CountLine.objects.exclude(pk=surplus.pk)[0]
    with pytest.raises(SheetSettled):
        destroy(cast, rightly)


def test_after_an_undo_there_is_nothing_to_destroy(
    cast: Cast, handout: Handout, surplus: CountLine
) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="Låg kvar")
    with pytest.raises(SheetSettled):
        destroy(cast, surplus)


def test_a_destroyed_sheet_does_not_return(
    cast: Cast, handout: Handout, surplus: CountLine
) -> None:
    destroy(cast, surplus)
    with pytest.raises(SheetDestroyed):
        closing.undo(handout.pk, now(cast.adele), reason="Låg kvar")
    handout.refresh_from_db()
    assert (handout.state, bool(handout.number.taken_at)) == (State.HANDED_OUT, True)


@pytest.mark.both_databases
def test_found_at_two_counts_it_waits_once(
    cast: Cast, real_binder: Binder, surplus: CountLine
) -> None:
    counted(cast, real_binder, findings(real_binder, besides={"K064"}))
    later = settle.waiting().get()
    assert later.pk > surplus.pk
    with pytest.raises(SheetSettled):
        destroy(cast, surplus)
    destroy(cast, later)
    assert not settle.waiting().exists()


def test_a_missing_sheet_that_turns_up_is_destroyed(cast: Cast, real_binder: Binder) -> None:
    counted(cast, real_binder, findings(real_binder, without={"K064"}))
    counted(cast, real_binder, findings(real_binder, besides={"K064"}))
    destroy(cast, settle.waiting().get())
    assert list(consistency.findings()) == []
