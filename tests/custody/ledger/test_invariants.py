"""The eight invariants, each provoked past the Python: raw rows against the database itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from befreg_reserv.acts.event import Event
from custody.binder import quarantine
from custody.counts import settle
from custody.handouts import closing, notices, read_back
from custody.models import Binder, Handout, HandoutStep, MergeNotice, ReserveNumber, SignOff
from custody.models.states import LEGAL_STEPS, Act, State
from outage import lifecycle
from outage.models import DrillTargets, Outage
from tests import scenes
from tests.cast import Cast
from tests.ground.lifting import lifted
from tests.scenes import now

Raw = Callable[..., None]


def update(row: Model, **columns: Any) -> None:
    """Change columns of a row by a statement of its own, past every model and signal."""
    type(row)._base_manager.filter(pk=row.pk).update(**columns)


def copy_of(row: Model, **columns: Any) -> None:
    """Insert a copy of a row, past every act."""
    twin = type(row)._base_manager.get(pk=row.pk)
    twin.pk = None
    for name, value in columns.items():
        setattr(twin, name, value)
    type(row)._base_manager.bulk_create([twin])


def say_replaced(handout: Handout) -> None:
    """Insert the steps of a real number, past every act; the row doesn't have it yet."""
    step = handout.steps.get()
    looked = {"act": Act.NO_WRISTBAND, "source": step.target, "reason": "cut off"}
    copy_of(step, sequence=2, **looked)
    replaces = {"act": Act.REPLACE, "source": step.target, "target": State.REPLACED}
    copy_of(step, sequence=3, identity=scenes.REAL_WOMAN, **replaces)


def refused(by: str) -> Any:
    """Expect that the database refuses what follows, naming the rule."""
    return pytest.raises(IntegrityError, match=by)


# --- 1: a number has at most one handout that is not undone ----------------------------------


def test_1_a_second_handout_of_a_number_is_refused(handout: Handout) -> None:
    with refused("number_handed_out_once|handout.number_id"):
        copy_of(handout, request_key=uuid4())


def test_1_an_undone_handout_leaves_the_number_free(cast: Cast, handout: Handout) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="wrong button")
    copy_of(handout, request_key=uuid4(), state=State.HANDED_OUT)
    with refused("number_handed_out_once|handout.number_id"):
        update(handout, state=State.HANDED_OUT)


# --- 2: a request key is unique ----------------------------------------------------------------


def test_2_a_request_key_stands_once(handout: Handout) -> None:
    other = ReserveNumber.objects.exclude(pk=handout.number_id)[0]
    with refused("request_key"):
        copy_of(handout, number=other)


# --- 3: a real identity stands on at most one handout ---------------------------------------


def test_3_a_real_identity_stands_once(cast: Cast, handout: Handout) -> None:
    other = scenes.handed_out(cast)
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    say_replaced(other)
    with refused("real_identity"):
        update(
            other,
            state=State.REPLACED,
            real_identity=scenes.REAL_WOMAN,
            real_kind="reserve",
            replaced_at=other.handed_out_at,
        )


# --- 4: row shapes and times in order -----------------------------------------------------------

SHAPE = "handout_row_shape"
REAL = {"real_identity": scenes.REAL_WOMAN, "real_kind": "reserve"}


@pytest.fixture
def registered(handout: Handout) -> Handout:
    """A handout with the steps of a real number, which its row doesn't have yet."""
    say_replaced(handout)
    return handout


@pytest.mark.parametrize("state", [State.HANDED_OUT, State.VOIDED, State.UNDONE])
def test_4_no_real_number_in_a_state_without_one(registered: Handout, state: State) -> None:
    with refused(SHAPE):
        update(registered, state=state, replaced_at=registered.handed_out_at, **REAL)


