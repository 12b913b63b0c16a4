"""One number's life: all that happened to it, in order, as far as the person may see it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.people.models import User
from custody.afterwards import finding, life
from custody.binder import quarantine
from custody.calls import taking, waiting
from custody.counts import settle
from custody.handouts import (
    bedside,
    closing,
    correcting,
    doubles,
    missing_sheet,
    notices,
    read_back,
    switches,
)
from custody.handouts.bedside import AtBedside
from custody.models import (
    Binder,
    CountLine,
    DoubledMail,
    Handout,
    LostHandout,
    Reminder,
    ReserveNumber,
    Restoration,
    SwitchItem,
)
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.lifting import lifted
from tests.scenes import REAL_WOMAN, now

MOVED = "Moved to another ward"


def told(handout: Handout, user: User) -> list[Any]:
    """Return what happened to the handout's number, as the person is told it."""
    return list(life.page_of(handout.number, user, None))


def whats(handout: Handout, user: User) -> list[str]:
    return [str(entry.what) for entry in told(handout, user)]


def entry(handout: Handout, user: User, what: str) -> Any:
    (found,) = (entry for entry in told(handout, user) if entry.what == what)
    return found


def given_again(cast: Cast, handout: Handout) -> Handout:
    """Undo the handout, and let the eye clinic have its number."""
    closing.undo(handout.pk, now(cast.adele), reason="recorded twice")
    again = scenes.handed_out(cast, ward=cast.eye, caller="vidar")
    assert again.number == handout.number
    return again


def test_it_begins_in_the_binder(cast: Cast, real_binder: Binder) -> None:
    number = real_binder.numbers.get(value="20000101K064")
    (entry,) = life.page_of(number, cast.gunde, None)
    assert (str(entry.what), entry.detail) == ("Laid into the binder", "Tab 1 of Pärm AKM")


def test_every_step_stands_in_it(cast: Cast, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, "K046", now(cast.tilda))
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    bedside.confirm(handout.pk, AtBedside("K080"), now(cast.wilma))
    bedside.confirm(handout.pk, AtBedside("K064", "Sal 3"), now(cast.wilma))
    bedside.register(handout.pk, REAL_WOMAN, AtBedside(), now(cast.wilma), searched=True)
    notices.file_notice(handout.pk, now(cast.wilma))
    closing_steps = ["Real number registered", "RAPS notice filed"]
    assert whats(handout, cast.adele) == [
        *("Laid into the binder", "Call taken", "Handed out", "Read back wrong", "Read back"),
        *("Another number at the patient", "Confirmed at the patient", *closing_steps),
    ]


def test_a_call_says_for_which_patient_it_was(cast: Cast, handout: Handout) -> None:
    called = entry(handout, cast.gunde, "Call taken")
    assert (called.detail, called.link) == (
        "Caller: wilma · Woman",
        f"/till/calls/{handout.patient.call_id}/",
    )
    assert entry(handout, cast.wilma, "Call taken").link == ""


def test_a_wait_stands_in_it(cast: Cast, outage: Outage) -> None:
    taking.take(scenes.call(cast), now(cast.tilda))
    (waits,) = scenes.who_waits()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    given = waiting.serve(waits.pk, now(cast.tilda)).row
    assert "waited" in entry(given, cast.adele, "Waiting patient served").detail


def test_what_is_printed_stands_in_it(cast: Cast, handout: Handout, sign_in: SignIn) -> None:
    sign_in(cast.tilda).get(f"/till/handouts/{handout.pk}/slip/")
    printed = entry(handout, cast.wilma, "Slip printed or shown")
    assert (printed.by, printed.ward) == ("tilda", str(cast.iva))


def test_what_is_switched_over_stands_in_it(cast: Cast, handout: Handout) -> None:
    item = SwitchItem.objects.get(name_en="Radiology")
    scenes.replaced(handout.pk, REAL_WOMAN, now(cast.wilma))
    switches.answer(handout.pk, REAL_WOMAN, {item.pk: "done"}, now(cast.wilma))
    assert entry(handout, cast.wilma, "Switch list: Radiology").detail == "Switched over"


def test_a_missing_sheet_and_its_explanation(cast: Cast, handout: Handout) -> None:
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    row = handout.number.quarantines.get()
    quarantine.explain(row.pk, now(cast.adele), explanation="in the copier")
    for user in (cast.gunde, cast.wilma):
        assert entry(handout, user, "Missing sheet explained").text == "in the copier"


def test_counts_found_it_or_missed_it(cast: Cast, handout: Handout) -> None:
    surplus = scenes.miscounted(cast, handout)
    settle.destroy_sheet(surplus.pk, now(cast.adele), note="shredded")
    assert whats(handout, cast.gunde)[-2:] == [
        "Lay in the binder at a count, though it had left it",
        "Sheet destroyed",
    ]
    for found, what in ((True, "Lay in the binder at a count"), (False, "Missing at a count")):
        line = CountLine.objects.filter(expected=True, found=found)[0]
        assert what in [each.what for each in life.page_of(line.number, cast.gunde, None)]


def test_a_count_of_another_binder_found_it(
    cast: Cast, handout: Handout, training_binder: Binder
) -> None:
    strayed = training_binder.numbers.get(value="20000101K007")
    scenes.miscounted(cast, handout, strayed.value)
    *_before, last = life.page_of(strayed, cast.gunde, None)
    assert (last.what, last.by) == ("A sheet that doesn't belong there", "tilda")


def test_a_ward_is_told_of_no_count(cast: Cast, handout: Handout) -> None:
    scenes.miscounted(cast, handout)
    assert not [what for what in whats(handout, cast.wilma) if "count" in what]


