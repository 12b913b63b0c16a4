"""Late entry: what was handed out on paper, entered afterwards; and when a call came."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from befreg_reserv.acts.event import Event
from befreg_reserv.acts.refused import BadTime, Refused
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.wards import register
from custody.binder import quarantine
from custody.binder.refusals import NotMissing
from custody.checks import consistency
from custody.counts import count
from custody.counts.count import Found
from custody.forms.paper import LateEntryForm
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
from tests.ground.scenery import scene
from tests.pages import text_of
from tests.people.signing_in.workstations import (
    JUST_IDLE,
    TILL_SECONDS,
    browser,
    leave_alone,
    type_in,
    with_password,
)
from tests.scenes import from_paper, now, on_paper

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@scene
def over(cast: Cast, real_binder: Binder) -> Outage:
    """A real outage of two hours that ended an hour ago."""
    outage = scenes.begin(cast.tilda, ago=timedelta(hours=3))
    lifecycle.end(outage, Event.now(cast.tilda, timezone.now() - timedelta(hours=1)))
    outage.refresh_from_db()
    return outage


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


# --- the form -------------------------------------------------------------------------------------


def form_at(text: str, start: datetime, end: datetime) -> LateEntryForm:
    outage = Outage(started_at=start, ended_at=end)
    return LateEntryForm({"at": text}, outage=outage, now=timezone.now())


def local(
    year: int, month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=STOCKHOLM, fold=fold).astimezone(UTC)


# The hour from 02:00 came first as summer time, and then once more.
IN_SUMMER = (local(2025, 10, 26, 1, 50), local(2025, 10, 26, 2, 40))
IN_WINTER = (local(2025, 10, 26, 2, 20, fold=1), local(2025, 10, 26, 3, 10))


@pytest.mark.django_db
@pytest.mark.parametrize(("window", "fold"), [(IN_SUMMER, 0), (IN_WINTER, 1)])
def test_an_hour_that_came_twice_is_read_as_the_one_in_the_outage(
    window: tuple[datetime, datetime], fold: int
) -> None:
    form = form_at("2025-10-26 02:30", *window)
    form.is_valid()
    assert form.cleaned_data["at"] == local(2025, 10, 26, 2, 30, fold=fold)


BOTH = (IN_SUMMER[0], IN_WINTER[1])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["2025-10-26 02:30", "2025-10-26T02:30", "02:30", "2.30"])
def test_in_an_outage_that_has_both_it_is_asked_which(text: str) -> None:
    form = form_at(text, *BOTH)
    assert "came twice" in str(form.errors["at"])
    with translation.override("sv"):
        told = str(form_at(text, *BOTH).errors["at"])
    assert "02:30 sommartid" in told
    assert "02:30 normaltid" in told


@pytest.mark.django_db
@pytest.mark.parametrize("clock", ["2025-10-26 02:30", "02:30", "2:30"])
@pytest.mark.parametrize(
    ("season", "fold"),
    [("sommartid", 0), ("Sommartid", 0), ("summer time", 0), ("normaltid", 1), ("vintertid", 1)],
)
def test_which_it_was_can_be_written(clock: str, season: str, fold: int) -> None:
    form = form_at(f"{clock} {season}", *BOTH)
    form.is_valid()
    assert form.cleaned_data["at"] == local(2025, 10, 26, 2, 30, fold=fold)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("02:30 normaltid", IN_SUMMER),  # not in the outage
        ("01:55 normaltid", IN_SUMMER),  # came but once, in summer time
        ("sommartid", IN_SUMMER),
        ("02:30 nattetid", BOTH),
    ],
)
def test_what_it_cant_have_been_is_refused(text: str, window: tuple[datetime, datetime]) -> None:
    assert "at" in form_at(text, *window).errors


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["2026-03-29 02:30", "02:30", "2.30", "02:30 sommartid"])
@pytest.mark.parametrize("start", [local(2026, 3, 28, 22), local(2026, 3, 29, 1)])
def test_an_hour_that_never_was_is_said_to_be_the_next(text: str, start: datetime) -> None:
    (said,) = form_at(text, start, local(2026, 3, 29, 4)).errors["at"]
    assert "never was" in said
    assert "03:30" in said


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["14:05", "14.05", "2025-11-22 14:05", "2025-11-22T14:05"])
def test_the_clock_is_enough_when_the_outage_lay_on_one_day(text: str) -> None:
    form = form_at(text, local(2025, 11, 22, 13), local(2025, 11, 22, 15))
    form.is_valid()
    assert form.cleaned_data["at"] == local(2025, 11, 22, 14, 5)


OVER_MIDNIGHT = (local(2025, 11, 22, 22, 10), local(2025, 11, 23, 2, 20))
SPRING_NIGHT = (local(2026, 3, 28, 22), local(2026, 3, 29, 21))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "window", "at"),
    [
        ("23:10", OVER_MIDNIGHT, local(2025, 11, 22, 23, 10)),
        ("00:40", OVER_MIDNIGHT, local(2025, 11, 23, 0, 40)),
        ("0.40", OVER_MIDNIGHT, local(2025, 11, 23, 0, 40)),
        ("23:10:00", OVER_MIDNIGHT, local(2025, 11, 22, 23, 10)),
        ("2025-11-22 23:10:00", OVER_MIDNIGHT, local(2025, 11, 22, 23, 10)),
        ("2025-11-22 23.10", OVER_MIDNIGHT, local(2025, 11, 22, 23, 10)),
        ("00:01", (OVER_MIDNIGHT[0], local(2025, 11, 23, 0)), local(2025, 11, 23, 0, 1)),
        ("03:30", SPRING_NIGHT, local(2026, 3, 29, 3, 30)),
    ],
)
def test_a_clock_that_the_outage_had_once_is_enough(
    text: str, window: tuple[datetime, datetime], at: datetime
) -> None:
    form = form_at(text, *window)
    form.is_valid()
    assert form.cleaned_data["at"] == at


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "days", "fault"),
    [
        ("14:05", 1, "on several days: write the date too"),
        ("14.05", 400, "on several days: write the date too"),
        ("12:00", 0, "The outage lasted from"),
        ("25:00", 1, "Write the time as"),
    ],
)
def test_a_clock_that_the_outage_had_twice_or_never_is_asked_about(
    text: str, days: int, fault: str
) -> None:
    start = local(2025, 11, 22, 13)
    form = form_at(text, start, start + timedelta(days=days, hours=2))
    assert fault in str(form.errors["at"])


@pytest.mark.django_db
def test_in_spring_the_hour_that_is_missing_is_refused() -> None:
    assert "never was" in str(form_at("02:30", local(2026, 3, 29, 1), SPRING_NIGHT[1]).errors["at"])


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["14:05", "", "25:00", "x", "2025-11-22 11:00", "9" * 400])
def test_a_time_that_says_nothing(text: str) -> None:
    form = form_at(text, local(2025, 11, 22, 13), local(2025, 11, 23, 15))
    form.is_valid()
    assert "at" in form.errors


# --- the page -------------------------------------------------------------------------------------


def address(outage: Outage) -> str:
    return f"/outage/{outage.pk}/late-entries/"


def form_of(outage: Outage, **changes: str) -> dict[str, str]:
    fields = {
        "at": timezone.localtime(outage.started_at).strftime("%Y-%m-%d %H:%M"),
        "number": "K064",
        "ward": "Anestesikliniken / IVA",
        "caller": "wilma",
        "callback": "",
        "by": "vera1",
        "request_key": str(uuid4()),
    }
    return fields | changes


@pytest.mark.parametrize("name", ["tilda", "adele"])
def test_till_and_administrator_enter(sign_in: SignIn, cast: Cast, over: Outage, name: str) -> None:
    client = sign_in(getattr(cast, name))
    response = client.post(address(over), form_of(over), follow=True)
    handout = Handout.objects.get()
    assert response.redirect_chain == [(address(over), 302)]
    assert handout.get_absolute_url() in response.content.decode()
    assert (handout.handed_out_by, handout.recorded_by.username) == ("vera1", name)


@pytest.mark.parametrize("name", ["wilma", "gunde", "noone"])
def test_nobody_else_does(sign_in: SignIn, cast: Cast, over: Outage, name: str) -> None:
    client = sign_in(getattr(cast, name))
    answers = {client.get(address(over)), client.post(address(over), form_of(over))}
    assert {answer.status_code for answer in answers} == {403}
    assert nothing_taken()


def test_a_ward_that_could_be_several_is_asked_about_once(
    sign_in: SignIn, cast: Cast, over: Outage
) -> None:
    client, fields = sign_in(cast.tilda), form_of(over, ward="an")
    asked = client.post(address(over), fields)
    assert asked.status_code == 400
    assert asked.context["form"].only_asks
    answer = {"ward_choice": str(cast.iva.pk), "ward_asked": "an"}
    assert client.post(address(over), fields | answer).status_code == 302
    assert Handout.objects.get().ward == cast.iva


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "K999"}, "number"),
        ({"number": "20000101K065"}, "number"),
        ({"at": "2020-01-01 10:00"}, "at"),
        ({"caller": ""}, "caller"),
        ({"by": ""}, "by"),
        ({"ward": ""}, "ward"),
        ({"ward": "x" * 130}, "ward"),
        ({"request_key": "x"}, "request_key"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    sign_in: SignIn, cast: Cast, over: Outage, change: dict[str, str], field: str
) -> None:
    response = sign_in(cast.tilda).post(address(over), form_of(over, **change))
    assert response.status_code == 400
    assert set(response.context["form"].errors) == {field}
    assert nothing_taken()


def test_a_number_entered_before_names_its_ward_and_is_logged(
    sign_in: SignIn, cast: Cast, over: Outage
) -> None:
    handout = from_paper(cast, over, ward=cast.eye)
    response = sign_in(cast.tilda).post(address(over), form_of(over))
    assert str(cast.eye) in str(response.context["form"].errors["double_right"])
    asked = LogEntry.objects.get(act="number_checked")
    assert (asked.actor, asked.object_id) == (cast.tilda, handout.pk)


def test_a_reload_enters_nothing_more_and_says_so(
    sign_in: SignIn, cast: Cast, over: Outage
) -> None:
    client, fields = sign_in(cast.tilda), form_of(over)
    client.post(address(over), fields)
    again = client.post(address(over), fields, follow=True)
    assert Handout.objects.count() == 1
    assert [message.level_tag for message in again.context["messages"]] == ["success", "info"]


def test_a_used_form_with_other_content_leads_to_the_earlier(
    sign_in: SignIn, cast: Cast, over: Outage
) -> None:
    client, fields = sign_in(cast.tilda), form_of(over)
    client.post(address(over), fields)
    assert client.post(address(over), fields | {"number": "K080"}).status_code == 409


def test_a_drills_page_wears_its_frame(
    sign_in: SignIn, cast: Cast, training_binder: Binder, drill: Outage
) -> None:
    page = sign_in(cast.tilda).get(address(drill)).content.decode()
    assert 'class="drill"' in page


def test_the_numbers_shown_are_logged_as_read(sign_in: SignIn, cast: Cast, over: Outage) -> None:
    handout = from_paper(cast, over)
    sign_in(cast.tilda).get(address(over))
    reads = LogEntry.objects.filter(act="access", actor=cast.tilda, number=handout.number.value)
    assert reads.count() == 1


@pytest.mark.one_database("statements")
def test_the_page_costs_the_same_with_more_on_it(sign_in: SignIn, cast: Cast, over: Outage) -> None:
    client = sign_in(cast.tilda)

    def cost() -> int:
        client.get(address(over))  # content types are read once
        with CaptureQueriesContext(connection) as captured:
            client.get(address(over))
        return len(captured)

    from_paper(cast, over)
    one = cost()
    for number in ("K080", "K106", "M078"):
        from_paper(cast, over, number=number, ward=cast.eye)
    assert cost() == one


def test_the_numbers_own_pages_say_where_it_came_from(
    sign_in: SignIn, cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    handout = from_paper(cast, outage)
    client = sign_in(cast.tilda)
    page = client.get(f"/till/handouts/{handout.pk}/").content.decode()
    assert "sheet-missing" not in page
    assert client.get("/till/").status_code == client.get(handout.get_absolute_url()).status_code


# --- when the call came ---------------------------------------------------------------------------


def call_fields(outage: Outage, called_at: str) -> dict[str, str]:
    return {
        "outage": str(outage.pk),
        "sex": "K",
        "caller": "wilma",
        "ward": "Anestesikliniken / IVA",
        "request_key": str(uuid4()),
        "called_at": called_at,
    }


@scene
def till(sign_in: SignIn, cast: Cast, real_binder: Binder, outage: Outage) -> Client:
    return sign_in(cast.tilda)


def test_the_calls_form_says_when_it_was_opened(till: Client, outage: Outage) -> None:
    shown = till.get("/till/call/").context["form"]
    opened = str(shown["called_at"].value())
    till.post("/till/hand-out/", call_fields(outage, opened))
    handout = Handout.objects.get()
    assert handout.called_at == datetime.fromisoformat(opened) < handout.handed_out_at


def test_a_form_shown_again_keeps_it(till: Client, outage: Outage) -> None:
    opened = (timezone.now() - timedelta(minutes=3)).isoformat()
    again = till.post("/till/hand-out/", call_fields(outage, opened) | {"caller": ""})
    assert again.context["form"]["called_at"].value() == opened
    assert opened in again.content.decode()


@pytest.mark.parametrize(
    "said",
    [
        "",
        "x",
        "2026-11-22T14:05",  # no zone
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "\u0661" * 40,
        "9" * 5_000,
    ],
)
def test_what_it_says_never_stops_a_call(till: Client, outage: Outage, said: str) -> None:
    assert till.post("/till/hand-out/", call_fields(outage, said)).status_code == 302
    assert Handout.objects.get().called_at is None


@pytest.mark.parametrize(
    ("ago", "kept"),
    [
        (timedelta(minutes=59), True),
        (timedelta(minutes=61), False),
        (timedelta(minutes=-1), False),
    ],
)
def test_only_what_can_be_true_is_kept(
    cast: Cast, real_binder: Binder, outage: Outage, ago: timedelta, kept: bool
) -> None:
    event = now(cast.tilda)
    handout = scenes.hand_out(scenes.call(cast, called_at=event.at - ago), event)
    assert (handout.called_at is not None) is kept


def test_who_gets_another_sheet_called_when_they_called(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    opened = timezone.now() - timedelta(minutes=2)
    first = scenes.handed_out(cast, called_at=opened)
    successor = missing_sheet.give_next(first.pk, now(cast.tilda)).row
    assert successor.called_at == first.called_at == opened


def test_a_call_that_comes_after_the_handout_is_refused_by_the_database(handout: Handout) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Handout.objects.filter(pk=handout.pk).update(called_at=timezone.now() + timedelta(days=1))


def test_a_call_that_came_behind_the_lock_keeps_when_it_came(
    cast: Cast, real_binder: Binder, outage: Outage
) -> None:
    with_password(cast.tilda)
    client = browser()
    type_in(client, "tilda")
    opened = timezone.now().isoformat()
    leave_alone(client, TILL_SECONDS + JUST_IDLE + 1)
    client.post("/till/hand-out/", call_fields(outage, opened))
    unlocked = type_in(client, "tilda", page="/locked/")
    form = client.get(unlocked["Location"]).context["form"]
    assert (form["called_at"].value(), form["caller"].value()) == (opened, "wilma")
    assert not Handout.objects.exists()
