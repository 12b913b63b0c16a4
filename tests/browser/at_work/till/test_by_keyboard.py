"""The till by keys alone, each press counted: from doubt to a number, and of six patients."""

import re

import pytest
from playwright.sync_api import Page, expect

from custody.calls import taking
from custody.models import Handout
from outage import lifecycle
from outage.models import Outage
from tests import scenes
from tests.browser.at_work.till.calls import last_four, new_call
from tests.browser.conftest import Sit
from tests.browser.hands import follow, ready, send
from tests.cast import Cast

MOST_PRESSES = 6
MOST_PRESSES_WITHOUT_SCRIPT = 12


class Keys:
    """A keyboard that counts every press beyond the typed text."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def type(self, text: str) -> None:
        """Type what the caller says."""
        self.page.keyboard.type(text)


def test_the_whole_call_by_keyboard_alone(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    keys = Keys(page)
    keys.press("n")
    page.wait_for_url("**/till/call/**")
    ready(page, "sex")
    keys.press("k", "v")
    keys.type("wilma")
    keys.press("Tab")
    keys.type("ane")
    expect(page.get_by_role("option", selected=True)).to_have_text("Anestesikliniken / IVA")
    keys.press("Enter")
    page.wait_for_url("**/till/handouts/**")
    assert last_four(page) == "K064"
    expect(page.get_by_text("Kalle, noll, sex, fyra")).to_be_visible()
    ready(page, "typed")
    keys.type("k064")
    keys.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("rätt")
    expect(page.get_by_role("link", name=re.compile("Nästa samtal"))).to_be_focused()
    assert keys.pressed <= MOST_PRESSES
    assert Handout.objects.get().ward == people.iva


def test_the_whole_call_by_keyboard_without_script(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda, javascript=False)
    keys = Keys(page)
    expect(page.get_by_role("link", name="Nytt samtal")).to_be_focused()
    keys.press("Enter")
    page.wait_for_url("**/till/call/**")
    ready(page, "sex")
    keys.press("Space", "Tab", "Tab")
    keys.type("wilma")
    keys.press("Tab")
    keys.type("ogon")
    keys.press("Enter")
    question = page.get_by_role("radio", name="Ögonkliniken / Ögonmottagning")
    expect(page.locator("input[name=ward_choice]:focus")).to_have_count(1)
    expect(question).to_be_checked()
    keys.press("ArrowDown", "ArrowUp")  # looking moves nothing but the choice of the ward
    expect(page.get_by_label("Kvinna")).to_be_checked()
    keys.press("Enter")
    page.wait_for_url("**/till/handouts/**")
    ready(page, "typed")
    keys.type("k064")
    keys.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("rätt")
    assert keys.pressed <= MOST_PRESSES_WITHOUT_SCRIPT
    assert Handout.objects.get().ward == people.eye


def test_the_keys_are_explained_and_can_be_turned_off(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    page.keyboard.press("?")
    help_with_keys = page.get_by_role("dialog", name="Hjälp")
    expect(help_with_keys).to_be_visible()
    expect(help_with_keys.get_by_role("heading", name="Tangenter")).to_be_visible()
    expect(help_with_keys.get_by_role("definition").first).to_contain_text("Nytt samtal")
    expect(help_with_keys.get_by_role("button", name="Stäng", exact=True)).to_be_focused()
    page.keyboard.press("n")  # behind it nothing moves
    page.keyboard.press("Escape")
    expect(help_with_keys).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/till/$"))
    page.keyboard.press("?")
    follow(page, page.get_by_role("button", name="Stäng av"))
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile(r"/till/$"))


def test_no_letter_leaves_a_call_that_is_begun(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    page.get_by_label("vgr-id").fill("wilma")
    page.get_by_role("button", name="Lämna ut ett nummer").focus()
    page.keyboard.type("tn")
    send(page)  # the sex is wanted; the summary has the focus
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.type("tk")
    expect(page.get_by_label("Kvinna")).to_be_checked()
    expect(page.locator("[name=age_group]").first).to_be_focused()
    expect(page.get_by_label("vgr-id")).to_have_value("wilma")


SIX = [("k", "v"), ("m", "b"), ("k", "v"), ("m", "s"), ("k", "v"), ("k", "v")]


# How many, the most presses to their numbers, and with their read-backs.
@pytest.mark.parametrize(
    ("patients", "to_numbers", "to_the_end"),
    [(2, 9, 14), pytest.param(6, 21, 30, marks=pytest.mark.long)],
)
def test_six_patients_of_a_ward_by_keyboard(
    people: Cast, sit_down: Sit, patients: int, to_numbers: int, to_the_end: int
) -> None:
    page = sit_down(people.tilda)
    keys = Keys(page)
    keys.press("n")
    page.wait_for_url("**/till/call/**")
    ready(page, "sex")
    keys.press("k", "v", "+")
    for place, choices in enumerate(SIX[1:patients], 2):
        expect(page.locator("fieldset.patient")).to_have_count(place)
        expect(page.locator("[name=sex]").nth(place - 1)).to_be_focused()
        keys.press(*choices)
        keys.type(f"Sal {place}")
        keys.press("+" if place < patients else "Tab")
    keys.type("wilma")
    keys.press("Tab")
    keys.type("IVA")
    keys.press("Enter")
    page.wait_for_url("**/till/handouts/**")
    assert keys.pressed <= to_numbers
    for place in range(1, patients + 1):
        expect(page.get_by_text(f"Patient {place} av {patients}")).to_be_visible()
        ready(page, "typed")
        keys.type(last_four(page))
        keys.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("rätt")
    assert keys.pressed <= to_the_end
    places = Handout.objects.order_by("pk").values_list("patient__place", flat=True)
    assert [*places] == ["", *(f"Sal {place}" for place in range(2, patients + 1))]


def test_who_waits_is_served_with_one_key(people: Cast, sit_down: Sit) -> None:
    for _ in range(5):
        scenes.shown(scenes.handed_out(people))
    taking.take(scenes.call(people), scenes.now(people.tilda))
    scenes.lay_in("Pärm 2", ["20000101K163"], training=False)
    page = sit_down(people.tilda)
    expect(page.get_by_text("1 patient väntar på ett nummer")).to_be_visible()
    page.keyboard.press("s")
    page.wait_for_url("**/till/handouts/**")
    assert last_four(page) == "K163"


MOST_PRESSES_FROM_DOUBT = 10


def test_from_doubt_to_the_first_number_by_keyboard(people: Cast, sit_down: Sit) -> None:
    lifecycle.end(Outage.objects.get(), scenes.now(people.tilda))
    page = sit_down(people.tilda)
    keys = Keys(page)
    page.keyboard.press("d")  # without a tick, a stray key starts nothing
    for ticked, key in enumerate("123", 1):
        keys.press(key)
        expect(page.locator("#real-points").get_by_text("tilda")).to_have_count(ticked)
    keys.press("d")
    expect(page.get_by_role("link", name=re.compile("Nytt samtal"))).to_be_focused()
    keys.press("n")
    ready(page, "sex")
    keys.press("k", "v")
    keys.type("wilma")
    keys.press("Tab")
    keys.type("IVA")
    keys.press("Enter")
    page.wait_for_url("**/till/handouts/**")
    assert keys.pressed <= MOST_PRESSES_FROM_DOUBT
    outage = Outage.objects.get(ended_at=None)
    assert not outage.doubt.ticks.filter(skipped=True).exists()


@pytest.mark.long
def test_in_a_hurry_one_tick_and_a_key_start(people: Cast, sit_down: Sit) -> None:
    lifecycle.end(Outage.objects.get(), scenes.now(people.tilda))
    page = sit_down(people.tilda)
    page.keyboard.press("3")
    page.keyboard.press("d")
    expect(page.get_by_role("link", name=re.compile("Nytt samtal"))).to_be_focused()
    found = Outage.objects.get(ended_at=None).doubt.ticks.order_by("item")
    assert [tick.skipped for tick in found] == [True, True, False]
