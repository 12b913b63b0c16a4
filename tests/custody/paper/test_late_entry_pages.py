"""The pages of a handout on paper: its form, and when the call came."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from befreg_reserv.audit.models import LogEntry
from custody.handouts import missing_sheet
from custody.models import Binder, Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast
from tests.conftest import SignIn
from tests.custody.paper.test_late_entry import nothing_taken
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import (
    JUST_IDLE,
    TILL_SECONDS,
    browser,
    leave_alone,
    type_in,
    with_password,
)
from tests.scenes import from_paper, now


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
    type_in(client, "tilda", page="/locked/")
    left = client.get("/till/call/").context
    form = client.get(left["go_on"]).context["form"]
    assert (form["called_at"].value(), form["caller"].value()) == (opened, "wilma")
    assert not Handout.objects.exists()
