"""The same number on two lines of paper, or on paper and at the till: a question, then both."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from custody.checks import consistency
from custody.handouts import closing, missing_sheet, read_back
from custody.models import Binder, DoubledNumber, Handout, Quarantine
from custody.paper.refusals import GivenAlready, NotThen, SameLine, TwoPatients
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.paper import test_late_batch as log
from tests.custody.paper.test_late_batch import minute
from tests.custody.paper.test_late_entry_pages import address, form_of
from tests.pages import text_of
from tests.scenes import from_paper, now

pytestmark = pytest.mark.one_database("decisions")

HIDDEN = re.compile(r'name="(double_of-[-\w]+)"\s+value="([-\w]+)"')
TICK = re.compile(r'name="(double_right-[-\w]+)"')


@pytest.fixture
def first(cast: Cast, real_binder: Binder, outage: Outage) -> Handout:
    """K064, given to IVA on paper."""
    return from_paper(cast, outage)


def alarms() -> int:
    return DoubledNumber.objects.count()


# --- the act --------------------------------------------------------------------------------------


def test_unasked_nothing_is_written(cast: Cast, outage: Outage, first: Handout) -> None:
    with pytest.raises(GivenAlready, match="two lines") as question:
        from_paper(cast, outage, ward=cast.eye)
    assert question.value.handout == first
    assert (Handout.objects.count(), alarms()) == (1, 0)


@pytest.mark.parametrize("minutes", [0, 1])
def test_once_it_is_said_both_stand(cast: Cast, first: Handout, minutes: int) -> None:
    at = first.handed_out_at + timedelta(minutes=minutes)
    assert scenes.doubled(cast, first, at=at).duplicate_of == first
    assert alarms() == 1


def test_the_till_gave_it_and_paper_too(cast: Cast, handout: Handout) -> None:
    with pytest.raises(GivenAlready, match="At the till"):
        from_paper(cast, handout.outage, ward=cast.eye)
    assert scenes.doubled(cast, handout).duplicate_of == handout


def test_an_answer_about_another_handout_is_none(
    cast: Cast, outage: Outage, first: Handout
) -> None:
    with pytest.raises(GivenAlready):
        scenes.doubled(cast, first, double_of=uuid4())
    assert alarms() == 0


def test_an_answer_that_nothing_asks_for_does_no_harm(cast: Cast, first: Handout) -> None:
    closing.undo(first.pk, now(cast.adele), reason="misread")
    assert scenes.doubled(cast, first).duplicate_of is None
    assert alarms() == 0


def test_the_very_same_line_is_pointed_out(cast: Cast, outage: Outage, first: Handout) -> None:
    with pytest.raises(SameLine, match="adele entered it"):
        from_paper(cast, outage)
    assert from_paper(cast, outage, double_of=first.request_key).duplicate_of == first


def test_read_back_without_its_sheet(cast: Cast, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    with pytest.raises(TwoPatients):
        from_paper(cast, handout.outage, ward=cast.eye)
    second = scenes.doubled(cast, handout)
    assert (second.duplicate_of, alarms()) == (handout, 1)
    assert Quarantine.objects.get().explanation == "Utlämnat på papper, infört i efterhand"
    assert list(consistency.findings()) == []


def test_what_made_way_is_no_second_patient(cast: Cast, handout: Handout) -> None:
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    paper = from_paper(cast, handout.outage, ward=cast.eye)
    assert (paper.duplicate_of, alarms()) == (None, 0)
    again = scenes.doubled(cast, paper, caller="vera1")
    assert (again.duplicate_of, alarms()) == (paper, 1)


@pytest.mark.both_databases
def test_a_sheet_that_waits_again_when_both_are_undone(cast: Cast, handout: Handout) -> None:
    missing_sheet.give_next(handout.pk, now(cast.tilda))
    paper = from_paper(cast, handout.outage, ward=cast.eye)
    again = scenes.doubled(cast, paper, caller="vera1")
    closing.undo(paper.pk, now(cast.adele), reason="misread")
    assert not Quarantine.objects.filter(explained_at=None).exists()
    closing.undo(again.pk, now(cast.adele), reason="misread")
    assert Quarantine.objects.filter(explained_at=None).count() == 1


# --- before its binder was loaded -----------------------------------------------------------------


def test_a_number_given_out_before_its_binder_was_loaded(cast: Cast, outage: Outage) -> None:
    loaded, number = timezone.now(), scenes.many_numbers(6)[-1]
    before = outage.started_at + timedelta(minutes=5)
    scenes.lay_in("Pärm 2", [number], training=False, at=loaded, since=outage.started_at)
    assert from_paper(cast, outage, number=number, at=before).number.laid_in_at == loaded
    assert list(consistency.findings()) == []


def test_but_not_before_its_sheet_lay_there(cast: Cast, outage: Outage) -> None:
    number = scenes.many_numbers(6)[-1]
    since = outage.started_at + timedelta(minutes=20)
    scenes.lay_in("Pärm 2", [number], training=False, at=timezone.now(), since=since)
    with pytest.raises(NotThen, match="laid into the binder after"):
        from_paper(cast, outage, number=number, at=outage.started_at)


# --- one line -------------------------------------------------------------------------------------


@pytest.fixture
def till(sign_in: SignIn, cast: Cast) -> Client:
    return sign_in(cast.tilda)


def test_the_page_asks_and_enters_it_with_the_tick(
    cast: Cast, till: Client, outage: Outage, first: Handout
) -> None:
    fields = form_of(outage, caller="vidar")
    asked = till.post(address(outage), fields)
    key = asked.context["form"]["double_of"].value()
    assert (asked.status_code, key) == (400, str(first.request_key))
    assert str(cast.iva) in text_of(asked)
    ticked = fields | {"double_of": key, "double_right": "on"}
    assert till.post(address(outage), fields | {"double_of": key}).status_code == 400
    done = till.post(address(outage), ticked, follow=True)
    assert [message.level_tag for message in done.context["messages"]] == ["success", "warning"]
    assert alarms() == 1
    assert LogEntry.objects.filter(act="number_checked", actor=cast.tilda).exists()


def test_a_tick_for_an_earlier_handout_is_gone(
    cast: Cast, till: Client, outage: Outage, first: Handout
) -> None:
    later = scenes.doubled(cast, first)
    fields = form_of(outage, caller="vera1", double_right="on", double_of=str(first.request_key))
    form = till.post(address(outage), fields).context["form"]
    assert (form["double_of"].value(), form["double_right"].value()) == (
        str(later.request_key),
        False,
    )
    assert alarms() == 1


# --- a whole log ----------------------------------------------------------------------------------


def two_lines(outage: Outage) -> str:
    rows = [
        (minute(outage), "K064", "Anestesikliniken / IVA", "wilma", "vera1"),
        (minute(outage, 1), "K064", "Ögonmottagning", "vidar", "vera1"),
        (minute(outage, 2), "K080", "Ögonmottagning", "vidar", "vera1"),
        (minute(outage, 3), "K080", "Anestesikliniken / IVA", "wilma", "vera1"),
    ]
    return "\n".join(";".join(row) for row in rows)


def answers(page: Any) -> dict[str, str]:
    """Return the hidden fields and the tick of the question."""
    text = page.content.decode()
    (tick,) = TICK.findall(text)
    return {**dict(HIDDEN.findall(text)), tick: "1"}


def test_a_log_asks_once_for_all_such_lines(
    till: Client, outage: Outage, real_binder: Binder
) -> None:
    preview = log.send(till, outage, two_lines(outage))
    said = answers(preview)
    assert (preview.status_code, len(said)) == (200, 3)
    unticked = log.send(till, outage, two_lines(outage), confirmed="1")
    assert (unticked.status_code, Handout.objects.count()) == (400, 0)
    assert answers(unticked) == said
    log.send(till, outage, two_lines(outage), confirmed="1", **said)
    assert (Handout.objects.count(), alarms()) == (4, 2)
    assert list(consistency.findings()) == []


def test_a_tick_for_other_lines_is_not_taken(
    cast: Cast, till: Client, outage: Outage, real_binder: Binder
) -> None:
    said = answers(log.send(till, outage, two_lines(outage)))
    from_paper(cast, outage, ward=cast.eye)  # now the first line is a second patient's too
    refused = log.send(till, outage, two_lines(outage), confirmed="1", **said)
    assert (refused.status_code, Handout.objects.count()) == (400, 1)
    said = answers(refused)
    assert len(said) == 4
    log.send(till, outage, two_lines(outage), confirmed="1", **said)
    assert (Handout.objects.count(), alarms()) == (5, 3)


def test_the_same_line_twice_is_a_fault(cast: Cast, outage: Outage, real_binder: Binder) -> None:
    line = f"{minute(outage)};K064;IVA;wilma;vera1"
    batch = log.entered(cast, outage, f"{line}\n{line}")
    assert (log.faults(batch), batch.only_asks) == ([2], False)
    assert "by itself" in str(batch.faults[0].reason)


def test_a_log_entered_again_asks_nothing(
    till: Client, outage: Outage, real_binder: Binder
) -> None:
    said = answers(log.send(till, outage, two_lines(outage)))
    log.send(till, outage, two_lines(outage), confirmed="1", **said)
    assert not log.send(till, outage, two_lines(outage)).context["batch"].doubled
    again = log.send(till, outage, two_lines(outage), confirmed="1")
    assert (again.status_code, Handout.objects.count()) == (302, 4)
