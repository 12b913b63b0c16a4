"""A whole paper log at once: every fault of every line, or all of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv import tables
from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Ward
from custody.checks import consistency
from custody.forms import paper
from custody.models import Binder, Handout, HandoutStep, ReserveNumber
from custody.paper import reader, whole_log
from custody.paper.whole_log import Batch
from outage.models import Outage
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.scenery import scene

pytestmark = pytest.mark.one_database("decisions")


def minute(outage: Outage, minutes: int = 0) -> str:
    at = timezone.localtime(outage.started_at) + timedelta(minutes=minutes)
    return at.strftime("%Y-%m-%d %H:%M")


def log_of(outage: Outage, *, separator: str = ";") -> str:
    """Return a log of three lines: two women and a man."""
    rows = [
        (minute(outage), "K064", "Anestesikliniken / IVA", "wilma", "vera1"),
        (minute(outage, 10), "20000101K080", "Ögonmottagning", "vidar", "vera1", "2102"),
        (minute(outage, 20), "m078", "Tältet", "vidar", "tilda"),
    ]
    return "\n".join(separator.join(row) for row in rows)


KEY = UUID(int=7)


def entered(
    cast: Cast, outage: Outage, text: str | bytes, *, key: UUID = KEY, write: bool = True
) -> Batch:
    """Enter a log as the page does."""
    now = timezone.now()
    log = reader.read(text if isinstance(text, bytes) else text.encode())
    lines = paper.lines(log, outage, key=key, now=now)
    if write and not log.faults:
        return whole_log.enter_all(lines, outage.pk, Event.now(cast.adele, now)).row
    return whole_log.preview(lines, outage, Event.now(cast.adele, now)).read_from(log)


def faults(batch: Batch) -> list[int]:
    return [fault.line for fault in batch.faults]


def written() -> tuple[int, ...]:
    """Count all that an entry could leave behind."""
    left = ReserveNumber.objects.exclude(taken_at=None)
    typed_in = Ward.objects.filter(confirmed=False)
    rows = (Handout.objects, HandoutStep.objects, left, typed_in)
    return (*(each.count() for each in rows), LogEntry.objects.filter(act="late_entry").count())


NOTHING = (0, 0, 0, 0, 0)


# --- entering -------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", "\t", ",", " ; "])
def test_a_log_is_entered_line_by_line(cast: Cast, over: Outage, separator: str) -> None:
    batch = entered(cast, over, log_of(over, separator=separator))
    assert (batch.faults, batch.new) == ([], 3)
    rows = Handout.objects.order_by("handed_out_at").values_list(
        "number__value", "ward__name", "caller", "handed_out_by", "callback", "late"
    )
    assert list(rows) == [
        ("20000101K064", "IVA", "wilma", "vera1", "", True),
        ("20000101K080", "Ögonmottagning", "vidar", "vera1", "2102", True),
        ("20000101M078", "Tältet", "vidar", "tilda", "", True),
    ]
    assert list(consistency.findings()) == []


@pytest.mark.parametrize(
    "header",
    ["time;number;ward;caller;by;callback", "Tid;Nummer;Avdelning;Uppringare;Av;Motringning"],
)
def test_a_header_in_either_language(cast: Cast, over: Outage, header: str) -> None:
    assert entered(cast, over, f"{header}\n{log_of(over)}").new == 3


def test_columns_in_the_order_of_their_header(cast: Cast, over: Outage) -> None:
    text = f"av;avdelning;nummer;tid;uppringare\nvera1;IVA;K064;{minute(over)};wilma"
    assert entered(cast, over, text).new == 1
    handout = Handout.objects.get()
    assert (handout.ward, handout.handed_out_by, handout.caller) == (cast.iva, "vera1", "wilma")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_as_spreadsheets_save_it(cast: Cast, over: Outage, encoding: str) -> None:
    text = log_of(over).replace("\n", "\r\n") + ";\r\n;;;\r\n\r\n"
    assert entered(cast, over, text.encode(encoding)).new == 3


def test_a_nights_log_has_clocks_alone(cast: Cast, real_binder: Binder) -> None:
    outage = night(real_binder)
    text = "sep=;\r\ntid;nummer;avdelning;uppringare;av\r\n23:10;M078;IVA;eeeee;ddddd\r\n"
    assert entered(cast, outage, text + "00.40:00;M094;Postop;fffff;ddddd").new == 2
    at = [timezone.localtime(each.handed_out_at) for each in Handout.objects.order_by("pk")]
    assert [f"{each:%d %H:%M}" for each in at] == ["26 23:10", "27 00:40"]
    assert list(consistency.findings()) == []


def test_the_quotes_of_two_lines_hide_no_handout() -> None:
    rows = ('08:10;K064;IVA;wilma;vera1;"21', '08:20;K080;IVA;vidar;vera1;02"')
    log = reader.read("\n".join(rows).encode())
    assert [row.cells["number"] for row in log.rows] == ["K064", "K080"]


def test_nor_do_quotes_within_two_lines() -> None:
    rows = ('08:10\tK064\tIVA\t"wilma\tvera1\t', '08:20\tK080\tIVA\tvidar"\tvera1\t')
    log = reader.read("\n".join(rows).encode())
    assert [row.cells["number"] for row in log.rows] == ["K080"]
    assert [fault.line for fault in log.faults] == [1]


def test_what_is_shown_again_is_read_again_alike(over: Outage) -> None:
    log = f"sep=;\r\n{log_of(over)}".replace("IVA", "IVA\tsal 1")
    again = tables.text_of(log.encode()) or ""
    assert len(reader.read(again.encode()).rows) == 3


@pytest.mark.both_databases
def test_a_clock_that_came_on_both_days_is_asked_about(cast: Cast, real_binder: Binder) -> None:
    outage = night(real_binder, hours=26)
    batch = entered(cast, outage, "23:10;M078;IVA;eeeee;ddddd\n01:00;M094;IVA;fffff;ddddd")
    assert faults(batch) == [1]
    assert "write the date too" in str(batch.faults[0].reason)


def night(binder: Binder, *, hours: float = 4) -> Outage:
    """Return a real outage of 2026-11-26 from 22:10, over midnight."""
    start = datetime(2026, 11, 26, 21, 10, tzinfo=UTC)
    binder.numbers.update(laid_in_at=start - timedelta(days=1))
    return Outage.objects.create(
        kind="unplanned", drill=False, started_at=start, ended_at=start + timedelta(hours=hours)
    )


def test_a_call_back_number_that_a_spreadsheet_rounded_is_refused(cast: Cast, over: Outage) -> None:
    batch = entered(cast, over, f"{minute(over)};K064;IVA;wilma;vera1;3,36161E+08")
    assert faults(batch) == [1]
    assert "The spreadsheet has changed" in str(batch.faults[0].reason)


def test_a_column_that_nobody_asked_for_is_named(cast: Cast, over: Outage) -> None:
    text = f"rad;tid;nummer;avdelning;uppringare;av\n1;{minute(over)};K064;IVA;wilma;vera1"
    assert reader.read(text.encode()).passed_over == ("rad",)
    assert entered(cast, over, text).new == 1


def test_invisible_characters_are_dropped(cast: Cast, over: Outage) -> None:
    text = f"{minute(over)}\u200b;K0\u202e64;\ufeffIVA;wil\u2066ma;vera1"
    assert entered(cast, over, text).new == 1


def test_a_preview_writes_nothing_and_shows_the_same(cast: Cast, over: Outage) -> None:
    before = written()
    preview = entered(cast, over, log_of(over), write=False)
    assert (written(), before) == (NOTHING, NOTHING)
    done = entered(cast, over, log_of(over))
    assert [shown(preview), preview.new] == [shown(done), done.new]


def test_a_preview_holds_up_nobody(cast: Cast, over: Outage) -> None:
    """It is no transaction, which SQLite gives to one at a time, and takes no row's lock."""
    lines = paper.lines(reader.read(log_of(over).encode()), over, key=KEY, now=timezone.now())
    with CaptureQueriesContext(connection) as captured:
        whole_log.preview(lines, over, scenes.now(cast.adele))
    asked = [query["sql"] for query in captured]
    assert asked
    assert all(sql.startswith("SELECT") and "FOR UPDATE" not in sql for sql in asked)


