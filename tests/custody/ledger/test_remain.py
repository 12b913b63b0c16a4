"""Steps by which a handout stays in its state: what they keep, change and refuse."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit.models import LogEntry
from custody.handouts import closing
from custody.ledger import steps
from custody.ledger.refusals import IllegalStep
from custody.models import Handout
from custody.models.states import Act
from tests import scenes
from tests.cast import Cast
from tests.ground.lifting import lifted
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


def remain(cast: Cast, handout: Handout, act: Act, **columns: Any) -> Handout:
    """Record a step as an act would: under the lock, in a transaction."""
    with transaction.atomic():
        row, event = steps.lock_for(handout.pk, act, now(cast.wilma))
        if act is Act.CONFIRM_AT_BEDSIDE:
            columns |= {"bedside_at": event.at, "bedside_by": event.by}
        steps.remain(row, act, event, **columns)
    return Handout.objects.get(pk=handout.pk)


def test_a_transfer_keeps_the_ward_before(cast: Cast, handout: Handout) -> None:
    moved = remain(cast, handout, Act.TRANSFER, ward=cast.eye, reason="moved", place="Sal 3")
    step = moved.steps.get(sequence=2)
    assert (moved.state, moved.ward, step.former_ward) == ("handed_out", cast.eye, cast.iva)
    assert (step.source, step.target, step.place, step.before) == (
        "handed_out", "handed_out", "Sal 3", "Anestesikliniken / IVA",
    )  # fmt: skip


def test_it_can_go_on_and_come_back(cast: Cast, handout: Handout) -> None:
    remain(cast, handout, Act.TRANSFER, ward=cast.eye, reason="moved")
    back = remain(cast, handout, Act.TRANSFER, ward=cast.iva, reason="moved back")
    assert back.ward == cast.iva
    assert [step.former_ward for step in back.steps.all()] == [None, cast.iva, cast.eye]


def test_a_correction_keeps_caller_and_callback(cast: Cast, handout: Handout) -> None:
    corrected = remain(cast, handout, Act.CORRECT, caller="vidar", reason="misheard")
    assert (corrected.caller, corrected.callback) == ("vidar", "2102")
    assert corrected.steps.get(sequence=2).before == "wilma, 2102"


def test_a_closed_handout_can_be_put_right(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    replaced = remain(cast, handout, Act.CORRECT, callback="1", reason="misheard")
    assert (replaced.state, replaced.callback) == ("replaced", "1")


def test_a_confirmation_needs_no_reason(cast: Cast, handout: Handout) -> None:
    seen = remain(cast, handout, Act.CONFIRM_AT_BEDSIDE, place="Säng 2")
    assert (seen.bedside_by, seen.bedside_at) == ("wilma", seen.steps.get(sequence=2).at)


def test_the_log_has_the_step(cast: Cast, handout: Handout) -> None:
    remain(cast, handout, Act.TRANSFER, ward=cast.eye, reason="moved", place="Sal 3")
    changes = LogEntry.objects.get(act="transfer").changes
    assert changes == {
        "ward": ["Anestesikliniken / IVA", "Ögonkliniken / Ögonmottagning"],
        "place": ["None", "Sal 3"],
        "reason": ["None", "moved"],
    }


@pytest.mark.parametrize("act", [Act.TRANSFER, Act.CORRECT])
def test_it_needs_a_reason(cast: Cast, handout: Handout, act: Act) -> None:
    with pytest.raises(ReasonMissing):
        remain(cast, handout, act)
    assert handout.steps.count() == 1


@pytest.mark.parametrize("act", [Act.TRANSFER, Act.CORRECT, Act.CONFIRM_AT_BEDSIDE])
def test_nothing_happens_to_a_voided_one(cast: Cast, handout: Handout, act: Act) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="never used")
    with pytest.raises(IllegalStep):
        remain(cast, handout, act, reason="?")


def test_an_act_that_leads_elsewhere_is_no_such_step(cast: Cast, handout: Handout) -> None:
    with pytest.raises(IllegalStep):
        remain(cast, handout, Act.VOID, reason="?")


def test_without_the_step_nothing_moves(cast: Cast, handout: Handout) -> None:
    with pytest.raises(IntegrityError, match="never changes its ward"), transaction.atomic():
        Handout.objects.filter(pk=handout.pk).update(ward=cast.eye)
    with lifted():
        Handout.objects.filter(pk=handout.pk).update(ward=cast.eye)
    assert Handout.objects.get(pk=handout.pk).ward == cast.eye


def test_a_move_allows_one_move(cast: Cast, handout: Handout) -> None:
    remain(cast, handout, Act.TRANSFER, ward=cast.eye, reason="moved")
    with pytest.raises(IntegrityError, match="never changes its ward"):
        Handout.objects.filter(pk=handout.pk).update(ward=cast.iva)


def test_it_follows_the_last_step(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    before = timezone.now()
    seen = remain(cast, handout, Act.CONFIRM_AT_BEDSIDE)
    assert seen.bedside_at is not None
    assert seen.bedside_at >= before
