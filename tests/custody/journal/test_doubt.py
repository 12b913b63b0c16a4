"""A journal that is missing, cut short or changed: each number is asked for until a count."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from custody.checks import readiness
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import missing_sheet
from custody.journal import chain, marks
from custody.models import Handout, JournalDoubt, JournalMark, ReserveNumber, SheetSeen
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.restoring import Backup
from tests.pages import text_of
from tests.scenes import now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("files")]
QUESTION = "Ligger arket i pärmen?"


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.many_numbers(12), training=False)
    scenes.begin(cast.tilda)
    for _ in range(3):
        scenes.handed_out(cast)
    assert readiness.journal() == ""
    return cast


def spoil(how: str) -> None:
    path: Path = settings.CUSTODY_JOURNAL
    text = path.read_text().splitlines(keepends=True)
    if how == "missing":
        path.unlink()
    elif how == "changed":
        path.write_text("".join([text[0].replace("wilma", "vidar"), *text[1:]]))
    else:
        path.write_text("".join(text[:-1]) if how == "cut" else "".join(text)[:-10])


def page(cast: Cast, handout: Handout, sign_in: SignIn) -> str:
    return text_of(sign_in(cast.tilda).get(f"/till/handouts/{handout.pk}/"))


HOWS = ["missing", "cut", "torn", "changed"]


@pytest.mark.parametrize("how", HOWS)
def test_ready_names_it_once_and_goes_on(cast: Cast, client: Client, how: str) -> None:
    spoil(how)
    assert list(client.get("/ready").json()["failing"]) == ["journal"]
    assert client.get("/ready").status_code == 200
    assert JournalDoubt.objects.count() == 1
    chain.verify(chain.read(settings.CUSTODY_JOURNAL))


@pytest.mark.parametrize("how", ["missing", "cut"])
def test_a_handout_finds_it_before_its_number_is_shown(
    cast: Cast, sign_in: SignIn, how: str
) -> None:
    spoil(how)
    handout = scenes.handed_out(cast)
    shown = page(cast, handout, sign_in)
    assert QUESTION in shown
    assert handout.number.value not in shown


def test_a_number_that_was_given_before_is_caught_by_the_question(
    cast: Cast, tmp_path: Path, sign_in: SignIn
) -> None:
    backup = Backup(tmp_path)
    first = scenes.handed_out(cast)
    backup.restore()
    settings.CUSTODY_JOURNAL.unlink()
    again = scenes.handed_out(cast)
    assert again.number.value == first.number.value  # nothing but the binder knows
    assert QUESTION in page(cast, again, sign_in)
    till = sign_in(cast.tilda)
    till.post(f"/till/handouts/{again.pk}/sheet-missing/")
    assert again.number.quarantines.exists()
    following = Handout.objects.latest("pk")
    assert following.number.value != first.number.value
    assert QUESTION in page(cast, following, sign_in)


def test_a_sheet_that_lies_there_shows_the_number(cast: Cast, sign_in: SignIn) -> None:
    spoil("missing")
    handout = scenes.handed_out(cast)
    answer = sign_in(cast.tilda).post(f"/till/handouts/{handout.pk}/sheet-seen/", follow=True)
    assert QUESTION not in text_of(answer)
    assert handout.number.last_four in text_of(answer)
    missing_sheet.saw_sheet(handout.pk, now(cast.tilda))
    assert SheetSeen.objects.get().by == "tilda"


def test_the_page_of_a_call_leads_to_the_question(cast: Cast, sign_in: SignIn) -> None:
    spoil("missing")
    handout = scenes.handed_out(cast)
    answer = sign_in(cast.tilda).get(f"/till/calls/{handout.patient.call_id}/")
    assert answer["Location"] == f"/till/handouts/{handout.pk}/"


def test_nor_is_its_slip_printed_before(cast: Cast, sign_in: SignIn) -> None:
    spoil("missing")
    handout, till = scenes.handed_out(cast), sign_in(cast.tilda)
    asks = f"/till/handouts/{handout.pk}/"
    for slip in (f"{asks}slip/", f"/till/calls/{handout.patient.call_id}/slips/"):
        assert till.get(slip).headers["Location"] == asks
    till.post(f"{asks}sheet-seen/")
    assert till.get(f"{asks}slip/").status_code == 200


@pytest.mark.both_databases
def test_a_count_ends_it(cast: Cast, sign_in: SignIn) -> None:
    spoil("missing")
    handout = scenes.handed_out(cast)
    assert "Kontrollräkna pärmen: en journal" in text_of(
        sign_in(cast.adele).get("/binder/overview/")
    )
    lying = ReserveNumber.objects.filter(taken_at=None).values_list("pk", flat=True)
    found = Found(timezone.now(), frozenset(lying))
    count.count_binder(
        handout.number.binder_id, found, now(cast.adele), request_key=uuid4(), reason=""
    )
    assert QUESTION not in page(cast, handout, sign_in)
    assert marks.standing(training=False) == []


def test_what_was_handed_out_before_is_not_asked_for(cast: Cast, sign_in: SignIn) -> None:
    scenes.handed_out(cast)
    before = Handout.objects.earliest("pk")
    JournalMark.objects.update(at=timezone.now())
    spoil("missing")
    readiness.journal()
    assert QUESTION not in page(cast, before, sign_in)


def test_while_no_journal_can_be_read_each_is_asked_for(cast: Cast, sign_in: SignIn) -> None:
    path = settings.CUSTODY_JOURNAL
    path.rename(path.with_name("away"))
    path.mkdir()
    handout = scenes.handed_out(cast)
    assert QUESTION in page(cast, handout, sign_in)
    path.rmdir()
    path.with_name("away").rename(path)
    readiness.journal()
    assert QUESTION not in page(cast, handout, sign_in)


def test_a_line_that_a_crash_tore_is_no_doubt(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    torn = settings.CUSTODY_JOURNAL.read_bytes()[:50]
    with monkeypatch.context() as patch:
        patch.setattr(chain, "append", lambda *_arguments, **_options: None)
        scenes.handed_out(cast)
    with settings.CUSTODY_JOURNAL.open("ab") as file:
        file.write(torn)
    assert readiness.journal() == ""
    assert not JournalDoubt.objects.exists()


def test_another_server_has_marks_of_its_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SERVER", "the other one")
    settings.CUSTODY_JOURNAL.unlink()
    assert readiness.journal() == ""
    assert JournalMark.objects.count() == 2


def test_a_clock_set_back_meanwhile_ends_it_all_the_same(cast: Cast) -> None:
    path, later = str(settings.CUSTODY_JOURNAL), timezone.now() + timedelta(minutes=90)
    row = JournalDoubt(server=settings.SERVER, path=path, fault="unreadable", since=later)
    row.found_at = later
    row.save()
    assert readiness.journal() == ""
    assert JournalDoubt.objects.get().ended_at == later


@pytest.mark.both_databases
def test_the_register_keeps_its_word_of_it(cast: Cast) -> None:
    spoil("missing")
    missing_sheet.saw_sheet(scenes.handed_out(cast).pk, now(cast.tilda))
    with pytest.raises(IntegrityError, match="never change"):
        JournalDoubt.objects.update(fault="cut")
    with pytest.raises(IntegrityError, match="append-only"):
        SheetSeen.objects.update(by="x")
    for model in (JournalDoubt, JournalMark, SheetSeen):
        with pytest.raises(IntegrityError, match="append-only"):
            model.objects.all()._raw_delete("default")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's file has one server")
def test_after_a_failover_each_server_looks_at_its_own_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    JournalMark.objects.update(database="another")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(settings, "SERVER", "the other one")
        scenes.handed_out(cast)
    assert [row.fault for row in marks.standing(training=False)] == ["elsewhere"]
    readiness.journal()
    assert marks.standing(training=False) == []
