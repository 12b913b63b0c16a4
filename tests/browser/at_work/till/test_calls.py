"""A call in a real browser: its ward, its patients, its language, and an outage that ends."""

import re

import pytest
from playwright.sync_api import expect

from befreg_reserv.acts.event import Event
from custody.models import Handout
from outage import lifecycle
from outage.models import Outage
from tests import cast as casting
from tests import scenes
from tests.browser.at_work.till.calls import BOTH, call, last_four, new_call
from tests.browser.conftest import Sit
from tests.browser.hands import follow, ready, send
from tests.cast import Cast


@pytest.mark.long
@BOTH
def test_none_left_and_the_other_sex(people: Cast, sit_down: Sit, javascript: bool) -> None:
    for _ in range(4):
        scenes.shown(scenes.handed_out(people))
    page = sit_down(people.tilda, javascript=javascript)
    new_call(page)
    expect(page.get_by_text("Bara ett kvinnonummer är kvar")).to_be_visible()
    call(page, caller="vera1")
    follow(page, page.get_by_role("link", name=re.compile("Nästa samtal")))
    call(page, caller="vera2")
    expect(page.get_by_role("heading", name="1 patient väntar på ett nummer")).to_be_visible()
    follow(page, page.get_by_role("button", name="Lämna ut ett mansnummer"))
    expect(page.get_by_role("heading", name="1 patient väntar på ett nummer")).to_be_visible()
    page.get_by_label("Varför").fill("kan inte vänta")
    follow(page, page.get_by_role("button", name="Lämna ut ett mansnummer"))
    expect(page.get_by_text("kan inte vänta")).to_be_visible()
    assert last_four(page) == "M078"


@pytest.mark.long
def test_the_language_changes_under_a_call_and_under_a_wrong_read_back(
    people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    page.locator("[name=sex][value=M]").check()
    page.get_by_label("vgr-id").fill("wilma")
    follow(page, page.get_by_role("button", name="English"))
    expect(page.get_by_label("vgr-id")).to_have_value("wilma")
    expect(page.locator("[name=sex][value=M]")).to_be_checked()
    page.goto(scenes.handed_out(people).get_absolute_url().replace("ward", "till"))
    ready(page, "typed")
    page.keyboard.type("K046")
    send(page)
    follow(page, page.get_by_role("button", name="Svenska"))
    assert last_four(page) == "K064"


@pytest.mark.long
def test_a_ward_is_asked_about_without_losing_what_was_typed(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda, javascript=False)
    casting.ward("Ögonkliniken", "Ögonavdelning")
    new_call(page)
    call(page, ward="OGON")
    expect(page.get_by_role("radio", name="Ögonkliniken / Ögonmottagning")).to_be_visible()
    expect(page.get_by_label("vgr-id")).to_have_value("wilma")
    expect(page.get_by_label("Kvinna")).to_be_checked()
    page.get_by_role("radio", name="Ögonkliniken / Ögonmottagning").check()
    follow(page, page.get_by_role("button", name="Lämna ut ett nummer"))
    assert last_four(page) == "K064"
    assert Handout.objects.get().ward == people.eye


@pytest.mark.long
def test_the_outage_ended_under_the_form(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    outage = Outage.objects.get()
    lifecycle.end(outage, Event.now(people.tilda, scenes.now(people.tilda).at))
    call(page)
    expect(page.get_by_role("heading", name="Inget driftstopp pågår")).to_be_visible()
    assert not Handout.objects.exists()


@pytest.mark.long
def test_the_language_is_kept_with_the_person(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    follow(page, page.get_by_role("button", name="English"))
    expect(page.get_by_role("heading", name="Till", exact=True)).to_be_visible()
    scenes.handed_out(people)
    page.goto("/till/")
    follow(page, page.get_by_role("link", name="K064", exact=True))
    expect(page.get_by_text("Kalle, noll, sex, fyra")).to_be_visible()
    elsewhere = sit_down(people.tilda)
    expect(elsewhere.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.long
@BOTH
def test_one_more_patient_and_their_numbers_in_turn(
    people: Cast, sit_down: Sit, javascript: bool
) -> None:
    page = sit_down(people.tilda, javascript=javascript)
    new_call(page)
    page.get_by_label("Kvinna").check()
    follow(page, page.get_by_role("button", name="En patient till"))
    page.locator("[name=sex]").nth(1).select_option("M")
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("IVA")
    follow(page, page.get_by_role("button", name="Lämna ut numren"))
    for last in ("K064", "M136"):  # M136: of the men's, the hardest to mishear for K064
        assert last_four(page) == last
        ready(page, "typed")
        page.keyboard.type(last)
        send(page)
    expect(page.get_by_role("status")).to_contain_text("rätt")
    follow(page, page.get_by_role("link", name=re.compile("Samma uppringare igen")))
    expect(page.get_by_label("vgr-id")).to_have_value("wilma")
