"""The outage's page: what happened, in order, as far as the person may see it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.afterwards import sign_off
from custody.afterwards.belonging import counts_of
from custody.afterwards.story.happening import Happening
from custody.afterwards.story.pages import page_of
from custody.binder import quarantine
from custody.counts import settle
from custody.handouts import bedside, correcting, missing_sheet, read_back
from custody.handouts.bedside import AtBedside
from custody.models import Binder, Count, ForeignSheet, Handout, LateRegistration, Reminder
from custody.paper import one_line
from custody.planned import late_registration
from custody.planned.late_registration import LatePatient
from outage import doubt, lifecycle
from outage.models import Outage, Tick
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import UNREAD, Aftermath, count_all, finish, lay_out
from tests.ground.scenery import scene
from tests.pages import text_of


@scene
def after(cast: Cast, real_binder: Binder) -> Aftermath:
    return lay_out(cast)


def told(after: Aftermath, who: str = "adele", *, latest_first: bool = False) -> list[Happening]:
    user = getattr(after.cast, who)
    return list(page_of(after.outage, user, None, latest_first=latest_first))


def whats(entries: list[Happening]) -> list[str]:
    return [str(entry.what) for entry in entries]


def test_what_happened_before_a_move_stands_at_the_ward_of_then(after: Aftermath) -> None:
    moved, cast = after.closed, after.cast
    correcting.transfer(moved.pk, cast.eye, scenes.now(cast.wilma), reason="splinter")
    entries = [entry for entry in told(after) if entry.number == moved.number.value]
    wards = [(str(entry.what), entry.ward) for entry in entries]
    assert wards[:2] == [("Handed out", str(cast.iva)), ("Read back", str(cast.iva))]
    assert wards[-1] == ("Moved to another ward", str(cast.eye))


def minutes(after: Aftermath, entries: list[Happening]) -> list[int]:
    return [(entry.at - after.start) // timedelta(minutes=1) for entry in entries]


STORY = [
    (0, "Checklist: Find out whether it is only the caller's own workstation or ward"),
    (0, "Checklist: Look in the IT news"),
    (0, "Checklist: Call the support"),
    (0, "Outage started"),
    (10, "Call taken"),
    (10, "Handed out"),
    (11, "Read back"),
    (20, "Call taken"),
    (20, "Handed out"),
    (30, "Call taken"),
    (30, "Handed out"),
    (40, "Call taken"),
    (40, "Handed out"),
    (50, "Call taken"),
    (50, "Handed out"),
    (60, "Voided"),
    (61, "Undone"),
    (120, "Outage ended"),
    (130, "Confirmed at the patient"),
    (130, "Real number registered"),
    (140, "RAPS notice filed"),
    (200, "Real number without a look at the wristband"),
    (200, "Real number registered"),
    (300, "Cause"),
    (301, "What went wrong"),
]


def test_it_tells_everything_in_the_order_it_happened(after: Aftermath) -> None:
    entries = told(after)
    assert list(zip(minutes(after, entries), whats(entries), strict=True)) == STORY


def test_a_wrong_reading_stands_in_it(cast: Cast, handout: Handout) -> None:
    for typed in ("K046", "HEJ"):
        read_back.confirm_read_back(handout.pk, typed, scenes.now(cast.tilda))
    page = page_of(handout.outage, cast.adele, None, latest_first=False)
    wrong = [entry for entry in page if entry.what == "Read back wrong"]
    assert [(entry.text, entry.by, entry.shown) for entry in wrong] == [
        ("K046", "tilda", handout),
        ("HEJ", "tilda", handout),
    ]


def test_another_number_at_the_wrist_stands_in_it(cast: Cast, handout: Handout) -> None:
    bedside.confirm(handout.pk, AtBedside("K080"), scenes.now(cast.wilma))
    for user in (cast.adele, cast.wilma):
        *_before, wrong = page_of(handout.outage, user, None, latest_first=False)
        assert (str(wrong.what), wrong.text) == ("Another number at the patient", "K080")
        assert (wrong.by, wrong.shown) == ("wilma", handout)


def test_turned_round_it_is_the_same_story(after: Aftermath) -> None:
    assert whats(told(after, latest_first=True)) == [what for _at, what in reversed(STORY)]


def test_what_comes_afterwards_is_told_until_the_sign_off(after: Aftermath, cast: Cast) -> None:
    finish(after)
    sign_off.sign_off(
        after.outage.pk,
        Event.now(cast.adele, after.at(420)),
        text="call at once",
        never_read_back=UNREAD,
    )
    count_all(Binder.objects.get(), after, 430)
    entries = told(after)[len(STORY) :]
    assert list(zip(minutes(after, entries), whats(entries), strict=True)) == [
        (400, "RAPS notice filed"),
        (401, "Voided"),
        (410, "Binder counted"),
        (420, "Outage signed off"),
    ]
    assert entries[2].detail == "Pärm AKM: No variance"
    assert (entries[3].text, entries[3].detail) == ("call at once", "Never read back: 1")


def test_the_next_outage_has_the_counts_from_its_start_on(
    after: Aftermath, cast: Cast, training_binder: Binder
) -> None:
    (shelf,) = Binder.objects.filter(training=False)
    first, again = count_all(shelf, after, 130), count_all(shelf, after, 140)
    for drill, at in ((True, 141), (False, 150)):
        lifecycle.start(Event.now(cast.tilda, after.at(at)), drill=drill)
        count_all(shelf, after, at + 5)
    assert set(counts_of(after.outage)) == {
        first,
        again,
        Count.objects.get(listed_at=after.at(146)),
    }


def test_but_always_its_first_since_the_end(after: Aftermath, cast: Cast) -> None:
    lifecycle.start(Event.now(cast.tilda, after.at(130)))
    first, _later = (count_all(Binder.objects.get(), after, at) for at in (140, 150))
    assert list(counts_of(after.outage)) == [first]


def test_a_missing_sheet_and_its_explanation(cast: Cast, real_binder: Binder) -> None:
    outage = scenes.begin(cast.tilda)
    missing = scenes.handed_out(cast)
    missing_sheet.give_next(missing.pk, scenes.now(cast.tilda))
    row = missing.number.quarantines.get()
    quarantine.explain(row.pk, Event.now(cast.adele, row.found_at), explanation="in the copier")
    page = page_of(outage, cast.adele, None, latest_first=False)
    found = {entry.what: (entry.number, entry.text) for entry in page}
    assert found["Sheet missing"][0] == missing.number.value
    assert found["Missing sheet explained"] == (missing.number.value, "in the copier")


def test_a_sheet_that_is_not_the_binders(after: Aftermath, cast: Cast, sign_in: SignIn) -> None:
    scenes.miscounted(cast, after.closed, "191212121212")
    settle.explain_foreign(
        ForeignSheet.objects.get().pk, scenes.now(cast.adele), explanation="destroyed"
    )
    counted, lay_there, explained = (
        entry
        for entry in told(after)
        if entry.number == "191212121212" or entry.what == "Binder counted"
    )
    assert counted.detail.endswith("1 missing, 1 too many, 1 sheet that doesn't belong there")
    assert (lay_there.what, explained.text) == ("A sheet that doesn't belong there", "destroyed")
    page = sign_in(cast.adele).get(after.outage.get_absolute_url()).content.decode()
    assert "19121212-1212" in page
    shown = LogEntry.objects.filter(act="access", number="191212121212", actor=cast.adele)
    assert shown.count() == 1


def test_who_may_not_see_counts_sees_that_it_lay_there_alone(
    after: Aftermath, cast: Cast, sign_in: SignIn
) -> None:
    scenes.miscounted(cast, after.closed, "191212121212")
    page = sign_in(cast.wilma).get(after.outage.get_absolute_url()).content.decode()
    assert "12121212" not in page
    assert "gone through twice" not in page
    (counted,) = (entry for entry in told(after, "wilma") if entry.what == "Binder counted")
    assert counted.detail.endswith("1 sheet that doesn't belong there")


def test_a_planned_outage_tells_how_it_was_announced(cast: Cast) -> None:
    plan = scenes.planned(cast)
    outage, _new = lifecycle.start(scenes.now(cast.tilda), plan=plan)
    first = next(iter(page_of(outage, cast.wilma, None, latest_first=False)))
    assert (first.what, first.text, first.by) == ("Planned outage: announced", "upgrade", "adele")


def test_it_leads_to_its_plan_whom_that_concerns(cast: Cast, sign_in: SignIn) -> None:
    plan = scenes.planned(cast, wards=[cast.iva])
    outage, _new = lifecycle.start(scenes.now(cast.tilda), plan=plan)
    for user, leads in ((cast.wilma, True), (cast.adele, True), (cast.vidar, False)):
        client = sign_in(user)
        told = client.get(f"/outage/{outage.pk}/").text
        for path in (plan.get_absolute_url(), reverse("outage:prepared", args=[plan.pk])):
            assert (f'href="{path}"' in told) is leads
            assert client.get(path).status_code == (200 if leads else 404)


def test_a_late_entry_says_both_times_and_both_people(cast: Cast, real_binder: Binder) -> None:
    outage = scenes.begin(cast.tilda)
    paper = outage.started_at + timedelta(minutes=5)
    line = one_line.Entry(paper, "tommy", scenes.REAL[0], cast.iva, "wilma", "", uuid4())
    now = timezone.now()
    one_line.enter(line, outage.pk, Event.now(cast.adele, now))
    page = page_of(outage, cast.adele, None, latest_first=False)
    (entry,) = (each for each in page if each.what == "Handed out")
    assert (entry.at, entry.by) == (paper, "tommy")
    assert (entry.recorded_at, entry.recorded_by) == (now, "adele")


@scene
def of_wards(after: Aftermath, cast: Cast) -> Aftermath:
    """A late registration and a reminder of each ward."""
    for ward, place in ((cast.iva, "Bed 1"), (cast.eye, "Room 2")):
        patient = LatePatient(after.outage, ward, place, after.at(70), uuid4())
        late_registration.list_patient(patient, Event.now(cast.adele, after.at(150)))
        Reminder.objects.create(
            outage=after.outage,
            ward=ward,
            sequence=1,
            day=after.start.date(),
            handouts=1,
            claimed_at=after.at(500),
            sent_at=after.at(500),
        )
    return after


def test_a_ward_reads_of_its_own_numbers_and_of_what_is_general(of_wards: Aftermath) -> None:
    everybody, iva, eye = (told(of_wards, who) for who in ("gunde", "wilma", "vidar"))
    general = [entry.what for entry in everybody if not entry.ward and not entry.number]
    assert len(general) == 7
    for own, ward in ((iva, "IVA"), (eye, "Ögonmottagning")):
        assert [entry.what for entry in own if not entry.ward] == general
        assert {entry.ward.partition(" / ")[2] for entry in own if entry.ward} == {ward}
    assert len(iva) + len(eye) == len(everybody) + len(general)


def test_late_registrations_are_told_when_listed_registered_and_struck(
    of_wards: Aftermath, cast: Cast
) -> None:
    first, second = LateRegistration.objects.all()
    late_registration.register(first.pk, scenes.REAL_MAN, of_wards.event("wilma", 160))
    late_registration.strike(second.pk, of_wards.event("vidar", 170), reason="twice")
    found = {(entry.what, entry.detail): entry for entry in told(of_wards)}
    listed = found["Patient without a number, to be registered late", "Bed 1"]
    assert (listed.at, listed.recorded_at) == (of_wards.at(70), of_wards.at(150))
    assert found["Registered late", "Bed 1"].number == scenes.REAL_MAN
    assert found["Struck from the late list", "Room 2"].text == "twice"


def test_a_reminder_that_failed_says_so(of_wards: Aftermath) -> None:
    Reminder.objects.create(
        outage=of_wards.outage,
        ward=of_wards.cast.iva,
        sequence=2,
        day=of_wards.start.date() + timedelta(days=1),
        handouts=1,
        claimed_at=of_wards.at(510),
        failure="refused",
    )
    (entry,) = (each for each in told(of_wards) if each.what == "Reminder not sent")
    assert entry.detail == "1 open · refused"


def test_two_outages_at_once_have_a_story_each(
    cast: Cast, real_binder: Binder, training_binder: Binder
) -> None:
    real, practised = scenes.begin(cast.tilda), scenes.begin(cast.tilda, drill=True)
    for outage in (real, practised):
        scenes.handed_out(cast, outage_id=outage.pk)
        number = Handout.objects.get(outage=outage).number.value
        page = page_of(outage, cast.adele, None, latest_first=False)
        assert {entry.number for entry in page} == {"", number}


# --- the page -----------------------------------------------------------------------------------


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    User.objects.filter(pk=cast.adele.pk).update(language="en")
    return sign_in(cast.adele)


def read() -> list[str]:
    """Return the numbers that the log says were shown."""
    shown = LogEntry.objects.filter(action=LogEntry.Action.ACCESS).exclude(number="")
    return sorted(shown.values_list("number", flat=True))


def test_the_page_tells_the_story_and_what_is_open(adele: Client, after: Aftermath) -> None:
    text = text_of(adele.get(after.outage.get_absolute_url()))
    assert "a switch broke" in text
    assert "2 items are open" in text
    assert text.index("Outage started") < text.index("Outage ended")


def test_numbers_on_the_page_are_logged_once_each(adele: Client, after: Aftermath) -> None:
    adele.get(after.outage.get_absolute_url())
    assert read() == sorted({each.number.value for each in Handout.objects.all()})


def test_while_it_goes_on_the_latest_stands_first(adele: Client, outage: Outage) -> None:
    url = outage.get_absolute_url()
    assert adele.get(url).context["order"] == "latest"
    assert adele.get(f"{url}?order=oldest").context["order"] == "oldest"


def test_afterwards_it_is_read_from_its_beginning(adele: Client, after: Aftermath) -> None:
    assert adele.get(after.outage.get_absolute_url()).context["order"] == "oldest"


@pytest.mark.both_databases
def test_a_long_story_is_turned_page_by_page(adele: Client, cast: Cast, outage: Outage) -> None:
    for number in range(60):
        lifecycle.note(outage, scenes.now(cast.tilda), text=f"note {number}.")
    url = f"{outage.get_absolute_url()}?order=oldest&page="
    first, second = (text_of(adele.get(f"{url}{page}")) for page in (1, 2))
    assert "note 0." in first
    assert "note 59." not in first
    assert "note 59." in second


def test_what_a_ward_may_not_see_is_neither_shown_nor_logged(
    cast: Cast, sign_in: SignIn, after: Aftermath
) -> None:
    page = sign_in(cast.vidar).get(after.outage.get_absolute_url()).content.decode()
    assert after.closed.get_absolute_url() not in page
    assert after.open.get_absolute_url() in page
    assert read() == [after.open.number.value]


def test_the_ticked_and_the_skipped_points_differ(adele: Client, cast: Cast) -> None:
    doubt.tick([Tick.Item.NEWS], scenes.now(cast.tilda), drill=False, text="nothing there")
    outage, _new = lifecycle.start(scenes.now(cast.tilda))
    text = text_of(adele.get(outage.get_absolute_url()))
    assert "nothing there" in text
    assert text.count("Skipped in a hurry") == 2


def test_what_a_count_missed_is_told_to_whom_it_concerns(cast: Cast, handout: Handout) -> None:
    missed = scenes.miscounted(cast, handout).count.quarantines.get()
    for who, told_of in (("adele", True), ("wilma", False)):
        page = page_of(handout.outage, getattr(cast, who), None, latest_first=False)
        assert (missed.number.value in {entry.number for entry in page}) is told_of


def test_a_count_leads_only_whom_it_lets_in(
    cast: Cast, sign_in: SignIn, adele: Client, after: Aftermath
) -> None:
    (shelf,) = Binder.objects.all()
    link = count_all(shelf, after, 130).get_absolute_url()
    url = after.outage.get_absolute_url()
    assert link in adele.get(url).content.decode()
    assert link not in sign_in(cast.wilma).get(url).content.decode()


def test_a_drill_wears_its_frame(adele: Client, drill: Outage) -> None:
    assert "DRILL" in text_of(adele.get(drill.get_absolute_url()))


def test_the_drawing_has_the_reports_figures(adele: Client, after: Aftermath) -> None:
    page, report = (adele.get(f"/outage/{after.outage.pk}/{leaf}") for leaf in ("", "report/"))
    drawn = page.context["drawing"]
    assert drawn == report.context["drawing"]
    assert len(drawn.bars) > 1
    assert "Numbers handed out and open, over time" in text_of(page)


def test_a_ward_is_drawn_no_other_wards_numbers(after: Aftermath, sign_in: SignIn) -> None:
    page = sign_in(after.cast.wilma).get(f"/outage/{after.outage.pk}/")
    assert "drawing" not in page.context
    assert "over time" not in text_of(page)
