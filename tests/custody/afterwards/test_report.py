"""The report's figures, computed by hand for a small outage, and its page."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from befreg_reserv.people.wards import register
from befreg_reserv.times import duration
from custody.afterwards import sign_off
from custody.afterwards.report import drawing
from custody.afterwards.report import words as report_text
from custody.afterwards.report.figures import (
    MOST_COUNTS,
    Against,
    Deviations,
    Outcomes,
    Report,
    WardLine,
    report,
)
from custody.afterwards.report.times import Times
from custody.afterwards.sign_off import Duty
from custody.binder import contents, quarantine
from custody.calls import wrong_sex
from custody.counts import count as counting
from custody.counts.count import Found
from custody.handouts import closing, followup, missing_sheet, read_back
from custody.models import Binder, PreparedNumber
from custody.paper import one_line
from custody.planned import late_registration, prepared
from custody.planned.late_registration import LatePatient
from outage import lifecycle
from outage.models import DrillTargets, Outage, TimelineEntry
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import (
    UNREAD,
    Aftermath,
    count_all,
    finish,
    lay_out,
    start_of,
)
from tests.ground.scenery import scene
from tests.pages import text_of

IVA, EYE = "Anestesikliniken / IVA", "Ögonkliniken / Ögonmottagning"


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@scene
def after(cast: Cast, real_binder: Binder) -> Aftermath:
    return lay_out(cast)


def at_ten_hours(after: Aftermath) -> Report:
    return report(after.outage, after.at(600))


def test_numbers_given_by_sex_and_ward(after: Aftermath) -> None:
    made = at_ten_hours(after)
    assert (made.given, made.women, made.men) == (4, 3, 1)
    assert made.wards == [WardLine(IVA, 3, 0, 1), WardLine(EYE, 0, 1, 1)]
    assert (made.late, made.voided, made.undone) == (0, 1, 1)


def test_a_mistyped_ward_is_the_one_that_was_meant(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    mistyped = scenes.handed_out(cast, ward=register.typed_in("Intensiven")).ward
    scenes.handed_out(cast)
    mistyped.same_as = cast.iva
    mistyped.save()
    assert report(outage, timezone.now()).wards == [WardLine(IVA, 2, 0, 2)]


def test_how_long_it_took(after: Aftermath) -> None:
    made = at_ten_hours(after)
    # 20, 40 and 90 s; 600 s was undone. 120 and 180 min; 130 min.
    assert made.call_to_number == Times(3, timedelta(seconds=40), timedelta(seconds=90))
    assert made.to_real_number == Times(2, minutes(150), minutes(180))
    assert made.to_notice == Times(1, minutes(130), minutes(130))


def test_a_call_answered_again_is_one_call_until_its_last_number(
    cast: Cast, real_binder: Binder
) -> None:
    start = start_of()
    outage, _new = lifecycle.start(Event.now(cast.tilda, start))
    call = scenes.call(cast, called_at=start)
    first = scenes.hand_out(call, Event.now(cast.tilda, start + timedelta(seconds=20)))
    again = missing_sheet.give_next(
        first.pk, Event.now(cast.tilda, start + timedelta(seconds=50))
    ).row
    missing_sheet.give_next(again.pk, Event.now(cast.tilda, start + timedelta(seconds=80)))
    eighty = timedelta(seconds=80)
    assert report(outage, start + minutes(5)).call_to_number == Times(1, eighty, eighty)


@pytest.mark.parametrize("lies_there", [True, False])
def test_a_wrong_sex_put_right_later_is_no_longer_wait(
    cast: Cast, real_binder: Binder, lies_there: bool
) -> None:
    start = start_of()
    outage, _new = lifecycle.start(Event.now(cast.tilda, start))
    call = scenes.call(cast, called_at=start)
    first = scenes.hand_out(call, Event.now(cast.tilda, start + timedelta(seconds=20)))
    an_hour_later = Event.now(cast.tilda, start + minutes(60))
    wrong_sex.give_another(first.pk, "M", an_hour_later, reason="x", lies_there=lies_there)
    made, twenty = report(outage, start + minutes(90)), timedelta(seconds=20)
    assert made.call_to_number == Times(1, twenty, twenty)
    assert (made.calls.patients, made.calls.at_once, made.calls.served.known) == (1, 1, 0)


def test_what_is_open_and_since_when(after: Aftermath) -> None:
    made = at_ten_hours(after)
    assert (made.open, made.oldest_open) == (2, after.at(20))
    finish(after)
    made = at_ten_hours(after)
    assert (made.open, made.oldest_open) == (0, None)


def test_the_latest_cause_holds(after: Aftermath) -> None:
    lifecycle.note(
        after.outage,
        Event.now(after.cast.adele, after.at(500)),
        text="a cable",
        act=TimelineEntry.Act.CAUSE,
    )
    made = at_ten_hours(after)
    assert made.cause is not None
    assert made.cause.text == "a cable"
    assert [each.text for each in made.went_wrong] == ["nobody picked up"]


def test_a_late_entry_is_counted_and_has_no_waiting_time(after: Aftermath, cast: Cast) -> None:
    line = one_line.Entry(
        after.at(70), "tommy", after.undone.number.value, cast.eye, "vidar", "", uuid4()
    )
    one_line.enter(line, after.outage.pk, Event.now(cast.adele, after.at(500)))
    made = at_ten_hours(after)
    assert (made.given, made.late, made.call_to_number.known) == (5, 1, 3)


def test_only_counts_since_the_end_are_its_own(after: Aftermath) -> None:
    (shelf,) = Binder.objects.all()
    count_all(shelf, after, 100)
    assert at_ten_hours(after).counts == []
    since = count_all(shelf, after, 130)
    (count,) = at_ten_hours(after).counts
    assert (count, count.missing, count.surplus) == (since, 0, 0)  # type: ignore[attr-defined]


def test_the_variance_counts_what_is_not_the_binders_and_names_nothing(
    after: Aftermath, adele: Client
) -> None:
    scenes.miscounted(after.cast, after.closed, "191212121212")
    (count,) = at_ten_hours(after).counts
    assert (count.missing, count.surplus, count.foreign) == (1, 1, 1)  # type: ignore[attr-defined]
    page = adele.get(f"{after.outage.get_absolute_url()}report/").content.decode()
    assert "12121212" not in page


def test_of_many_counts_the_last_are_shown(after: Aftermath) -> None:
    (shelf,) = Binder.objects.all()
    done = [count_all(shelf, after, 130 + at) for at in range(MOST_COUNTS + 2)]
    made = at_ten_hours(after)
    assert made.counts == done[:1:-1]
    told = next(each for each in report_text.sections(made) if each.key == "counts")
    assert told.note == "2 older counts aren't shown."


def test_prepared_numbers_and_late_registrations(cast: Cast) -> None:
    plan = scenes.planned(cast)
    now = timezone.now()
    outage, _new = lifecycle.start(Event.now(cast.tilda, now), plan=plan)
    for tail, outcome in (("K064", "used"), ("K080", "used"), ("K106", "unused"), ("M078", "")):
        marked = {"marked_at": now, "marked_by": "wilma"} if outcome else {}
        PreparedNumber.objects.create(
            plan=plan,
            ward=cast.iva,
            value=f"19990101{tail}",
            sex=tail[0],
            training=False,
            entered_at=now,
            entered_by=cast.adele,
            outcome=outcome,
            **marked,
        )
    rows = [
        late_registration.list_patient(
            LatePatient(outage, cast.iva, f"Bed {bed}", now, uuid4()), Event.now(cast.wilma, now)
        ).row
        for bed in range(4)
    ]
    late_registration.register(rows[0].pk, scenes.REAL_WOMAN, scenes.now(cast.wilma))
    late_registration.strike(rows[1].pk, scenes.now(cast.wilma), reason="twice")
    made = report(outage, timezone.now())
    assert made.prepared == Outcomes(used=2, unused=1, waiting=1)
    assert made.late_registrations == Outcomes(used=1, unused=1, waiting=2)


def test_supply_left_on_the_birth_date(after: Aftermath) -> None:
    ((birth_date, supplies),) = at_ten_hours(after).supply
    assert birth_date.isoformat() == "2000-01-01"
    assert [(row.left, row.total) for row in supplies] == [(32, 37), (32, 37), (10, 10)]


def test_supply_after_prepared_numbers_alone(cast: Cast) -> None:
    plan, now = scenes.planned(cast), timezone.now()
    outage, _new = lifecycle.start(Event.now(cast.tilda, now), plan=plan)
    prepared.enter(plan, cast.iva, scenes.REAL[0], Event.now(cast.adele, now))
    ((birth_date, supplies),) = report(outage, now).supply
    assert birth_date.isoformat() == "2000-01-01"
    assert supplies[0].left == supplies[0].total - 1


def test_a_list_made_before_the_end_is_no_count_since_then(after: Aftermath) -> None:
    (shelf,) = Binder.objects.all()
    found = Found(after.at(119), frozenset(shelf.numbers.values_list("pk", flat=True)))
    counting.count_binder(
        shelf.pk, found, after.event("tilda", 125), request_key=uuid4(), reason="late"
    )
    assert at_ten_hours(after).counts == []
    assert Duty.COUNT in {each.duty for each in sign_off.missing(after.outage)}


def test_what_opened_again_after_the_sign_off_is_said(after: Aftermath, cast: Cast) -> None:
    finish(after)
    sign_off.sign_off(after.outage.pk, Event.now(cast.adele, after.at(420)), never_read_back=UNREAD)
    assert at_ten_hours(after).opened_again == []
    number = after.undone.number.last_four
    scenes.from_paper(cast, after.outage, number=number, seen_reason="counted by the old list")
    facts = dict(report_text.sections(at_ten_hours(after))[0].facts)
    assert facts["Opened again since"] == "1 number is open."


def test_handouts_and_open_loops_over_time(after: Aftermath) -> None:
    finish(after)
    curve = at_ten_hours(after).curve
    assert len(curve) <= drawing.MOST_BUCKETS
    assert sum(bucket.given for bucket in curve) == 4
    # One more at 10, 20, 30 and 40; one less at 60 (voided), 140 (closed), 400 and 401.
    assert [bucket.open for bucket in curve if bucket.given] == [1, 2, 3, 4]
    assert curve[-1].open == 0
    assert max(bucket.open for bucket in curve) == 4


def test_an_outage_in_which_nothing_happened(cast: Cast, outage: Outage) -> None:
    now = outage.started_at + minutes(90)
    made = report(outage, now)
    assert (made.given, made.open, made.wards, made.counts, made.supply) == (0, 0, [], [], [])
    assert made.call_to_number == Times(0, None, None)
    assert made.curve
    assert {(bucket.given, bucket.open) for bucket in made.curve} == {(0, 0)}
    assert all(section.title for section in report_text.sections(made))


# --- drills -------------------------------------------------------------------------------------


@scene
def practised(cast: Cast, training_binder: Binder) -> Aftermath:
    DrillTargets.objects.update(call_to_number_seconds=40, close_out_minutes=130)
    return lay_out(cast, drill=True)


@pytest.mark.one_database("words")
def test_a_drills_pages_call_it_a_drill(practised: Aftermath, cast: Cast, sign_in: SignIn) -> None:
    drill = practised.outage
    adele = sign_in(cast.adele)
    for page in ("", "report/", "sign-off/", "open/"):
        answer = adele.get(f"{drill.get_absolute_url()}{page}").content.decode()
        main = answer[answer.index("<main") : answer.index("</main")]
        said = main.replace("Övning: oplanerat driftstopp", "")
        assert "riftstopp" not in said, page
        assert said != main, page


def test_a_drill_is_held_against_its_targets(practised: Aftermath) -> None:
    made = at_ten_hours(practised).drill
    assert made is not None
    # 20, 40 and 90 s against 40; closed after 130 min against 130, two still open after that.
    assert made.call_to_number == Against(timedelta(seconds=40), within=2, beyond=1, waiting=0)
    assert made.close_out == Against(minutes(130), within=1, beyond=2, waiting=0)


def test_targets_changed_afterwards_change_no_old_report(practised: Aftermath) -> None:
    before = at_ten_hours(practised).drill
    DrillTargets.objects.update(call_to_number_seconds=1, close_out_minutes=1)
    assert at_ten_hours(practised).drill == before
    with pytest.raises(IntegrityError, match="set once"):
        Outage.objects.update(close_out_minutes=1)


def test_a_drill_entered_afterwards_keeps_the_targets_too(cast: Cast) -> None:
    at = timezone.now()
    told = lifecycle.Past("unplanned", True, at - minutes(9), at, by="tilda", text="")  # noqa: FBT003
    past = lifecycle.enter_past(told, Event.now(cast.adele, at)).row
    assert (past.call_to_number_seconds, past.close_out_minutes) == (60, 24 * 60)


def test_what_is_no_ended_drill_has_no_targets(outage: Outage, drill: Outage) -> None:
    for row in (outage, drill):
        with pytest.raises(IntegrityError, match="outage_targets"), transaction.atomic():
            Outage.objects.filter(pk=row.pk).update(call_to_number_seconds=1, close_out_minutes=1)


def test_what_still_can_meet_the_target_is_not_late(practised: Aftermath) -> None:
    made = report(practised.outage, practised.at(155)).drill
    assert made is not None
    assert made.close_out == Against(minutes(130), within=1, beyond=1, waiting=1)


def test_who_took_part_in_a_drill(practised: Aftermath) -> None:
    made = at_ten_hours(practised).drill
    assert made is not None
    assert {part.vgr_id: part.did for part in made.took_part} == {
        "adele": ("Kept the checklist and the timeline",),
        "tilda": ("Handed out", "Heard it read back", "Kept the checklist and the timeline"),
        "vidar": ("Called",),
        "wilma": ("Called", "Closed out", "Voided"),
    }


def test_also_who_did_what_comes_after_took_part(practised: Aftermath, cast: Cast) -> None:
    shelf, drill = Binder.objects.get(), practised.outage
    count_all(shelf, practised, 130)
    at = practised.at(300)
    other = Event(at, "vera", recorded_at=at, recorded_by=cast.tilda)
    closing.withdraw_replacement(practised.replaced.pk, other, reason="wrong")
    patient = LatePatient(drill, cast.eye, "Bed 1", practised.at(70), uuid4())
    row = late_registration.list_patient(patient, Event.now(cast.vidar, practised.at(310))).row
    late_registration.strike(row.pk, practised.event("gunde", 320), reason="twice")
    missing = scenes.miscounted(cast, practised.closed).count.quarantines.get()
    quarantine.explain(missing.pk, scenes.now(cast.noone), explanation="copier")
    made = report(drill, timezone.now()).drill
    assert made is not None
    did = {part.vgr_id: part.did for part in made.took_part}
    assert {"Counted", "Entered for somebody else"} <= set(did["tilda"])
    assert did["vera"] == ("Withdrew",)
    assert did["vidar"] == ("Called", "Listed for late registration")
    assert did["gunde"] == ("Struck from the late list",)
    assert did["noone"] == ("Explained a missing sheet",)


@pytest.mark.parametrize("drill", [True, False])
def test_what_went_wrong_in_figures(
    cast: Cast, real_binder: Binder, training_binder: Binder, drill: bool
) -> None:
    outage = scenes.begin(cast.tilda, drill=drill)
    given = [scenes.handed_out(cast, outage_id=outage.pk) for _each in range(3)]
    for typed in ("X999", given[0].number.last_four):
        read_back.confirm_read_back(given[0].pk, typed, scenes.now(cast.tilda))
    missing_sheet.give_next(given[1].pk, scenes.now(cast.tilda))
    made = report(outage, timezone.now())
    assert made.deviations == Deviations(missing_sheets=1, wrong_read_backs=1, never_read_back=2)
    facts = dict(
        next(each.facts for each in report_text.sections(made) if each.key == "deviations")
    )
    assert facts["Sheets missing"] == facts["Voided"] == "1"
    assert facts["Never read back"] == "2"


def test_a_real_outage_is_held_against_no_target(after: Aftermath) -> None:
    assert at_ten_hours(after).drill is None


def test_a_drill_is_outside_all_other_statistics(
    practised: Aftermath, cast: Cast, real_binder: Binder
) -> None:
    assert at_ten_hours(practised).supply == []
    assert followup.open_by_ward(timezone.now()) == []
    assert [row.left for row in contents.supply(real_binder.birth_date)] == [32, 32, 10]
    assert [row.left for row in contents.stock(training=False).rows] == [5, 5]
    real = scenes.begin(cast.tilda, ago=timedelta(hours=12))
    assert report(real, timezone.now()).given == 0


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (86399, "23 h 59 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_a_length_of_time(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


def test_what_nobody_knows_is_a_dash() -> None:
    assert duration(None) == "–"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_two_facts_of_a_section_go_by_one_name(cast: Cast, language: str) -> None:
    """An announced reason and a cause are both an “orsak”; the report must tell them apart."""
    now = timezone.now()
    outage, _new = lifecycle.start(Event.now(cast.tilda, now), plan=scenes.planned(cast))
    with translation.override(language):
        for section in report_text.sections(report(outage, now)):
            names = [name for name, _value in section.facts]
            assert len(names) == len(set(names)), section.key


# --- the page -----------------------------------------------------------------------------------


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    User.objects.filter(pk=cast.adele.pk).update(language="en")
    return sign_in(cast.adele)


def test_the_page_shows_every_section_and_figure(adele: Client, after: Aftermath) -> None:
    answer = adele.get(f"{after.outage.get_absolute_url()}report/")
    text = text_of(answer)
    for section in report_text.sections(answer.context["report"]):
        assert section.title in text
        for cells in [*section.facts, *section.rows]:
            assert all(cell in text for cell in cells)
    assert "a switch broke" in text
    assert "nobody picked up" in text


def test_the_drawing_has_words_and_no_style(adele: Client, after: Aftermath) -> None:
    answer = adele.get(f"{after.outage.get_absolute_url()}report/")
    page = answer.content.decode()
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert 'role="img"' in svg
    assert "<title" in svg
    assert "<desc" in svg
    assert "style=" not in svg
    bars = answer.context["drawing"].bars
    assert svg.count("<rect") == len(bars) + 1 > 1  # and the key's


def test_no_decimal_comma_comes_into_the_drawing(
    cast: Cast, sign_in: SignIn, after: Aftermath
) -> None:
    page = sign_in(cast.gunde).get(f"{after.outage.get_absolute_url()}report/").content.decode()
    svg = page[page.index("<svg") : page.index("</desc>")]
    drawn = page[page.index("</desc>") : page.index("</svg>")]
    assert 'lang="sv"' in page
    assert svg
    assert "," not in drawn


def test_it_is_logged_that_the_report_was_shown(adele: Client, after: Aftermath) -> None:
    adele.get(f"{after.outage.get_absolute_url()}report/")
    entry = LogEntry.objects.get(act="report", content_type__model="outage")
    assert (entry.object_id, entry.actor) == (after.outage.pk, after.cast.adele)


def test_the_report_of_a_drill_wears_its_frame(adele: Client, practised: Aftermath) -> None:
    text = text_of(adele.get(f"{practised.outage.get_absolute_url()}report/"))
    assert text.startswith("DRILL")
    assert "Who took part" in text
    assert "Against the target" in text
    assert "Supply on the birth date" not in text


def test_a_report_that_is_not_there(adele: Client) -> None:
    assert adele.get("/outage/99/report/").status_code == 404
