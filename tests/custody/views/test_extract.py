"""The extract of the log for a patient: when, from which unit, what, and never who."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from befreg_reserv.audit.models import LogEntry
from custody.afterwards import extract
from custody.calls import wrong_sex
from custody.handouts import closing, missing_sheet
from custody.models import Handout
from custody.planned import late_registration
from outage.models import Outage
from tests import scenes
from tests.audit.entries import entry
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.paper import read


@scene
def handout(cast: Cast, real_binder: Any, outage: Outage) -> Handout:
    given = scenes.handed_out(cast)
    return scenes.replaced(given.pk, scenes.REAL_WOMAN, scenes.now(cast.wilma)).row


@scene
def gunde(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.gunde)


def asked(client: Client, number: str, **fields: str) -> Any:
    return client.post("/audit/extract/", {"number": number, **fields})


@pytest.mark.both_databases
@pytest.mark.parametrize("by", ["emergency", "real"])
def test_it_is_the_same_by_either_number(gunde: Client, handout: Handout, by: str) -> None:
    emergency = handout.number.value
    number = emergency if by == "emergency" else scenes.REAL_WOMAN
    made = asked(gunde, number).context["made"]
    assert set(made.numbers) == {emergency, scenes.REAL_WOMAN}
    logged = LogEntry.objects.filter(number=emergency).exclude(act__startswith="extract")
    assert len(made.rows) == logged.count() > 2


def test_it_says_whence_and_what_and_never_who(
    gunde: Client, handout: Handout, cast: Cast, tmp_path: Path
) -> None:
    page = asked(gunde, handout.number.value)
    paper = asked(gunde, handout.number.value, **{"as": "pdf"})
    file = asked(gunde, handout.number.value, **{"as": "csv"}).content.decode("utf-8-sig")
    (main,) = text_of(page).split("Utdrag ur loggen för")[-1:]
    for text in (main, read(paper.content, tmp_path), file):
        assert str(cast.iva) in " ".join(text.split())
        assert "Kassa" in text  # who has no ward acts from the till
        assert "Lämnat ut" in text or "Utlämn" in text
    assert not {"tilda", "wilma"} & {*file.split(), *read(paper.content, tmp_path).split()}
    assert b"/StructTreeRoot" in paper.content


def test_each_way_is_on_record_under_each_number(gunde: Client, handout: Handout) -> None:
    gunde.get("/audit/extract/")  # shows nothing of anybody
    for way in ("", "pdf", "csv"):
        asked(gunde, scenes.REAL_WOMAN, **{"as": way})
    found = LogEntry.objects.filter(act__startswith="extract").values_list("act", "number")
    numbers = {handout.number.value, scenes.REAL_WOMAN}
    assert {*found} == {
        (act, number) for act in ("extract", "extract_pdf", "extract_csv") for number in numbers
    }


def test_what_is_on_record_under_each_number_was_done_once(gunde: Client, handout: Handout) -> None:
    for turn in range(3):
        rows = asked(gunde, handout.number.value).context["made"].rows
        assert [row.act for row in rows].count("extract") == turn


def test_another_patients_numbers_are_not_in_it(handout: Handout) -> None:
    emergency = handout.number.value
    assert extract.numbers_of("20000101K148") == ["20000101K148"]
    assert extract.numbers_of(emergency) == [emergency, scenes.REAL_WOMAN]


def test_a_number_given_instead_of_one_of_the_wrong_sex_is_the_same_patients(
    gunde: Client, cast: Cast, real_binder: Any, outage: Outage
) -> None:
    first = scenes.handed_out(cast)
    second = wrong_sex.give_another(first.pk, "M", scenes.now(cast.tilda), reason="x").row
    scenes.replaced(second.pk, scenes.REAL_MAN, scenes.now(cast.wilma))
    numbers = {first.number.value, second.number.value, scenes.REAL_MAN}
    for number in numbers:
        assert {*asked(gunde, number).context["made"].numbers} == numbers


@pytest.mark.both_databases
def test_what_was_done_for_a_sheet_that_went_back_is_only_its_patients(
    gunde: Client, cast: Cast, real_binder: Any, outage: Outage
) -> None:
    first = scenes.handed_out(cast)
    number = first.number.value
    event = scenes.now(cast.tilda)
    again = wrong_sex.give_another(first.pk, "M", event, reason="x", lies_there=True).row
    mine = asked(gunde, again.number.value).context["made"]
    assert "correct_sex" in [row.act for row in mine.rows if row.number == number]
    assert number not in mine.numbers
    for _turn in range(5):
        if (other := scenes.handed_out(cast)).number.value == number:
            break
    made = asked(gunde, number).context["made"]
    assert made.undone
    assert [row.act for row in made.rows].count("hand_out") == 1
    assert "correct_sex" not in [row.act for row in made.rows]
    assert other.number.value == number


def test_a_number_given_instead_of_a_missing_sheet_is_the_same_patients(
    gunde: Client, cast: Cast, real_binder: Any, outage: Outage
) -> None:
    first = scenes.handed_out(cast)
    second = missing_sheet.give_next(first.pk, scenes.now(cast.tilda)).row
    for number in (first.number.value, second.number.value):
        made = asked(gunde, number).context["made"]
        assert {*made.numbers} == {first.number.value, second.number.value}


def test_a_doubled_number_leads_to_neither_patients_others(
    gunde: Client, cast: Cast, handout: Handout
) -> None:
    second = scenes.doubled(cast, handout)
    scenes.replaced(second.pk, scenes.REAL_WOMAN_2, scenes.now(cast.vidar))
    number = handout.number.value
    made = asked(gunde, number).context["made"]
    assert made.numbers == [number]
    assert len(made.notes) == 2
    for real in (scenes.REAL_WOMAN, scenes.REAL_WOMAN_2):
        assert {*asked(gunde, real).context["made"].numbers} == {real, number}


def test_a_withdrawn_late_registration_is_said_to_be_another_matter(
    gunde: Client, cast: Cast, outage: Outage
) -> None:
    listed = scenes.treated_without(cast, outage)
    number = scenes.REAL_WOMAN
    late_registration.register(listed.pk, number, scenes.now(cast.wilma))
    late_registration.withdraw_registration(listed.pk, scenes.now(cast.wilma), reason="x")
    made = asked(gunde, number).context["made"]
    assert made.late
    assert len(made.notes) == 1


def test_a_number_of_two_patients_is_said_to_be_so(
    gunde: Client, cast: Cast, handout: Handout
) -> None:
    scenes.doubled(cast, handout)
    assert asked(gunde, handout.number.value).context["made"].doubled


def test_an_undone_handout_is_said_to_be_another_matter(
    gunde: Client, cast: Cast, real_binder: Any, outage: Outage
) -> None:
    given = scenes.handed_out(cast)
    closing.undo(given.pk, scenes.now(cast.adele), reason="x")
    made = asked(gunde, given.number.value).context["made"]
    assert made.undone
    assert len(made.notes) == 1


def test_a_shorter_time_is_said_on_each_of_them(
    gunde: Client, handout: Handout, tmp_path: Path
) -> None:
    time = {"since": "2020-01-01", "until": "2020-01-31"}
    page = text_of(asked(gunde, handout.number.value, **time))
    paper = asked(gunde, handout.number.value, **{"as": "pdf"}, **time)
    file = asked(gunde, handout.number.value, **{"as": "csv"}, **time).content.decode()
    for text in (page, read(paper.content, tmp_path), file):
        words = " ".join(text.split())
        assert "från och med 2020-01-01 00:00" in words
        assert "före 2020-02-01 00:00" in words


def test_a_long_one_says_that_it_is_cut(
    gunde: Client, handout: Handout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "MOST", 2)
    made = asked(gunde, handout.number.value).context["made"]
    assert made.more
    assert len(made.rows) == 2


@pytest.mark.parametrize("number", ["", "K064", "20000101K065", "x" * 200, "19640823323"])
def test_a_part_or_a_wrong_number_is_refused(gunde: Client, number: str, db: None) -> None:
    assert asked(gunde, number).status_code == 400
    assert not LogEntry.objects.filter(act__startswith="extract").exists()


def test_a_training_number_is_marked_as_a_drills(gunde: Client, db: None) -> None:
    entry(number=scenes.TRAINING[0])
    file = asked(gunde, scenes.TRAINING[0], **{"as": "csv"})
    assert (
        "ÖVNING" in file.headers["Content-Disposition"]
        or "%C3%96VNING" in file.headers["Content-Disposition"]
    )
    rows = [*csv.reader(StringIO(file.content.decode("utf-8-sig")), delimiter=";")]
    assert {row[0] for row in rows} == {"ÖVNING"}
