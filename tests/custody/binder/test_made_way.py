"""Tab 1 went out on paper while the application was down, and its sheet was missing afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from befreg_reserv.audit.models import LogEntry
from custody.binder import quarantine
from custody.checks import consistency
from custody.handouts import closing, missing_sheet, read_back
from custody.ledger.refusals import IllegalStep
from custody.models import Handout, Quarantine, ReserveNumber
from custody.models.states import Act, State
from custody.paper.refusals import GivenAlready, NotThen, TwoPatients
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.paper.test_late_batch import entered, minute
from tests.custody.paper.test_late_entry_pages import address, form_of
from tests.ground.lifting import lifted
from tests.ground.scenery import scene
from tests.scenes import from_paper, now

pytestmark = pytest.mark.one_database("decisions")


@scene
def missing(cast: Cast, handout: Handout) -> Handout:
    """K064, named to a caller by the application, without its sheet: it went out on paper."""
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    handout.refresh_from_db()
    return handout


def never_given_again(cast: Cast) -> bool:
    """Hand out all women's numbers that are left: none of them may be K064."""
    left = ReserveNumber.objects.filter(sex="K", taken_at=None).count()
    return all(scenes.handed_out(cast).number.last_four != "K064" for _ in range(left))


def test_the_number_on_paper_is_entered(cast: Cast, missing: Handout, outage: Outage) -> None:
    taken_at = missing.number.taken_at
    paper = from_paper(cast, outage, ward=cast.eye)
    missing.refresh_from_db()
    assert (paper.number, paper.state, paper.late) == (missing.number, State.HANDED_OUT, True)
    assert missing.state == State.UNDONE
    last = missing.steps.get(act=Act.MAKE_WAY)
    assert (last.by, last.recorded_by) == ("adele", cast.adele)
    assert last.reason == "Arket saknades: det hade lämnats ut på papper"
    assert ReserveNumber.objects.get(pk=paper.number_id).taken_at == taken_at
    assert Quarantine.objects.get().explanation == "Utlämnat på papper, infört i efterhand"
    assert never_given_again(cast)
    assert list(consistency.findings()) == []


def test_an_explanation_given_before_stands(cast: Cast, missing: Handout, outage: Outage) -> None:
    found = Quarantine.objects.get()
    quarantine.explain(found.pk, now(cast.adele), explanation="on the paper log")
    assert from_paper(cast, outage).late
    assert Quarantine.objects.get().explanation == "on the paper log"


def test_in_a_whole_log_too(cast: Cast, missing: Handout, outage: Outage) -> None:
    line = f"{minute(outage)};K064;IVA;wilma;vera1"
    wrong = f"{line}\n{minute(outage)};K999;IVA;wilma;vera1"
    assert [fault.line for fault in entered(cast, outage, wrong).faults] == [2]
    wrong = line.replace("wilma", "")
    assert ["K064" in fault.text for fault in entered(cast, outage, wrong).faults] == [False]
    missing.refresh_from_db()
    assert missing.state == State.VOIDED
    assert entered(cast, outage, line).new == 1
    assert Handout.objects.get(late=True).number == missing.number


def test_the_button_pressed_again_gives_the_same_next_number(
    cast: Cast, missing: Handout, outage: Outage
) -> None:
    from_paper(cast, outage)
    again = missing_sheet.give_next(missing.pk, now(cast.tilda)).row
    assert again == missing.successor
    assert Quarantine.objects.count() == 1


def test_given_out_after_it_was_missing_is_refused(
    cast: Cast, missing: Handout, outage: Outage
) -> None:
    with lifted():
        Quarantine.objects.update(found_at=outage.started_at)
    with pytest.raises(NotThen, match="missing before that"):
        from_paper(cast, outage, at=outage.started_at + timedelta(minutes=30))
    missing.refresh_from_db()
    assert missing.state == State.VOIDED


@pytest.mark.parametrize("then", ["open", "voided", "replaced"])
def test_a_number_that_was_read_back_may_be_two_patients(
    cast: Cast, handout: Handout, outage: Outage, then: str
) -> None:
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    if then == "voided":
        closing.void(handout.pk, now(cast.wilma), reason="not used")
    elif then == "replaced":
        scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))
    before = Handout.objects.get(pk=handout.pk).state
    with pytest.raises(TwoPatients, match="TWO PATIENTS") as refused:
        from_paper(cast, outage)
    assert str(cast.iva) in str(refused.value)
    assert "2102" in str(refused.value)
    (fault,) = entered(cast, outage, f"{minute(outage)};K064;IVA;wilma;vera1").faults
    assert "TWO PATIENTS" in str(fault.reason)
    assert Handout.objects.get(pk=handout.pk).state == before
    assert not Handout.objects.filter(late=True).exists()


