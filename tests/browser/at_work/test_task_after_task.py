"""A ward works off tasks of each of the six kinds, by what each page says is next."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from custody.afterwards import tasks
from custody.afterwards.tasks import TaskKind
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.hands import follow
from tests.cast import Cast

MOST_STEPS = 12
NEXT = "Nästa, det äldsta som är kvar"
OWN_WOMAN, OWN_MAN = "19770304K083", "19700304M094"


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.one_task_of_each_kind(people)
    return people


def press(page: Page, words: str, inside: Locator | None = None) -> None:
    follow(page, (inside or page.locator("main")).get_by_role("button", name=words, exact=True))


def number(page: Page) -> None:
    page.locator("#replace_wristband").fill("K064")
    page.get_by_label("Jag har sökt i Befreg").check()
    page.get_by_label("Det riktiga numret").fill(OWN_WOMAN)
    press(page, "Registrera")


def notice(page: Page) -> None:
    press(page, "Aviseringen är gjord")


def switches(page: Page) -> None:
    for group in page.get_by_role("group").filter(has_text="Omställt").all():
        group.get_by_label("Omställt", exact=True).check()
    press(page, "Spara listan")


def late(page: Page) -> None:
    page.get_by_label("Numret från Befreg").fill(OWN_MAN)
    press(page, "Registrerad i Befreg")


def prepared(page: Page) -> None:
    press(page, "Använt")


def waits(page: Page) -> None:
    card = page.locator("[id^=waits-]")
    card.get_by_role("textbox").fill("Fick ett nummer i Befreg")
    press(page, "Klart i Befreg", card)


DONE: dict[str, Callable[[Page], None]] = {
    "number": number,
    "notice": notice,
    "switches": switches,
    "late": late,
    "prepared": prepared,
    "waits": waits,
}


@pytest.mark.long
@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_each_kind_leads_on_to_the_next(
    people: Cast, sit_down: Sit, javascript: bool, width: int
) -> None:
    page = sit_down(people.wilma, javascript=javascript, width=width)
    worked_off: list[TaskKind] = []
    task = tasks.next_task(people.wilma, drill=False)
    follow(page, page.locator("main .card a.ds-button").first)
    while task and len(worked_off) < MOST_STEPS:
        assert page.url.endswith(task.link)
        DONE[task.kind](page)
        worked_off.append(task.kind)
        # What is half done comes again: its next step is the oldest once the others are done.
        if task := tasks.next_task(people.wilma, drill=False, beside=task.row):
            # Who waits is settled in the list itself, whose first is then the next.
            listed = page.locator("main .cards a.ds-button").first
            way_on = page.get_by_role("link", name=NEXT) if worked_off[-1] != "waits" else listed
            expect(way_on).to_have_attribute("href", task.link)
            follow(page, way_on)
    assert set(worked_off) == set(TaskKind)
    expect(page.locator("#next")).to_contain_text("Inget annat är kvar att göra")
