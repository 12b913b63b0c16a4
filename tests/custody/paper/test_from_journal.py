"""What a restored register has forgotten comes in again from the journal, with one confirmation."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from befreg_reserv.acts.event import Unattended
from custody.binder import restoration
from custody.calls import wrong_sex
from custody.checks import consistency
from custody.handouts import bedside, closing, correcting, missing_sheet, notices
from custody.handouts.bedside import AtBedside
from custody.journal import lines
from custody.ledger import taken
from custody.models import Handout, HandoutStep, MergeNotice, Patient
from custody.models.states import Act
from custody.paper import from_journal
from tests import cast as casting
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.ground.restoring import Backup
from tests.pages import text_of
from tests.scenes import now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database("files")]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.many_numbers(12), training=False)
    scenes.begin(cast.tilda)
    return cast


def reconcile(*options: str, says: str = "") -> str:
    out = StringIO()
    call_command("reconcile", *options, stdout=out)
    return out.getvalue()


def closed(cast: Cast, handout: Handout) -> None:
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    notices.file_notice(handout.pk, now(cast.wilma), reference="R-1")


def story() -> list[Any]:
    """Return every step: which handout, what, by whom and when, and with which number."""
    rows = HandoutStep.objects.order_by("handout__request_key", "sequence")
    columns = ("handout__request_key", "sequence", "act", "by", "at", "identity", "place")
    return list(rows.values_list(*columns))


@pytest.mark.both_databases
def test_a_lost_handout_comes_in_with_its_key_and_its_steps(cast: Cast, tmp_path: Path) -> None:
    backup = Backup(tmp_path)
    handout = scenes.handed_out(cast)
    closed(cast, handout)
    before = story()
    backup.restore()
    with pytest.raises(CommandError, match="Owed: 1 handouts, 3 steps"):
        reconcile()
    assert "has all" in reconcile("--by", "adele", "--yes")
    assert story() == before
    again = Handout.objects.get()
    assert (again.state, again.recorded_by, again.handed_out_by) == ("closed", cast.adele, "tilda")
    assert again.steps.get(sequence=1).reason == "Återfört ur journalen"
    assert MergeNotice.objects.get().reference == "R-1"
    assert list(consistency.findings()) == []


def test_lost_steps_of_a_known_handout_come_in(cast: Cast, tmp_path: Path) -> None:
    first, second, third = (scenes.handed_out(cast) for _ in range(3))
    backup = Backup(tmp_path)
    correcting.transfer(first.pk, cast.eye, now(cast.tilda), reason="moved", place="bed 2")
    correcting.correct(
        first.pk, now(cast.tilda), caller="vidar", callback="2200", reason="misheard"
    )
    bedside.confirm(first.pk, AtBedside(first.number.last_four, "bed 3"), now(cast.vidar))
    closing.void(second.pk, now(cast.tilda), reason="not needed")
    closing.undo(third.pk, now(cast.tilda), reason="wrong button")
    before = story()
    backup.restore()
    reconcile("--by", "adele", "--yes")
    assert story() == before
    first.refresh_from_db()
    assert (first.ward, first.caller, first.bedside_by) == (cast.eye, "vidar", "vidar")
    assert Handout.objects.get(pk=third.pk).number.taken_at is None


def test_one_person_with_two_numbers_comes_in(cast: Cast, tmp_path: Path) -> None:
    backup = Backup(tmp_path)
    first, second = scenes.handed_out(cast), scenes.handed_out(cast)
    scenes.replaced(first.pk, scenes.REAL_WOMAN, now(cast.wilma))
    found = taken.standing([scenes.REAL_WOMAN])[scenes.REAL_WOMAN]
    said = {"same_person": found.key, "same_reason": "known by the ward"}
    scenes.replaced(second.pk, scenes.REAL_WOMAN, now(cast.wilma), **said)
    backup.restore()
    reconcile("--by", "adele", "--yes")
    assert Handout.objects.filter(real_identity=scenes.REAL_WOMAN).count() == 2
    assert list(consistency.findings()) == []


def test_a_wrong_sex_comes_in_with_the_number_that_followed(cast: Cast, tmp_path: Path) -> None:
    scenes.lay_in("Män", ["20000101M078"], training=False)
    handout = scenes.handed_out(cast)
    backup = Backup(tmp_path)
    wrong_sex.give_another(handout.pk, "M", now(cast.tilda), reason="misheard")
    before = story()
    backup.restore()
    reconcile("--by", "adele", "--yes")
    assert story() == before
    handout.refresh_from_db()
    assert (handout.state, handout.patient.known_sex) == ("voided", "M")
    assert list(consistency.findings()) == []


def test_a_line_that_does_not_know_the_sex_is_left_for_a_person(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = lines.line_
    as_before = lambda *words, **columns: real(*words, **columns | {"patient_sex": "K"})  # noqa: E731
    monkeypatch.setattr(lines, "line_", as_before)
    with pytest.raises(CommandError, match="Owed: 0 handouts, 2 steps"):
        test_a_wrong_sex_comes_in_with_the_number_that_followed(cast, tmp_path)
    assert Patient.objects.filter(corrected_sex="M").count() == 0


def test_paper_that_took_the_place_of_a_missing_sheet_comes_in(cast: Cast, tmp_path: Path) -> None:
    missing = scenes.handed_out(cast)
    missing_sheet.give_next(missing.pk, now(cast.tilda))
    backup = Backup(tmp_path)
    scenes.from_paper(cast, missing.outage, number=missing.number.value)
    before = story()
    backup.restore()
    reconcile("--by", "adele", "--yes")
    assert [row[1:4] for row in story()] == [row[1:4] for row in before]
    missing.refresh_from_db()
    assert missing.state == "undone"


def test_what_went_another_way_is_left_for_a_person(cast: Cast, tmp_path: Path) -> None:
    handout = scenes.handed_out(cast)
    backup = Backup(tmp_path)
    closed(cast, handout)
    backup.restore()
    closing.void(handout.pk, now(cast.adele), reason="not needed")
    with pytest.raises(CommandError, match="Owed: 0 handouts, 2 steps"):
        reconcile("--by", "adele", "--yes")
    handout.refresh_from_db()
    assert handout.state == "voided"


def test_until_then_the_numbers_are_set_aside(cast: Cast, tmp_path: Path) -> None:
    backup = Backup(tmp_path)
    lost = scenes.handed_out(cast).number.value
    backup.restore()
    with pytest.raises(CommandError, match="Owed"):
        reconcile()
    assert scenes.handed_out(cast).number.value != lost


@pytest.mark.both_databases
def test_the_overview_shows_lost_steps_until_they_are_entered(
    cast: Cast, tmp_path: Path, sign_in: SignIn
) -> None:
    handout = scenes.handed_out(cast)
    backup = Backup(tmp_path)
    closing.void(handout.pk, now(cast.tilda), reason="not needed")
    backup.restore()
    restoration.look(Unattended(timezone.now()))
    said = "1 steg som en journal känner till saknas här."
    assert said in text_of(sign_in(cast.adele).get("/binder/overview/"))
    assert said not in text_of(sign_in(cast.adele).get("/binder/overview/?drill=1"))
    reconcile("--by", "adele", "--yes")
    assert said not in text_of(sign_in(cast.adele).get("/binder/overview/"))


@pytest.mark.parametrize("edited", ['"key":"x",', '"sequence":"two",'])
def test_a_line_that_somebody_edited_is_named_and_breaks_no_page(
    cast: Cast, tmp_path: Path, sign_in: SignIn, edited: str
) -> None:
    handout = scenes.handed_out(cast)
    backup = Backup(tmp_path)
    closing.void(handout.pk, now(cast.tilda), reason="not needed")
    backup.restore()
    reconcile("--by", "adele", "--yes")
    name = edited.partition(":")[0]
    path = settings.CUSTODY_JOURNAL
    path.write_text(re.sub(f"{name}:[^,]+,", edited, path.read_text()))
    with pytest.raises(CommandError, match="a line isn't as we write it"):
        reconcile()
    assert sign_in(cast.adele).get("/binder/overview/").status_code == 200


@pytest.mark.parametrize(
    ("options", "said", "why"),
    [
        (["--by", "tilda"], "yes", "no administrator"),
        (["--by", "nobody"], "yes", "no administrator"),
        (["--by", "adele"], "no", "Nothing was entered"),
    ],
)
def test_who_may_not_or_will_not_enters_nothing(
    cast: Cast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    said: str,
    why: str,
) -> None:
    backup = Backup(tmp_path)
    scenes.handed_out(cast)
    backup.restore()
    monkeypatch.setattr("sys.stdin", StringIO(f"{said}\n"))
    with pytest.raises(CommandError, match=why):
        reconcile(*options)
    assert not Handout.objects.exists()


def test_nothing_is_owed_while_all_is_well(cast: Cast) -> None:
    closed(cast, scenes.handed_out(cast))
    assert "has all" in reconcile()
    settings.CUSTODY_JOURNAL.unlink()
    assert "has all" in reconcile()


def test_every_act_of_a_step_has_its_way() -> None:
    assert {*from_journal.AGAIN} == {*Act}
