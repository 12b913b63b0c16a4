"""What is told of calls afterwards: who waited and how long, who never got a number, and what for.

The figures of the report are computed here once more, from the rows.
"""

import csv
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.afterwards import deviations, open_items, sign_off
from custody.afterwards.deviations import DeviationKind
from custody.afterwards.refusals import NotFinished
from custody.afterwards.report import calls as report_calls
from custody.afterwards.report import words
from custody.afterwards.report.calls import Calls
from custody.afterwards.report.figures import report
from custody.afterwards.report.pdf import pdf
from custody.afterwards.report.times import Times
from custody.afterwards.sign_off import Duty
from custody.afterwards.story.pages import page_of
from custody.calls import taking, waiting
from custody.calls.taking import PatientDetails
from custody.handouts import closing, missing_sheet
from custody.models import Call, Handout, Patient, SignOff
from custody.models.calls import PatientState
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import statements, text_of

HOURS_AGO = 5
IVA = "Anestesikliniken / IVA"


def at(outage: Outage, minute: int) -> datetime:
    return outage.started_at + timedelta(minutes=minute)


def take(cast: Cast, outage: Outage, minute: int, sexes: str, **changes: Any) -> list[Patient]:
    """Take a call so many minutes after the start; return its patients."""
    details = scenes.call(cast, sex=sexes, outage_id=outage.pk, **changes)
    call = taking.take(details, Event.now(cast.tilda, at(outage, minute))).row.call
    return list(call.patients.order_by("position"))


@scene
def night(cast: Cast) -> Outage:
    """Four calls and two women's numbers: one at once, one after 30 minutes, four never.

    One was withdrawn after 15 minutes, one settled after the end; two of the eye clinic wait still.
    """
    outage = scenes.begin(cast.tilda, ago=timedelta(hours=HOURS_AGO))
    scenes.lay_in("Pärm", ["20000101K064"], training=False)
    take(cast, outage, 5, "K")
    later, withdrawn = take(cast, outage, 10, "KM", caller="", caller_name="Anna")
    (settled,) = take(cast, outage, 20, "M", caller="wera1")
    child = PatientDetails("K", "child", "Sal 2")
    take(cast, outage, 25, "", ward=cast.eye, patients=(child, replace(child, place="Sal 3")))
    waiting.withdraw(withdrawn.pk, Event.now(cast.tilda, at(outage, 25)), reason="had a card")
    scenes.lay_in("Pärm 2", ["20000101K080"], training=False)
    waiting.serve(later.pk, Event.now(cast.tilda, at(outage, 40)))
    ended = lifecycle.end(outage, Event.now(cast.tilda, at(outage, 60))).row
    waiting.settle(settled.pk, Event.now(cast.wilma, at(outage, 80)), reason="made in Befreg")
    return Outage.objects.get(pk=ended.pk)


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    User.objects.filter(pk=cast.adele.pk).update(language="en")
    return sign_in(cast.adele)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


# --- the report -----------------------------------------------------------------------------------


def made_of_rows(outage: Outage) -> Calls:
    """Compute the figures once more, in the plainest way."""
    calls = list(Call.objects.filter(outage=outage))
    patients = list(Patient.objects.filter(call__in=calls).order_by("waiting_since", "pk"))
    served = [row for row in patients if row.handouts.exists()]
    waits = [
        row.ended_at - row.waiting_since for row in served if row.ended_at and row.waiting_since
    ]
    states = [row.state for row in patients]
    return Calls(
        calls=len(calls),
        late=len([call for call in calls if call.late]),
        without_vgr_id=len([call for call in calls if not call.caller]),
        found_out=len([call for call in calls if call.caller and call.caller_name]),
        patients=len(patients),
        at_once=len(served) - len(waits),
        served=Times.of(waits),
        withdrawn=states.count("withdrawn"),
        settled=states.count("settled"),
        waiting=states.count("waiting"),
        unmet=[row for row in patients if row not in served],
    )


def test_the_figures_are_those_of_the_rows(night: Outage) -> None:
    made = report_calls.figures(night)
    assert made == made_of_rows(night)
    assert (made.calls, made.without_vgr_id, made.patients, made.at_once) == (4, 1, 6, 1)
    assert made.served == Times(1, minutes(30), minutes(30))
    assert (made.withdrawn, made.settled, made.waiting, made.never_met) == (1, 1, 2, 4)


def test_calls_on_paper_and_callers_found_out_are_counted(cast: Cast, night: Outage) -> None:
    scenes.lay_in("Pärm 3", ["20000101M078"], training=False)
    scenes.from_paper(cast, night, number="M078")
    Call.objects.filter(caller="").update(caller="anna1")
    made = report_calls.figures(night)
    assert made == made_of_rows(night)
    assert (made.calls, made.late, made.without_vgr_id, made.found_out) == (5, 1, 0, 1)


