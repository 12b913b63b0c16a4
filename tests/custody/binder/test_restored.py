"""A backup that is restored hands out no number a second time, and says what it had forgotten."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Unattended
from befreg_reserv.audit.models import LogEntry
from custody.binder import restoration
from custody.checks import consistency, readiness
from custody.counts import count, schedule
from custody.counts.count import Found
from custody.handouts import closing
from custody.journal import chain, departures
from custody.models import (
    Binder,
    Count,
    DoubledNumber,
    Handout,
    LostHandout,
    Quarantine,
    ReserveNumber,
    Restoration,
)
from outage.models import Outage
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.restoring import Backup
from tests.pages import text_of
from tests.scenes import now
from tests.served import Served, session_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("files")]
OVERVIEW, LOST = "/binder/overview/", "/binder/lost/"


@dataclass
class Night:
    """Two handouts, a backup, three handouts more."""

    cast: Cast
    outage: Outage
    backup: Backup
    forgotten: list[Handout]

    def restore(self) -> None:
        """Put the backup in the register's place; the journal stays."""
        self.backup.restore()

    @property
    def numbers(self) -> set[str]:
        """Return what the backup knows nothing of."""
        return {handout.number.value for handout in self.forgotten}


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return casting.assemble()


@pytest.fixture
def real_binder(cast: Cast) -> Binder:
    return scenes.lay_in("Pärm AKM", scenes.many_numbers(12), training=False)


@pytest.fixture
def night(cast: Cast, real_binder: Binder, tmp_path: Path) -> Night:
    outage = scenes.begin(cast.tilda)
    for _ in range(2):
        scenes.handed_out(cast)
    backup = Backup(tmp_path)
    return Night(cast, outage, backup, [scenes.handed_out(cast) for _ in range(3)])


def three_calls(night: Night) -> set[str]:
    return {scenes.handed_out(night.cast).number.value for _ in range(3)}


def kinds() -> list[str]:
    kept = chain.read(settings.CUSTODY_JOURNAL)
    chain.verify(kept)
    return [line["kind"] for line in kept.lines]


def waiting() -> set[str]:
    return {each.number.value for each in Quarantine.objects.filter(restoration__isnull=False)}


# --- handing out ----------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_next_three_calls_get_three_other_numbers(night: Night) -> None:
    night.restore()
    again = three_calls(night)
    assert len(again) == 3
    assert not again & night.numbers
    assert waiting() == night.numbers


def test_nor_from_a_journal_that_was_begun_anew_after_an_undo(night: Night, tmp_path: Path) -> None:
    closing.undo(night.forgotten[0].pk, now(night.cast.tilda), reason="by mistake")
    backup = Backup(tmp_path)
    settings.CUSTODY_JOURNAL.unlink()
    lost = scenes.handed_out(night.cast).number.value
    assert kinds()[-2:] == ["returned", "handed_out"]
    backup.restore()
    assert lost not in three_calls(night)


def test_without_the_journal_they_get_the_same_numbers_again(night: Night) -> None:
    night.restore()
    settings.CUSTODY_JOURNAL.unlink()
    assert three_calls(night) == night.numbers


def call(served: Served, cast: Cast) -> str:
    """Take a call as the till's browser does; return the address of the number."""
    cookie = f"sessionid={session_of(cast.tilda)}; csrftoken={'c' * 32}"
    fields = f"sex=K&caller=wilma&ward={cast.iva.clinic}+/+{cast.iva.name}&callback=&outage="
    keys = f"request_key={uuid4()}&other_than={scenes.ANOTHER_PATIENT}"
    body = f"{fields}&{keys}&csrfmiddlewaretoken={'c' * 32}".encode()
    asked = Request(f"{served.url}/till/hand-out/", body, {"Cookie": cookie})
    with urlopen(asked) as answer:
        return str(answer.url)


@pytest.mark.both_databases
def test_a_server_that_runs_on_gives_others_too(night: Night, served: Served) -> None:
    night.restore()
    places = {call(served, night.cast) for _ in range(3)}
    given = {each.number.value for each in Handout.objects.order_by("-pk")[:3]}
    assert len(places) == len(given) == 3
    assert not given & night.numbers


def test_a_restore_before_each_handout_gives_none_twice(night: Night) -> None:
    given = set(night.numbers)
    for _ in range(3):
        night.restore()
        number = scenes.handed_out(night.cast).number.value
        assert number not in given
        given.add(number)
    assert waiting() == given - {number}


def test_what_was_undone_lies_there_for_the_next(night: Night) -> None:
    undone = night.forgotten.pop(0)
    closing.undo(undone.pk, now(night.cast.adele), reason="wrong button")
    night.restore()
    assert scenes.handed_out(night.cast).number.value == undone.number.value
    assert waiting() == night.numbers


