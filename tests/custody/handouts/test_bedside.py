"""At the bedside: the wristband is looked at before a real number is registered."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit import triggers
from befreg_reserv.audit.models import LogEntry
from custody.afterwards import deviations
from custody.afterwards.deviations import DeviationKind
from custody.checks import consistency
from custody.handouts import bedside, closing, followup, notices, read_back
from custody.handouts.bedside import AtBedside
from custody.handouts.refusals import (
    IsWorn,
    LastFourOfTwo,
    NotAtBedside,
    NothingToWithdraw,
    NotSearched,
    OtherConfirmation,
    OtherWristband,
    WasGiven,
)
from custody.ledger import steps
from custody.ledger.refusals import BadIdentity, IllegalStep, NamesAPerson
from custody.models import Binder, Handout
from custody.models.states import Act, State
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.custody.ledger.test_invariants import copy_of, refused, update
from tests.ground.lifting import lifted
from tests.scenes import now
from tests.served import ROOT

pytestmark = pytest.mark.one_database("decisions")

SEEN = AtBedside("K064")


def again(handout: Handout) -> Handout:
    return Handout.objects.get(pk=handout.pk)


def confirm(cast: Cast, handout: Handout, typed: str = "K064", place: str = "") -> bool:
    found = AtBedside(typed, place)
    return bedside.confirm(handout.pk, found, now(cast.wilma)).row.right


def register(cast: Cast, handout: Handout, found: AtBedside = SEEN, **options: Any) -> Handout:
    number = options.pop("number", scenes.REAL_WOMAN)
    options = {"searched": True, **options}
    return bedside.register(handout.pk, number, found, now(cast.wilma), **options).row


def test_no_other_module_registers_a_real_number() -> None:
    paths = (ROOT / "custody").rglob("*.py")
    callers = {path.stem for path in paths if "closing.replace(" in path.read_text("utf-8")}
    assert callers == {"bedside", "from_journal"}


# --- confirming --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["K064", "k 06 4", "20000101K064", "]C120000101K064", "¨C120000101K064", "20000101/K064",
     "20000101+K064", "20000101-K064\t", "]Q1K064", "A20000101K064"],
)  # fmt: skip
def test_a_number_is_typed_or_scanned(cast: Cast, handout: Handout, typed: str) -> None:
    assert confirm(cast, handout, typed, "Sal 3")
    row = again(handout)
    assert (row.bedside_by, row.place, row.state) == ("wilma", "Sal 3", State.HANDED_OUT)


@pytest.mark.parametrize("typed", ["K080", "064", "20010101K064", "K064K080", "?", "HEJK064"])
def test_another_number_confirms_nothing_and_is_logged(
    cast: Cast, handout: Handout, typed: str
) -> None:
    assert not confirm(cast, handout, typed)
    assert again(handout).bedside_at is None
    assert LogEntry.objects.get(act="bedside_wrong").changes["at_bedside"][1] in typed


def test_the_same_form_twice_is_one_step(cast: Cast, handout: Handout) -> None:
    assert confirm(cast, handout, place="Sal 3")
    assert confirm(cast, handout, place="Sal 3")
    assert handout.steps.count() == 2


def test_a_patient_who_moves_is_confirmed_anew(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout, place="Sal 3")
    confirm(cast, handout, place="Sal 4")
    assert again(handout).place == "Sal 4"


def test_the_place_says_not_who_it_is(cast: Cast, handout: Handout) -> None:
    with pytest.raises(NamesAPerson):
        confirm(cast, handout, place="19121212-1212")
    assert again(handout).bedside_at is None


def test_a_number_on_a_wrist_never_returns_to_the_binder(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    with pytest.raises(WasGiven):
        closing.undo(handout.pk, now(cast.adele), reason="wrong button")
    row, event = steps.lock_for(handout.pk, Act.UNDO, now(cast.adele))
    undo = partial(steps.advance, row, Act.UNDO, event, reason="past the act")
    with pytest.raises(IntegrityError, match="never returns"), transaction.atomic():
        undo()
    row.state = State.HANDED_OUT
    with lifted():
        undo()  # without the rule the number lies ready for another patient
    assert again(handout).state == State.UNDONE


def test_a_voided_number_is_on_nobody(cast: Cast, handout: Handout) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="never used")
    with pytest.raises(IllegalStep):
        confirm(cast, handout)


# --- what that settles -------------------------------------------------------------------------


@pytest.mark.both_databases
def test_it_settles_the_duty_of_the_read_back(cast: Cast, handout: Handout) -> None:
    assert list(followup.never_read_back(handout.outage)) == [handout]
    confirm(cast, handout)
    row = again(handout)
    assert list(followup.never_read_back(handout.outage)) == []
    assert list(followup.not_read_back(drill=False)) == []
    assert (row.was_not_read_back, row.read_back_at) == (False, None)


def test_a_wrong_number_settles_nothing(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout, "K080")
    assert list(followup.not_read_back(drill=False)) == [handout]


# --- before the real number --------------------------------------------------------------------


def test_it_is_asked_for_once(cast: Cast, handout: Handout) -> None:
    with pytest.raises(NotAtBedside):
        register(cast, handout, AtBedside())
    assert handout.steps.count() == 1
    confirm(cast, handout)
    assert register(cast, handout, AtBedside()).state == State.REPLACED


def test_what_was_found_is_a_step_of_its_own(cast: Cast, handout: Handout) -> None:
    register(cast, handout, AtBedside("K064", "Sal 3"))
    acts = [(step.act, step.place, step.searched) for step in handout.steps.all()]
    assert acts == [
        ("hand_out", "", False), ("confirm_at_bedside", "Sal 3", False), ("replace", "", True),
    ]  # fmt: skip


def test_with_a_further_open_number_it_is_always_asked_for(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    other = scenes.handed_out(cast)
    with pytest.raises(NotAtBedside):
        register(cast, handout, AtBedside())
    closing.void(other.pk, now(cast.wilma), reason="never used")
    assert register(cast, handout, AtBedside()).state == State.REPLACED


def test_four_characters_of_two_patients_are_not_enough(cast: Cast, handout: Handout) -> None:
    scenes.lay_in("Pärm 1960", ["19600108K064"], training=False)
    scenes.from_paper(cast, handout.outage, number="19600108K064")
    with pytest.raises(LastFourOfTwo):
        confirm(cast, handout)
    with pytest.raises(LastFourOfTwo):
        register(cast, handout)
    assert handout.steps.count() == 1
    assert confirm(cast, handout, "20000101K064")
    assert register(cast, handout, AtBedside("20000101K064")).state == State.REPLACED


def test_another_wards_number_doesnt_count(cast: Cast, handout: Handout, drill: Outage) -> None:
    confirm(cast, handout)
    scenes.handed_out(cast, ward=cast.eye)
    assert not bedside.asks(again(handout))


def test_a_drills_number_doesnt_count(
    cast: Cast, handout: Handout, drill: Outage, training_binder: Binder
) -> None:
    scenes.handed_out(cast, outage_id=drill.pk)
    assert not bedside.others_open(handout).exists()


def test_after_a_withdrawn_number_it_is_asked_for_again(cast: Cast, handout: Handout) -> None:
    register(cast, handout)
    closing.withdraw_replacement(handout.pk, now(cast.wilma), reason="bed 4's")
    with pytest.raises(NotAtBedside):
        register(cast, handout, AtBedside())
    assert register(cast, handout).real_identity == scenes.REAL_WOMAN


@pytest.mark.both_databases
def test_another_number_at_the_wrist_registers_nothing(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)  # even so
    with pytest.raises(OtherWristband):
        register(cast, handout, AtBedside("K080"))
    assert again(handout).state == State.HANDED_OUT
    assert LogEntry.objects.get(act="bedside_wrong").changes == {"at_bedside": ["None", "K080"]}


def test_without_a_wristband_a_reason_is_enough(cast: Cast, handout: Handout) -> None:
    register(cast, handout, AtBedside(no_wristband="the patient has died"))
    found = deviations.of(handout.outage)
    assert [row.reason for row in found if row.kind is DeviationKind.NO_WRISTBAND] == [
        "the patient has died"
    ]


def test_a_refused_number_leaves_no_step(cast: Cast, handout: Handout) -> None:
    with pytest.raises(BadIdentity):
        register(cast, handout, number="20000101K064")
    assert handout.steps.count() == 1


def test_a_new_number_needs_a_search(cast: Cast, handout: Handout) -> None:
    with pytest.raises(NotSearched):
        register(cast, handout, searched=False)
    assert handout.steps.count() == 1


def test_a_personnummer_needs_none(cast: Cast, handout: Handout) -> None:
    row = register(cast, handout, number="201212121212", searched=False, sex_may_differ=True,
                   reason="x")  # fmt: skip
    assert row.state == State.REPLACED


def test_a_number_made_before_somebody_looked_keeps_its_time(cast: Cast, handout: Handout) -> None:
    made = now(cast.wilma)
    confirm(cast, handout)
    later = now(cast.wilma)
    event = type(later)(made.at, "wilma", later.recorded_at, cast.wilma)
    done = bedside.register(handout.pk, scenes.REAL_WOMAN, AtBedside(), event, searched=True)
    assert done.row.replaced_at == made.at


def test_a_clock_that_was_set_back_is_no_hindrance(cast: Cast, handout: Handout) -> None:
    early = Event.now(cast.wilma, handout.handed_out_at - timedelta(minutes=2))
    done = bedside.register(handout.pk, scenes.REAL_WOMAN, SEEN, early, searched=True)
    assert done.row.replaced_at == handout.handed_out_at


def test_a_number_given_to_the_ward_meanwhile_is_asked_about(
    cast: Cast, handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirm(cast, handout)
    scenes.handed_out(cast)
    asks, asked = bedside.asks, []

    def not_yet(each: Handout) -> bool:
        asked.append(each)
        return len(asked) > 1 and asks(each)

    monkeypatch.setattr(bedside, "asks", not_yet)
    with pytest.raises(NotAtBedside):
        register(cast, handout, AtBedside())
    assert handout.steps.count() == 2


# --- a confirmation that was a mistake ---------------------------------------------------------


def withdraw(cast: Cast, handout: Handout, reason: str = "bed 4's", shown: str = "") -> bool:
    return bedside.withdraw(handout.pk, now(cast.wilma), reason=reason, shown=shown).new


def test_a_number_that_is_worn_isnt_voided(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    with pytest.raises(IsWorn, match="wilma"):
        closing.void(handout.pk, now(cast.wilma), reason="not needed")
    withdraw(cast, handout)
    assert closing.void(handout.pk, now(cast.wilma), reason="not needed").row.is_unused
    assert list(consistency.findings()) == []


@pytest.mark.both_databases
def test_a_withdrawn_confirmation_confirms_nothing(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    assert withdraw(cast, handout)
    row = again(handout)
    assert (row.bedside_at, row.bedside_by, row.was_not_read_back) == (None, "", True)
    with pytest.raises(NotAtBedside):
        register(cast, handout, AtBedside())
    (found,) = (
        each
        for each in deviations.of(handout.outage)
        if each.kind is DeviationKind.CONFIRMATION_WITHDRAWN
    )
    assert (found.number, found.reason, found.by) == ("20000101K064", "bed 4's", "wilma")


def test_nor_does_it_say_where_the_patient_lies(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout, place="Säng 4")
    withdraw(cast, handout)
    assert again(handout).place == handout.patient.place
    confirm(cast, handout, place="Säng 5")
    assert again(handout).place == "Säng 5"


def test_its_number_never_returns_to_the_binder(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    withdraw(cast, handout)
    with pytest.raises(WasGiven):
        closing.undo(handout.pk, now(cast.adele), reason="wrong button")
    undo = {"act": Act.UNDO, "target": State.UNDONE, "reason": "past the act"}
    with refused("never returns"):
        raw_step(handout, **undo)


def test_it_is_withdrawn_once_and_confirmed_anew(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    assert [withdraw(cast, handout), withdraw(cast, handout)] == [True, False]
    confirm(cast, handout)
    assert again(handout).bedside_by == "wilma"
    assert list(consistency.findings()) == []


def test_another_confirmation_than_the_page_showed_stays(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout, place="Sal 3")
    shown = bedside.confirmation_of(again(handout))
    confirm(cast, handout, place="Sal 4")
    with pytest.raises(OtherConfirmation):
        withdraw(cast, handout, shown=shown)
    assert withdraw(cast, handout, shown=bedside.confirmation_of(again(handout)))


def test_what_nobody_confirmed_isnt_withdrawn(cast: Cast, handout: Handout) -> None:
    with pytest.raises(NothingToWithdraw):
        withdraw(cast, handout)
    register(cast, handout)
    with pytest.raises(IllegalStep):  # the real number first
        withdraw(cast, handout)
    assert again(handout).bedside_by == "wilma"


def test_a_withdrawal_says_why(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    with pytest.raises(ReasonMissing):
        withdraw(cast, handout, reason="")


def test_check_custody_compares_it_with_the_steps(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    seen = again(handout)
    withdraw(cast, handout)
    with lifted():
        update(handout, bedside_at=seen.bedside_at, bedside_by=seen.bedside_by)
    (found,) = consistency.confirmed_as_its_steps_say()
    assert found.startswith(f"handout {handout.pk}: its confirmation")


# --- past the Python ---------------------------------------------------------------------------

UNSEEN = "without a look at the wristband"


def raw_step(handout: Handout, **columns: Any) -> None:
    """Insert a step that was recorded when the number was handed out, past every act."""
    first, sequence = handout.steps.get(sequence=1), handout.steps.count() + 1
    copy_of(first, sequence=sequence, source=first.target, **columns)


def raw_replace(handout: Handout) -> None:
    raw_step(handout, act=Act.REPLACE, target=State.REPLACED, identity=scenes.REAL_WOMAN)


def test_the_database_wants_a_look(handout: Handout) -> None:
    with refused(UNSEEN), transaction.atomic():
        raw_replace(handout)
    with lifted():
        raw_replace(handout)  # without the rule another patient's number may be on the wrist


@pytest.mark.parametrize("look", [Act.CONFIRM_AT_BEDSIDE, Act.NO_WRISTBAND])
def test_with_another_patient_it_wants_one_at_that_moment(
    cast: Cast, handout: Handout, look: Act
) -> None:
    confirm(cast, handout)
    scenes.handed_out(cast)
    with refused(UNSEEN), transaction.atomic():
        raw_replace(handout)
    raw_step(handout, act=look, reason="cut off")
    raw_replace(handout)


def test_a_word_of_yesterday_is_no_look(cast: Cast, handout: Handout) -> None:
    steps.remain(handout, Act.NO_WRISTBAND, now(cast.wilma), reason="cut off")
    with refused(UNSEEN):
        raw_replace(handout)


def test_another_wards_patient_changes_nothing(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    scenes.handed_out(cast, ward=cast.eye)
    raw_replace(handout)


def test_the_database_voids_nothing_worn(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    void = {"act": Act.VOID, "target": State.VOIDED, "reason": "past the act"}
    with refused("is not voided"), transaction.atomic():
        raw_step(handout, **void)
    with lifted():
        raw_step(handout, **void)  # and nobody is asked for a real number any more


def test_the_same_ward_under_another_name_counts(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    scenes.handed_out(cast, ward=cast.eye)
    update(cast.eye, same_as=cast.iva, confirmed=False)
    with refused(UNSEEN):
        raw_replace(handout)


def test_what_was_seen_before_the_withdrawn_one_counts_no_more(
    cast: Cast, handout: Handout
) -> None:
    register(cast, handout)
    closing.withdraw_replacement(handout.pk, now(cast.wilma), reason="bed 4's")
    with refused(UNSEEN):
        raw_replace(handout)


def test_no_row_has_a_real_number_without_its_step(cast: Cast, handout: Handout) -> None:
    confirm(cast, handout)
    real = {"state": State.REPLACED, "real_identity": scenes.REAL_WOMAN, "real_kind": "reserve"}
    with refused("by a step"), transaction.atomic():
        update(handout, replaced_at=handout.handed_out_at, **real)
    free = handout.number.binder.numbers.filter(taken_at=None)[0]
    with refused("by a step"):
        copy_of(
            handout,
            number=free,
            request_key=uuid4(),
            replaced_at=handout.handed_out_at,
            **real,
        )


def test_what_was_registered_before_there_was_the_rule_goes_on(
    cast: Cast, handout: Handout
) -> None:
    with lifted():
        closing.replace(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    assert triggers.faults(connection) == []
    notices.file_notice(handout.pk, now(cast.wilma))
    notices.withdraw_notice(handout.pk, now(cast.wilma), reason="bed 4's")
    closing.withdraw_replacement(handout.pk, now(cast.wilma), reason="bed 4's")
    assert register(cast, handout).state == State.REPLACED


def test_the_wards_other_patient_is_named(cast: Cast, handout: Handout) -> None:
    other = scenes.handed_out(cast)
    reading = bedside.compare(handout, other.number.last_four)
    assert bedside.owner_of(handout, reading) == other
    assert bedside.owner_of(handout, bedside.compare(handout, "?")) is None


def test_a_read_back_still_counts_as_before(cast: Cast, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    assert again(handout).bedside_at is None
