"""The journal beside the register: written before a number is shown, and never in its way."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from custody.binder import restoration
from custody.checks import consistency
from custody.handouts import closing, missing_sheet
from custody.journal import chain, departures
from custody.journal import lines as journal_lines
from custody.journal.chain import Journal
from custody.models import Handout, HandoutStep, Restoration
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of
from tests.scenes import now
from tests.served import ROOT, child_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("files")]

# A handout in a process that dies between its COMMIT and its line.
CRASHES = """
import os
import django
django.setup()
from custody.journal import chain
from befreg_reserv.people.models import User, Ward
from tests import scenes
from custody.calls.taking import CallDetails, PatientDetails
from uuid import uuid4
chain.append = lambda *_args, **_options: os._exit(9)
tilda = User.objects.get(username="tilda")
iva = Ward.objects.get(name="IVA")
another = scenes.ANOTHER_PATIENT
woman = (PatientDetails("K"),)
call = CallDetails(woman, "wilma", iva, "2102", uuid4(), other_than=another)
scenes.hand_out(call, scenes.now(tilda))
"""


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(cast.tilda)
    return cast


def lines() -> list[str]:
    kept = chain.read(settings.CUSTODY_JOURNAL)
    chain.verify(kept)
    return [line["kind"] for line in kept.lines]


@pytest.mark.both_databases
def test_a_handout_is_written_down_with_what_enters_it_again(cast: Cast) -> None:
    handout = scenes.handed_out(cast)
    line = chain.read(settings.CUSTODY_JOURNAL).lines[0]
    assert (line["number"], line["key"]) == (handout.number.value, str(handout.request_key))
    assert (line["ward"], line["caller"], line["callback"], line["by"]) == (
        str(cast.iva), "wilma", "2102", "tilda",
    )  # fmt: skip


def test_an_undo_and_a_missing_sheet_are_written_down(cast: Cast) -> None:
    closing.undo(scenes.handed_out(cast).pk, now(cast.adele), reason="wrong button")
    assert lines() == ["handed_out", "returned"]
    missing_sheet.give_next(scenes.handed_out(cast).pk, now(cast.tilda))
    assert lines() == ["handed_out", "returned", "handed_out", "step", "handed_out"]


def test_what_made_way_for_paper_is_written_down(cast: Cast) -> None:
    given = scenes.handed_out(cast)
    missing_sheet.give_next(given.pk, now(cast.tilda))
    scenes.from_paper(cast, given.outage, number=given.number.value, at=given.handed_out_at)
    assert sorted(lines()) == ["handed_out"] * 3 + ["returned", "step"]
    assert list(consistency.findings()) == []


def test_the_second_sending_of_a_form_finds_its_line(cast: Cast) -> None:
    call = scenes.call(cast)
    scenes.hand_out(call, now(cast.tilda))
    settings.CUSTODY_JOURNAL.unlink()
    for _ in range(2):
        scenes.hand_out(call, now(cast.tilda))
    assert lines() == ["handed_out"]


def test_what_a_crash_kept_out_comes_in_with_the_next(cast: Cast) -> None:
    scenes.handed_out(cast)
    environment = child_environment(DJANGO_SETTINGS_MODULE="befreg_reserv.settings")
    crashed = subprocess.run(
        [sys.executable, "-c", CRASHES], cwd=ROOT, env=environment, check=False
    )
    assert (crashed.returncode, Handout.objects.count(), len(lines())) == (9, 2, 1)
    scenes.handed_out(cast)
    assert lines() == ["handed_out"] * 3


def test_a_look_adds_it_and_reads_the_last_lines_alone(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        scenes.handed_out(cast)
    first, _kept_out = settings.CUSTODY_JOURNAL.read_bytes().splitlines(keepends=True)
    settings.CUSTODY_JOURNAL.write_bytes(first)
    with monkeypatch.context() as patch:  # while it reads, the till waits to write its own line
        patch.setattr(chain, "read_unbounded", lambda _path: pytest.fail("It read all years."))
        assert departures.trouble() == ""
    assert lines() == ["handed_out"] * 2


def test_or_before_anybody_is_shown_the_number(cast: Cast, sign_in: SignIn) -> None:
    handout = scenes.handed_out(cast)
    settings.CUSTODY_JOURNAL.unlink()
    sign_in(cast.tilda).get(f"/till/handouts/{handout.pk}/")
    assert lines() == ["handed_out"]


def test_what_was_handed_out_before_there_was_a_journal_comes_in(cast: Cast) -> None:
    for _ in range(3):
        scenes.handed_out(cast)
    settings.CUSTODY_JOURNAL.unlink()
    scenes.handed_out(cast)
    assert lines() == ["handed_out"] * 4


@pytest.mark.parametrize("place", ["folder", "folder/below", "file/below", "/proc/custody.jsonl"])
def test_one_that_cannot_be_written_stops_no_call(
    cast: Cast, sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "folder" / "below").mkdir(parents=True)
    (tmp_path / "file").touch()
    with monkeypatch.context() as patch:
        patch.setattr(settings, "CUSTODY_JOURNAL", tmp_path / place)
        handout = scenes.handed_out(cast)
        till = sign_in(cast.tilda)
        for page in ("/till/", f"/till/handouts/{handout.pk}/"):
            assert "Journalen går inte att skriva" in text_of(till.get(page))
        assert str(tmp_path / place) in text_of(sign_in(cast.adele).get("/binder/overview/"))
        ready = till.get("/ready")
        assert (ready.status_code, list(ready.json()["failing"])) == (503, ["journal"])
    scenes.handed_out(cast)
    assert lines() == ["handed_out"] * 2


def spoil(cast: Cast, how: str) -> None:
    for _ in range(3):
        scenes.handed_out(cast)
    path: Path = settings.CUSTODY_JOURNAL
    kept, text = chain.read(path), path.read_text().splitlines(keepends=True)
    path.unlink()
    if how == "another's":
        chain.append(path, lambda _kept: [line | {"of": "x"} for line in kept.lines])
    else:
        tampered = [text[0].replace("wilma", "vidar"), *text[1:]]
        path.write_text("".join(tampered if how == "tampered" else text[:2]))


@pytest.mark.parametrize(
    ("how", "named"),
    [("tampered", "hash"), ("shortened", "lacks 1"), ("another's", "installation")],
)
def test_one_that_was_spoilt_is_named(cast: Cast, how: str, named: str) -> None:
    spoil(cast, how)
    assert any(named in finding for finding in consistency.findings())


@pytest.mark.parametrize("how", ["tampered", "another's"])
def test_ready_names_it_too(cast: Cast, client: Client, how: str) -> None:
    spoil(cast, how)
    assert list(client.get("/ready").json()["failing"]) == ["journal"]


def test_another_installations_journal_is_left_alone(cast: Cast) -> None:
    spoil(cast, "another's")
    before = settings.CUSTODY_JOURNAL.read_text()
    scenes.handed_out(cast)
    assert settings.CUSTODY_JOURNAL.read_text() == before
    assert restoration.standing(training=False) is None
    assert not Restoration.objects.exists()


@pytest.fixture
def last_step(cast: Cast) -> HandoutStep:
    """Return the step of the second handout, whose line isn't known yet where the first's is."""
    for _ in range(2):
        handout = scenes.handed_out(cast)
    return handout.steps.get()


def told(step: HandoutStep, kept: Journal, *seen: str) -> list[str] | None:
    made = journal_lines.next_ones([(step, {})], {*seen})(kept)
    return None if made is None else [line["number"] for line in made]


def without(kept: Journal, count: int, **differing: str) -> Journal:
    """Return the journal before its last lines, with another word in those that are left."""
    left = [line | differing for line in kept.lines[:-count]]
    return Journal(left, chain.hash_of(left[-1]))


def test_a_next_line_is_told_without_the_database(last_step: HandoutStep) -> None:
    before = without(chain.read(settings.CUSTODY_JOURNAL), 1)
    number = last_step.handout.number.value
    assert told(last_step, before, before.last_hash) == [number]


def test_so_it_is_after_lines_that_came_between(cast: Cast, last_step: HandoutStep) -> None:
    following = scenes.handed_out(cast).steps.get()
    before = without(chain.read(settings.CUSTODY_JOURNAL), 1)
    seen = before.lines[-1]["former"]
    assert told(following, before, seen) == [following.handout.number.value]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("gone", "differing", "knows"),
    [(1, {"of": "x"}, True), (1, {}, False), (2, {}, True)],
    ids=["another installation's", "a last line that nobody knew", "a step is missing between"],
)
def test_of_others_only_the_register_can_tell(
    cast: Cast, last_step: HandoutStep, gone: int, differing: dict[str, str], knows: bool
) -> None:
    following = scenes.handed_out(cast).steps.get()
    before = without(chain.read(settings.CUSTODY_JOURNAL), gone, **differing)
    assert told(following, before, *[before.last_hash] * knows) is None
