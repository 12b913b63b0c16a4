"""A patient's sex was said wrong: another number in one act, and what becomes of the first."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import acts, trail
from custody.afterwards import deviations
from custody.afterwards.deviations import DeviationKind
from custody.calls import waiting, wrong_sex
from custody.calls.refusals import AnotherStands, SameSex, WearsOtherSex
from custody.checks import consistency
from custody.handouts import bedside, closing, missing_sheet, read_back
from custody.handouts.bedside import AtBedside
from custody.handouts.refusals import NoneLeft
from custody.ledger.refusals import IllegalStep, NotWaiting, OutageEnded
from custody.logged import Logged
from custody.models import Handout, Patient, ReserveNumber
from custody.models.calls import PatientState
from outage import lifecycle
from tests import scenes
from tests.cast import Cast
from tests.ground.lifting import lifted
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


def another(cast: Cast, handout: Handout, sex: str = "M", **options: Any) -> Handout:
    options = {"reason": "misheard", "lies_there": True, **options}
    return wrong_sex.give_another(handout.pk, sex, now(cast.tilda), **options).row


def again(handout: Handout) -> Handout:
    return Handout.objects.get(pk=handout.pk)


def test_the_patient_gets_another_number(cast: Cast, handout: Handout) -> None:
    given = another(cast, handout)
    assert (given.number.sex, given.patient, given.instead_of) == ("M", handout.patient, handout)
    assert (given.patient.sex, given.patient.known_sex, given.other_sex_reason) == ("K", "M", "")
    assert given.patient_sex == "M"


def test_the_first_goes_back_into_its_tab(cast: Cast, handout: Handout) -> None:
    another(cast, handout)
    assert again(handout).state == "undone"
    given = [scenes.handed_out(cast).number for _ in range(5)]
    assert handout.number in given
    assert not [*consistency.findings()]


def test_without_the_tick_it_is_voided(cast: Cast, handout: Handout) -> None:
    another(cast, handout, lies_there=False)
    assert again(handout).state == "voided"
    assert handout.number not in [scenes.handed_out(cast).number for _ in range(4)]


def read(cast: Cast, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, handout.number.last_four, now(cast.tilda))


def seen(cast: Cast, handout: Handout) -> None:
    bedside.confirm(handout.pk, AtBedside(handout.number.last_four, ""), now(cast.wilma))


def seen_once(cast: Cast, handout: Handout) -> None:
    seen(cast, handout)
    bedside.withdraw(handout.pk, now(cast.wilma), reason="bed 4's")


def printed(cast: Cast, handout: Handout) -> None:
    at, look = timezone.now(), trail.Action.ACCESS
    trail.record(handout, Logged.SLIP, actor=cast.tilda, at=at, action=look)


def shown(cast: Cast, handout: Handout) -> None:
    at, look = timezone.now(), trail.Action.ACCESS
    trail.record(handout, acts.Logged.ACCESS, actor=cast.wilma, at=at, action=look)


def looked_up(cast: Cast, handout: Handout) -> None:
    at, look = timezone.now(), trail.Action.ACCESS
    trail.record(handout.number, acts.Logged.ACCESS, actor=cast.wilma, at=at, action=look)


@pytest.mark.parametrize("out", [read, seen_once, printed, shown, looked_up])
def test_a_number_that_may_be_out_is_voided(cast: Cast, handout: Handout, out: Any) -> None:
    out(cast, handout)
    another(cast, handout)
    assert again(handout).state == "voided"
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at


def test_a_number_that_is_worn_stays_open(cast: Cast, handout: Handout) -> None:
    seen(cast, handout)
    with pytest.raises(WearsOtherSex, match="wilma"):
        another(cast, handout)
    assert (again(handout).state, handout.patient.known_sex) == ("handed_out", "K")
    second = scenes.handed_out(cast, sex="M")  # both get the same real number
    differs: dict[str, Any] = {"sex_may_differ": True, "reason": "a man"}
    scenes.replaced(handout.pk, scenes.REAL_MAN, now(cast.wilma), **differs)
    same = {"same_person": f"handout-{handout.pk}", "same_reason": "one man"}
    assert scenes.replaced(second.pk, scenes.REAL_MAN, now(cast.wilma), **same)


@pytest.mark.parametrize("name", ["tilda", "adele"])
def test_a_look_by_who_sees_every_ward_leaves_it(cast: Cast, handout: Handout, name: str) -> None:
    looks = trail.Action.ACCESS
    actor = getattr(cast, name)
    trail.record(handout, acts.Logged.ACCESS, actor=actor, at=timezone.now(), action=looks)
    assert wrong_sex.is_untouched(again(handout))


def test_the_same_form_again_gives_the_same(cast: Cast, handout: Handout) -> None:
    assert another(cast, handout) == another(cast, handout)
    assert Handout.objects.count() == 2


def test_another_answer_comes_too_late(cast: Cast, handout: Handout) -> None:
    another(cast, handout)
    with pytest.raises(IllegalStep):
        another(cast, handout, "X")


def test_it_may_turn_out_wrong_again(cast: Cast, handout: Handout) -> None:
    back = another(cast, another(cast, handout), "K")
    assert (back.number.sex, back.patient.corrected_sex, back.patient.known_sex) == ("K", "", "K")


def test_without_a_number_the_patient_waits(cast: Cast, handout: Handout) -> None:
    with pytest.raises(NoneLeft) as none:
        another(cast, handout, "X")
    assert (none.value.kept.state, none.value.sex) == ("undone", "X")
    assert [(row.known_sex, row.sex) for row in waiting.queue(drill=False)] == [("X", "K")]


def test_whoever_has_waited_longer_comes_first(cast: Cast, handout: Handout) -> None:
    for _ in range(5):
        last = scenes.handed_out(cast, sex="M")
    with pytest.raises(NoneLeft):
        scenes.handed_out(cast, sex="M")
    closing.undo(last.pk, now(cast.adele), reason="by mistake")
    with pytest.raises(NoneLeft):
        another(cast, handout)
    first, second = waiting.queue(drill=False)
    assert (first.sex, second.pk) == ("M", handout.patient_id)
    assert waiting.serve(first.pk, now(cast.tilda)).row.number == last.number


def test_a_number_given_since_is_the_one_to_correct(cast: Cast, handout: Handout) -> None:
    read(cast, handout)
    instead = missing_sheet.give_next(handout.pk, now(cast.tilda)).row
    with pytest.raises(AnotherStands):
        another(cast, handout)
    assert another(cast, instead).number.sex == "M"


def test_whoever_waits_since_the_sheet_is_missing_waits_with_the_right_sex(
    cast: Cast, handout: Handout
) -> None:
    read(cast, handout)
    for _ in range(4):
        scenes.handed_out(cast)
    with pytest.raises(NoneLeft):
        missing_sheet.give_next(handout.pk, now(cast.tilda))
    assert another(cast, handout).number.sex == "M"


def test_whoever_needs_none_any_more_gets_none(cast: Cast, handout: Handout) -> None:
    read(cast, handout)
    for _ in range(4):
        scenes.handed_out(cast)
    with pytest.raises(NoneLeft):
        missing_sheet.give_next(handout.pk, now(cast.tilda))
    waiting.withdraw(handout.patient_id, now(cast.tilda), reason="known now")
    with pytest.raises(NotWaiting):
        another(cast, handout)
    assert again(handout).state == "handed_out"


def test_the_same_sex_is_refused(cast: Cast, handout: Handout) -> None:
    with pytest.raises(SameSex):
        another(cast, handout, "K")
    with pytest.raises(ReasonMissing):
        another(cast, handout, reason="")
    assert again(handout).steps.count() == 1


def test_with_a_real_number_it_is_too_late(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    with pytest.raises(IllegalStep):
        another(cast, handout)


def test_after_the_outage_it_is_befregs(cast: Cast, handout: Handout) -> None:
    lifecycle.end(handout.outage, now(cast.tilda))
    with pytest.raises(OutageEnded):
        another(cast, handout)


def test_the_report_has_both_numbers(cast: Cast, handout: Handout) -> None:
    given = another(cast, handout)
    found = {row.kind: row for row in deviations.of(handout.outage)}
    row = found[DeviationKind.SEX_CORRECTED]
    assert (row.number, row.right) == (handout.number.value, given.number.value)
    assert (row.before, row.reason) == ("Woman", "misheard")
    assert DeviationKind.UNDONE in found


def test_the_database_asks_for_the_step(cast: Cast, handout: Handout) -> None:
    patient = Patient.objects.filter(pk=handout.patient_id)
    with pytest.raises(IntegrityError, match="never corrected without"), transaction.atomic():
        patient.update(corrected_sex="M")
    with lifted():
        patient.update(corrected_sex="M")
    assert patient.get().known_sex == "M"


def test_the_corrected_sex_is_another(cast: Cast, handout: Handout) -> None:
    patient = Patient.objects.filter(pk=handout.patient_id)
    refused = pytest.raises(IntegrityError, match="corrected_sex")
    with lifted(), refused, transaction.atomic():
        patient.update(corrected_sex="K")


def test_who_is_served_later_waits_since_then(cast: Cast, handout: Handout) -> None:
    another(cast, handout)
    patient = Patient.objects.get(pk=handout.patient_id)
    assert (patient.state, patient.waiting_since) == (PatientState.SERVED, patient.ended_at)