@pytest.mark.parametrize("missing", ["real_identity", "real_kind", "replaced_at"])
def test_4_replaced_has_all_of_its_columns(registered: Handout, missing: str) -> None:
    columns = {"state": State.REPLACED, "replaced_at": registered.handed_out_at, **REAL}
    columns[missing] = "" if missing == "real_kind" else None
    with refused(SHAPE):
        update(registered, **columns)


def test_4_closed_has_its_time(registered: Handout) -> None:
    with refused(SHAPE):
        update(registered, state=State.CLOSED, replaced_at=registered.handed_out_at, **REAL)


def test_4_no_unknown_state_or_kind(registered: Handout) -> None:
    with refused(SHAPE), transaction.atomic():
        update(registered, state="lost")
    with refused("handout_real_kind_known"):
        update(
            registered,
            state=State.REPLACED,
            replaced_at=registered.handed_out_at,
            real_identity=scenes.REAL_WOMAN,
            real_kind="guess",
        )


def test_4_replaced_before_handed_out_is_refused(registered: Handout) -> None:
    early = registered.handed_out_at - timedelta(seconds=1)
    with refused("handout_times_in_order"):
        update(registered, state=State.REPLACED, replaced_at=early, **REAL)


def test_4_closed_before_replaced_is_refused(registered: Handout) -> None:
    later = registered.handed_out_at + timedelta(hours=1)
    with refused("handout_times_in_order"):
        update(
            registered,
            state=State.CLOSED,
            replaced_at=later,
            closed_at=registered.handed_out_at,
            **REAL,
        )


def test_4_recorded_before_it_happened_is_refused(handout: Handout) -> None:
    number = ReserveNumber.objects.filter(taken_at__isnull=True)[0]
    early = handout.handed_out_at - timedelta(seconds=1)
    with refused("handout_times_in_order"):
        copy_of(handout, number=number, request_key=uuid4(), recorded_at=early)


def test_4_read_back_has_both_or_neither(handout: Handout) -> None:
    with refused("handout_read_back_by_somebody"), transaction.atomic():
        update(handout, read_back_at=handout.handed_out_at)
    with refused("handout_read_back_by_somebody"):
        update(handout, read_back_by="tilda")


def test_4_a_notice_is_withdrawn_by_somebody_for_a_reason(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    notices.file_notice(handout.pk, now(cast.wilma))
    notice = MergeNotice.objects.get()
    with refused("notice_withdrawn"), transaction.atomic():
        update(notice, withdrawn_at=notice.filed_at)
    with refused("one_standing_notice|mergenotice.handout_id"):
        copy_of(notice)


# --- 5: steps are legal, gapless and append-only ---------------------------------------------


def a_step(handout: Handout, **columns: Any) -> HandoutStep:
    """Return an unsaved step that would be legal: voiding."""
    first = handout.steps.get(sequence=1)
    values = {
        "sequence": 2,
        "act": Act.VOID,
        "source": State.HANDED_OUT,
        "target": State.VOIDED,
        "reason": "never used",
    }
    return HandoutStep(
        handout=handout,
        at=first.at,
        by=first.by,
        recorded_at=first.recorded_at,
        recorded_by=first.recorded_by,
        **(values | columns),
    )


ILLEGAL = [
    (act, source, target)
    for act in Act
    for source in ["", *State]
    for target in State
    if (act, source, target) not in LEGAL_STEPS
]


def test_5_every_illegal_step_is_refused(handout: Handout) -> None:
    for act, source, target in ILLEGAL:
        with pytest.raises(IntegrityError), transaction.atomic():
            a_step(handout, act=act, source=source, target=target).save()
    assert handout.steps.count() == 1


@pytest.mark.parametrize("sequence", [1, 3, 7])
def test_5_a_gap_or_a_double_is_refused(handout: Handout, sequence: int) -> None:
    with refused("must follow"):
        a_step(handout, sequence=sequence).save()


def test_5_a_step_from_another_state_is_refused(handout: Handout) -> None:
    with refused("must follow"):
        a_step(handout, act=Act.FILE_NOTICE, source=State.REPLACED, target=State.CLOSED).save()


def test_5_a_correction_without_reason_is_refused(handout: Handout) -> None:
    with refused("step_correction_has_reason"):
        a_step(handout, reason="").save()


STAYS = {"source": State.HANDED_OUT, "target": State.HANDED_OUT}


def test_5_a_step_may_keep_what_it_changes_alone(cast: Cast, handout: Handout) -> None:
    both = {"former_caller": "wilma", "former_callback": "2102"}
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("ward_before", STAYS | {"act": Act.TRANSFER}),
        ("ward_before", STAYS | both | {"act": Act.CORRECT, "former_ward": cast.iva}),
        ("keeps_the_caller", STAYS | {"act": Act.CONFIRM_AT_BEDSIDE, "former_caller": "wilma"}),
        ("keeps_the_caller", STAYS | {"act": Act.CONFIRM_AT_BEDSIDE, "former_callback": "1"}),
        ("keeps_the_one_before", STAYS | {"act": Act.CONFIRM_AT_BEDSIDE, "former_sex": "K"}),
        ("say_a_place", {"place": "Sal 3"}),
    ]
    for rule, columns in wrong:
        with refused(rule), transaction.atomic():
            a_step(handout, **columns).save()