def test_an_undo_that_is_forgotten_takes_nothing(
    cast: Cast, real_binder: Binder, tmp_path: Path
) -> None:
    scenes.begin(cast.tilda)
    handout = scenes.handed_out(cast)
    backup = Backup(tmp_path)
    closing.undo(handout.pk, now(cast.adele), reason="wrong button")
    backup.restore()
    assert scenes.handed_out(cast).number != handout.number
    assert not waiting()
    assert list(consistency.findings()) == []


def test_what_a_count_had_set_aside_stays_away(night: Night) -> None:
    lying = list(ReserveNumber.objects.filter(taken_at=None).order_by("tab"))
    found = Found(timezone.now(), frozenset(each.pk for each in lying[1:]))
    binder = lying[0].binder
    event = now(night.cast.tilda)
    count.count_binder(binder.pk, found, event, request_key=uuid4(), reason="gone through twice")
    night.restore()
    assert lying[0].value not in three_calls(night)
    assert waiting() == night.numbers | {lying[0].value}


def test_before_the_binder_was_loaded(cast: Cast, tmp_path: Path) -> None:
    scenes.begin(cast.tilda)
    backup = Backup(tmp_path)
    scenes.lay_in("Pärm AKM", scenes.many_numbers(4), training=False)
    gone = {scenes.handed_out(cast).number.value for _ in range(2)}
    backup.restore()
    scenes.lay_in("Pärm AKM", scenes.many_numbers(4), training=False)
    assert waiting() == gone
    assert scenes.handed_out(cast).number.value not in gone
    assert list(consistency.findings()) == []


def test_a_drills_numbers_are_kept_away_as_well(cast: Cast, tmp_path: Path) -> None:
    scenes.lay_in("Övningspärm", scenes.TRAINING, training=True)
    drill = scenes.begin(cast.tilda, drill=True)
    backup = Backup(tmp_path)
    first = scenes.handed_out(cast, outage_id=drill.pk)
    backup.restore()
    assert scenes.handed_out(cast, outage_id=drill.pk).number != first.number