def test_the_hour_that_came_twice_is_named_in_the_preview(sign_in: SignIn, cast: Cast) -> None:
    numbers, start = scenes.REAL, datetime(2025, 10, 25, 23, 30, tzinfo=UTC)
    scenes.lay_in("Pärm", numbers, training=False, at=start - timedelta(days=1))
    outage = Outage.objects.create(
        kind="unplanned", drill=False, started_at=start, ended_at=start + timedelta(hours=3)
    )
    line = "2025-10-26 02:30{};{};Anestesikliniken / IVA;wilma;vera1"
    client = sign_in(cast.tilda)
    asked = send(client, outage, line.format("", "K064"))
    assert (asked.status_code, Handout.objects.count()) == (400, 0)
    assert "02:30 sommartid" in asked.content.decode()
    both = "\n".join([line.format(" sommartid", "K064"), line.format(" normaltid", "K080")])
    preview = send(client, outage, both)
    assert preview.status_code == 200
    page = " ".join(preview.content.decode().split())
    assert '<td class="time">2025-10-26 02:30 sommartid</td>' in page
    assert '<td class="time">2025-10-26 02:30 normaltid</td>' in page
    assert send(client, outage, preview.context["text"], confirmed="1").status_code == 302
    first, second = Handout.objects.order_by("handed_out_at")
    assert (first.number.last_four, second.number.last_four) == ("K064", "K080")
    assert second.handed_out_at - first.handed_out_at == timedelta(hours=1)


