"""Two patients, one number: both are followed, and the alarm stands until somebody settles it."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from befreg_reserv.acts.refused import ReasonMissing
from befreg_reserv.audit.models import LogEntry
from custody.binder import contents
from custody.checks import consistency
from custody.counts import count
from custody.handouts import closing, doubles, notices, read_back
from custody.handouts.refusals import DoubledSettled, NotFoundAtCount, WasGiven
from custody.ledger import taken
from custody.models import Binder, DoubledNumber, Handout, ReserveNumber
from custody.models.states import State
from custody.paper.refusals import GivenAlready
from outage import lifecycle
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.ledger.test_invariants import copy_of, refused, update
from tests.ground.lifting import lifted
from tests.pages import text_of
from tests.scenes import now

pytestmark = pytest.mark.one_database("decisions")

ALARM = "TWO PATIENTS, ONE NUMBER"


@pytest.fixture
def second(cast: Cast, handout: Handout) -> Handout:
    """The till gave K064 to IVA, and paper gave it to the eye clinic."""
    return scenes.doubled(cast, handout)


@pytest.fixture
def alarm(second: Handout) -> DoubledNumber:
    return DoubledNumber.objects.get(second=second)


def lies_there(handout: Handout) -> bool:
    return ReserveNumber.objects.get(pk=handout.number_id).taken_at is None


# --- what is recorded -----------------------------------------------------------------------------


def test_both_stand_with_an_alarm(cast: Cast, handout: Handout, second: Handout) -> None:
    alarm = DoubledNumber.objects.get()
    assert (second.number, second.duplicate_of) == (handout.number, handout)
    assert (alarm.first, alarm.second, alarm.found_by) == (handout, second, cast.adele)
    assert LogEntry.objects.get(act="doubled").number == second.number.value
    assert list(consistency.findings()) == []


def test_each_gets_a_real_number_and_a_notice_of_its_own(
    cast: Cast, handout: Handout, second: Handout
) -> None:
    for each, number in ((handout, scenes.REAL_WOMAN), (second, scenes.REAL_WOMAN_2)):
        scenes.replaced(each.pk, number, now(cast.adele))
        notices.file_notice(each.pk, now(cast.adele))
    found = Handout.objects.order_by("pk").values_list("state", "notices__identity")
    assert list(found) == [("closed", scenes.REAL_WOMAN), ("closed", scenes.REAL_WOMAN_2)]
    assert list(consistency.findings()) == []


def test_a_third_patient_refers_to_the_number_too(
    cast: Cast, handout: Handout, second: Handout
) -> None:
    with pytest.raises(GivenAlready) as question:
        scenes.doubled(cast, handout, caller="vera1")
    assert question.value.handout == second
    third = scenes.doubled(cast, second, caller="vera1")
    assert third.duplicate_of == handout
    (doubled, *_more) = doubles.about(third)
    assert doubled.handouts == [handout, second, third]
    assert list(consistency.findings()) == []


def test_the_number_counts_once_and_is_known_as_the_binders(
    handout: Handout, second: Handout, real_binder: Binder
) -> None:
    other = real_binder.numbers.exclude(pk=handout.number_id)[0]
    assert contents.ask_in_use(real_binder, besides=other)() == 1
    assert taken.standing([handout.number.value])[handout.number.value].place == taken.Place.BINDER


# --- undo and void --------------------------------------------------------------------------------


def test_while_the_other_stands_an_undone_number_stays_out(
    cast: Cast, handout: Handout, second: Handout
) -> None:
    closing.undo(second.pk, now(cast.adele), reason="misread")
    assert not lies_there(handout)
    closing.undo(handout.pk, now(cast.adele), reason="recorded twice")
    assert lies_there(handout)
    assert list(consistency.findings()) == []


def test_the_tills_undone_paper_holds_the_number_alone(
    cast: Cast, handout: Handout, second: Handout
) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="nobody rang")
    assert scenes.handed_out(cast).number != handout.number
    third = scenes.doubled(cast, second, caller="vera1")
    assert third.duplicate_of == handout
    assert list(consistency.findings()) == []


def test_undone_beside_another_it_needs_no_sheet(
    cast: Cast, handout: Handout, second: Handout, real_binder: Binder
) -> None:
    scenes.counted(cast, real_binder)
    closing.undo(second.pk, now(cast.adele), reason="misread")
    assert not count.returns().exists()
    with pytest.raises(NotFoundAtCount):
        closing.undo(handout.pk, now(cast.adele), reason="nobody rang")


@pytest.mark.both_databases
def test_an_undo_that_returned_nothing_is_no_return_to_a_count(
    cast: Cast, handout: Handout, second: Handout
) -> None:
    closing.undo(second.pk, now(cast.adele), reason="misread")
    assert not count.returns().exists()
    closing.undo(handout.pk, now(cast.adele), reason="nobody rang")
    assert count.returns().get().handout == handout


def test_one_that_was_read_back_is_not_undone(cast: Cast, handout: Handout) -> None:
    read_back.confirm_read_back(handout.pk, "K064", now(cast.tilda))
    scenes.doubled(cast, handout)
    with pytest.raises(WasGiven):
        closing.undo(handout.pk, now(cast.adele), reason="?")


@pytest.mark.parametrize("which", ["handout", "second"])
def test_either_may_be_voided_and_the_alarm_stands(
    cast: Cast, request: pytest.FixtureRequest, alarm: DoubledNumber, which: str
) -> None:
    each = request.getfixturevalue(which)
    closing.void(each.pk, now(cast.adele), reason="not used")
    assert list(doubles.waiting()) == [alarm]
    assert notices.to_separate(alarm.first)
    assert list(consistency.findings()) == []


# --- what was done --------------------------------------------------------------------------------


def test_it_stands_until_somebody_has_written_what_was_done(
    cast: Cast, alarm: DoubledNumber
) -> None:
    with pytest.raises(ReasonMissing):
        doubles.settle(alarm.pk, now(cast.adele), done="")
    settled = doubles.settle(alarm.pk, now(cast.adele), done="separated by RAPS").row
    assert (settled.settled_by, settled.done) == ("adele", "separated by RAPS")
    assert not doubles.waiting().exists()
    with pytest.raises(DoubledSettled):
        doubles.settle(alarm.pk, now(cast.adele), done="again")
    assert LogEntry.objects.filter(act="settle_doubled").count() == 1


PAGES = {
    "wilma": ["/ward/", "/ward/handouts/{first}/", "/outage/{outage}/"],
    "vidar": ["/ward/", "/ward/handouts/{second}/"],
    "tilda": ["/till/", "/till/handouts/{first}/", "/outage/{outage}/late-entries/"],
    "adele": ["/binder/overview/", "/outage/{outage}/report/", "/outage/{outage}/open/"],
}


@pytest.mark.parametrize(
    ("who", "page"), [(who, page) for who, pages in PAGES.items() for page in pages]
)
def test_the_alarm_stands_on_every_page_about_it(
    cast: Cast, sign_in: SignIn, alarm: DoubledNumber, who: str, page: str
) -> None:
    keys = {"first": alarm.first_id, "second": alarm.second_id, "outage": alarm.first.outage_id}
    person = getattr(cast, who)
    person.language = "en"
    person.save(update_fields=["language"])
    client = sign_in(person)
    assert ALARM in text_of(client.get(page.format(**keys)))
    doubles.settle(alarm.pk, now(cast.adele), done="separated")
    standing = text_of(client.get(page.format(**keys)))
    assert ALARM not in standing.replace(f"{ALARM} 20000101", "")


def test_a_third_ward_hears_nothing(cast: Cast, sign_in: SignIn, second: Handout) -> None:
    other = scenes.handed_out(cast)
    closing.undo(second.pk, now(cast.adele), reason="misread")
    page = sign_in(cast.wilma).get(f"/ward/handouts/{other.pk}/")
    assert not page.context["doubled"]


def test_the_administrator_alone_writes_what_was_done(
    cast: Cast, sign_in: SignIn, alarm: DoubledNumber
) -> None:
    address = f"/binder/doubled/{alarm.pk}/"
    assert sign_in(cast.tilda).post(address, {"done": "x"}).status_code == 403
    client = sign_in(cast.adele)
    assert client.get(address).status_code == 200
    assert client.post(address, {"done": " "}).status_code == 400
    assert client.post(address, {"done": "separated"}).status_code == 302
    assert client.post(address, {"done": "again"}).status_code == 409
    assert "separated" in text_of(client.get(address))


# --- the notice -----------------------------------------------------------------------------------


def test_its_notice_says_that_two_persons_have_the_number(
    cast: Cast, sign_in: SignIn, handout: Handout, second: Handout
) -> None:
    for each, number in ((handout, scenes.REAL_WOMAN), (second, scenes.REAL_WOMAN_2)):
        scenes.replaced(each.pk, number, now(cast.adele))
    mine, other = (
        {field.label: field.value for field in notices.fields(Handout.objects.get(pk=each.pk))}
        for each in (handout, second)
    )
    assert str(cast.eye) in mine["Reason"]
    assert str(cast.iva) in other["Reason"]
    assert mine["Real number, that remains"] != other["Real number, that remains"]
    for sheet in ("", "notice-sheet/"):
        page = text_of(sign_in(cast.wilma).get(f"/ward/handouts/{handout.pk}/{sheet}"))
        assert "tillhör två personer" in page


def test_once_the_other_is_undone_it_is_as_any_other(
    cast: Cast, handout: Handout, second: Handout
) -> None:
    assert notices.to_separate(handout)
    closing.undo(second.pk, now(cast.adele), reason="misread")
    assert not notices.to_separate(handout)


# --- the database ---------------------------------------------------------------------------------


def raw(handout: Handout, **columns: Any) -> None:
    """Insert a further handout of the number, past every act."""
    copy_of(handout, **({"request_key": "0" * 32, "late": True} | columns))


@pytest.mark.both_databases
def test_only_a_late_entry_is_a_double(handout: Handout) -> None:
    with refused("handout_double_is_from_paper"):
        raw(handout, late=False, duplicate_of=handout)


@pytest.mark.both_databases
def test_a_double_is_of_the_same_number(cast: Cast, handout: Handout) -> None:
    other = scenes.handed_out(cast)
    with refused("refers to its first one"):
        raw(other, duplicate_of=handout)


@pytest.mark.both_databases
def test_a_double_refers_to_no_double(handout: Handout, second: Handout) -> None:
    with refused("refers to its first one"):
        raw(second, duplicate_of=second)


@pytest.mark.both_databases
def test_nothing_is_doubled_by_what_is_undone(cast: Cast, handout: Handout) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="nobody rang")
    with refused("refers to its first one"):
        raw(handout, state=State.HANDED_OUT, duplicate_of=handout)


def test_no_other_handout_while_a_double_holds_it(
    cast: Cast, handout: Handout, second: Handout
) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="nobody rang")
    with refused("with a patient, by a handout on paper"), transaction.atomic():
        raw(handout, state=State.HANDED_OUT)
    with lifted():  # what would be without it
        raw(handout, state=State.HANDED_OUT)


@pytest.mark.both_databases
def test_a_double_stays_one(cast: Cast, handout: Handout, second: Handout) -> None:
    closing.undo(handout.pk, now(cast.adele), reason="nobody rang")
    with refused("duplicate_of of a handout never changes"):
        update(second, duplicate_of=None)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"found_at": timezone.now()}, "never change"),
        ({"settled_at": timezone.now()}, "doubled_settled_by_somebody"),
        ({"done": "x"}, "doubled_settled_by_somebody"),
    ],
)
def test_an_alarm_is_settled_whole(
    alarm: DoubledNumber, columns: dict[str, Any], rule: str
) -> None:
    with refused(rule):
        update(alarm, **columns)


def test_a_settled_alarm_stays_so_and_none_goes(cast: Cast, alarm: DoubledNumber) -> None:
    doubles.settle(alarm.pk, now(cast.adele), done="separated")
    with refused("stays as it was written"), transaction.atomic():
        update(alarm, done="nothing")
    with refused("settled"), transaction.atomic():
        update(alarm, settled_at=None, settled_by="", done="")
    with refused("append-only"):
        DoubledNumber._base_manager.all()._raw_delete(connection.alias)


def test_no_alarm_about_two_numbers(cast: Cast, handout: Handout, alarm: DoubledNumber) -> None:
    other = scenes.handed_out(cast)
    with refused("two handouts of one number"), transaction.atomic():
        copy_of(alarm, first=handout, second=other)
    with refused("two handouts of one number"):
        copy_of(alarm, first=alarm.second, second=handout)


def test_no_sign_off_past_an_alarm(cast: Cast, alarm: DoubledNumber) -> None:
    for each in (alarm.first, alarm.second):
        closing.void(each.pk, now(cast.adele), reason="not used")
    outage = lifecycle.end(alarm.first.outage, now(cast.tilda)).row
    with refused("can't be signed off"), transaction.atomic():
        outage.sign_offs.create(at=timezone.now(), by=cast.adele)
    with lifted():  # what would be without it
        outage.sign_offs.create(at=timezone.now(), by=cast.adele)