def test_two_patients_stand_in_it_with_what_was_done_and_the_mails(
    cast: Cast, handout: Handout
) -> None:
    alarm = scenes.doubled(cast, handout).alarm
    doubles.settle(alarm.pk, now(cast.adele), done="told both")
    for ward in (cast.iva, cast.eye):
        DoubledMail.objects.create(alarm=alarm, ward=ward, sequence=1, claimed_at=timezone.now())
    mails = [each.ward for each in told(handout, cast.wilma) if "Mail" in str(each.what)]
    assert mails == [str(cast.iva)]
    assert entry(handout, cast.vidar, "TWO PATIENTS, ONE NUMBER").text == ""
    assert entry(handout, cast.gunde, "Two patients, one number: what was done").text == "told both"


def test_what_a_restored_backup_had_forgotten(cast: Cast, real_binder: Binder) -> None:
    number, at = real_binder.numbers.get(value="20000101K064"), timezone.now()
    found = Restoration.objects.create(line="x", found_at=at)
    LostHandout.objects.create(
        restoration=found, number=number.value, training=False, left_at=at, left_by="tilda"
    )
    (_laid_in, lost) = life.page_of(number, cast.adele, None)
    assert (lost.by, "journal" in lost.what) == ("tilda", True)


def test_a_mail_stands_in_it_if_the_number_was_open(cast: Cast, handout: Handout) -> None:
    void(cast, handout)
    for sequence, seconds in enumerate((-60, 0, 60), start=1):
        at = handout.handed_out_at + timedelta(seconds=seconds)
        day = at.date() + timedelta(days=sequence)
        columns = {"outage": handout.outage, "ward": cast.iva, "handouts": 1, "claimed_at": at}
        Reminder.objects.create(**columns, sequence=sequence, day=day)
    assert whats(handout, cast.wilma).count("Reminder not sent") == 1


def void(cast: Cast, handout: Handout) -> None:
    """Void it half a minute after it was handed out."""
    at = handout.handed_out_at + timedelta(seconds=30)
    closing.void(handout.pk, Event.now(cast.wilma, at), reason="had a card")


# --- a ward sees its own -------------------------------------------------------------------------


def test_of_a_number_given_again_each_ward_sees_its_own(cast: Cast, handout: Handout) -> None:
    again = given_again(cast, handout)
    assert {each.ward for each in told(again, cast.vidar)} <= {"", str(cast.eye)}
    assert {each.ward for each in told(again, cast.wilma)} <= {"", str(cast.iva)}
    assert list(life.handouts_of(again.number, cast.wilma)) == [handout]
    assert len(life.handouts_of(again.number, cast.gunde)) == 2


def test_a_sheet_that_another_ward_missed_is_not_told(cast: Cast, handout: Handout) -> None:
    missing_sheet.give_next(given_again(cast, handout).pk, now(cast.tilda))
    assert "Sheet missing" in whats(handout, cast.vidar)
    assert "Sheet missing" not in whats(handout, cast.wilma)


def test_after_a_move_both_wards_see_it(cast: Cast, handout: Handout) -> None:
    correcting.transfer(handout.pk, cast.eye, now(cast.tilda), reason="moved")
    for user in (cast.wilma, cast.vidar):
        given, moved = (entry(handout, user, what) for what in ("Handed out", MOVED))
        assert [given.ward, moved.ward] == [str(cast.iva), str(cast.eye)]


def test_a_stranger_sees_no_number(cast: Cast, handout: Handout) -> None:
    seen = {user.username: set(life.visible_to(user)) for user in (cast.wilma, cast.vidar)}
    assert seen == {"wilma": {handout.number}, "vidar": set()}


# --- who was shown it, and the way there ---------------------------------------------------------


def test_looks_are_grouped_by_person_and_way(cast: Cast, handout: Handout) -> None:
    for _time in range(3):
        scenes.shown(handout)
    (looks,) = life.looks_at(handout.number, None)
    assert (looks.who, looks.how, looks.times) == ("tilda", "Number shown at the till", 3)
    assert looks.first < looks.last


@pytest.mark.parametrize("part", ["K064", "20000101K064", REAL_WOMAN, "K088"])
def test_a_number_is_found_by_a_part_or_by_the_real_one(
    cast: Cast, handout: Handout, part: str
) -> None:
    scenes.replaced(handout.pk, REAL_WOMAN, now(cast.wilma))
    assert finding.find(part, cast.gunde) == [handout.number]


@pytest.mark.parametrize(
    ("typed", "tilda", "wilma", "vidar"),
    [
        ("K064", 1, 1, 0),
        ("20000101K", 5, 1, 0),
        ("20000101", 10, 1, 0),
        ("driftstopp, akm", 10, 1, 0),
        ("driftstopp eva", 0, 0, 0),
        (REAL_WOMAN, 0, 1, 0),
        (REAL_WOMAN[-4:], 0, 0, 0),
    ],
)
def test_a_number_is_found_within_what_a_person_may_see(
    cast: Cast, handout: Handout, typed: str, tilda: int, wilma: int, vidar: int
) -> None:
    scenes.replaced(handout.pk, REAL_WOMAN, now(cast.wilma))
    found = [len(finding.find(typed, who)) for who in (cast.tilda, cast.wilma, cast.vidar)]
    assert found == [tilda, wilma, vidar]


def test_a_number_with_a_name_of_its_own_is_found_by_that(cast: Cast, handout: Handout) -> None:
    with lifted():
        ReserveNumber.objects.filter(pk=handout.number_id).update(given_name="EVA")
    assert finding.find("Driftstopp Eva", cast.tilda) == [handout.number]
    assert handout.number not in finding.find("AKM", cast.tilda)