def shown(batch: Batch) -> list[tuple[object, ...]]:
    handouts = [done.row.handout for _line, done in batch.entered]
    return [(each.number.value, each.handed_out_at, str(each.ward)) for each in handouts]


def test_the_same_form_twice_writes_nothing_new(cast: Cast, over: Outage) -> None:
    entered(cast, over, log_of(over))
    before = written()
    again = entered(cast, over, log_of(over))
    assert (again.faults, again.new, len(again.entered)) == ([], 0, 3)
    assert written() == before


def test_and_with_a_line_more_only_that(cast: Cast, over: Outage) -> None:
    entered(cast, over, log_of(over))
    more = f"{log_of(over)}\n{minute(over)};K106;IVA;wilma;vera1"
    assert entered(cast, over, more).new == 1


def test_another_form_with_the_same_log_is_told_of_each_handout(cast: Cast, over: Outage) -> None:
    entered(cast, over, log_of(over))
    again = entered(cast, over, log_of(over), key=uuid4())
    assert faults(again) == [1, 2, 3]
    assert "Anestesikliniken / IVA" in str(again.faults[0].reason)
    assert {fault.handout_id for fault in again.faults} == set(
        Handout.objects.values_list("pk", flat=True)
    )


@pytest.mark.both_databases
def test_a_drills_log_takes_training_numbers(
    cast: Cast, real_binder: Binder, training_binder: Binder, drill: Outage
) -> None:
    wrong = entered(cast, drill, log_of(drill))
    assert faults(wrong) == [1, 2, 3]
    assert entered(cast, drill, log_of(drill).replace("K064", "K007").splitlines()[0]).new == 1


# --- faults ---------------------------------------------------------------------------------------


def test_every_fault_is_shown_at_once(cast: Cast, over: Outage) -> None:
    scenes.from_paper(cast, over, number="K148")
    casting.ward("Kirurgkliniken", "IVA")
    at = minute(over)
    text = "\n".join(
        [
            f"{at};K064;Tältet;wilma;vera1",  # right
            f"noon;K999;Tältet;;{'x' * 31}",  # four faults
            f"{at};20000101K065;Tältet;wilma;vera1",  # check digit
            f"{at};K064;Tältet;wilma;vera1",  # the first line's number
            "2020-01-01 10:00;K148;Tältet;wilma;vera1",  # time, and entered already
            f"{at};K106;IVA;wilma;vera1",  # two wards of that name
            "only;three;columns",
            f"{at};K122;;;",  # ward, caller and by are missing
        ]
    )
    before = written()
    batch = entered(cast, over, text)
    assert faults(batch) == [2, 2, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 8]
    assert "line 1" in str(batch.faults[5].reason)
    assert "Kirurgkliniken / IVA" in str(batch.faults[8].reason)
    assert batch.entered == []
    assert written() == before


def test_one_fault_keeps_all_lines_out(cast: Cast, over: Outage) -> None:
    batch = entered(cast, over, log_of(over).replace("K080", "K081"))
    assert faults(batch) == [2]
    assert written() == NOTHING


@pytest.mark.parametrize("second", ["K064", "20000101k-064"])
@pytest.mark.parametrize("change", ["", "0"])
def test_two_lines_with_one_number(cast: Cast, over: Outage, second: str, change: str) -> None:
    line = f"{minute(over)};%s;IVA;wilma;vera1;{change}"
    batch = entered(cast, over, "\n".join([line % "K064", line % second]))
    assert faults(batch) == [2]
    assert "line 1" in str(batch.faults[0].reason)
    assert written() == NOTHING


def test_it_is_asked_about_once_the_first_line_is_right(cast: Cast, over: Outage) -> None:
    rows = ["x;K064;IVA;wilma;vera1", f"{minute(over)};K064;IVA;wilma;vera1"]
    assert faults(entered(cast, over, "\n".join(rows))) == [1]
    batch = entered(cast, over, "\n".join(rows).replace("x;", f"{minute(over, 9)};"))
    assert (faults(batch), batch.only_asks) == ([2], True)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n;;;\n",
        b"time;number;ward;caller;by",
        b"time;number;ward;caller",
        b"time;time;number;ward;caller;by\n1",
        b"hello",
        b"\x00" * 99,
        b"\xff\xfe\x00\x01",
        b'"' * 9_999,
        b"1" * (1024 * 1024 + 1),
        b"1;2;3;4;5\n" * 501,
        b"9;" + b"9" * 100_000,
        b'1;"2;3;4;5\n1;2;3;4;5;6;7',
    ],
)
def test_what_is_no_log(cast: Cast, over: Outage, data: bytes) -> None:
    batch = entered(cast, over, data)
    assert batch.faults
    assert all(len(fault.text) <= 40 for fault in batch.faults)
    assert written() == NOTHING