def test_5_a_step_keeps_what_was(cast: Cast, handout: Handout) -> None:
    for columns in (
        {"act": Act.TRANSFER, "former_ward": cast.eye},
        {"act": Act.CORRECT, "former_caller": "other", "former_callback": "2102"},
        {"act": Act.CORRECT, "former_caller": "wilma", "former_callback": "1"},
        {"act": Act.CORRECT_SEX, "former_sex": "M"},
    ):
        with refused("keeps the ward, the caller or the sex"), transaction.atomic():
            a_step(handout, **STAYS, **columns).save()


def test_5_nothing_is_confirmed_without_its_step(handout: Handout) -> None:
    seen = {"bedside_at": handout.handed_out_at, "bedside_by": "wilma"}
    with refused("never confirmed"), transaction.atomic():
        update(handout, **seen)
    with lifted():
        update(handout, **seen)
    with refused("never confirmed"):
        update(handout, bedside_at=None, bedside_by="")


def test_5_a_confirmation_has_both_or_neither(handout: Handout) -> None:
    with lifted(), refused("confirmed_by_somebody"), transaction.atomic():
        update(handout, bedside_at=handout.handed_out_at)
    with lifted(), refused("confirmed_by_somebody"), transaction.atomic():
        update(handout, bedside_by="wilma")


def test_5_a_step_is_never_changed(handout: Handout) -> None:
    with refused("append-only"):
        update(handout.steps.get(), by="somebody")


def test_5_a_step_is_never_deleted(handout: Handout) -> None:
    with refused("append-only"):
        handout.steps.all()._raw_delete("default")


def test_5_without_the_trigger_a_step_could_be_changed(handout: Handout) -> None:
    with lifted():
        update(handout.steps.get(), by="somebody")
    assert handout.steps.get().by == "somebody"


# --- 6: one ongoing outage and one drill ------------------------------------------------------


@pytest.mark.parametrize("is_drill", [True, False])
def test_6_a_second_ongoing_outage_is_refused(
    outage: Outage, drill: Outage, is_drill: bool
) -> None:
    with refused("one_ongoing_outage|outage_outage.drill"):
        copy_of(drill if is_drill else outage)


# --- 7: training numbers in training binders only ----------------------------------------------


def a_number(binder: Binder, value: str, **columns: Any) -> ReserveNumber:
    """Return an unsaved number that fits its binder, unless told otherwise."""
    values = {"tab": 90, "sex": value[8], "training": binder.training}
    return ReserveNumber(binder=binder, value=value, **(values | columns))


def test_7_a_training_number_is_refused_by_a_real_binder(real_binder: Binder) -> None:
    with refused("number_training_by_serial"), transaction.atomic():
        a_number(real_binder, "20000101K007").save()
    with refused("belong in training binders"):
        a_number(real_binder, "20000101K007", training=True).save()


