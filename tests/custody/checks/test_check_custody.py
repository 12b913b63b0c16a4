"""check_custody: each check finds the row that breaks it, and nothing in sound custody."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from befreg_reserv.audit import triggers
from befreg_reserv.people.models import Heir
from befreg_reserv.people.wards.changes import changing
from custody.checks import both_ways, consistency
from custody.checks.ahead import no_time_lies_ahead
from custody.handouts import closing, missing_sheet, notices
from custody.ledger import steps
from custody.models import (
    CountLine,
    DoubledNumber,
    Handout,
    HandoutStep,
    MergeNotice,
    ReserveNumber,
    SignOff,
)
from custody.models.states import Act, State
from custody.planned import late_registration, prepared
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.custody.ledger.test_invariants import copy_of
from tests.ground.lifting import lifted
from tests.ground.scenery import scene
from tests.scenes import now


def damage(row: Model, **columns: Any) -> None:
    """Change a row as only somebody with the database's password could."""
    with lifted():
        type(row)._base_manager.filter(pk=row.pk).update(**columns)


@scene
def closed(cast: Cast, handout: Handout) -> Handout:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    return notices.file_notice(handout.pk, now(cast.wilma)).row


def found() -> str:
    """Run the command and return what it says; the exit code must agree."""
    out, code = StringIO(), 0
    try:
        call_command("check_custody", stdout=out, stderr=StringIO())
    except SystemExit as end:
        code = int(str(end.code))
    said = out.getvalue()
    assert code == (0 if said.startswith("All well") else 1)
    return said


def test_sound_custody_has_no_findings(cast: Cast, closed: Handout) -> None:
    scenes.handed_out(cast)
    undone = scenes.handed_out(cast, sex="M")
    closing.undo(undone.pk, now(cast.adele), reason="wrong button")
    assert found() == f"All well: {len(consistency.CHECKS)} checks.\n"


def test_a_missing_trigger(handout: Handout) -> None:
    with triggers.lifted(connection):
        assert "trigger custody_handoutstep_no_update is missing" in found()


def test_a_state_that_is_not_the_last_step(handout: Handout) -> None:
    damage(handout, state=State.VOIDED)
    assert f"handout {handout.pk}: state voided, but its last step led to handed_out" in found()


def test_a_handout_without_steps(handout: Handout) -> None:
    with lifted():
        HandoutStep.objects.all().delete()
    assert f"handout {handout.pk}: state handed_out, but its last step led to None" in found()


def test_confirmed_without_a_step(handout: Handout) -> None:
    damage(handout, bedside_at=handout.handed_out_at, bedside_by="wilma")
    assert f"handout {handout.pk}: its confirmation at the patient isn't" in found()


def test_still_where_it_was_moved_from(cast: Cast, handout: Handout) -> None:
    with transaction.atomic():
        row, event = steps.lock_for(handout.pk, Act.TRANSFER, now(cast.wilma))
        steps.remain(row, Act.TRANSFER, event, reason="moved", ward=cast.eye)
    damage(handout, ward=cast.iva)
    assert f"handout {handout.pk}: is in the ward that it was moved from" in found()


def test_a_closed_ward_whose_things_are_nowhere(cast: Cast) -> None:
    terms = changing.Terms(changing.Kind.MERGED, timezone.localdate(), "one ward", (cast.eye,))
    changing.change(cast.iva, terms, now(cast.adele))
    Heir.objects.all().delete()
    assert f"ward {cast.iva.pk}: its things are at [], not at [{cast.eye.pk}]" in found()


def test_another_real_number_than_was_registered(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    damage(handout, real_identity=scenes.REAL_WOMAN_2)
    assert f"handout {handout.pk}: its real number isn't the one that its steps" in found()


def test_closed_without_a_notice(closed: Handout) -> None:
    with lifted():
        MergeNotice.objects.all().delete()
    assert f"handout {closed.pk}: closed with 0 standing notices" in found()


def test_open_with_a_notice(cast: Cast, closed: Handout) -> None:
    notices.withdraw_notice(closed.pk, now(cast.wilma), reason="wrong pair")
    damage(MergeNotice.objects.get(), withdrawn_at=None, withdrawn_by="", withdrawn_reason="")
    assert f"handout {closed.pk}: replaced with 1 standing notices" in found()


def test_a_notice_about_another_number(closed: Handout) -> None:
    notice = MergeNotice.objects.get()
    damage(notice, identity=scenes.REAL_WOMAN_2)
    assert f"notice {notice.pk}: its number isn't that of handout {closed.pk}" in found()


def test_a_drill_that_used_a_real_number(handout: Handout, drill: Outage) -> None:
    damage(handout, outage=drill)
    assert f"handout {handout.pk}: number {handout.number_id} mixes drill and reality" in found()


def test_a_number_in_the_binder_though_handed_out(handout: Handout) -> None:
    damage(handout.number, taken_at=None)
    assert f"number {handout.number_id}: lies in the binder though handed out" in found()


def test_a_number_that_left_unexplained(handout: Handout) -> None:
    other = ReserveNumber.objects.filter(taken_at__isnull=True)[0]
    damage(other, taken_at=handout.handed_out_at)
    assert f"number {other.pk}: left unexplained" in found()


@pytest.mark.parametrize(
    ("value", "fault"),
    [("20000101K065", "check_digit"), ("20001301K060", "date"), ("20000101K07", "format")],
)
def test_a_malformed_number(handout: Handout, value: str, fault: str) -> None:
    damage(handout.number, value=value)
    assert f"number {handout.number_id}: {fault}" in found()


def test_a_number_of_another_birth_date(handout: Handout) -> None:
    damage(handout.number, value=scenes.REAL_WOMAN)
    assert f"number {handout.number_id}: another birth date than its binder's" in found()


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"real_identity": "19450829K089"}, "real number: check_digit"),
        ({"real_kind": "personnummer"}, "real number is a reserve"),
        ({"real_identity": scenes.TRAINING_WOMAN}, "real number mixes drill and reality"),
        ({"real_identity": "20000101K080"}, "real number is an emergency number of a binder"),
        ({"real_identity": scenes.REAL_MAN}, "real number for the other sex, without a reason"),
    ],
)
def test_a_wrong_real_number(closed: Handout, columns: dict[str, Any], says: str) -> None:
    damage(closed, **columns)
    assert f"handout {closed.pk}: {says}" in found()