def test_another_servers_journal_knows_the_others_handouts(
    cast: Cast, real_binder: Binder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.begin(cast.tilda)
    for name in ("a", "b", "a", "a", "b"):
        monkeypatch.setattr(settings, "CUSTODY_JOURNAL", tmp_path / name)
        scenes.handed_out(cast)
        assert departures.trouble() == ""
    assert kinds() == ["handed_out"] * 5
    assert not Restoration.objects.exists()


# --- what is kept ---------------------------------------------------------------------------------


def test_all_that_is_needed_to_enter_it_again_is_kept(night: Night) -> None:
    night.restore()
    scenes.handed_out(night.cast)
    lost = LostHandout.objects.order_by("left_at")[0]
    was = night.forgotten[0]
    assert (lost.number, lost.ward, lost.caller, lost.callback, lost.left_by) == (
        was.number.value, str(was.ward), "wilma", "2102", "tilda",
    )  # fmt: skip
    assert (lost.left_at, lost.request_key) == (was.handed_out_at, was.request_key)
    assert lost.outage_started_at == night.outage.started_at


def test_the_record_says_until_when_the_register_knew_all(night: Night) -> None:
    last = Handout.objects.order_by("pk")[1]
    night.restore()
    scenes.handed_out(night.cast)
    found = Restoration.objects.get()
    assert (found.restored_to, found.lost.count()) == (last.handed_out_at, 3)
    assert LogEntry.objects.filter(act="restored", actor=night.cast.tilda).count() == 1
    assert list(consistency.findings()) == []


def test_it_stays_when_the_journal_goes(night: Night) -> None:
    night.restore()
    scenes.handed_out(night.cast)
    settings.CUSTODY_JOURNAL.unlink()
    assert not three_calls(night) & night.numbers
    assert restoration.standing(training=False) is not None


@pytest.mark.parametrize("model", [Restoration, LostHandout])
def test_it_can_be_neither_changed_nor_deleted(night: Night, model: Any) -> None:
    night.restore()
    scenes.handed_out(night.cast)
    with pytest.raises(IntegrityError, match="append-only"):
        model.objects.all()._raw_delete("default")
    column = {Restoration: "line", LostHandout: "number"}[model]
    with pytest.raises(IntegrityError, match="append-only"):
        model.objects.update(**{column: "x"})


def test_only_a_restoration_is_recorded_by_nobody(night: Night) -> None:
    number = ReserveNumber.objects.filter(taken_at__isnull=False)[0]
    at = timezone.now()
    with pytest.raises(IntegrityError, match="quarantine_recorded_by_somebody"):
        Quarantine.objects.create(number=number, reason="x", found_at=at, recorded_at=at)


# --- at start, and whoever watches ----------------------------------------------------------------


def test_a_server_sets_them_aside_as_it_starts(night: Night) -> None:
    night.restore()
    readiness.look_back()
    assert waiting() == night.numbers
    assert Quarantine.objects.filter(recorded_by=None, found_by="").count() == 3


def test_two_that_start_at_once_find_it_once(night: Night) -> None:
    night.restore()
    for _ in range(2):
        readiness.look_back()
    assert (Restoration.objects.count(), LostHandout.objects.count()) == (1, 3)


def ready(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/ready")
    return answer.status_code, answer.json()["failing"]


def test_ready_names_it_and_goes_on(night: Night, client: Client) -> None:
    assert ready(client) == (200, {})
    night.restore()
    status, failing = ready(client)
    assert (status, list(failing)) == (503, ["journal"])
    assert "3 numbers are set aside" in failing["journal"]
    assert ready(client) == (200, {})


# --- the pages ------------------------------------------------------------------------------------


class Restored:
    """The night after its backup was restored, and what an administrator sees then."""

    def __init__(self, night: Night, sign_in: SignIn) -> None:
        night.restore()  # and with it the sessions
        self._client = sign_in(night.cast.adele)
        self.get, self.post = self._client.get, self._client.post


@pytest.fixture
def adele(night: Night, sign_in: SignIn) -> Restored:
    return Restored(night, sign_in)


def words(night: Night) -> str:
    time = Handout.objects.order_by("pk")[1].handed_out_at
    return f"återställdes till {timezone.localtime(time):%Y-%m-%d %H:%M}; 3 nummer"


@pytest.mark.parametrize("page", ["/till/", OVERVIEW])
def test_the_pages_say_so_before_anybody_has_set_them_aside(
    night: Night, adele: Restored, page: str
) -> None:
    assert words(night) in text_of(adele.get(page))
    assert not Restoration.objects.exists()  # a page only reads


def test_until_an_administrator_has_counted(night: Night, adele: Restored) -> None:
    scenes.handed_out(night.cast)
    assert words(night) in text_of(adele.get("/till/"))
    page = text_of(adele.get(OVERVIEW))
    assert words(night) in page
    assert "då en återställd säkerhetskopia upptäcktes" in page
    scenes.counted(night.cast, Binder.objects.get())
    assert "återställdes" not in text_of(adele.get("/till/"))
    assert schedule.due(timezone.now()) == []


@pytest.mark.both_databases
def test_lost_handouts_are_listed_and_entered_again(night: Night, adele: Restored) -> None:
    scenes.handed_out(night.cast)
    page = adele.get(LOST)
    assert all(each.number.grouped in text_of(page) for each in night.forgotten)
    lost = LostHandout.objects.order_by("left_at")[0]
    address = f"/outage/{night.outage.pk}/late-entries/"
    life = ReserveNumber.objects.get(value=lost.number).get_absolute_url()
    for link in (f'{address}?lost={lost.pk}"', f'{life}"'):
        assert link in page.content.decode()
    form = adele.get(f"{address}?lost={lost.pk}").context["form"]
    fields = {name: form[name].value() or "" for name in form.fields}
    assert adele.post(address, fields).status_code == 302
    again = Handout.objects.get(number__value=lost.number)
    assert (again.ward, again.caller, again.callback) == (night.cast.iva, "wilma", "2102")
    assert abs(again.handed_out_at - lost.left_at) < timedelta(minutes=1)
    assert Quarantine.objects.filter(explained_at=None).count() == 2
    assert list(consistency.findings()) == []


def test_a_look_at_the_lost_is_logged(night: Night, adele: Restored) -> None:
    scenes.handed_out(night.cast)
    adele.get(LOST)
    looked = LogEntry.objects.filter(act="access", content_type__model="losthandout")
    assert {each.number for each in looked} == night.numbers


def test_an_entry_that_is_undone_leaves_the_number_away(night: Night) -> None:
    night.restore()
    scenes.handed_out(night.cast)
    lost = night.forgotten[0]
    number, at = lost.number.value, lost.handed_out_at
    entered = scenes.from_paper(night.cast, night.outage, number=number, at=at)
    closing.undo(entered.pk, now(night.cast.adele), reason="wrong button")
    assert number not in three_calls(night)
    assert Quarantine.objects.filter(number__value=number, explained_at=None).exists()


def test_nothing_is_told_while_all_is_well(night: Night, sign_in: SignIn) -> None:
    adele = sign_in(night.cast.adele)
    assert "återställdes" not in text_of(adele.get("/till/"))
    assert "Ingen utlämning har gått förlorad" in text_of(adele.get(LOST))
    assert Count.objects.count() == Restoration.objects.count() == 0


def test_the_test_restores_for_real(night: Night) -> None:
    assert Handout.objects.count() == 5
    night.restore()
    assert Handout.objects.count() == 2
    assert ReserveNumber.objects.filter(taken_at__isnull=False).count() == 2
    assert connection.vendor in {"sqlite", "postgresql"}


# --- what nobody has seen, and lines that somebody wrote ----------------------------------------

WRONG = [
    {"key": ["x"]}, {"key": 5}, {"number": ["x"]}, {"number": 5}, {"at": 5}, {"ward": 5},
    {"ward": ""}, {"caller": ""}, {"outage": 5}, {"step": "x"},
]  # fmt: skip


def test_an_undo_after_a_restore_hides_nothing(night: Night) -> None:
    night.restore()
    first = Handout.objects.earliest("pk")
    closing.undo(first.pk, now(night.cast.tilda), reason="fel")
    assert not three_calls(night) & night.numbers


def test_nor_do_calls_while_the_journal_could_not_be_read(night: Night) -> None:
    night.restore()
    journal_, away = settings.CUSTODY_JOURNAL, settings.CUSTODY_JOURNAL.with_name("away")
    journal_.rename(away)
    journal_.mkdir()
    for _ in range(4):
        scenes.handed_out(night.cast)
    journal_.rmdir()
    away.rename(journal_)
    departures.trouble()  # the board asks this first
    restoration.look(Unattended(timezone.now()))
    assert set(LostHandout.objects.values_list("number", flat=True)) == night.numbers


@pytest.mark.parametrize("wrong", [*WRONG, None], ids=str)
def test_a_miswritten_line_stops_no_call(night: Night, wrong: dict[str, Any] | None) -> None:
    kept = chain.read(settings.CUSTODY_JOURNAL)
    line = {**(kept.last or {}), "key": "0" * 32, **(wrong or {}), "former": kept.last_hash}
    with settings.CUSTODY_JOURNAL.open("ab") as file:
        file.write((b"[" * 60000 if wrong is None else chain._encoded(line)) + b"\n")
    restoration.standing(training=False)
    departures.trouble()
    assert scenes.handed_out(night.cast).pk


# --- a number that two patients were given --------------------------------------------------------


def lost_rows() -> list[tuple[str, bool, bool]]:
    rows = restoration.lost_handouts().order_by("left_at", "pk")
    return [(row.caller, bool(row.held), bool(row.waiting)) for row in rows]


def test_both_patients_of_a_number_are_lost_and_entered_again(night: Night) -> None:
    first = night.forgotten[0]
    scenes.doubled(night.cast, first)
    night.restore()
    scenes.handed_out(night.cast)
    restored = restoration.standing(training=False)
    assert restored is not None
    assert (restored.numbers, LostHandout.objects.count()) == (3, 4)
    again = scenes.from_paper(
        night.cast, night.outage, number=first.number.value, at=first.handed_out_at
    )
    assert ("wilma", True, True) in lost_rows()
    assert ("vidar", False, True) in lost_rows()
    at = LostHandout.objects.get(caller="vidar").left_at
    scenes.doubled(night.cast, again, at=at)
    assert ("vidar", True, True) in lost_rows()
    assert DoubledNumber.objects.count() == 1
    assert list(consistency.findings()) == []


def test_the_second_patient_alone_is_lost(night: Night, tmp_path: Path) -> None:
    known = Handout.objects.order_by("pk")[0]
    scenes.doubled(night.cast, known)
    night.restore()
    restoration.look(Unattended(timezone.now()))
    row = restoration.lost_handouts().get(caller="vidar")
    assert (row.held, row.waiting, row.loaded) == (False, True, True)
    assert restoration.waiting_lost(str(row.pk)) == row
    scenes.doubled(night.cast, known, at=row.left_at)
    assert restoration.waiting_lost(str(row.pk)) is None


def test_what_was_entered_again_before_is_one_patient(night: Night) -> None:
    first = night.forgotten[0]
    night.restore()
    scenes.handed_out(night.cast)
    minute = first.handed_out_at.replace(second=0, microsecond=0)
    scenes.from_paper(night.cast, night.outage, number=first.number.value, at=minute)
    night.restore()
    restoration.look(Unattended(timezone.now()))
    assert LostHandout.objects.filter(number=first.number.value).count() == 1


def test_the_second_undone_leaves_the_first_in_the_journal(night: Night) -> None:
    first = night.forgotten[0]
    second = scenes.doubled(night.cast, first)
    closing.undo(second.pk, now(night.cast.adele), reason="misread")
    night.restore()
    scenes.handed_out(night.cast)
    assert LostHandout.objects.get(number=first.number.value).request_key == first.request_key
