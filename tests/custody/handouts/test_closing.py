"""Closing the loop: real number, notice, and the corrections, by their outcome in the database."""

from dataclasses import replace as changed
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, ReasonMissing
from befreg_reserv.audit.models import LogEntry
from custody.handouts import closing, notices, read_back
from custody.handouts.refusals import NotOpen, SexDiffers, TabRefilled, WasGiven
from custody.ledger.refusals import BadIdentity, IllegalStep
from custody.models import Handout, MergeNotice, ReserveNumber
from custody.models.states import State
from custody.numbers.identities import check_digit
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.ground.scenery import scene
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")


@scene
def replaced(cast: Cast, handout: Handout) -> Handout:
    return scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma)).row


@scene
def closed(cast: Cast, replaced: Handout) -> Handout:
    return notices.file_notice(replaced.pk, now(cast.wilma), reference="R-1").row


def state(handout: Handout) -> str:
    return Handout.objects.get(pk=handout.pk).state


def acts(handout: Handout) -> list[str]:
    return list(handout.steps.values_list("act", flat=True))


# --- the real number -----------------------------------------------------------------------------


def test_replace_keeps_the_number_normalised(cast: Cast, handout: Handout) -> None:
    after = scenes.replaced(handout.pk, " 1945-0829-k088 ", now(cast.wilma)).row
    assert (after.state, after.real_identity, after.real_kind) == (
        State.REPLACED,
        scenes.REAL_WOMAN,
        "reserve",
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [("19121212-1220", "personnummer"), ("197010632391", "samordningsnummer")],
)
def test_other_identities_are_taken(cast: Cast, handout: Handout, text: str, kind: str) -> None:
    after = scenes.replaced(
        handout.pk, text, now(cast.wilma), sex_may_differ=True, reason="seen on the card"
    ).row
    assert after.real_kind == kind


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "number"),
        ("hello", "number"),
        ("19450829K089", "check digit"),
        ("4508290088", "four digits"),
        ("19450829TF12", "old"),
        ("20000101K064", "emergency number"),
        ("20000101K080", "emergency number"),
        ("19450829K005", "training"),
        ("x" * 10_000, "number"),
    ],
)
def test_replace_refuses(cast: Cast, handout: Handout, text: str, why: str) -> None:
    with pytest.raises(BadIdentity, match=f"(?i){why}"):
        scenes.replaced(handout.pk, text, now(cast.wilma))
    assert state(handout) == State.HANDED_OUT


def test_two_patients_never_share_a_real_number(cast: Cast, replaced: Handout) -> None:
    other = scenes.handed_out(cast)
    with pytest.raises(BadIdentity, match="another handout"):
        scenes.replaced(other.pk, scenes.REAL_WOMAN, now(cast.wilma))


def test_other_sex_needs_a_tick_and_a_reason(cast: Cast, handout: Handout) -> None:
    for ticked, reason in [(False, ""), (True, ""), (False, "seen")]:
        with pytest.raises(SexDiffers):
            scenes.replaced(
                handout.pk,
                scenes.REAL_MAN,
                now(cast.wilma),
                sex_may_differ=ticked,
                reason=reason,
            )
    scenes.replaced(
        handout.pk, scenes.REAL_MAN, now(cast.wilma), sex_may_differ=True, reason="seen"
    )
    assert handout.steps.get(act="replace").reason == "seen"


def test_a_drill_takes_training_numbers_only(
    cast: Cast, training_binder: object, drill: Outage
) -> None:
    handout = scenes.handed_out(cast, outage_id=drill.pk)
    with pytest.raises(BadIdentity, match="training numbers only"):
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    after = scenes.replaced(handout.pk, scenes.TRAINING_WOMAN, now(cast.wilma)).row
    assert after.state == State.REPLACED


def test_a_second_real_number_is_refused(cast: Cast, replaced: Handout) -> None:
    with pytest.raises(IllegalStep):
        scenes.replaced(replaced.pk, scenes.REAL_WOMAN_2, now(cast.wilma))
    assert acts(replaced) == ["hand_out", "confirm_at_bedside", "replace"]


@pytest.mark.parametrize(
    "midnight", ["2025-12-01T23:30:00+00:00", "2026-07-01T22:30:00+00:00"], ids=["winter", "summer"]
)
def test_a_child_born_after_midnight_has_todays_date(
    cast: Cast, real_binder: object, midnight: str
) -> None:
    """The date on the hospital's wall, where UTC's is still yesterday's."""
    night = Event.now(cast.tilda, datetime.fromisoformat(midnight))
    lifecycle.start(Event.now(cast.tilda, night.at))
    handout = scenes.hand_out(scenes.call(cast), night)
    stem = f"{timezone.localdate(night.at):%Y%m%d}K08"
    after = scenes.replaced(handout.pk, stem + check_digit(stem), night).row
    assert after.state == State.REPLACED


