"""Late entry: what was handed out on paper, entered afterwards; and when a call came."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, Refused
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.wards import register
from custody.binder import quarantine
from custody.binder.refusals import NotMissing
from custody.checks import consistency
from custody.counts import count
from custody.counts.count import Found
from custody.handouts import closing, followup, missing_sheet
from custody.ledger.refusals import BadIdentity, CallKeyReused
from custody.models import Binder, Handout, Quarantine, ReserveNumber
from custody.models.states import State
from custody.numbers.identities import check_digit
from custody.paper import one_line
from custody.paper.refusals import GivenAlready, NotThen
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.pages import text_of
from tests.scenes import from_paper, now, on_paper

pytestmark = pytest.mark.one_database("decisions")


def missed(cast: Cast, binder: Binder, tail: str, at: datetime) -> Quarantine:
    """Let a count miss one sheet."""
    lying = binder.numbers.filter(taken_at=None).exclude(value__endswith=tail)
    found = Found(listed_at=at, numbers=frozenset(lying.values_list("pk", flat=True)))
    event = Event.now(cast.tilda, at)
    count.count_binder(binder.pk, found, event, request_key=uuid4(), reason="?")
    return Quarantine.objects.get(number__value__endswith=tail)


def nothing_taken() -> bool:
    return (
        not Handout.objects.exists() and not ReserveNumber.objects.exclude(taken_at=None).exists()
    )


def test_what_was_given_out_before_somebody_pressed_start_is_entered(
    cast: Cast, real_binder: Binder
) -> None:
    pressed = timezone.now()
    began = pressed - timedelta(hours=3)
    outage, _new = lifecycle.start(Event.now(cast.tilda, pressed), since=began)
    assert scenes.from_paper(cast, outage).handed_out_at == began


# --- the act --------------------------------------------------------------------------------------


def test_it_is_entered_with_the_time_and_person_of_the_paper(cast: Cast, over: Outage) -> None:
    at = over.started_at + timedelta(minutes=7)
    handout = from_paper(cast, over, at=at, by="vera1")
    step = handout.steps.get()
    assert handout.late
    assert (handout.handed_out_at, handout.handed_out_by) == (at, "vera1") == (step.at, step.by)
    assert handout.recorded_by == step.recorded_by == cast.adele
    assert handout.recorded_at > at
    assert (handout.called_at, handout.read_back_at) == (None, None)
    assert ReserveNumber.objects.get(pk=handout.number_id).taken_at == at
    assert list(consistency.findings()) == []


def test_it_is_in_the_log_as_an_entry_from_paper(cast: Cast, over: Outage) -> None:
    handout = from_paper(cast, over, by="vera1")
    entry = LogEntry.objects.get(act="late_entry")
    assert (entry.actor, entry.number, entry.object_id) == (
        cast.adele,
        handout.number.value,
        handout.pk,
    )
    assert entry.changes_dict["handed_out_by"] == ["None", "vera1"]
    assert LogEntry.objects.filter(act="hand_out", object_id=handout.pk).count() == 1


@pytest.mark.parametrize("written", ["K080", "k080", "20000101K080", "20000101 k-08 0"])
def test_the_number_may_be_written_whole_or_as_its_last_four(
    cast: Cast, over: Outage, written: str
) -> None:
    handout = from_paper(cast, over, number=written)
    assert (handout.number.value, handout.patient_sex) == ("20000101K080", "K")


def test_it_works_while_the_outage_goes_on(cast: Cast, real_binder: Binder, outage: Outage) -> None:
    assert from_paper(cast, outage).state == State.HANDED_OUT
    assert scenes.handed_out(cast).number.last_four == "K106"


def test_it_is_nobodys_turn_to_read_it_back(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    from_paper(cast, outage)
    called = scenes.handed_out(cast)
    assert list(followup.not_read_back(drill=False)) == [called]


def test_it_is_followed_up_like_any_other(cast: Cast, over: Outage) -> None:
    handout = from_paper(cast, over)
    assert list(followup.open_for(cast.wilma)) == [handout]
    assert followup.is_overdue(handout, timezone.now() + timedelta(days=2))
    scenes.replaced(handout.pk, scenes.REAL_WOMAN, now(cast.wilma))


def test_a_ward_that_was_written_down_is_kept(cast: Cast, over: Outage) -> None:
    handout = from_paper(cast, over, ward=register.typed_in("Tältet"))
    assert (handout.ward.name, handout.ward.confirmed) == ("Tältet", False)


# --- when the binder can't have given it out ------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("K999", NotThen),
        ("20000101K163", NotThen),  # well-formed, in no binder
        ("20000101K065", BadIdentity),
        ("", BadIdentity),
        ("hello", BadIdentity),
        ("9" * 5_000, BadIdentity),
        ("K007", NotThen),  # lies in the training binder
        ("20000101K007", NotThen),
    ],
)
def test_a_number_that_no_binder_of_the_kind_holds(
    cast: Cast, over: Outage, training_binder: Binder, number: str, why: type[Refused]
) -> None:
    with pytest.raises(why):
        from_paper(cast, over, number=number)
    assert nothing_taken()


def test_a_drill_takes_training_numbers_only(
    cast: Cast, real_binder: Binder, training_binder: Binder, drill: Outage
) -> None:
    with pytest.raises(NotThen):
        from_paper(cast, drill, number="K064")
    assert from_paper(cast, drill, number="K007").number.training
    assert list(consistency.findings()) == []


def twin(tail: str) -> str:
    """Return a number of another birth date that ends in the same four."""
    stems = (f"{2001 + year}0101{tail[:3]}" for year in range(20))
    return next(stem + tail[3] for stem in stems if check_digit(stem) == tail[3])


def test_last_four_that_fit_two_binders_are_asked_for_whole(cast: Cast, over: Outage) -> None:
    scenes.lay_in("Andra", [twin("K064")], training=False)
    with pytest.raises(NotThen, match="Several binders"):
        from_paper(cast, over, number="K064")
    assert from_paper(cast, over, number="20000101K064").number.binder.name == "Pärm AKM"


def test_a_number_laid_in_later(cast: Cast, over: Outage) -> None:
    numbers = scenes.many_numbers(6)[-1:]
    scenes.lay_in("Pärm 2", numbers, training=False, at=over.started_at + timedelta(hours=1))
    with pytest.raises(NotThen, match="laid into the binder after"):
        from_paper(cast, over, number=numbers[0])
    late = over.started_at + timedelta(hours=1, minutes=1)
    assert from_paper(cast, over, number=numbers[0], at=late).number.value == numbers[0]


@pytest.mark.parametrize(
    "off", [timedelta(minutes=-5), timedelta(hours=2, minutes=3), timedelta(days=9)]
)
def test_a_time_outside_of_the_outage(cast: Cast, over: Outage, off: timedelta) -> None:
    with pytest.raises(BadTime):
        from_paper(cast, over, at=over.started_at + off)
    assert nothing_taken()


def test_a_time_to_come_in_an_ongoing_outage(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    with pytest.raises(BadTime):
        from_paper(cast, outage, at=timezone.now() + timedelta(minutes=5))


def test_minutes_are_moved_into_the_outage(cast: Cast, over: Outage) -> None:
    assert over.ended_at
    early = over.started_at.replace(second=0, microsecond=0)
    first = from_paper(cast, over, at=early)
    last = from_paper(cast, over, at=over.ended_at + timedelta(minutes=1), number="K080")
    assert (first.handed_out_at, last.handed_out_at) == (over.started_at, over.ended_at)
    assert list(consistency.findings()) == []


def test_a_number_that_was_handed_out_names_to_whom(cast: Cast, over: Outage) -> None:
    first = from_paper(cast, over)
    with pytest.raises(GivenAlready) as refused:
        from_paper(cast, over, ward=cast.eye)
    assert refused.value.handout == first
    assert str(cast.iva) in str(refused.value)
    assert Handout.objects.count() == 1


@pytest.mark.parametrize("end", [State.VOIDED, State.UNDONE])
def test_a_voided_number_is_spent_and_an_undone_one_isnt(
    cast: Cast, over: Outage, end: State
) -> None:
    first = from_paper(cast, over)
    act = closing.void if end == State.VOIDED else closing.undo
    act(first.pk, now(cast.adele), reason="wrong line")
    if end == State.VOIDED:
        with pytest.raises(GivenAlready):
            from_paper(cast, over)
    else:
        assert from_paper(cast, over).pk != first.pk
    assert list(consistency.findings()) == []


# --- a sheet that a count missed ------------------------------------------------------------------


def test_a_sheet_that_a_count_missed_is_explained(
    cast: Cast, real_binder: Binder, over: Outage
) -> None:
    quarantined = missed(cast, real_binder, "K064", timezone.now())
    left_at = quarantined.number.taken_at
    entered = one_line.enter(on_paper(cast, over), over.pk, now(cast.adele)).row
    quarantined.refresh_from_db()
    assert entered.explained
    assert quarantined.explained_by == "adele"
    assert quarantined.explanation
    assert ReserveNumber.objects.get(value="20000101K064").taken_at == left_at
    assert LogEntry.objects.filter(act="explain_quarantine").count() == 1
    assert list(consistency.findings()) == []


def test_an_explanation_that_somebody_gave_stays(
    cast: Cast, real_binder: Binder, over: Outage
) -> None:
    quarantined = missed(cast, real_binder, "K064", timezone.now())
    quarantine.explain(quarantined.pk, now(cast.adele), explanation="under tab 2")
    entered = one_line.enter(on_paper(cast, over), over.pk, now(cast.adele)).row
    quarantined.refresh_from_db()
    assert (entered.explained, quarantined.explanation) == (False, "under tab 2")


def test_a_sheet_missed_before_that_time_was_not_given_out(
    cast: Cast, real_binder: Binder, over: Outage
) -> None:
    quarantined = missed(cast, real_binder, "K064", over.started_at + timedelta(minutes=30))
    with pytest.raises(NotThen, match="missing before"):
        from_paper(cast, over, at=over.started_at + timedelta(minutes=40))
    quarantined.refresh_from_db()
    assert quarantined.explained_at is None
    assert from_paper(cast, over, at=over.started_at + timedelta(minutes=20)).late


def test_undone_the_number_stays_out(cast: Cast, real_binder: Binder, over: Outage) -> None:
    missed(cast, real_binder, "K064", timezone.now())
    closing.undo(from_paper(cast, over).pk, now(cast.adele), reason="read K064 for K080")
    assert ReserveNumber.objects.get(value="20000101K064").taken_at
    assert list(consistency.findings()) == []


def test_undone_its_sheet_waits_for_an_explanation_again(
    cast: Cast, real_binder: Binder, over: Outage
) -> None:
    first = missed(cast, real_binder, "K064", timezone.now())
    closing.undo(from_paper(cast, over).pk, now(cast.adele), reason="another ward")
    (again,) = quarantine.unexplained(training=False)
    assert (again.number, again.count, again.found_at) == (
        first.number,
        first.count,
        first.found_at,
    )
    assert from_paper(cast, over).late
    assert quarantine.unexplained(training=False) == []
    assert list(consistency.findings()) == []


def test_undone_an_explanation_that_somebody_gave_still_holds(
    cast: Cast, real_binder: Binder, over: Outage
) -> None:
    found = missed(cast, real_binder, "K064", timezone.now())
    quarantine.explain(found.pk, now(cast.adele), explanation="under tab 2")
    closing.undo(from_paper(cast, over).pk, now(cast.adele), reason="another ward")
    assert quarantine.unexplained(training=False) == []


@pytest.mark.parametrize("returns", [True, False])
def test_the_page_says_whether_the_number_lies_in_the_binder_again(
    cast: Cast, real_binder: Binder, over: Outage, sign_in: SignIn, *, returns: bool
) -> None:
    if not returns:
        missed(cast, real_binder, "K064", timezone.now())
    cast.adele.language = "en"
    cast.adele.save(update_fields=["language"])
    address = f"/ward/handouts/{from_paper(cast, over).pk}/"
    told = text_of(
        sign_in(cast.adele).post(f"{address}undo/", {"reason": "another ward"}, follow=True)
    )
    assert "The handout is undone." in told
    assert ("lies in the binder again" in told) is returns
    assert ("The number isn't in the binder" in told) is not returns


@pytest.mark.parametrize("was_missed", [True, False])
def test_a_sheet_given_out_on_paper_is_never_missing(
    cast: Cast, real_binder: Binder, outage: Outage, *, was_missed: bool
) -> None:
    if was_missed:
        missed(cast, real_binder, "K064", timezone.now())
    handout = from_paper(cast, outage)
    with pytest.raises(NotMissing, match="on paper"):
        missing_sheet.give_next(handout.pk, now(cast.tilda))
    handout.refresh_from_db()
    assert handout.state == State.HANDED_OUT
    assert Handout.objects.count() == 1


def test_a_number_that_left_in_no_known_way(cast: Cast, over: Outage) -> None:
    ReserveNumber.objects.filter(value="20000101K064").update(taken_at=timezone.now())
    with pytest.raises(NotThen, match="another way"):
        from_paper(cast, over)


# --- once -----------------------------------------------------------------------------------------


def test_the_same_form_again_is_the_same_handout(cast: Cast, over: Outage) -> None:
    entry = on_paper(cast, over)
    first, again = (one_line.enter(entry, over.pk, now(cast.adele)) for _ in range(2))
    assert first.row.handout == again.row.handout
    assert (first.new, again.new) == (True, False)
    assert LogEntry.objects.filter(act="late_entry").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"number": "K080"},
        {"by": "vera1"},
        {"caller": "vidar"},
        {"callback": "1"},
        {"at": timedelta(minutes=9)},
    ],
)
def test_the_same_form_with_other_content_is_refused(
    cast: Cast, over: Outage, change: dict[str, Any]
) -> None:
    key = uuid4()
    from_paper(cast, over, request_key=key)
    if "at" in change:
        change = {"at": over.started_at + change["at"]}
    with pytest.raises(CallKeyReused):
        from_paper(cast, over, request_key=key, **change)
    assert Handout.objects.count() == 1


def test_a_calls_form_is_no_entry_from_paper(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    key = uuid4()
    scenes.handed_out(cast, request_key=key)
    with pytest.raises(CallKeyReused):
        from_paper(cast, outage, request_key=key)


def test_an_outage_that_is_not_there(cast: Cast, over: Outage) -> None:
    entry = on_paper(cast, over)
    with pytest.raises(Outage.DoesNotExist):
        one_line.enter(entry, over.pk + 1, now(cast.adele))


def test_that_it_came_from_paper_stays_written(cast: Cast, over: Outage) -> None:
    handout = from_paper(cast, over)
    with pytest.raises(IntegrityError), transaction.atomic():
        Handout.objects.filter(pk=handout.pk).update(late=False)
