"""Handing out: the one function that takes a number out of a binder."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from befreg_reserv.acts.event import Event
from custody.handouts import closing
from custody.handouts.refusals import NoneLeft
from custody.ledger.refusals import CallKeyReused
from custody.models import Handout, ReserveNumber
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.scenes import call, now


@pytest.fixture
def ready(cast: Cast, real_binder: object, outage: Outage) -> Cast:
    return cast


def test_the_first_is_the_lowest_tab_of_the_sex(ready: Cast) -> None:
    assert scenes.handed_out(ready, sex="M").number.tab == 6


def test_number_step_and_audit_are_written_together(ready: Cast) -> None:
    handout = scenes.handed_out(ready)
    step = handout.steps.get()
    assert (step.act, step.source, step.target, step.by) == ("hand_out", "", "handed_out", "tilda")
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at == handout.recorded_at


def test_same_key_answers_with_the_same_handout(ready: Cast) -> None:
    wanted = call(ready)
    first, again = (scenes.hand_out(wanted, now(ready.tilda)) for _ in range(2))
    assert first.pk == again.pk
    assert Handout.objects.count() == 1


@pytest.mark.parametrize(
    "change", [{"sex": "M"}, {"caller": "vidar"}, {"callback": "1"}, {"outage_id": 0}]
)
def test_same_key_with_other_content_is_refused(ready: Cast, change: dict[str, Any]) -> None:
    key = uuid4()
    scenes.handed_out(ready, request_key=key)
    with pytest.raises(CallKeyReused):
        scenes.handed_out(ready, request_key=key, **change)
    assert Handout.objects.count() == 1


def test_same_key_for_another_ward_is_refused(ready: Cast) -> None:
    key = uuid4()
    scenes.handed_out(ready, request_key=key)
    with pytest.raises(CallKeyReused):
        scenes.handed_out(ready, request_key=key, ward=ready.eye)


def test_same_key_is_answered_after_the_outage_too(ready: Cast, outage: Outage) -> None:
    wanted = call(ready, outage_id=outage.pk)
    first = scenes.hand_out(wanted, now(ready.tilda))
    lifecycle.end(outage, Event.now(ready.tilda, now(ready.tilda).at))
    assert scenes.hand_out(wanted, now(ready.tilda)).pk == first.pk


def test_none_left_is_said_for_that_sex_alone(ready: Cast) -> None:
    for _ in range(5):
        scenes.handed_out(ready)
    with pytest.raises(NoneLeft):
        scenes.handed_out(ready)
    assert scenes.handed_out(ready, sex="M").number.tab == 6


def waits(cast: Cast, **changes: Any) -> bool:
    """Take a call; tell whether its patient waits, and no number was taken for it."""
    with pytest.raises(NoneLeft):
        scenes.handed_out(cast, **changes)
    return len(scenes.who_waits()) == 1 and not ReserveNumber.objects.exclude(taken_at=None)


def test_without_an_outage_the_patient_waits(cast: Cast, real_binder: object) -> None:
    assert waits(cast)


def test_when_the_outage_of_the_form_has_ended_the_patient_waits(
    ready: Cast, outage: Outage
) -> None:
    lifecycle.end(outage, Event.now(ready.tilda, now(ready.tilda).at))
    scenes.begin(ready.tilda)
    assert waits(ready, outage_id=outage.pk)


def test_a_form_of_an_ended_outage_never_falls_over_to_a_drill(
    ready: Cast, outage: Outage, training_binder: object
) -> None:
    scenes.begin(ready.tilda, drill=True)
    lifecycle.end(outage, Event.now(ready.tilda, now(ready.tilda).at))
    assert waits(ready, outage_id=outage.pk)


def test_a_real_outage_never_gets_a_training_number(
    cast: Cast, outage: Outage, training_binder: object
) -> None:
    with pytest.raises(NoneLeft):
        scenes.handed_out(cast)


def test_a_drill_gets_training_numbers_only(ready: Cast, training_binder: object) -> None:
    drill = scenes.begin(ready.tilda, drill=True)
    assert scenes.handed_out(ready, outage_id=drill.pk).number.training


def test_without_an_outage_named_nobody_falls_into_a_drill(
    cast: Cast, training_binder: object, drill: Outage
) -> None:
    assert waits(cast)


def test_a_clock_behind_the_outages_start_stops_nobody(cast: Cast, real_binder: object) -> None:
    outage = scenes.begin(cast.tilda, ago=timedelta(0))
    behind = Event.now(cast.tilda, outage.started_at - timedelta(minutes=30))
    assert scenes.hand_out(call(cast), behind).handed_out_at == outage.started_at


def test_an_undone_number_is_handed_out_again(ready: Cast) -> None:
    first = scenes.handed_out(ready)
    closing.undo(first.pk, now(ready.adele), reason="wrong button")
    assert scenes.handed_out(ready).number == first.number
