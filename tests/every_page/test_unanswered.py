"""When the database gives no answer: a page that helps, and a button that does nothing twice."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from befreg_reserv import waits
from befreg_reserv.pages import once_more
from custody.models import Binder, Handout, LateRegistration, Quarantine
from outage.models import Outage
from tests.cast import Cast
from tests.faults.inside import Cable, broken, full_disk, held
from tests.ground.patience import soon
from tests.pages import text_of

sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a fault of SQLite's")
postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL's")
pytestmark = pytest.mark.django_db(transaction=True)

HAND_OUT = "/till/hand-out/"
NOTHING = "Ingenting sparades, och inget nummer lämnades ut."
NOBODY_KNOWS = "Ingen vet om detta sparades eller om ett nummer lämnades ut."


def call(cast: Cast, **changes: str) -> dict[str, str]:
    fields = {"sex": "K", "caller": "wilma", "ward": str(cast.iva), "request_key": str(uuid4())}
    return fields | changes


@contextmanager
def request_of(seconds: float) -> Iterator[None]:
    """Give the requests of the block so long, and no others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waits, "REQUEST_SECONDS", seconds)
        yield


def press_again(client: Client, page: Any) -> Any:
    """Press the button of the page, in whichever language: it sends what stands behind it."""
    form = page.content.decode().partition("<form")[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    action = re.search(r'action="([^"]+)"', form)
    assert action
    return client.post(action[1], fields)


def test_a_held_lock_ends_in_a_page_and_its_button_in_one_number(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    with held("outage_outage"):
        page = till.post(HAND_OUT, call(cast))
    assert page.status_code == 503
    assert NOTHING in text_of(page)
    assert press_again(till, page).headers["Location"].startswith("/till/handouts/")
    assert press_again(till, page).status_code == 302
    assert Handout.objects.get().number.last_four == "K064"


def test_after_two_tries_the_page_says_to_go_to_paper(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    with held("outage_outage"):
        first = till.post(HAND_OUT, call(cast))
        second = press_again(till, first)
    assert "gå över till papper nu" not in text_of(first)
    # The page's script presses once, and never after it has sent somebody to paper.
    assert ["data-again=" in each.content.decode() for each in (first, second)] == [True, False]
    assert "Skickat 2 gånger utan svar. Om någon väntar på ett nummer, gå över till papper nu." in (
        text_of(second)
    )
    press_again(till, second)
    assert Handout.objects.count() == 1


@postgresql
def test_a_commit_whose_reply_is_lost_is_asked_for_once_more(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage, wire: Cable
) -> None:
    wire.cut_at_commit()
    answer = till.post(HAND_OUT, call(cast))
    assert answer.headers["Location"] == f"/till/handouts/{Handout.objects.get().pk}/"


@postgresql
def test_with_a_new_key_that_would_be_a_second_number(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage, wire: Cable
) -> None:
    wire.cut_at_commit(for_good=True)
    till.post(HAND_OUT, call(cast))
    wire.mend()
    till.post(HAND_OUT, call(cast, other_than=str(Handout.objects.get().patient_id)))
    assert Handout.objects.count() == 2


@postgresql
def test_without_asking_once_more_nobody_knows(
    cast: Cast,
    till: Client,
    real_binder: Binder,
    outage: Outage,
    wire: Cable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(once_more, "LEAST_SECONDS", 60)
    wire.cut_at_commit()
    page = till.post(HAND_OUT, call(cast))
    assert (page.status_code, Handout.objects.count()) == (503, 1)  # stored, and nobody was told


@postgresql
def test_what_is_still_unknown_then_is_found_by_the_button(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage, wire: Cable
) -> None:
    wire.cut_at_commit(for_good=True)
    with request_of(2), soon():
        page = till.post(HAND_OUT, call(cast))
    wire.mend()
    assert (page.status_code, Handout.objects.count()) == (503, 1)
    assert NOBODY_KNOWS in text_of(page)
    number = Handout.objects.get().pk
    assert press_again(till, page).headers["Location"] == f"/till/handouts/{number}/"
    assert Handout.objects.count() == 1


@postgresql
def test_what_nobody_knows_stays_unknown_when_the_next_try_meets_a_lock(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage, wire: Cable
) -> None:
    wire.cut_at_commit(for_good=True)
    page = till.post(HAND_OUT, call(cast))
    wire.mend()
    with held("outage_outage"):
        page = press_again(till, page)
    assert NOBODY_KNOWS in text_of(page)
    assert NOTHING not in text_of(page)


@postgresql
def test_a_page_is_read_once_more_too(
    till: Client, real_binder: Binder, outage: Outage, wire: Cable
) -> None:
    wire.cut_at_commit()
    assert till.get("/till/").status_code == 200


def test_a_page_that_cant_be_read_says_so_at_once_and_leads_to_itself(
    till: Client, handout: Handout
) -> None:
    with broken():
        page = till.get(f"/till/handouts/{handout.pk}/?x=1")
    assert page.status_code == 503
    assert f'href="/till/handouts/{handout.pk}/?x=1"' in page.content.decode()
    assert "Försök igen" in text_of(page)


def test_a_form_without_a_key_is_not_sent_again_but_looked_for(till: Client) -> None:
    with broken():
        page = till.post("/outage/start/", {"drill": ""})
    assert page.status_code == 503
    assert "<form" not in page.content.decode()
    assert "Se efter först" in text_of(page)


def test_a_read_back_without_an_answer_never_denies_the_number(
    till: Client, handout: Handout
) -> None:
    with broken():
        page = till.post(f"/till/handouts/{handout.pk}/read-back/", {"typed": "K064"})
    assert NOTHING not in text_of(page)
    assert "inget lämnas ut två gånger" not in text_of(page)
    assert "den som ringde behåller det" in text_of(page)


def test_a_missing_sheet_and_a_read_back_need_no_key(till: Client, handout: Handout) -> None:
    address = f"/till/handouts/{handout.pk}/"
    with broken():
        pages = [till.post(f"{address}{act}/") for act in ("sheet-missing", "read-back")]
    assert all(f'action="{page.wsgi_request.path}"' in page.content.decode() for page in pages)
    press_again(till, pages[0])
    assert press_again(till, pages[0]).status_code == 302
    assert Quarantine.objects.count() == 1


@pytest.mark.parametrize("token", ["", "a" * 32])
def test_only_a_form_with_its_token_gets_a_button(
    cast: Cast, real_binder: Binder, outage: Outage, token: str
) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(cast.tilda)
    client.cookies["csrftoken"] = "a" * 32
    with broken():
        page = client.post(HAND_OUT, call(cast, csrfmiddlewaretoken=token))
    assert ("<form" in page.content.decode()) is bool(token)
    if token:
        assert press_again(client, page).status_code == 302  # the button's own token is good


def test_it_speaks_both_languages_the_workstations_first(cast: Cast, till: Client) -> None:
    till.cookies["django_language"] = "en"
    with broken():
        page = till.post(HAND_OUT, call(cast))
    assert page.headers["Content-Language"] == "en"
    assert text_of(page).index("Press again") < text_of(page).index("Tryck igen")


def test_the_boards_refresh_gets_no_page_to_swap_in(till: Client, outage: Outage) -> None:
    with broken():
        assert till.get("/till/live/", headers={"HX-Request": "true"}).status_code == 503


@sqlite
def test_a_full_disk_ends_in_the_same_page(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    with full_disk(cast.adele):
        page = till.post(HAND_OUT, call(cast))
    assert page.status_code == 503
    assert NOTHING in text_of(page)
    assert "Registrets disk är full." in text_of(page)
    assert "data-again=" not in page.content.decode()
    press_again(till, page)
    assert Handout.objects.count() == 1


@postgresql
def test_what_was_recorded_before_the_fault_is_not_denied(
    cast: Cast, till: Client, real_binder: Binder, outage: Outage
) -> None:
    at = f"{timezone.localtime(outage.started_at):%Y-%m-%d %H:%M}"
    sent = {"ward": "IVA", "place": "Sal 3", "treated_at": at, "request_key": str(uuid4())}
    till.force_login(cast.adele)
    with held("django_session"):  # whose message is written after the act
        page = till.post(f"/outage/{outage.pk}/late/list/", sent)
    assert (page.status_code, LateRegistration.objects.count()) == (503, 1)
    assert "Ingen vet om detta sparades." in text_of(page)
    press_again(till, page)
    assert LateRegistration.objects.count() == 1