def test_7_a_real_number_is_refused_by_a_training_binder(training_binder: Binder) -> None:
    with refused("number_training_by_serial"), transaction.atomic():
        a_number(training_binder, "20000101K163").save()
    with refused("belong in training binders"):
        a_number(training_binder, "20000101K163", training=False).save()


def test_7_a_number_must_tell_its_sex(real_binder: Binder) -> None:
    with refused("number_tells_its_sex"):
        a_number(real_binder, "20000101K163", sex="M").save()


def test_7_a_binder_never_changes_its_kind(real_binder: Binder) -> None:
    with refused("never change"):
        update(real_binder, training=True)


# --- 8: nothing that history mentions can be deleted -------------------------------------------


def test_8_nothing_with_history_is_deleted(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    notices.file_notice(handout.pk, now(cast.wilma))
    history = [MergeNotice, HandoutStep, Handout, ReserveNumber, Binder, Outage]
    for model in history:
        table = model._meta.db_table
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608  our own table's name


@pytest.mark.parametrize("column", ["number", "ward", "outage"])
def test_8_foreign_keys_hold(handout: Handout, column: str) -> None:
    def insert_and_check() -> None:
        copy_of(handout, **{"request_key": uuid4(), f"{column}_id": 987654321})
        connection.check_constraints()  # SQLite and PostgreSQL both defer it to COMMIT

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_and_check()


def test_8_what_was_said_on_the_telephone_never_changes(cast: Cast, handout: Handout) -> None:
    for change in ({"caller": "other"}, {"callback": "1"}, {"ward": cast.eye}):
        with refused("never changes its"), transaction.atomic():
            update(handout, **change)
    with refused("never change"):
        update(handout, handed_out_by="other")


def test_8_a_number_never_changes(real_binder: Binder) -> None:
    number = real_binder.numbers.all()[0]
    for change in ({"value": "20000101K163"}, {"tab": 99}):
        with refused("never change"), transaction.atomic():
            update(number, **change)


def test_8_truncate_is_refused(handout: Handout) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has no TRUNCATE
    connection.check_constraints()  # with deferred checks pending PostgreSQL refuses it anyway
    for model in (HandoutStep, Handout, ReserveNumber):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'TRUNCATE "{model._meta.db_table}" CASCADE')


# --- what else history can't become --------------------------------------------------------------


def test_a_number_that_somebody_has_never_returns(handout: Handout) -> None:
    with refused("never returns"), transaction.atomic():
        update(handout.number, taken_at=None)
    update(handout, state=State.UNDONE)
    update(handout.number, taken_at=None)


@pytest.mark.parametrize("explained", [True, False])
def test_a_number_whose_sheet_was_missing_never_returns(
    cast: Cast, handout: Handout, explained: bool
) -> None:
    quarantined = scenes.miscounted(cast, handout).count.quarantines.get()
    if explained:
        quarantine.explain(quarantined.pk, now(cast.adele), explanation="x")
    with refused("never returns"):
        update(quarantined.number, taken_at=None)


def test_without_the_trigger_it_could(handout: Handout) -> None:
    with lifted():
        update(handout.number, taken_at=None)
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at is None


def test_a_number_in_the_binder_is_not_missing(cast: Cast, handout: Handout) -> None:
    quarantined = scenes.miscounted(cast, handout).count.quarantines.get()
    lying = ReserveNumber.objects.filter(taken_at=None)[0]
    with refused("must have left the binder"):
        copy_of(quarantined, number=lying, count=None)