# --- the notice -----------------------------------------------------------------------------------


def test_the_notice_closes_the_handout(closed: Handout) -> None:
    notice = MergeNotice.objects.get()
    assert (notice.identity, notice.reference, notice.filed_by) == (
        scenes.REAL_WOMAN,
        "R-1",
        "wilma",
    )
    assert state(closed) == State.CLOSED


def test_no_notice_before_the_real_number(cast: Cast, handout: Handout) -> None:
    with pytest.raises(IllegalStep):
        notices.file_notice(handout.pk, now(cast.wilma))
    assert not MergeNotice.objects.exists()


def test_who_filed_and_who_recorded_are_both_kept(cast: Cast, replaced: Handout) -> None:
    event = changed(now(cast.wilma), by="other1")
    notices.file_notice(replaced.pk, event)
    notice = MergeNotice.objects.get()
    assert (notice.filed_by, notice.recorded_by) == ("other1", cast.wilma)


# --- times ----------------------------------------------------------------------------------------


def at(event: Event, shift: timedelta) -> Event:
    return changed(event, at=event.at + shift)


def test_a_time_in_the_future_is_refused(cast: Cast, handout: Handout) -> None:
    with pytest.raises(BadTime):
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, at(now(cast.wilma), timedelta(minutes=3)))


def test_a_time_before_the_handout_is_refused(cast: Cast, handout: Handout) -> None:
    with pytest.raises(BadTime):
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, at(now(cast.wilma), -timedelta(minutes=30)))


def test_the_same_minute_is_put_in_order(cast: Cast, handout: Handout) -> None:
    minute = handout.handed_out_at.replace(second=0, microsecond=0)
    event = changed(now(cast.wilma), at=minute)
    assert scenes.replaced(handout.pk, scenes.REAL_WOMAN, event).row.state == State.REPLACED


def test_a_clock_a_little_ahead_is_forgiven(cast: Cast, handout: Handout) -> None:
    event = at(now(cast.wilma), timedelta(seconds=90))
    assert scenes.replaced(handout.pk, scenes.REAL_WOMAN, event).row.state == State.REPLACED


@pytest.mark.parametrize("minutes", [1, 30])
def test_a_server_clock_set_back_loses_nothing(cast: Cast, handout: Handout, minutes: int) -> None:
    early = handout.handed_out_at - timedelta(minutes=minutes)
    event = Event.now(cast.wilma, early)
    assert scenes.replaced(handout.pk, scenes.REAL_WOMAN, event).row.state == State.REPLACED


# --- corrections --------------------------------------------------------------------------------


def test_void_spends_the_number(cast: Cast, handout: Handout) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="patient had an id card")
    assert state(handout) == State.VOIDED
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at


def test_undo_returns_the_number_to_its_tab(cast: Cast, handout: Handout) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="wrong button")
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at is None


def test_undo_is_refused_once_the_number_was_read_back(cast: Cast, handout: Handout) -> None:
    event = now(cast.tilda)
    read_back.confirm_read_back(handout.pk, "K064", Event.now(cast.tilda, event.at))
    with pytest.raises(WasGiven):
        closing.undo(handout.pk, now(cast.adele), reason="wrong button")


def test_undo_is_refused_once_a_real_number_stood_on_it(cast: Cast, replaced: Handout) -> None:
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="wrong patient")
    with pytest.raises(WasGiven):
        closing.undo(replaced.pk, now(cast.adele), reason="wrong button")
    assert ReserveNumber.objects.get(pk=replaced.number_id).taken_at


@pytest.mark.both_databases
def test_undo_is_refused_when_the_tab_was_refilled(cast: Cast, handout: Handout) -> None:
    scenes.lay_in("Pärm AKM", ["tab,number", "1,20000101K163"], training=False)
    with pytest.raises(TabRefilled):
        closing.undo(handout.pk, now(cast.adele), reason="wrong button")
    assert state(handout) == State.HANDED_OUT


@pytest.mark.both_databases
def test_undo_is_refused_while_the_tabs_former_number_lies_there_again(
    cast: Cast, handout: Handout
) -> None:
    scenes.lay_in("Pärm AKM", ["tab,number", "1,20000101K163"], training=False)
    refill = next(row for row in iter(lambda: scenes.handed_out(cast), None) if row.number.tab == 1)
    closing.undo(handout.pk, now(cast.adele), reason="wrong button")
    with pytest.raises(TabRefilled):
        closing.undo(refill.pk, now(cast.adele), reason="wrong button")
    assert state(refill) == State.HANDED_OUT


