"""The handouts as a file for a spreadsheet: every column, and nothing that it would calculate."""

import csv
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.wards import register
from befreg_reserv.tables import LIVE, safe
from custody.afterwards.report import rows_csv
from custody.calls import wrong_sex
from custody.handouts.refusals import NoneLeft
from custody.models import Binder, Handout
from custody.paper import one_line
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import lay_out
from tests.ground.scenery import scene

pytestmark = pytest.mark.one_database("layout")


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.adele)


def fetch(client: Client, outage: Outage) -> Any:
    return client.get(f"{outage.get_absolute_url()}rows.csv")


def cells(answer: Any, separator: str = ";") -> list[list[str]]:
    """Return the file as a spreadsheet reads it."""
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline=""), delimiter=separator))


def shown(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def test_one_row_for_each_handout(adele: Client, cast: Cast, real_binder: Binder) -> None:
    after = lay_out(cast)
    head, *rows = cells(fetch(adele, after.outage))
    assert len(head) == len(rows[0]) == 14
    assert [row[0] for row in rows] == [
        each.number.value for each in Handout.objects.order_by("handed_out_at")
    ]
    assert rows[0] == [
        after.closed.number.value,
        "K",
        "Anestesikliniken / IVA",
        "wilma",
        shown(after.at(10)),
        "tilda",
        shown(after.at(10)),
        "tilda",
        shown(after.at(11)),
        "Avslutat",
        scenes.REAL_WOMAN,
        shown(after.at(140)),
        "",
        "",
    ]


def test_a_late_entry_has_both_times_and_both_people(
    adele: Client, cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    line = one_line.Entry(
        outage.started_at, "tommy", scenes.REAL[0], cast.iva, "wilma", "", uuid4()
    )
    now = timezone.now()
    one_line.enter(line, outage.pk, Event.now(cast.adele, now))
    _head, row = cells(fetch(adele, outage))
    assert row[4:8] == [shown(outage.started_at), "tommy", shown(now), "adele"]
    assert row[12] == "ja"


def test_it_opens_in_swedish_excel(adele: Client, handout: Handout) -> None:
    answer = fetch(adele, handout.outage)
    content = b"".join(answer.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 2
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert ".csv" in answer.headers["Content-Disposition"]


FORMULAS = ["=1+1", "+46", "-1", "@SUM(A1)", '=HYPERLINK("http://x";"y")', "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_people_typed_is_never_calculated(
    adele: Client, cast: Cast, real_binder: Binder, outage: Outage, text: str
) -> None:
    scenes.handed_out(cast, caller=text[:10], ward=register.typed_in(text))
    _head, row = cells(fetch(adele, outage))
    assert row[2] == f"'{text}"
    assert row[3] == f"'{text[:10]}"


@pytest.mark.parametrize("start", LIVE)
def test_every_character_that_begins_a_formula_is_held_back(start: str) -> None:
    assert safe(f"{start}1") == f"'{start}1"


HIDDEN = ["IVA,=1+1", "IVA;=1+1", "IVA, \uff1d1+1", 'IVA,"=1+1', "IVA;,@SUM(A1)", "IVA,=1;=1"]


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("text", HIDDEN)
def test_nor_where_another_separator_would_begin_a_cell(
    adele: Client, cast: Cast, real_binder: Binder, outage: Outage, text: str, separator: str
) -> None:
    scenes.handed_out(cast, ward=register.typed_in(text))
    rows = cells(fetch(adele, outage), separator)
    assert not [cell for row in rows for cell in row if cell.lstrip(' "').startswith(LIVE)]


def test_every_cell_is_quoted(adele: Client, handout: Handout) -> None:
    content = b"".join(fetch(adele, handout.outage).streaming_content).decode("utf-8-sig")
    for line in content.splitlines():
        assert line.count('"') == 2 * (line.count('";"') + 1)
    assert content.startswith('"')


@pytest.mark.parametrize("text", ["", "20000101K064", "a=b", "IVA", "'=1", "a, b-c", "Kl 8; 2-3"])
def test_other_text_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_separators_and_quotes_stay_in_their_cell(
    adele: Client, cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    scenes.handed_out(cast, ward=register.typed_in('A;"B"'))
    _head, row = cells(fetch(adele, outage))
    assert (len(row), row[2]) == (14, 'A;"B"')


def test_a_drills_rows_say_so_first(adele: Client, cast: Cast, training_binder: Binder) -> None:
    after = lay_out(cast, drill=True)
    answer = fetch(adele, after.outage)
    rows = cells(answer)
    assert {row[0] for row in rows} == {"ÖVNING"}
    assert {len(row) for row in rows} == {15}
    assert "filename*=utf-8''%C3%96VNING-" in answer.headers["Content-Disposition"]


def test_each_number_is_logged_before_the_file_leaves(
    adele: Client, cast: Cast, real_binder: Binder
) -> None:
    after = lay_out(cast)
    fetch(adele, after.outage)  # nothing of it read yet
    logged = LogEntry.objects.filter(act="report_csv").values_list("number", flat=True)
    assert sorted(logged) == sorted(each.number.value for each in Handout.objects.all())


@pytest.mark.both_databases
def test_what_comes_in_meanwhile_is_in_both_or_in_neither(
    adele: Client, cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    scenes.handed_out(cast)
    answer = fetch(adele, outage)
    scenes.handed_out(cast)  # before the file is sent
    left = [row[0] for row in cells(answer)[1:]]
    logged = LogEntry.objects.filter(act="report_csv").values_list("number", flat=True)
    assert left == list(logged)


@pytest.mark.both_databases
def test_many_handouts_come_in_pieces(
    adele: Client, cast: Cast, real_binder: Binder, outage: Outage, monkeypatch: Any
) -> None:
    monkeypatch.setattr(rows_csv, "CHUNK", 2)
    given = [scenes.handed_out(cast).number.value for _ in range(5)]
    answer = fetch(adele, outage)
    assert [row[0] for row in cells(answer)[1:]] == given


def test_without_handouts_there_is_the_head_alone(adele: Client, outage: Outage) -> None:
    assert len(cells(fetch(adele, outage))) == 1


def test_nothing_of_the_other_outage(
    adele: Client, cast: Cast, real_binder: Binder, training_binder: Binder
) -> None:
    real, practised = scenes.begin(cast.tilda), scenes.begin(cast.tilda, drill=True)
    mine = scenes.handed_out(cast, outage_id=real.pk)
    scenes.handed_out(cast, outage_id=practised.pk)
    assert [row[0] for row in cells(fetch(adele, real))[1:]] == [mine.number.value]


def test_who_waits_stands_there_with_the_sex_that_is_known_now(
    adele: Client, cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    woman = scenes.handed_out(cast)
    for _man in range(5):
        scenes.handed_out(cast, sex="M")
    with pytest.raises(NoneLeft):
        wrong_sex.give_another(woman.pk, "M", scenes.now(cast.tilda), reason="misheard")
    assert cells(fetch(adele, outage))[-1][:2] == ["", "M"]
