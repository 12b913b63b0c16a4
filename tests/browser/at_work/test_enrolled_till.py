"""The till's own computer in Chromium: its key stays there, nobody else's bytes do, a PIN opens."""

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Page, expect

from befreg_reserv.people.models import Workstation
from befreg_reserv.people.signing_in import pins
from custody.models import Handout
from tests import cast as casting
from tests import scenes
from tests.browser.at_work.test_shared_workstation import (
    KEPT,
    LOCKED,
    NOT_CACHED,
    back,
    look_around,
    traces,
    unlock,
)
from tests.browser.conftest import PASSWORD, Sit, give_password
from tests.cast import Cast
from tests.served import ROOT

PIN = "739205"
KEY = """async () => {
    const asked = indexedDB.open("befreg-till");
    await new Promise((done) => { asked.onsuccess = done; });
    const read = asked.result.transaction("keys").objectStore("keys").get("own");
    await new Promise((done) => { read.onsuccess = done; });
    return crypto.subtle.exportKey("pkcs8", read.result).then(() => "given away", () => "stays");
}"""


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    give_password(people.tilda)
    pins.choose(people.tilda, make_password(PIN), scenes.now(people.tilda))
    return people


@pytest.fixture
def handout(people: Cast) -> Handout:
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    return scenes.shown(scenes.handed_out(people))


def enrol(page: Page) -> None:
    page.goto("/registers/workstations/")
    page.wait_for_selector("form[data-challenge][data-ready]")
    page.locator("[name=name]").fill("Kassa 1")
    page.locator("[name=name]").press("Enter")
    expect(page.locator("main strong")).to_have_text("Kassa 1")


def change_user(page: Page, vgr_id: str) -> None:
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    page.wait_for_selector("form[data-challenge][data-ready]")
    unlock(page, vgr_id)


def test_its_key_stays_a_pin_unlocks_and_nothing_of_the_former_is_left(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.adele, expecting=NOT_CACHED)
    enrol(page)
    assert Workstation.objects.get().public_key
    assert page.evaluate(KEY) == "stays"
    change_user(page, "tilda")
    page.wait_for_url("**/till/")
    page.evaluate("document.getElementById('lock').submit()")  # as when it is idle
    page.wait_for_url(LOCKED)
    page.wait_for_selector("form[data-challenge][data-ready]")
    expect(page.locator("main .call-now").first).to_be_visible()
    unlock(page, password=PIN)
    page.wait_for_url("**/till/")
    look_around(page, f"/till/handouts/{handout.pk}/")
    give_password(people.vidar)
    change_user(page, "vidar")
    page.wait_for_url("**/ward/")
    shown = [page.content(), page.evaluate(KEPT), *back(page, 4), page.evaluate(KEPT)]
    assert traces(*shown) == []
    assert "befreg-till" in page.evaluate(KEPT)
    assert page.evaluate(KEY) == "stays"


@pytest.mark.long
def test_without_its_forgetting_the_browsers_stores_would_keep_it(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    script = (ROOT / "static" / "workstation.js").read_text("utf-8")
    forgetful = script.replace("await forget();", ";")
    page = sit_down(people.adele)
    page.context.route(
        "**/workstation*.js",
        lambda route: route.fulfill(body=forgetful, content_type="text/javascript"),
    )
    enrol(page)
    look_around(page, f"/till/handouts/{handout.pk}/")
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    page.wait_for_selector("form[data-challenge][data-ready]")
    assert traces(page.evaluate(KEPT))


@pytest.mark.long
def test_without_its_script_the_password_unlocks(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.adele)
    enrol(page)
    script = "text/javascript"
    page.context.route(
        "**/workstation*.js", lambda route: route.fulfill(body="", content_type=script)
    )
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    unlock(page, "tilda", PASSWORD)
    page.wait_for_url("**/till/")