def test_page_and_pdf_name_who_never_got_a_number(adele: Client, night: Outage) -> None:
    text = text_of(adele.get(f"{night.get_absolute_url()}report/"))
    assert "Calls in all 4" in text
    assert "The longest of them waited 30 min 0 s" in text
    assert f"{IVA} · Anna Man 15 min 0 s Withdrawn" in text
    made = report(night, timezone.now())
    sections = {section.key: section for section in words.sections(made)}
    assert [row[1] for row in sections["unmet"].rows] == [
        "Man",
        "Man",
        "Woman, Child, Sal 2",
        "Woman, Child, Sal 3",
    ]
    assert pdf(made).startswith(b"%PDF")


def test_of_many_the_longest_waiting_stand_there(
    night: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_calls, "MOST_UNMET", 3)
    sections = {each.key: each for each in words.sections(report(night, timezone.now()))}
    assert len(sections["unmet"].rows) == 3
    assert sections["unmet"].note == "1 more stands in the numbers as CSV."


def test_the_csv_has_a_line_for_each(adele: Client, cast: Cast, night: Outage) -> None:
    answer = adele.get(f"{night.get_absolute_url()}rows.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    _head, *rows = csv.reader(StringIO(text, newline=""), delimiter=";")
    without = [row for row in rows if not row[0]]
    assert {len(row) for row in rows} == {14}
    assert [(row[1], row[3], row[9]) for row in without] == [
        ("M", "Anna (vgr-id not known)", "Withdrawn"),
        ("M", "wera1", "Settled after the outage"),
        ("K", "wilma", "Waits for a number"),
        ("K", "wilma", "Waits for a number"),
    ]
    assert "had a card" in without[0][13]
    logged = LogEntry.objects.filter(act="report_csv", content_type__model="patient")
    assert logged.count() == len(without)


def test_who_came_before_others_is_a_deviation(cast: Cast, outage: Outage) -> None:
    _first, second = take(cast, outage, 1, "KK")
    scenes.lay_in("Pärm", ["20000101K064"], training=False)
    waiting.serve(second.pk, scenes.now(cast.tilda), before_others="bleeding")
    kinds = [(row.kind, row.reason) for row in deviations.of(outage)]
    assert (DeviationKind.BEFORE_OTHERS, "bleeding") in kinds
    assert DeviationKind.SEEN_LYING not in [kind for kind, _reason in kinds]


# --- the story ------------------------------------------------------------------------------------


def told(outage: Outage, user: User) -> list[tuple[int, str, str]]:
    """Return the story's entries about calls and those who waited: minute, what, details."""
    page = page_of(outage, user, None, latest_first=False)
    return [
        ((entry.at - outage.started_at) // minutes(1), str(entry.what), entry.detail)
        for entry in page
        if str(entry.what).startswith(("Call taken", "Waiting"))
    ]


def test_the_story_tells_of_each_call_and_of_each_wait(cast: Cast, night: Outage) -> None:
    assert told(night, cast.adele) == [
        (5, "Call taken", "Caller: wilma · 1 patient"),
        (
            10,
            "Call taken",
            "Caller: Anna · vgr-id not known · 2 patients · without a number: 2",
        ),
        (20, "Call taken", "Caller: wera1 · 1 patient · without a number: 1"),
        (25, "Call taken", "Caller: wilma · 2 patients · without a number: 2"),
        (25, "Waiting patient withdrawn", "Man · waited 15 min 0 s"),
        (40, "Waiting patient served", "Woman · waited 30 min 0 s"),
        (80, "Waiting patient settled", "Man · waited 1 h 0 min"),
    ]


def test_another_number_in_the_same_act_is_no_wait(cast: Cast, handout: Handout) -> None:
    missing_sheet.give_next(handout.pk, scenes.now(cast.tilda))
    entries = told(handout.outage, cast.adele)
    assert [what for _minute, what, _detail in entries] == ["Call taken"]


def test_a_ward_reads_of_its_own_calls_alone(cast: Cast, night: Outage) -> None:
    assert [minute for minute, _what, _detail in told(night, cast.vidar)] == [25]


# --- what is left to do ---------------------------------------------------------------------------


def test_who_waits_is_an_open_item_of_the_ward(cast: Cast, night: Outage) -> None:
    def listed(user: User) -> list[tuple[str, str]]:
        page = open_items.open_items(night, user, None, 20)
        return [(item.detail, item.link) for item in page if "Waits" in str(item.what)]

    first, second = waiting.still_waiting(night)
    call = first.call.get_absolute_url()
    places = ["Woman, Child, Sal 2", "Woman, Child, Sal 3"]
    assert listed(cast.adele) == [
        (places[0], f"{call}#patient-1"),
        (places[1], f"{call}#patient-2"),
    ]
    assert [link for _text, link in listed(cast.vidar)] == [
        f"/ward/#waits-{first.pk}",
        f"/ward/#waits-{second.pk}",
    ]
    assert listed(cast.wilma) == []


def finished(cast: Cast, night: Outage) -> None:
    """Do all that is left of the night, but for those who wait."""
    for handout in Handout.objects.all():
        closing.void(handout.pk, scenes.now(cast.adele), reason="never used")
    for binder in {handout.number.binder for handout in Handout.objects.all()}:
        scenes.counted(cast, binder)


def test_the_sign_off_waits_until_all_are_settled(cast: Cast, night: Outage) -> None:
    finished(cast, night)
    (missing,) = sign_off.missing(night)
    assert (missing.duty, missing.text) == (Duty.WAITING, "2 patients still wait for a number.")
    with pytest.raises(NotFinished):
        sign_off.sign_off(night.pk, scenes.now(cast.adele))
    for patient in waiting.still_waiting(night):
        waiting.settle(patient.pk, scenes.now(cast.vidar), reason="made in Befreg")
    assert sign_off.sign_off(night.pk, scenes.now(cast.adele)).new


def test_the_database_refuses_it_too(cast: Cast, night: Outage) -> None:
    finished(cast, night)
    row = SignOff(outage=night, at=timezone.now(), by=cast.adele)
    with pytest.raises(IntegrityError, match="can't be signed off"):
        SignOff.objects.bulk_create([row])


def test_the_sign_off_page_leads_to_them(adele: Client, night: Outage) -> None:
    page = adele.get(f"{night.get_absolute_url()}sign-off/").content.decode()
    assert "2 patients still wait for a number." in page
    assert f'href="{night.get_absolute_url()}open/"' in page


# --- the ward's page and the overview -------------------------------------------------------------


def settle_forms(page: Any) -> list[int]:
    """Return the patients whose wait can be settled on this page."""
    text = page.content.decode()
    keys = Patient.objects.order_by("pk").values_list("pk", flat=True)
    return [key for key in keys if f'action="/till/patients/{key}/settle/"' in text]


def test_a_ward_settles_its_own(cast: Cast, sign_in: SignIn, night: Outage) -> None:
    waits = [patient.pk for patient in waiting.still_waiting(night)]
    assert settle_forms(sign_in(cast.vidar).get("/ward/")) == waits
    assert settle_forms(sign_in(cast.wilma).get("/ward/")) == []
    sign_in(cast.vidar).post(f"/till/patients/{waits[0]}/settle/", {"reason": "made in Befreg"})
    assert Patient.objects.get(pk=waits[0]).state == PatientState.SETTLED


def test_not_before_befreg_answers(cast: Cast, sign_in: SignIn, outage: Outage) -> None:
    take(cast, outage, 1, "K")
    page = sign_in(cast.wilma).get("/ward/")
    assert settle_forms(page) == []
    assert "Väntar på ett nummer" in text_of(page)


def test_also_who_called_without_an_outage(cast: Cast, sign_in: SignIn, adele: Client) -> None:
    (patient,) = taking.take(scenes.call(cast), scenes.now(cast.tilda)).row.call.patients.all()
    assert patient.call.outage is None
    assert settle_forms(sign_in(cast.wilma).get("/ward/")) == [patient.pk]
    page = adele.get("/binder/overview/")
    assert f"{patient.call.get_absolute_url()}#patient-1" in page.content.decode()


def test_the_overview_has_all_but_those_of_drills(
    cast: Cast, adele: Client, night: Outage, drill: Outage
) -> None:
    take(cast, drill, 1, "M")
    text = text_of(adele.get("/binder/overview/"))
    assert text.count("Waits for a number") == 2
    assert "Woman, Child, Sal 2" in text
    assert text.count("Befreg can make the number now.") == 2


@pytest.mark.one_database("statements")
def test_pages_take_as_many_statements_for_many_calls(
    cast: Cast, adele: Client, sign_in: SignIn, night: Outage
) -> None:
    ward, home = sign_in(cast.vidar), night.get_absolute_url()
    pages = [(adele, "/binder/overview/"), (ward, "/ward/")]
    pages += [(adele, home + page) for page in ("", "open/", "report/", "report.pdf", "rows.csv")]

    def cost() -> list[int]:
        return [statements(client, address) for client, address in pages]

    for client, address in pages:  # a process reads some things once
        client.get(address)
    few = cost()
    calls = Call.objects.filter(ward=cast.eye)
    patient = Patient.objects.filter(call__in=calls)[0]
    more = [Patient(call=calls[0], position=place, **_as(patient)) for place in range(3, 13)]
    Patient.objects.bulk_create(more)
    assert cost() == few


def _as(patient: Patient) -> dict[str, Any]:
    columns = ("sex", "age_group", "place", "state", "waiting_since")
    return {name: getattr(patient, name) for name in columns}
