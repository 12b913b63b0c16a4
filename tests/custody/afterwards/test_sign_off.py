"""Signing an outage off: refused until nothing is left to do, and told when something opens."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import User
from custody.afterwards import sign_off
from custody.afterwards.refusals import NotFinished
from custody.afterwards.sign_off import Duty, missing
from custody.binder import quarantine
from custody.counts import count, settle
from custody.counts.count import Found
from custody.handouts import missing_sheet, read_back
from custody.models import Binder, CountLine, ForeignSheet, Handout, PreparedNumber, SignOff
from custody.paper import one_line
from custody.planned import late_registration
from custody.planned.late_registration import LatePatient
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.afterwards.aftermath import UNREAD, Aftermath, count_all, finish, lay_out
from tests.ground.scenery import scene
from tests.pages import text_of

pytestmark = pytest.mark.one_database("decisions")


@scene
def after(cast: Cast, real_binder: Binder) -> Aftermath:
    return lay_out(cast)


@scene
def finished(after: Aftermath) -> Aftermath:
    finish(after)
    return after


def duties(outage: Outage) -> list[Duty]:
    return [each.duty for each in missing(outage)]


def sign(after: Aftermath, text: str = "", unread: int = UNREAD) -> SignOff:
    return sign_off.sign_off(
        after.outage.pk,
        Event.now(after.cast.adele, after.at(500)),
        text=text,
        never_read_back=unread,
    ).row


# --- what is missing ----------------------------------------------------------------------------


def test_first_it_must_end(outage: Outage) -> None:
    assert missing(outage)[0].text == "The outage hasn't ended."


def test_open_handouts_and_the_count(after: Aftermath) -> None:
    assert [each.text for each in missing(after.outage)] == [
        "2 numbers are open.",
        "Not counted since the end: Pärm AKM.",
    ]


def test_a_count_before_the_end_is_not_enough(after: Aftermath) -> None:
    count_all(Binder.objects.get(), after, 119)
    assert Duty.COUNT in duties(after.outage)


def test_nothing_is_missing_when_all_is_closed_and_counted(finished: Aftermath) -> None:
    assert missing(finished.outage) == []


def test_an_outage_without_binder_needs_no_count(cast: Cast, outage: Outage) -> None:
    ended = lifecycle.end(outage, scenes.now(cast.tilda)).row
    assert missing(ended) == []


def test_prepared_numbers_must_be_accounted_for(cast: Cast) -> None:
    plan, now = scenes.planned(cast), timezone.now()
    outage, _new = lifecycle.start(Event.now(cast.tilda, now), plan=plan)
    ended = lifecycle.end(outage, Event.now(cast.tilda, now)).row
    PreparedNumber.objects.create(
        plan=plan,
        ward=cast.iva,
        value="19990101K064",
        sex="K",
        training=False,
        entered_at=now,
        entered_by=cast.adele,
    )
    assert [each.text for each in missing(ended)] == ["1 prepared number isn't marked."]


def test_late_registrations_must_be_registered_or_struck(finished: Aftermath) -> None:
    patient = LatePatient(finished.outage, finished.cast.iva, "Bed 1", finished.at(70), uuid4())
    row = late_registration.list_patient(
        patient, Event.now(finished.cast.wilma, finished.at(430))
    ).row
    assert duties(finished.outage) == [Duty.LATE]
    late_registration.register(row.pk, scenes.REAL_MAN, finished.event("wilma", 440))
    assert missing(finished.outage) == []


def test_a_missing_sheet_must_be_explained(cast: Cast, real_binder: Binder) -> None:
    outage = scenes.begin(cast.tilda)
    given = scenes.handed_out(cast)
    missing_sheet.give_next(given.pk, scenes.now(cast.tilda))
    ended = lifecycle.end(outage, scenes.now(cast.tilda)).row
    assert Duty.SHEETS in duties(ended)
    row = given.number.quarantines.get()
    quarantine.explain(row.pk, scenes.now(cast.adele), explanation="found")
    assert Duty.SHEETS not in duties(ended)


def counted_with(
    after: Aftermath, *foreign: str, away: int = 0, surplus: Handout | None = None
) -> None:
    """Count the binder, with some sheets away, that of a handout there, and others' too."""
    (shelf,) = Binder.objects.all()
    there = list(shelf.numbers.filter(taken_at__isnull=True).values_list("pk", flat=True))
    numbers = {*there[away:], *([surplus.number_id] if surplus else [])}
    count.count_binder(
        shelf.pk,
        Found(after.at(450), frozenset(numbers), foreign),
        after.event("tilda", 450),
        request_key=uuid4(),
        reason="looked twice",
    )