def test_a_quarantined_number_in_the_binder(cast: Cast, handout: Handout) -> None:
    missing_sheet.give_next(handout.pk, scenes.now(cast.tilda))
    damage(handout.number, taken_at=None)
    quarantined = handout.number.quarantines.get()
    says = f"quarantine {quarantined.pk}: number {handout.number_id} lies in the binder"
    assert says in found()


def test_a_number_in_the_binder_that_the_last_count_did_not_find(
    cast: Cast, handout: Handout
) -> None:
    scenes.counted(cast, handout.number.binder)
    damage(handout, state=State.UNDONE)
    damage(handout.number, taken_at=None)
    line = CountLine.objects.get(number=handout.number)
    says = f"number {handout.number_id}: lies in the binder, but line {line.pk} didn't find it"
    assert says in found()
    scenes.counted(cast, handout.number.binder)  # there it lies
    assert says not in found()


def test_a_number_that_a_count_missed_left_without_a_handout(cast: Cast, handout: Handout) -> None:
    scenes.miscounted(cast, handout)
    assert found() == f"All well: {len(consistency.CHECKS)} checks.\n"


def test_a_variance_without_a_reason(cast: Cast, handout: Handout) -> None:
    surplus = scenes.miscounted(cast, handout)
    damage(surplus.count, reason="")
    assert f"count {surplus.count_id}: line {surplus.pk} varies, without a reason" in found()


def test_a_sheet_that_is_not_the_binders_without_a_reason(cast: Cast, handout: Handout) -> None:
    count = scenes.miscounted(cast, handout, "K999").count
    damage(count, reason="")
    sheet = count.foreign_sheets.get()
    assert f"count {count.pk}: sheet {sheet.pk} isn't the binder's, without a reason" in found()


def test_a_missing_sheet_without_a_quarantine(cast: Cast, handout: Handout) -> None:
    scenes.miscounted(cast, handout)
    missing = CountLine.objects.get(expected=True, found=False)
    quarantined = missing.number.quarantines.get()
    damage(quarantined, count=None)
    said = found()
    assert f"count {missing.count_id}: line {missing.pk} is missing, but not in" in said
    assert f"number {missing.number_id}: left unexplained" in said


def test_a_quarantine_of_a_count_that_found_the_sheet(cast: Cast, handout: Handout) -> None:
    count = scenes.miscounted(cast, handout).count
    quarantined = count.quarantines.get()
    damage(CountLine.objects.get(number=quarantined.number), found=True)
    assert f"quarantine {quarantined.pk}: count {count.pk} did not miss its number" in found()


def test_a_handout_outside_its_outage(handout: Handout, outage: Outage) -> None:
    damage(outage, started_at=handout.handed_out_at + timedelta(minutes=1))
    assert f"handout {handout.pk}: outside of outage {outage.pk}" in found()


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"value": "19450829K089"}, "check_digit"),
        ({"value": scenes.TRAINING_WOMAN, "training": True}, "mixes drill and reality"),
        ({"value": "20000101K064"}, "stands elsewhere too"),  # in the binder
    ],
)
def test_a_wrong_prepared_number(
    cast: Cast, real_binder: object, columns: dict[str, Any], says: str
) -> None:
    plan = scenes.planned(cast)
    (row,) = prepared.enter(plan, cast.iva, scenes.REAL_WOMAN, now(cast.adele)).row
    assert found().startswith("All well")
    damage(row, **columns)
    assert f"prepared number {row.pk}: {says}" in found()


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("19450829K089", "check_digit"),
        (scenes.TRAINING_WOMAN, "mixes drill and reality"),
        ("20000101K064", "stands elsewhere too"),
    ],
)
def test_a_wrong_late_number(
    cast: Cast, real_binder: object, outage: Outage, number: str, says: str
) -> None:
    row = scenes.treated_without(cast, outage)
    late_registration.register(row.pk, scenes.REAL_WOMAN, now(cast.wilma))
    assert found().startswith("All well")
    damage(row, number=number)
    assert f"late registration {row.pk}: {says}" in found()


