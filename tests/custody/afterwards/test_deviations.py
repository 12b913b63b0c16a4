"""What didn't go as it should stands one by one in the report's page, its PDF and the rows."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import transaction
from django.test import Client

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.afterwards import deviations
from custody.afterwards.deviations import Deviation, DeviationKind
from custody.afterwards.report import words as report_text
from custody.afterwards.report.figures import report
from custody.calls import waiting
from custody.handouts import closing, missing_sheet, notices, read_back
from custody.handouts.refusals import NoneLeft
from custody.models import Binder, Handout
from custody.numbers.identities import check_digit
from custody.planned import late_registration, prepared
from outage import lifecycle
from outage.models import Outage
from outage.plans import planning
from tests import scenes
from tests.cast import Cast, assemble
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import Aftermath, finish, lay_out
from tests.custody.afterwards.test_report_pdf import bare
from tests.custody.afterwards.test_rows_csv import cells, fetch
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.paper import read

pytestmark = pytest.mark.one_database("decisions")

WRONG = "19450829K10" + check_digit("19450829K10")
RIGHT = "19450829K06" + check_digit("19450829K06")
TRAINING_RIGHT = "19450829K02" + check_digit("19450829K02")


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    User.objects.update(language="en")
    return sign_in(cast.adele)


@scene
def after(cast: Cast, real_binder: Binder) -> Aftermath:
    return lay_out(cast)


def wrong_merge_corrected(after: Aftermath, right: str = RIGHT) -> Handout:
    """Withdraw notice and real number of a closed handout, and close it with the right one."""
    wilma, pk = after.cast.wilma, after.closed.pk
    notices.withdraw_notice(pk, scenes.now(wilma), reason="wrong bed")
    closing.withdraw_replacement(pk, scenes.now(wilma), reason="bed 3, not 2")
    scenes.replaced(pk, right, scenes.now(wilma))
    return notices.file_notice(pk, scenes.now(wilma)).row


def of_kind(outage: Outage, kind: DeviationKind) -> Deviation:
    (found,) = [each for each in deviations.of(outage) if each.kind is kind]
    return found


def everywhere(adele: Client, outage: Outage, folder: Path) -> list[str]:
    """Return the text of the page, of the paper and of the rows, without blanks."""
    url = outage.get_absolute_url()
    paper = adele.get(f"{url}report.pdf").content
    rows = " ".join(" ".join(row) for row in cells(fetch(adele, outage)))
    return [bare(each) for each in (text_of(adele.get(f"{url}report/")), read(paper, folder), rows)]


@pytest.mark.parametrize("drill", [False, True])
def test_a_corrected_wrong_merge_is_told_with_both_numbers_and_the_reason(
    cast: Cast,
    adele: Client,
    real_binder: Binder,
    training_binder: Binder,
    tmp_path: Path,
    *,
    drill: bool,
) -> None:
    right = TRAINING_RIGHT if drill else RIGHT
    after = lay_out(cast, drill=drill)
    wrong = after.closed.real_identity or ""
    number = wrong_merge_corrected(after, right).number.value
    for text in everywhere(adele, after.outage, tmp_path):
        assert bare(f"{number}, wrong: {wrong}, now: {right}") in text
        for word in ("Real number withdrawn", "RAPS notice withdrawn", "wrong bed", "bed 3, not 2"):
            assert bare(word) in text


def test_who_and_when_and_how_often(after: Aftermath) -> None:
    wrong_merge_corrected(after)
    made = report(after.outage, after.at(600))
    parts = {each.key: each for each in report_text.sections(made)}
    facts = dict(parts["deviations"].facts)
    assert facts["Real number withdrawn"] == facts["RAPS notice withdrawn"] == "1"
    steps = after.closed.steps.order_by("sequence")
    withdrawn = of_kind(after.outage, DeviationKind.REAL_WITHDRAWN)
    assert (withdrawn.at, withdrawn.by) == (steps.get(act="withdraw_replacement").at, "wilma")


def test_what_was_not_done_again_has_no_right_number(after: Aftermath) -> None:
    closing.withdraw_replacement(after.replaced.pk, scenes.now(after.cast.wilma), reason="twice")
    found = of_kind(after.outage, DeviationKind.REAL_WITHDRAWN)
    assert (found.wrong, found.right) == (after.replaced.real_identity, "")


def _seen_lying(after: Aftermath) -> str:
    finish(after)
    number = after.undone.number.last_four
    scenes.from_paper(after.cast, after.outage, number=number, seen_reason="an old list")
    return "an old list"


def _late_withdrawn(after: Aftermath) -> str:
    row = scenes.treated_without(after.cast, after.outage)
    late_registration.register(row.pk, RIGHT, scenes.now(after.cast.wilma))
    late_registration.withdraw_registration(row.pk, scenes.now(after.cast.wilma), reason="not hers")
    return f"wrong: {RIGHT}"


def _struck(after: Aftermath) -> str:
    row = scenes.treated_without(after.cast, after.outage)
    late_registration.strike(row.pk, scenes.now(after.cast.wilma), reason="listed twice")
    return "listed twice"


OCCURRENCES: dict[DeviationKind, Callable[[Aftermath], str]] = {
    DeviationKind.LATE_WITHDRAWN: _late_withdrawn,
    DeviationKind.STRUCK: _struck,
    DeviationKind.VOIDED: lambda _after: "had a card",
    DeviationKind.UNDONE: lambda _after: "recorded twice",
    DeviationKind.NEVER_READ_BACK: lambda after: after.replaced.number.value,
    DeviationKind.SEEN_LYING: _seen_lying,  # last, since it closes what is open
}


@cache
def all_told() -> tuple[dict[DeviationKind, str], list[str]]:
    """Let all of these occur in one outage; return their words and its texts; leave no trace."""
    with transaction.atomic(), TemporaryDirectory() as folder:
        cast = assemble()
        scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
        after = lay_out(cast)
        reasons = {kind: occur(after) for kind, occur in OCCURRENCES.items()}
        User.objects.update(language="en")
        texts = everywhere(SignIn()(cast.adele), after.outage, Path(folder))
        transaction.set_rollback(True)
    return reasons, texts


@pytest.mark.one_database("layout")
@pytest.mark.parametrize("kind", OCCURRENCES)
def test_what_was_withdrawn_undone_or_voided_is_told_everywhere(
    db: None, kind: DeviationKind
) -> None:
    reasons, texts = all_told()
    for text in texts:
        assert bare(str(kind.label)) in text
        assert bare(reasons[kind]) in text


def test_prepared_numbers_that_were_moved_or_marked_anew(
    cast: Cast, adele: Client, tmp_path: Path
) -> None:
    plan = scenes.planned(cast, ahead=0)
    prepared.enter(plan, cast.iva, f"{WRONG}\n{RIGHT}", Event.now(cast.adele, plan.planned_start))
    moved, marked = plan.prepared.order_by("value")
    event = Event.now(cast.adele, plan.planned_start)
    prepared.move(moved.pk, plan, cast.eye, event, reason="wrong ward")
    outage, _new = planning.start(plan.pk, Event.now(cast.tilda, plan.planned_start))
    for outcome, reason in (("used", ""), ("unused", "torn up")):
        prepared.mark(
            marked.pk,
            event=Event.now(cast.adele, plan.planned_start),
            outcome=outcome,
            reason=reason,
        )
    for text in everywhere(adele, outage, tmp_path):
        assert bare("wrong ward") in text
        assert bare("torn up") in text


def test_a_missing_sheet_a_number_for_the_other_sex_and_what_made_way(
    cast: Cast, adele: Client, real_binder: Binder, outage: Outage, tmp_path: Path
) -> None:
    for _each in range(4):
        scenes.handed_out(cast)
    missing = scenes.handed_out(cast)
    with suppress(NoneLeft):
        missing_sheet.give_next(missing.pk, scenes.now(cast.tilda))
    waiting.serve(missing.patient_id, scenes.now(cast.tilda), sex="M", other_sex_reason="none left")
    scenes.from_paper(cast, outage, number=missing.number.last_four)
    for text in everywhere(adele, outage, tmp_path):
        for kind in (DeviationKind.SHEET_MISSING, DeviationKind.OTHER_SEX, DeviationKind.MADE_WAY):
            assert bare(str(kind.label)) in text
        assert bare("none left") in text


def test_the_real_number_is_for_the_other_sex(after: Aftermath) -> None:
    scenes.replaced(
        after.open.pk, RIGHT, scenes.now(after.cast.wilma), sex_may_differ=True, reason="misheard"
    )
    found = of_kind(after.outage, DeviationKind.REAL_OF_OTHER_SEX)
    assert (found.right, found.reason) == (RIGHT, "misheard")


def test_a_reason_is_never_calculated(adele: Client, after: Aftermath) -> None:
    closing.withdraw_replacement(
        after.replaced.pk, scenes.now(after.cast.wilma), reason='x;=HYPERLINK("http://x")'
    )
    row = scenes.treated_without(after.cast, after.outage)
    late_registration.strike(row.pk, scenes.now(after.cast.wilma), reason="=1+1")
    rows = cells(fetch(adele, after.outage), ",") + cells(fetch(adele, after.outage))
    assert not [cell for row in rows for cell in row if cell.lstrip(' "').startswith("=")]


def test_the_rows_say_what_was_not_read_back_and_what_is_not_known(
    cast: Cast, adele: Client, real_binder: Binder, outage: Outage
) -> None:
    scenes.from_paper(cast, outage, number="K064")
    scenes.handed_out(cast)
    _head, on_paper, said = cells(fetch(adele, outage))[:3]
    assert (on_paper[8], said[8]) == ("not known: on paper", "never")


def test_whose_numbers_stand_there_is_logged(adele: Client, after: Aftermath) -> None:
    adele.get(f"{after.outage.get_absolute_url()}report/")
    logged = set(LogEntry.objects.filter(act="report").values_list("number", flat=True))
    assert {after.voided.number.value, after.replaced.number.value} <= logged


def test_of_a_long_list_the_gravest_are_shown(
    after: Aftermath, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong_merge_corrected(after)
    monkeypatch.setattr(report_text, "MOST_LISTED", 2)
    made = report(after.outage, after.at(600))
    listed = next(each for each in report_text.sections(made) if each.key == "listed")
    assert [row[0].split(" · ")[0] for row in listed.rows] == [
        "RAPS notice withdrawn",
        "Real number withdrawn",
    ]
    assert listed.note == f"{len(made.listed) - 2} more stand in the numbers as CSV."


# --- on the ward ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "words"), [(False, "hasn't been read back yet"), (True, "was never read back")]
)
def test_the_ward_is_told_before_the_real_number(
    cast: Cast, handout: Handout, sign_in: SignIn, *, ends: bool, words: str
) -> None:
    User.objects.update(language="en")
    if ends:
        lifecycle.end(handout.outage, Event.now(cast.tilda, handout.handed_out_at))
    page = text_of(sign_in(cast.wilma).get(handout.get_absolute_url()))
    warning, form = page.index(f"This number {words}"), page.index("Register the real number")
    assert warning < form
    ward = text_of(sign_in(cast.wilma).get("/ward/"))
    assert "Confirm it at the patient" in ward
    assert ("Never read back" if ends else "Not read back yet") in ward


def test_not_when_it_was_read_back(cast: Cast, handout: Handout, sign_in: SignIn) -> None:
    User.objects.update(language="en")
    read_back.confirm_read_back(
        handout.pk, handout.number.last_four, Event.now(cast.tilda, handout.handed_out_at)
    )
    wilma, pages = sign_in(cast.wilma), (handout.get_absolute_url(), "/ward/")
    assert "Confirm it at the patient" not in text_of(wilma.get(pages[0]))
    assert not any("read back yet" in text_of(wilma.get(page)) for page in pages)
    # While it goes on the ward confirms each number, read back or not.
    lifecycle.end(handout.outage, Event.now(cast.tilda, handout.handed_out_at))
    assert not any("Confirm it at the patient" in text_of(wilma.get(page)) for page in pages)


def test_on_paper_it_is_not_known(
    cast: Cast, real_binder: Binder, outage: Outage, sign_in: SignIn
) -> None:
    User.objects.update(language="en")
    late = scenes.from_paper(cast, outage)
    page = text_of(sign_in(cast.wilma).get(late.get_absolute_url()))
    assert "whether the number was read back isn't known" in page
    assert "never read back" not in page


def test_closed_it_stands_in_the_list_of_what_is_done(after: Aftermath, sign_in: SignIn) -> None:
    User.objects.update(language="en")
    notices.file_notice(after.replaced.pk, scenes.now(after.cast.wilma))
    wilma = sign_in(after.cast.wilma)
    assert text_of(wilma.get("/ward/done/")).count("Never read back") == 1
    assert "was never read back" in text_of(wilma.get(after.replaced.get_absolute_url()))


def test_what_was_withdrawn_twice_is_told_as_it_stands(after: Aftermath) -> None:
    wilma, pk = after.cast.wilma, after.closed.pk
    notices.withdraw_notice(pk, scenes.now(wilma), reason="wrong bed")
    for number in (WRONG, scenes.REAL_MAN):
        closing.withdraw_replacement(pk, scenes.now(wilma), reason="another patient's")
        scenes.replaced(pk, number, scenes.now(wilma), sex_may_differ=True, reason="so it is")
    closing.withdraw_replacement(pk, scenes.now(wilma), reason="a woman's")
    told = [(each.wrong, each.right) for each in deviations.of(after.outage) if each.wrong]
    first = scenes.REAL_WOMAN
    assert told == [
        (first, ""), (first, ""), (WRONG, ""), (scenes.REAL_MAN, ""), (scenes.REAL_MAN, "")
    ]  # fmt: skip
