"""What the log and the rows must both tell of: each that is gone from either is named."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone

from befreg_reserv.audit import acts
from befreg_reserv.audit.models import LogEntry
from custody.calls import wrong_sex
from custody.checks import both_ways
from custody.handouts import notices
from custody.models import Binder, Call, Handout, HandoutStep, MergeNotice, Patient
from outage.models import Outage
from tests import everywhere, scenes
from tests.cast import Cast
from tests.custody.checks.test_check_custody import damage, found
from tests.ground.lifting import lifted
from tests.scenes import now

pytestmark = [pytest.mark.django_db]


def differences(trace: both_ways.Trace) -> str:
    return "\n".join(trace.differences())


def test_each_act_must_be_in_the_log_as_often_as_its_rows_say(cast: Cast) -> None:
    everywhere.laid_out(cast)
    some = LogEntry.objects.exclude(action=LogEntry.Action.ACCESS).latest("pk")
    for trace in both_ways.traces():
        assert differences(trace) == ""
        kind = ContentType.objects.get_for_model(trace.about)
        for act in map(acts.stored, trace.acts):
            entry = LogEntry.objects.filter(content_type=kind, act=act).first()
            key = entry.object_id if entry else 1
            said = f"{trace.about._meta.model_name} {key}: {act} is"
            with transaction.atomic():
                some.pk, some.content_type, some.act, some.object_id = None, kind, act, key
                some.save(force_insert=True)
                assert said in differences(trace)
                transaction.set_rollback(True)
            if entry is None:  # nothing was laid out that has it
                continue
            with transaction.atomic():
                with lifted(f'% ON "{LogEntry._meta.db_table}"%'):
                    LogEntry.objects.filter(pk=entry.pk)._raw_delete(connection.alias)
                assert said in differences(trace)
                transaction.set_rollback(True)


def test_a_handout_deleted_and_its_number_back_in_the_binder(cast: Cast, handout: Handout) -> None:
    """``check_custody`` said "All well", and a second patient would have got the number."""
    number, patient = handout.number, handout.patient
    with lifted():
        for rows in (
            HandoutStep.objects.filter(handout=handout),
            Handout.objects.filter(pk=handout.pk),
            Patient.objects.filter(pk=patient.pk),
            Call.objects.filter(pk=patient.call_id),
        ):
            rows._raw_delete(connection.alias)
    damage(number, taken_at=None)
    said = found()
    for named in (
        f"handout {handout.pk}: hand_out is 1 times in the log, and 0 times in its rows",
        f"handout {handout.pk}: is gone, and the log tells",
        f"reservenumber {number.pk}: leave_binder is 1 times in the log, and 0 times in its rows",
        f"call {patient.call_id}: is gone",
    ):
        assert named in said
    with lifted():  # with the log's entries too nothing is left that tells: that is the seal's
        LogEntry.objects.filter(number=number.value)._raw_delete(connection.alias)
        LogEntry.objects.filter(object_id=patient.call_id, act="take_call").delete()
    assert f"handout {handout.pk}" not in found()


def test_a_notice_without_its_step(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    notices.file_notice(handout.pk, now(cast.wilma))
    notices.withdraw_notice(handout.pk, now(cast.wilma), reason="wrong pair")
    at = timezone.now()
    with lifted():
        MergeNotice.objects.create(
            handout=handout, identity=scenes.REAL_MAN, filed_at=at, filed_by="wilma",
            recorded_at=at, recorded_by=cast.wilma, withdrawn_at=at, withdrawn_by="wilma",
            withdrawn_reason="never filed",
        )  # fmt: skip
    said = "\n".join(both_ways.notices_are_of_their_steps())
    assert f"handout {handout.pk}: 1 steps file_notice, and 2 notices that say so" in said
    assert f"handout {handout.pk}: 1 steps withdraw_notice, and 2 notices that say so" in said


def test_a_number_given_instead_of_one_that_was_entered_afterwards(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    late = scenes.from_paper(cast, outage)
    wrong_sex.give_another(late.pk, "M", now(cast.tilda), reason="misheard")
    assert Handout.objects.filter(late=True).count() == 2
    assert [*both_ways.log_and_rows_agree()] == []
