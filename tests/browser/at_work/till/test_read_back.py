"""The number at the till, in a real browser: read back rightly, wrongly, and its sheet missing."""

import pytest
from playwright.sync_api import expect

from custody.calls import taking
from custody.models import Handout, Quarantine
from tests import scenes
from tests.browser.at_work.till.calls import BOTH, last_four
from tests.browser.conftest import Sit
from tests.browser.hands import follow, ready, send
from tests.cast import Cast


@pytest.mark.long
@BOTH
def test_read_back_wrong_and_right(people: Cast, sit_down: Sit, javascript: bool) -> None:
    scenes.handed_out(people)
    page = sit_down(people.tilda, javascript=javascript)
    expect(page.get_by_text("1 nummer är inte återläst")).to_be_visible()
    follow(page, page.get_by_role("link", name="K064", exact=True))
    ready(page, "typed")
    page.keyboard.type("K046")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("3, 4")
    assert page.locator(".big .wrong").all_inner_texts() == ["6", "4"]
    ready(page, "typed")
    page.keyboard.type("k-06-4")
    send(page)
    expect(page.get_by_role("status")).to_contain_text("tilda")
    page.goto("/till/")
    expect(page.get_by_text("inte återläst")).to_be_hidden()


SIZES = pytest.mark.parametrize(
    "size",
    [pytest.param((1366, 768), marks=pytest.mark.long), (390, 844)],
    ids=["desk", "telephone"],
)


@SIZES
def test_after_a_wrong_reading_all_that_is_compared_is_in_sight(
    people: Cast, sit_down: Sit, size: tuple[int, int]
) -> None:
    taking.take(scenes.call(people, sex="KM"), scenes.now(people.tilda))
    page = sit_down(people.tilda, width=size[0], height=size[1])
    follow(page, page.get_by_role("link", name="K064", exact=True))
    ready(page, "typed")
    page.keyboard.type("K046")
    send(page)
    ready(page, "typed")
    for part in (".big .last", ".compared caption", "[name=typed]"):
        box = page.locator(part).bounding_box()
        assert box, part
        assert 0 <= box["y"] <= size[1] - box["height"], part


def test_the_number_hides_while_the_reading_is_typed(people: Cast, sit_down: Sit) -> None:
    handout = scenes.handed_out(people)
    page = sit_down(people.tilda)
    page.goto(f"/till/handouts/{handout.pk}/")
    number = page.locator(".big .last")
    ready(page, "typed")
    page.keyboard.type("K")
    expect(number).to_be_hidden()
    page.keyboard.press("Escape")
    expect(number).to_be_visible()
    page.keyboard.type("0")
    expect(number).to_be_hidden()
    page.locator("[name=typed]").fill("")
    expect(number).to_be_visible()


@pytest.mark.long
def test_without_script_the_number_stays(people: Cast, sit_down: Sit) -> None:
    handout = scenes.handed_out(people)
    page = sit_down(people.tilda, javascript=False)
    page.goto(f"/till/handouts/{handout.pk}/")
    page.locator("[name=typed]").fill("K0")
    expect(page.locator(".big .last")).to_be_visible()


@pytest.mark.long
@BOTH
def test_the_sheet_is_missing(people: Cast, sit_down: Sit, javascript: bool) -> None:
    scenes.handed_out(people)
    page = sit_down(people.tilda, javascript=javascript)
    follow(page, page.get_by_role("link", name="K064", exact=True))
    follow(page, page.get_by_role("link", name="Något blev fel"))
    page.locator("summary").filter(has_text="Arket saknas").click()
    follow(page, page.get_by_role("button", name="Ja, det saknas"))
    expect(page.get_by_text("Inte K064: det arket saknas.")).to_be_visible()
    assert last_four(page) == "K106"
    page.go_back()
    page.go_forward()
    assert Quarantine.objects.count() == 1
    assert Handout.objects.count() == 2


@pytest.mark.long
def test_digits_alone_are_no_read_back_and_the_next_try_is_typed_at_once(
    people: Cast, sit_down: Sit
) -> None:
    scenes.handed_out(people)
    page = sit_down(people.tilda)
    follow(page, page.get_by_role("link", name="K064", exact=True))
    for typed in ("064", "k064"):
        ready(page, "typed")
        page.keyboard.type(typed)
        send(page)
    expect(page.get_by_role("status")).to_contain_text("rätt")