def test_what_the_count_missed_must_be_explained(finished: Aftermath) -> None:
    counted_with(finished, away=2)
    assert [each.text for each in missing(finished.outage)] == [
        "2 missing sheets aren't explained."
    ]


def test_a_sheet_too_many_must_be_settled(finished: Aftermath) -> None:
    counted_with(finished, surplus=finished.voided)
    assert duties(finished.outage) == [Duty.SURPLUS]
    line = CountLine.objects.get(expected=False, found=True)
    settle.destroy_sheet(line.pk, Event.now(finished.cast.adele, finished.at(460)))
    assert missing(finished.outage) == []


@pytest.mark.both_databases
def test_a_sheet_that_is_not_the_binders_must_be_explained(finished: Aftermath) -> None:
    counted_with(finished, "K999", "20000101K007")
    assert [each.text for each in missing(finished.outage)] == [
        "2 sheets that don't belong in the binder aren't explained."
    ]
    for sheet in ForeignSheet.objects.all():
        settle.explain_foreign(
            sheet.pk, Event.now(finished.cast.adele, finished.at(460)), explanation="destroyed"
        )
    assert missing(finished.outage) == []


def test_a_missing_sheet_of_another_outage_is_no_duty_of_this(
    finished: Aftermath, cast: Cast
) -> None:
    sign(finished)
    scenes.begin(cast.tilda)
    missing_sheet.give_next(scenes.handed_out(cast).pk, scenes.now(cast.tilda))
    assert missing(finished.outage) == []


def test_a_drill_waits_for_nothing_of_a_real_outage(
    after: Aftermath, cast: Cast, training_binder: Binder
) -> None:
    practised = scenes.begin(cast.tilda, drill=True)
    ended = lifecycle.end(practised, scenes.now(cast.tilda)).row
    assert [each.text for each in missing(ended)] == ["Not counted since the end: Övningspärm."]


# --- the act ------------------------------------------------------------------------------------


def test_it_is_signed_off_with_what_was_learned(finished: Aftermath) -> None:
    signed = sign(finished, "call at once")
    assert (signed.outage, signed.by.username, signed.at) == (
        finished.outage,
        "adele",
        finished.at(500),
    )
    entry = LogEntry.objects.get(act="sign_off")
    assert entry.changes["text"] == ["None", "call at once"]
    assert not LogEntry.objects.filter(content_type__model="signoff").exists()


def test_it_is_refused_while_something_is_missing(after: Aftermath) -> None:
    with pytest.raises(NotFinished) as refused:
        sign(after)
    assert refused.value.missing == [each.text for each in missing(after.outage)]
    assert not SignOff.objects.exists()
    assert not LogEntry.objects.filter(act="sign_off").exists()


def test_twice_makes_two_rows_that_say_the_same(finished: Aftermath) -> None:
    sign(finished)
    sign(finished)
    assert SignOff.objects.count() == 2
    assert missing(finished.outage) == []


def test_what_opens_again_is_missing_again(finished: Aftermath, cast: Cast) -> None:
    sign(finished)
    line = one_line.Entry(
        finished.at(80), "tommy", finished.undone.number.value, cast.iva, "wilma", "", uuid4(),
        seen_reason="ticked by the old list",
    )  # fmt: skip
    one_line.enter(line, finished.outage.pk, Event.now(cast.adele, finished.at(510)))
    assert duties(finished.outage) == [Duty.HANDOUTS]
    with pytest.raises(NotFinished):
        sign(finished)


# --- the page -----------------------------------------------------------------------------------


@scene
def adele(cast: Cast, sign_in: SignIn) -> Client:
    User.objects.filter(pk=cast.adele.pk).update(language="en")
    return sign_in(cast.adele)