def test_a_withdrawn_real_number_stays_in_the_history(cast: Cast, replaced: Handout) -> None:
    after = closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="wrong patient").row
    assert (after.state, after.real_identity) == (State.HANDED_OUT, None)
    assert replaced.steps.get(sequence=3).identity == scenes.REAL_WOMAN


def test_a_withdrawn_real_number_may_be_right_for_another(cast: Cast, replaced: Handout) -> None:
    closing.withdraw_replacement(replaced.pk, now(cast.wilma), reason="wrong patient")
    other = scenes.handed_out(cast)
    scenes.replaced(other.pk, scenes.REAL_WOMAN, now(cast.wilma))
    assert state(other) == State.REPLACED


def test_after_a_withdrawn_notice_a_new_one_is_owed(cast: Cast, closed: Handout) -> None:
    notices.withdraw_notice(closed.pk, now(cast.wilma), reason="wrong pair")
    assert state(closed) == State.REPLACED
    notices.file_notice(closed.pk, now(cast.wilma))
    assert [bool(n.withdrawn_at) for n in MergeNotice.objects.all()] == [True, False]


CORRECTIONS = [
    closing.void,
    closing.undo,
    closing.withdraw_replacement,
    notices.withdraw_notice,
]


@pytest.mark.parametrize("act", CORRECTIONS)
def test_a_correction_needs_a_reason(cast: Cast, handout: Handout, act: object) -> None:
    event = now(cast.adele)
    if act is closing.withdraw_replacement or act is notices.withdraw_notice:
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, event)
    if act is notices.withdraw_notice:
        notices.file_notice(handout.pk, event)
    before = acts(handout)
    with pytest.raises(ReasonMissing):
        act(handout.pk, event, reason="")  # type: ignore[operator]
    assert acts(handout) == before


@pytest.mark.parametrize("act", CORRECTIONS)
def test_a_correction_twice_is_refused(cast: Cast, closed: Handout, act: object) -> None:
    """From "closed" only the notice can be withdrawn, and only once."""
    if act is notices.withdraw_notice:
        notices.withdraw_notice(closed.pk, now(cast.wilma), reason="wrong pair")
    with pytest.raises(IllegalStep):
        act(closed.pk, now(cast.wilma), reason="again")  # type: ignore[operator]


# --- read-back and audit -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("K064", []),
        ("k 06 4", []),
        ("20000101K064", []),
        ("K065", [11]),
        ("M064", [8]),
        ("20010101K064", [3]),
    ],
)
def test_read_back(cast: Cast, handout: Handout, typed: str, wrong: list[int]) -> None:
    event = now(cast.tilda)
    reading = read_back.confirm_read_back(handout.pk, typed, Event.now(cast.tilda, event.at)).row
    handout.refresh_from_db()
    assert list(reading.places) == wrong
    assert bool(handout.read_back_at) is reading.right is not bool(wrong)


@pytest.mark.parametrize("typed", ["", "K06", "HEJK064", "K064K064", "20000101M078K064"])
def test_a_wrong_read_back_is_kept_with_all_that_was_typed(
    cast: Cast, handout: Handout, typed: str
) -> None:
    at = now(cast.tilda).at
    assert not read_back.confirm_read_back(handout.pk, typed, Event.now(cast.tilda, at)).row.right
    entry = LogEntry.objects.get(act="read_back_wrong")
    assert entry.changes["read_back"][1] == typed
    handout.refresh_from_db()
    assert handout.read_back_at is None


def test_nothing_is_read_back_once_it_has_ended(cast: Cast, handout: Handout) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="never used")
    with pytest.raises(NotOpen):
        read_back.confirm_read_back(handout.pk, "K064", Event.now(cast.tilda, now(cast.tilda).at))


def test_the_first_right_read_back_stands(cast: Cast, handout: Handout) -> None:
    for person in (cast.tilda, cast.adele):
        read_back.confirm_read_back(handout.pk, "K064", Event.now(person, now(person).at))
    handout.refresh_from_db()
    assert handout.read_back_by == "tilda"


@pytest.mark.both_databases
def test_every_step_has_its_audit_row(cast: Cast, closed: Handout) -> None:
    notices.withdraw_notice(closed.pk, now(cast.wilma), reason="wrong pair")
    logged = LogEntry.objects.filter(object_id=closed.pk, content_type__model="handout")
    assert sorted(logged.values_list("act", flat=True)) == sorted(acts(closed))
    assert set(logged.values_list("number", "unit")) == {("20000101K064", "Anestesikliniken / IVA")}