def test_each_line_costs_the_same(cast: Cast, over: Outage) -> None:
    numbers = scenes.many_numbers(37)[5:]
    scenes.lay_in("Pärm 2", numbers, training=False)

    def cost(some: Iterable[str]) -> int:
        rows = [f"{minute(over)};{number};IVA;wilma;vera1" for number in some]
        with CaptureQueriesContext(connection) as captured:
            assert not entered(cast, over, "\n".join(rows)).faults
        return len(captured)

    cost(numbers[:1])
    one, four = cost(numbers[1:2]), cost(numbers[2:6])
    assert four - one == 3 * (cost(numbers[6:8]) - one)


# --- the page -------------------------------------------------------------------------------------


@scene
def till(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.tilda)


def address(outage: Outage) -> str:
    return f"/outage/{outage.pk}/late-entries/batch/"


def send(client: Client, outage: Outage, text: str, **fields: Any) -> Any:
    return client.post(address(outage), {"text": text, "request_key": str(KEY)} | fields)


def test_preview_then_enter_and_again(till: Client, over: Outage) -> None:
    preview = send(till, over, log_of(over))
    assert preview.status_code == 200
    assert written() == NOTHING
    fields = {"confirmed": "1"}
    done = send(till, over, preview.context["text"], **fields)
    again = till.post(
        address(over),
        {"text": preview.context["text"], "request_key": str(KEY), **fields},
        follow=True,
    )
    assert done.headers["Location"] == f"/outage/{over.pk}/late-entries/"
    assert Handout.objects.count() == 3
    assert [message.level_tag for message in again.context["messages"]] == ["success", "info"]


def test_a_file_is_previewed_as_the_text_that_is_sent_again(till: Client, over: Outage) -> None:
    file = SimpleUploadedFile("log.csv", log_of(over).encode("cp1252"))
    preview = till.post(address(over), {"file": file, "request_key": str(KEY)})
    assert preview.context["text"] == log_of(over)
    assert 'value="1"' in preview.content.decode()


def test_faults_are_listed_with_their_lines(till: Client, over: Outage) -> None:
    page = send(till, over, log_of(over).replace("K080", "K081"))
    assert page.status_code == 400
    assert "Rad 2" in page.content.decode() or "Line 2" in page.content.decode()


def test_a_confirmed_log_that_somebody_overtook_is_refused(
    till: Client, cast: Cast, over: Outage
) -> None:
    send(till, over, log_of(over))
    scenes.from_paper(cast, over, number="K080")
    response = send(till, over, log_of(over), confirmed="1")
    assert (response.status_code, Handout.objects.count()) == (400, 1)
    assert LogEntry.objects.filter(act="number_checked", actor=cast.tilda).count() == 1


@pytest.mark.parametrize("fields", [{"request_key": ""}, {"text": ""}, {"text": " \r\n"}])
def test_nothing_to_enter(till: Client, over: Outage, fields: dict[str, str]) -> None:
    filled = {"text": log_of(over), "request_key": str(KEY), "confirmed": "1"}
    assert till.post(address(over), filled | fields).status_code == 400
    assert written() == NOTHING


@pytest.mark.parametrize("name", ["wilma", "gunde"])
def test_ward_and_auditor_may_not(sign_in: SignIn, cast: Cast, over: Outage, name: str) -> None:
    client = sign_in(getattr(cast, name))
    assert send(client, over, log_of(over), confirmed="1").status_code == 403
    assert written() == NOTHING


def test_an_outage_that_is_not_there(till: Client, over: Outage) -> None:
    missing = Outage(pk=over.pk + 1)
    assert till.get(address(missing)).status_code == 404
    assert send(till, missing, "x").status_code == 404


def test_a_drills_page_wears_its_frame(till: Client, drill: Outage) -> None:
    assert 'class="drill"' in till.get(address(drill)).content.decode()


def test_a_row_is_no_header_for_one_cell_that_says_a_columns_name() -> None:
    log = reader.read(b"08:10;20000101K064;Avdelning;wilma;AV\n08:11;M078;IVA;wilma;tilda")
    assert [(row.line, row.cells["by"]) for row in log.rows] == [(1, "AV"), (2, "tilda")]
    assert log.faults == []
