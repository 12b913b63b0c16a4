"""The whole main job in a real browser, by the words of the screens: from binder to audit log."""

from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from custody.models import Handout
from custody.models.states import State
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.hands import follow, ready, send
from tests.cast import Cast

SAMPLE = scenes.SHARED_DATA / "binder-akm.csv"


@pytest.fixture
def people(transactional_db: None) -> Cast:
    return casting.assemble()


def load_binder(page: Page, file: Path) -> None:
    """The administrator loads the binder from a file."""
    follow(page, page.get_by_role("link", name="Pärm", exact=True))
    follow(page, page.get_by_role("link", name="Läs in nummer"))
    page.get_by_label("Pärmens namn").fill("Pärm AKM")
    page.get_by_label("Fil").set_input_files(file)
    follow(page, page.get_by_role("button", name="Kontrollera"))
    expect(page.get_by_text("20000101 M 15 1")).to_be_visible()
    follow(page, page.get_by_role("button", name="Läs in de här numren"))
    expect(page.get_by_role("status")).to_contain_text("Pärm AKM")


def start_outage(page: Page) -> None:
    """The till starts the outage."""
    page.get_by_label("Vad som framkom").fill("Inloggningen till Befreg svarar inte")
    follow(page, page.get_by_role("button", name="starta"))
    expect(page.get_by_role("link", name="Nytt samtal")).to_be_visible()


def hand_out(page: Page) -> None:
    """The till takes a call."""
    follow(page, page.get_by_role("link", name="Nytt samtal"))
    page.get_by_label("Kvinna").check()
    page.get_by_label("vgr-id").fill("WILMA")
    page.locator("input[name=ward]").fill("Anestesikliniken / IVA")
    follow(page, page.get_by_role("button", name="Lämna ut"))
    expect(page.get_by_text("Kalle, noll, sex, fyra")).to_be_visible()


def read_back(page: Page) -> None:
    """The caller reads back, first wrong, then right. The field has focus by itself."""
    ready(page, "typed")
    page.keyboard.type("K046")
    send(page)
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.locator(".big .wrong").all_inner_texts() == ["6", "4"]
    ready(page, "typed")
    page.keyboard.type("k064")
    send(page)
    expect(page.get_by_role("status")).to_contain_text("tilda")


def close_out(page: Page) -> None:
    """The ward registers the real number and the notice."""
    follow(page, page.get_by_role("link", name="Registrera riktigt nummer"))
    page.locator("#replace_wristband").fill("K064")
    page.get_by_label("Jag har sökt i Befreg").check()
    page.get_by_label("Det riktiga numret").fill("19450829-K088")
    follow(page, page.get_by_role("button", name="Registrera"))
    page.get_by_label("RAPS-referens").fill("R-2026-17")
    follow(page, page.get_by_role("button", name="Aviseringen"))
    expect(page.get_by_role("status")).to_be_visible()


# PostgreSQL has it in the long form: no other test in `make test` needs a browser there.
ON_BOTH = [pytest.mark.both_databases]
if connection.vendor == "postgresql":
    ON_BOTH.append(pytest.mark.long)


@pytest.mark.parametrize(
    "javascript",
    [pytest.param(True, marks=ON_BOTH), pytest.param(False, marks=pytest.mark.long)],
    ids=["javascript", "no javascript"],
)
def test_from_the_binder_to_the_audit_log(people: Cast, sit_down: Sit, javascript: bool) -> None:
    administrator = sit_down(people.adele, javascript=javascript)
    load_binder(administrator, SAMPLE)

    till = sit_down(people.tilda, javascript=javascript)
    start_outage(till)
    hand_out(till)
    read_back(till)

    ward = sit_down(people.wilma, javascript=javascript)
    close_out(ward)
    assert Handout.objects.get().state == State.CLOSED

    administrator.goto("/audit/?number=20000101K064")
    for vgr_id in ("tilda", "wilma", "adele"):
        expect(administrator.get_by_role("cell", name=vgr_id).first).to_be_visible()


@pytest.mark.long
def test_a_stranger_is_asked_to_sign_in(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.wilma)
    follow(page, page.get_by_role("button", name="Logga ut"))
    page.go_back()
    expect(page.get_by_label("Lösenord")).to_be_visible()