def address(after: Aftermath) -> str:
    return f"{after.outage.get_absolute_url()}sign-off/"


def test_the_page_says_what_is_missing_and_offers_no_button(
    adele: Client, after: Aftermath
) -> None:
    answer = adele.get(address(after))
    assert "2 numbers are open." in text_of(answer)
    assert 'name="text"' not in answer.content.decode()


def test_sent_too_early_it_says_what_is_missing(adele: Client, after: Aftermath) -> None:
    answer = adele.post(address(after), {"text": ""})
    assert answer.status_code == 409
    assert "something is left to do" in text_of(answer)
    assert not SignOff.objects.exists()


def test_signed_off_on_the_page(adele: Client, finished: Aftermath) -> None:
    form = {"text": "call at once", "never_read_back": UNREAD}
    answer = adele.post(address(finished), form, follow=True)
    assert answer.redirect_chain == [(finished.outage.get_absolute_url(), 302)]
    text = text_of(answer)
    assert "Signed off" in text
    assert "call at once" in text


def test_what_was_never_read_back_must_be_seen(adele: Client, finished: Aftermath) -> None:
    assert "1 number was never read back." in text_of(adele.get(address(finished)))
    for ticked in ({}, {"never_read_back": UNREAD + 1}):
        answer = adele.post(address(finished), {"text": "", **ticked})
        assert answer.status_code == 400
        assert "Tick that you have seen it." in text_of(answer)
    assert not SignOff.objects.exists()


def test_and_is_signed_with(adele: Client, finished: Aftermath) -> None:
    adele.post(address(finished), {"never_read_back": UNREAD})
    assert SignOff.objects.get().never_read_back == UNREAD
    entry = LogEntry.objects.get(act="sign_off")
    assert entry.changes["never_read_back"] == ["None", str(UNREAD)]
    report = text_of(adele.get(f"{finished.outage.get_absolute_url()}report/"))
    assert "1 that were never read back" in report


def test_what_is_read_back_in_the_end_needs_no_tick(adele: Client, after: Aftermath) -> None:
    last_four, at = after.replaced.number.last_four, after.at(210)
    read_back.confirm_read_back(after.replaced.pk, last_four, Event.now(after.cast.tilda, at))
    finish(after)
    assert "never read back" not in text_of(adele.get(address(after)))
    assert sign(after, unread=0).never_read_back == 0


def test_a_text_too_long_is_asked_for_again(adele: Client, finished: Aftermath) -> None:
    answer = adele.post(address(finished), {"text": "x" * 501})
    assert answer.status_code == 400
    assert not SignOff.objects.exists()


def test_the_outages_page_says_that_it_opened_again(
    adele: Client, finished: Aftermath, cast: Cast
) -> None:
    sign(finished)
    opened = "opened again since the sign-off"
    assert opened not in text_of(adele.get(finished.outage.get_absolute_url()))
    patient = LatePatient(finished.outage, cast.iva, "Bed 1", finished.at(70), uuid4())
    late_registration.list_patient(patient, Event.now(cast.wilma, finished.at(510)))
    for page in (finished.outage.get_absolute_url(), address(finished)):
        assert opened in text_of(adele.get(page))


def test_the_report_names_who_signed_off(adele: Client, finished: Aftermath) -> None:
    url = f"{finished.outage.get_absolute_url()}report/"
    assert "Not yet" in text_of(adele.get(url))
    sign(finished, "call at once")
    text = text_of(adele.get(url))
    assert ", adele" in text
    assert "call at once" in text


@pytest.mark.parametrize("who", ["tilda", "wilma", "gunde"])
def test_nobody_but_an_administrator_signs_off(
    sign_in: SignIn, finished: Aftermath, who: str
) -> None:
    client = sign_in(getattr(finished.cast, who))
    assert client.post(address(finished)).status_code == 403
    assert not SignOff.objects.exists()


def test_a_drills_page_wears_its_frame(adele: Client, cast: Cast, training_binder: Binder) -> None:
    after = lay_out(cast, drill=True)
    assert text_of(adele.get(address(after))).startswith("DRILL")