def test_the_count_that_missed_a_sheet_never_changes(cast: Cast, handout: Handout) -> None:
    quarantined = scenes.miscounted(cast, handout).count.quarantines.get()
    other = scenes.counted(cast, handout.number.binder)
    for count in (None, other):
        with refused("never changes"), transaction.atomic():
            update(quarantined, count=count)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"destroyed_by": "other"}, "stays as it was written"),
        ({"destroyed_note": "other"}, "stays as it was written"),
        ({"destroyed_at": None, "destroyed_by": "", "destroyed_note": ""}, "once|as it was"),
    ],
)
def test_a_destroyed_sheet_stays_as_it_was_written(
    cast: Cast, handout: Handout, change: dict[str, Any], rule: str
) -> None:
    line = scenes.miscounted(cast, handout)
    settle.destroy_sheet(line.pk, now(cast.adele), note="shredded")
    with refused(rule):
        update(line, **change)


def test_a_count_holds_no_number_of_another_binder(
    cast: Cast, handout: Handout, training_binder: Binder
) -> None:
    line = scenes.miscounted(cast, handout)
    with refused("of its own binder"):
        copy_of(line, number=training_binder.numbers.all()[0])


@pytest.mark.parametrize(
    "change", [{"read_back_at": None, "read_back_by": ""}, {"read_back_by": "other"}]
)
def test_what_was_read_back_stays_so(cast: Cast, handout: Handout, change: dict[str, Any]) -> None:
    typed = handout.number.last_four
    read_back.confirm_read_back(handout.pk, typed, Event.now(cast.tilda, now(cast.tilda).at))
    with refused("set once|stays as it was"):
        update(handout, **change)


def test_an_outage_is_not_signed_off_before_its_end(cast: Cast, outage: Outage) -> None:
    at = now(cast.adele).at
    with refused("can't be signed off"), transaction.atomic():
        SignOff.objects.create(outage=outage, at=at, by=cast.adele)
    update(outage, ended_at=at)
    SignOff.objects.create(outage=outage, at=at, by=cast.adele)


def test_when_it_was_signed_off_stays_and_is_after_its_end(cast: Cast, outage: Outage) -> None:
    at = now(cast.adele).at
    with refused("outage_signed_off_after_its_end"), transaction.atomic():
        update(outage, signed_off_at=at)
    update(outage, ended_at=at)
    update(outage, signed_off_at=at)
    for other in (None, at + timedelta(seconds=1)):
        with refused("set once"), transaction.atomic():
            update(outage, signed_off_at=other)


@pytest.mark.parametrize("state", [State.HANDED_OUT, State.REPLACED])
def test_nor_while_a_number_is_open(cast: Cast, handout: Handout, state: State) -> None:
    if state == State.REPLACED:
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    ended = lifecycle.end(handout.outage, Event.now(cast.tilda, now(cast.tilda).at)).row
    with refused("can't be signed off"):
        SignOff.objects.create(outage=ended, at=now(cast.adele).at, by=cast.adele)


@pytest.mark.parametrize("target", ["call_to_number_seconds", "close_out_minutes"])
def test_a_drill_has_a_target_to_meet(db: None, target: str) -> None:
    with refused("drill_targets_at_least_one"):
        DrillTargets.objects.update(**{target: 0})


def test_when_a_call_came_never_changes(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    known = scenes.handed_out(cast, called_at=now(cast.tilda).at)
    unknown = scenes.handed_out(cast)
    for handout, told in ((known, None), (known, outage.started_at), (unknown, known.called_at)):
        with refused("called_at"), transaction.atomic():
            update(handout, called_at=told)


def test_a_real_number_is_withdrawn_before_another(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    with refused("withdrawn before another"):
        Handout.objects.filter(pk=handout.pk).update(real_identity=scenes.REAL_WOMAN_2)


def test_a_notice_is_about_the_pair_that_stands(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    notice = MergeNotice(
        handout=handout, identity=scenes.REAL_WOMAN_2, filed_at=now(cast.wilma).at,
        filed_by="wilma", recorded_at=now(cast.wilma).at, recorded_by=cast.wilma,
    )  # fmt: skip
    with refused("real number that the handout has"), transaction.atomic():
        notice.save()
    with lifted():
        notice.save()  # without the rule it stands, on a pair that nobody saw
