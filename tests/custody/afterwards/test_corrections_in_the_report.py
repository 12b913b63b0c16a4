"""Every correction is in the report: in page, PDF and CSV, recomputed from the rows."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from django.db import transaction
from django.test import Client

from befreg_reserv.people.models import User
from custody.afterwards import deviations
from custody.handouts import closing, notices
from custody.ledger import steps
from custody.models import Binder, Handout, HandoutStep
from custody.models.states import Act
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import Aftermath, lay_out
from tests.custody.afterwards.test_deviations import RIGHT, everywhere, wrong_merge_corrected
from tests.custody.afterwards.test_report_pdf import bare
from tests.ground.scenery import scene
from tests.scenes import now

# Of each act: the one that does again what it took back.
DONE_AGAIN = {"withdraw_replacement": "replace", "withdraw_notice": "file_notice"}
ONE_NUMBER = {"transfer", "correct", "void", "undo"}


@scene
def messy(cast: Cast, real_binder: Binder) -> Aftermath:
    """A wrong merge, put right; one moved, one corrected, one voided, one undone, one person twice.

    And one real number that was withdrawn and not registered again.
    """
    after, wilma = lay_out(cast), cast.wilma
    right = wrong_merge_corrected(after).real_identity
    assert right == RIGHT
    with transaction.atomic():
        row, event = steps.lock_for(after.open.pk, Act.TRANSFER, now(wilma))
        steps.remain(row, Act.TRANSFER, event, reason="to the eye clinic", ward=cast.iva)
        steps.remain(row, Act.CORRECT, event, reason="misheard", caller="vera", callback="2103")
    closing.withdraw_replacement(after.replaced.pk, now(wilma), reason="another bed")
    scenes.replaced(
        after.replaced.pk,
        RIGHT,
        now(wilma),
        same_person=f"handout-{after.closed.pk}",
        same_reason="two wristbands",
    )
    notices.file_notice(after.replaced.pk, now(wilma))
    return after


def rows_of(outage: Outage) -> Iterator[tuple[str, ...]]:
    """Yield what each correction must tell, from the steps alone: numbers, reason, by whom."""
    for handout in Handout.objects.filter(outage=outage):
        history = list(HandoutStep.objects.filter(handout=handout).order_by("sequence"))
        for place, step in enumerate(history):
            later = (each for each in history[place + 1 :])
            if step.act in DONE_AGAIN:
                again = next((row for row in later if row.act == DONE_AGAIN[step.act]), None)
                right = again.identity if again else ""
                yield step.act, handout.number.value, step.identity, right, step.reason, step.by
            elif step.act in ONE_NUMBER:
                yield step.act, handout.number.value, "", "", step.reason, step.by
            elif step.act == Act.SAME_PERSON:
                yield step.act, handout.number.value, "", step.identity, step.reason, step.by


def told(outage: Outage) -> Iterator[tuple[str, ...]]:
    kinds = {kind.value: act for act, kind in deviations.KIND_OF.items()}
    for each in deviations.of(outage):
        act = kinds.get(each.kind.value, "")
        if act in {*DONE_AGAIN, *ONE_NUMBER, Act.SAME_PERSON}:
            right = "" if act in ONE_NUMBER else each.right
            yield act, each.number, each.wrong, right, each.reason.split(". before: ")[0], each.by


def test_each_correction_of_the_rows_is_told_once(messy: Aftermath) -> None:
    expected = sorted(rows_of(messy.outage))
    assert {row[0] for row in expected} == {*DONE_AGAIN, *ONE_NUMBER, Act.SAME_PERSON}
    assert sorted(told(messy.outage)) == expected


def test_page_pdf_and_rows_tell_numbers_reason_and_who(
    messy: Aftermath, sign_in: SignIn, tmp_path: Path
) -> None:
    User.objects.update(language="en")
    adele: Client = sign_in(messy.cast.adele)
    words = set(chain.from_iterable(row[1:] for row in rows_of(messy.outage)))
    for text in everywhere(adele, messy.outage, tmp_path):
        assert [word for word in words if bare(word) not in text] == []


def test_what_was_before_is_told_with_a_move_and_a_correction(messy: Aftermath) -> None:
    before = {(each.reason, each.before) for each in deviations.of(messy.outage)}
    assert ("to the eye clinic", str(messy.cast.eye)) in before
    assert ("misheard", "vidar, 2102") in before