def test_the_page_says_so(cast: Cast, handout: Handout, outage: Outage, sign_in: SignIn) -> None:
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    answer = sign_in(cast.tilda).post(address(outage), form_of(outage))
    assert "TVÅ PATIENTER" in answer.content.decode()
    assert LogEntry.objects.filter(act="number_checked", actor=cast.tilda).exists()


def test_one_voided_by_a_person_stays(cast: Cast, handout: Handout, outage: Outage) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="not used")
    with pytest.raises(GivenAlready):
        from_paper(cast, outage)


def test_nobody_else_can_undo_it(cast: Cast, missing: Handout) -> None:
    with pytest.raises(IllegalStep):
        closing.undo(missing.pk, now(cast.adele), reason="lay there")
    assert never_given_again(cast)


def test_the_paper_undone_waits_for_an_explanation_again(
    cast: Cast, missing: Handout, outage: Outage
) -> None:
    closing.undo(from_paper(cast, outage).pk, now(cast.adele), reason="another ward")
    (again,) = quarantine.unexplained(training=False)
    assert (again.number, again.count) == (missing.number, None)
    assert list(consistency.findings()) == []
    assert from_paper(cast, outage, ward=cast.eye).late
    assert quarantine.unexplained(training=False) == []
    assert never_given_again(cast)
    assert list(consistency.findings()) == []


def test_the_story_keeps_that_it_was_missing(
    cast: Cast, missing: Handout, outage: Outage, sign_in: SignIn
) -> None:
    """Also where the paper is of another outage: the one before, entered afterwards."""
    start = outage.started_at - timedelta(hours=3)
    before = Outage.objects.create(
        kind="unplanned", drill=False, started_at=start, ended_at=start + timedelta(hours=1)
    )
    from_paper(cast, before)
    page = sign_in(cast.tilda).get(outage.get_absolute_url()).content.decode()
    assert "Arket fanns inte i pärmen" in page
    assert "Arket saknades: det hade lämnats ut på papper" in page


# --- the database ---------------------------------------------------------------------------------


def make_way(handout: Handout, **columns: Any) -> None:
    """Free a voided handout's number by statements of our own, past every act."""
    Handout.objects.filter(pk=handout.pk).update(state=State.UNDONE, **columns)


def step(handout: Handout) -> None:
    last = handout.steps.order_by("sequence").last()
    assert last is not None
    last.pk, last.sequence, last.act = None, last.sequence + 1, Act.MAKE_WAY
    last.source, last.target, last.reason = State.VOIDED, State.UNDONE, "?"
    last.save(force_insert=True)


def test_no_other_voided_handout_makes_way(cast: Cast, handout: Handout) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="not used")
    with pytest.raises(IntegrityError, match="voided handout stays"), transaction.atomic():
        make_way(handout)
    with pytest.raises(IntegrityError, match="makes way for one on paper"), transaction.atomic():
        step(handout)
    with lifted():  # what would be without them
        make_way(handout)
        step(handout)
    assert f"handout {handout.pk}: made way for no handout on paper" in consistency.findings()


def test_not_even_with_a_quarantine_of_another_act(cast: Cast, handout: Handout) -> None:
    closing.void(handout.pk, now(cast.wilma), reason="not used")
    event = now(cast.tilda)
    Quarantine.objects.create(
        number=handout.number,
        reason="?",
        found_at=event.at,
        found_by=event.by,
        recorded_at=event.recorded_at,
        recorded_by=event.recorded_by,
    )
    with pytest.raises(IntegrityError, match="voided handout stays"), transaction.atomic():
        make_way(handout)
    with pytest.raises(IntegrityError, match="makes way for one on paper"), transaction.atomic():
        step(handout)
    with pytest.raises(IntegrityError), transaction.atomic():
        from_paper(cast, handout.outage)


def test_one_that_was_read_back_never_does(cast: Cast, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    closing.void(handout.pk, now(cast.wilma), reason="not used")
    with pytest.raises(IntegrityError, match="voided handout stays"), transaction.atomic():
        make_way(handout)


def test_a_voided_handout_is_never_open_again(missing: Handout) -> None:
    with pytest.raises(IntegrityError, match="voided handout stays"), transaction.atomic():
        Handout.objects.filter(pk=missing.pk).update(state=State.HANDED_OUT)
