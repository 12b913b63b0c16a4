"""What was begun and not answered waits for the same person, whatever became of the browser."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from befreg_reserv.people.models import Draft
from befreg_reserv.people.roles import Role
from befreg_reserv.people.signing_in import drafts
from custody.models import Binder, Handout
from outage.models import Outage
from tests import scenes
from tests.cast import Cast, person
from tests.ground.scenery import scene
from tests.people.signing_in.workstations import (
    JUST_IDLE,
    TILL_SECONDS,
    browser,
    leave_alone,
    type_in,
    with_password,
)

pytestmark = pytest.mark.one_database("sign-in")

CALL = {"sex": "K", "caller": "wilma", "ward": "IVA", "callback": ""}
PAGE = "/till/call/"


@scene
def till(cast: Cast) -> Client:
    with_password(cast.tilda)
    client = browser()
    type_in(client, "tilda")
    return client


def leave_too_long(client: Client) -> None:
    leave_alone(client, TILL_SECONDS + JUST_IDLE + 1)


def send_late(client: Client, fields: dict[str, str] = CALL) -> Any:
    """Send the form for a call after the time is over."""
    leave_too_long(client)
    return client.post("/till/hand-out/", fields)


def unlock(client: Client, vgr_id: str = "tilda") -> str:
    return str(type_in(client, vgr_id, page="/locked/").headers["Location"])


def kept() -> dict[str, Any] | None:
    """Return what the latest draft holds."""
    draft = Draft.objects.order_by("-pk").first()
    return draft.fields if draft else None


def gone_on_with() -> str:
    """Return the address at which the person goes on with the latest draft."""
    return Draft.objects.latest("pk").get_absolute_url()


def test_a_call_that_came_late_waits_and_isnt_executed(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    answer = send_late(till, CALL | {"csrfmiddlewaretoken": "x" * 64})
    assert answer.headers["Location"] == f"/locked/?next={PAGE}"
    assert not Handout.objects.exists()
    assert unlock(till) == gone_on_with()
    assert kept() == CALL


@pytest.mark.both_databases
def test_each_look_shows_it_until_a_new_call_is_begun(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    send_late(till)
    address = unlock(till)
    for _ in range(2):
        assert 'value="wilma"' in till.get(address).content.decode()
    till.get(PAGE + "?empty=1")  # a look never drops it
    page = till.post(PAGE + "anew/", {"draft": str(Draft.objects.get().pk)}, follow=True)
    assert 'name="request_key"' in page.content.decode()
    assert not Draft.objects.exists()


@pytest.mark.both_databases
def test_in_a_drill_a_new_call_is_begun_on_the_drills_own_page(till: Client) -> None:
    answer = till.post("/till/drill/call/anew/")
    assert answer.headers["Location"] == "/till/drill/call/?new=1"


def test_another_person_doesnt_get_it_and_the_first_is_asked(
    till: Client, real_binder: Binder, outage: Outage, cast: Cast
) -> None:
    with_password(person("tove", Role.TILL))
    send_late(till)
    address = gone_on_with()
    assert unlock(till, "tove") == "/"
    for page in (PAGE, address):
        assert "wilma" not in till.get(page).content.decode()
    till.post(PAGE + "anew/", {"draft": str(Draft.objects.get().pk)})
    till.post("/sign-out/")
    type_in(till, "tilda")
    assert "wilma" in till.get(PAGE).content.decode()


def test_after_a_crash_it_is_offered_with_its_key(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    leave(till, request_key=str(UUID(int=7)))
    till.cookies.clear()  # a session ends with its browser
    type_in(till, "tilda")
    assert "wilma" in till.get(PAGE).content.decode()
    assert f'value="{UUID(int=7)}"' in till.get(gone_on_with()).content.decode()


def test_of_two_that_were_begun_none_is_lost(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    leave(till, request_key=str(UUID(int=7)))
    leave(till, request_key=str(UUID(int=8)), caller="vera1")
    till.post("/till/hand-out/", CALL | {"request_key": str(UUID(int=8)), "caller": "vera1"})
    assert "wilma" in till.get(PAGE + "?new=1").content.decode()


@pytest.mark.both_databases
def test_the_next_day_nothing_of_it_is_offered_nor_kept(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    leave(till, request_key=str(UUID(int=7)))
    Draft.objects.update(kept_at=timezone.now() - drafts.KEPT_FOR - timedelta(minutes=1))
    assert "wilma" not in till.get(PAGE).content.decode()
    leave(till, request_key=str(UUID(int=8)), caller="vera1")
    assert Draft.objects.get().key == str(UUID(int=8))


@pytest.mark.both_databases
def test_the_daily_timer_forgets_what_nobody_began_again(cast: Cast) -> None:
    old, new = (timezone.now() - drafts.KEPT_FOR * times for times in (2, 0))
    for key, at in (("a", old), ("b", new)):
        drafts.keep(cast.tilda, PAGE, CALL | {"request_key": key}, at)
    call_command("clearsessions")
    assert [row.key for row in Draft.objects.all()] == ["b"]


def test_of_too_many_a_persons_latest_stay(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_OF_A_PERSON", 2)
    drafts.keep(cast.wilma, PAGE, CALL | {"request_key": "hers"}, timezone.now())
    for key in "abc":
        drafts.keep(cast.tilda, PAGE, CALL | {"request_key": key}, timezone.now())
    assert [row.key for row in Draft.objects.order_by("pk")] == ["hers", "b", "c"]


def test_the_later_of_two_is_kept(till: Client) -> None:
    send_late(till)
    till.post("/till/hand-out/", CALL | {"ward": "Röntgen"})
    unlock(till)
    assert (kept() or {})["ward"] == "Röntgen"


@pytest.mark.parametrize(
    "huge",
    [
        {"ward": "x" * 5000},
        {"x" * 400 + str(n): "" for n in range(12)},
        {f"field{n}": "" for n in range(21)},
        {"ward": "I\0VA"},
    ],
    ids=["text", "names", "fields", "zero"],
)
def test_a_huge_one_is_not_kept_and_not_executed(till: Client, huge: dict[str, str]) -> None:
    assert send_late(till, huge).headers["Location"] == f"/locked/?next={PAGE}"
    unlock(till)
    assert kept() is None


def test_no_other_form_is_kept(till: Client) -> None:
    leave_too_long(till)
    till.post("/outage/start/", {"seen": "Inget svar"})
    assert unlock(till) == "/"
    assert not Draft.objects.exists()


def test_without_its_token_nothing_is_kept(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.tilda)
    assert send_late(client).status_code == 403
    assert not Draft.objects.exists()


def test_the_script_sends_what_is_half_written(till: Client) -> None:
    sent = {"draft_path": PAGE + "?outage=3", "next": PAGE + "?outage=3", **CALL}
    assert till.post("/lock/", sent).headers["Location"] == f"/locked/?next={PAGE}%3Foutage%3D3"
    assert unlock(till) == gone_on_with()
    assert kept() == CALL


def test_it_leads_to_the_page_even_if_that_was_an_answer_to_a_form(till: Client) -> None:
    answer = till.post("/lock/", {"draft_path": PAGE, "next": "", **CALL})
    assert answer.headers["Location"] == f"/locked/?next={PAGE}"


def test_a_tab_that_locks_after_another_still_brings_its_own(till: Client) -> None:
    till.post("/lock/")
    till.post("/lock/", {"draft_path": PAGE, **CALL})
    assert unlock(till) == gone_on_with()
    assert kept() == CALL


@pytest.mark.parametrize("path", ["", "/till/", "/sign-in/", "https://example.org/", "x", "//x["])
def test_for_a_page_that_takes_none_nothing_is_kept(till: Client, path: str) -> None:
    assert till.post("/lock/", {"draft_path": path, **CALL}).status_code == 302
    assert not Draft.objects.exists()


def test_a_stranger_leaves_no_draft(db: None) -> None:
    client = Client()
    client.post("/lock/", {"draft_path": PAGE, **CALL})
    assert dict(client.session.items()) == {}


def test_a_change_of_language_keeps_it(till: Client) -> None:
    sent = {"language": "en", "next": PAGE, "draft_path": PAGE, **CALL}
    assert till.post("/language/", sent).headers["Location"] == gone_on_with()
    assert kept() == CALL


def leave(client: Client, **fields: str) -> None:
    """Leave the page of a call that is half typed, as its script tells."""
    assert client.post("/still-here/", {"draft_path": PAGE, **CALL, **fields}).status_code == 204


def test_a_call_that_was_left_is_offered_and_never_poured_into_another(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    leave(till, request_key=str(UUID(int=7)))
    for _ in range(2):  # asked until it is answered
        page = till.get(PAGE).content.decode()
        assert "wilma" in page
        assert 'name="request_key"' not in page


def test_the_same_caller_again_is_not_asked_and_what_was_left_waits(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    earlier = scenes.shown(scenes.handed_out(cast, caller="vera1")).patient.call_id
    leave(till)
    page = till.get(f"{PAGE}?like={earlier}").content.decode()
    assert 'value="vera1"' in page
    assert 'name="request_key"' not in till.get(PAGE).content.decode()


def test_who_goes_on_with_it_has_its_key(till: Client, real_binder: Binder, outage: Outage) -> None:
    leave(till, request_key=str(UUID(int=7)))
    page = till.get(gone_on_with()).content.decode()
    assert f'name="request_key" value="{UUID(int=7)}"' in page
    assert 'value="wilma"' in page


def test_once_it_was_recorded_nothing_of_it_is_offered(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    key = {"request_key": str(UUID(int=7))}
    till.post("/till/hand-out/", CALL | key, follow=True)
    leave(till, **key)
    for page in (PAGE, gone_on_with()):
        assert 'value="wilma"' not in till.get(page).content.decode()
        assert 'name="request_key"' in till.get(page).content.decode()


def test_the_question_whether_it_is_the_same_call_answers_it(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    for key in (str(UUID(int=7)), str(UUID(int=8))):
        leave(till, request_key=key)
        answer = till.post("/till/hand-out/", CALL | {"request_key": key}, follow=True)
    assert answer.status_code == 409
    assert 'name="request_key"' in till.get(PAGE).content.decode()


def test_who_unlocks_elsewhere_is_asked_before_it_is_poured(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    till.post("/lock/", {"draft_path": PAGE, **CALL})
    type_in(till, "tilda", page="/locked/?next=/binder/")
    assert 'name="request_key"' not in till.get(PAGE).content.decode()


def test_a_form_that_was_sent_before_the_lock_keeps_its_key(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    key = str(UUID(int=7))
    send_late(till, CALL | {"request_key": key, "outage": str(outage.pk)})
    address = unlock(till)
    assert f'name="request_key" value="{key}"' in till.get(address).content.decode()


def test_a_key_that_is_none_gives_way_to_a_new_one(
    till: Client, real_binder: Binder, outage: Outage
) -> None:
    send_late(till, CALL | {"request_key": "x"})
    address = unlock(till)
    assert 'value="x"' not in till.get(address).content.decode()