def test_a_number_both_prepared_and_a_patients(cast: Cast, closed: Handout) -> None:
    row = scenes.treated_without(cast, closed.outage)
    plan = scenes.planned(cast)
    (entered,) = prepared.enter(plan, cast.iva, scenes.REAL_MAN, now(cast.adele)).row
    damage(row, number=scenes.REAL_WOMAN, registered_at=timezone.now(), registered_by="wilma")
    damage(entered, value=scenes.REAL_WOMAN, sex="K")
    said = found()
    assert f"late registration {row.pk}: stands elsewhere too" in said
    assert f"prepared number {entered.pk}: stands elsewhere too" in said


def test_a_patient_who_waits_with_a_number(handout: Handout) -> None:
    damage(
        handout.patient, state="waiting", waiting_since=timezone.now(), ended_at=None, ended_by=""
    )
    assert f"patient {handout.patient_id}: waiting, but the handouts say otherwise" in found()


def test_a_handout_that_is_not_as_its_call(handout: Handout) -> None:
    damage(handout.patient.call, late=True)
    assert f"handout {handout.pk}: it isn't as its call" in found()


def test_a_patient_treated_outside_of_the_outage(cast: Cast, outage: Outage) -> None:
    row = scenes.treated_without(cast, outage)
    damage(outage, started_at=row.treated_at + timedelta(minutes=1))
    assert f"late registration {row.pk}: outside of outage {outage.pk}" in found()


def test_a_double_without_its_alarm_or_first_handout(cast: Cast, handout: Handout) -> None:
    second = scenes.doubled(cast, handout)
    other = scenes.handed_out(cast)
    with lifted():
        DoubledNumber.objects.all()._raw_delete(connection.alias)
    damage(second, duplicate_of=other)
    said = found()
    assert f"handout {second.pk}: the same number as another patient's, without an alarm" in said
    assert f"handout {second.pk}: refers to no first handout of its number" in said


def test_an_alarm_about_two_numbers(cast: Cast, handout: Handout) -> None:
    alarm = scenes.doubled(cast, handout).alarm
    damage(alarm, first=scenes.handed_out(cast))
    assert f"alarm {alarm.pk}: its handouts aren't two of one number" in found()


def test_a_number_of_two_handouts_of_which_no_alarm_tells(cast: Cast, handout: Handout) -> None:
    second = scenes.doubled(cast, handout)
    closing.undo(handout.pk, now(cast.adele), reason="nobody rang")
    with lifted():
        copy_of(second, duplicate_of=None, request_key=uuid4())
    assert f"handout {second.pk}: another handout holds its number" in found()


def test_a_sign_off_that_its_outage_does_not_tell_of_is_found(outage: Outage, cast: Cast) -> None:
    at = timezone.now()
    lifecycle.end(outage, now(cast.adele))
    with lifted():
        SignOff.objects.create(outage=outage, at=at, by=cast.adele)
    said = f"outage {outage.pk}: it isn't noted when it was signed off for the first time"
    assert said in found()
    lifecycle.note_signed_off(outage, at)
    assert said not in found()


def test_no_check_is_without_its_test() -> None:
    """A new check must come with a row that breaks it: every one is named here."""
    tested: set[Callable[..., Any]] = {
        consistency.protection_is_on,
        consistency.state_is_last_step,
        consistency.confirmed_as_its_steps_say,
        consistency.moved_as_its_steps_say,
        consistency.closed_wards_have_their_heirs,
        no_time_lies_ahead,  # in test_wrong_clock.py
        consistency.made_way_for_paper,  # in test_made_way.py
        consistency.real_number_is_of_its_last_step,
        consistency.closed_has_standing_notice,
        consistency.notice_names_the_real_number,
        consistency.same_person_as_the_first,  # in test_several_numbers.py
        consistency.signed_off_as_its_sign_offs_say,
        consistency.drill_used_training_binder,
        consistency.number_left_when_handed_out,
        consistency.doubled_numbers_are_alarmed,
        consistency.patients_state_is_theirs,
        consistency.handout_is_of_its_call,
        consistency.quarantined_number_is_out,
        consistency.number_in_binder_was_found,
        consistency.counts_agree_with_their_lines,
        consistency.number_is_well_formed,
        consistency.real_number_is_well_formed,
        consistency.other_sex_has_reason,
        consistency.handed_out_during_outage,
        both_ways.log_and_rows_agree,  # these three in test_both_ways.py
        both_ways.notices_are_of_their_steps,
        both_ways.what_the_log_tells_of_is_there,
        consistency.prepared_number_is_well_formed,
        consistency.late_number_is_well_formed,
        consistency.treated_during_outage,
        consistency.no_number_in_two_places,
        consistency.journal_agrees,  # in test_departures.py
    }
    assert set(consistency.CHECKS) == tested
