"""The ward in a real browser: checked while typing, copied into RAPS, corrected."""

import pytest
from playwright.sync_api import Page, Route, expect

from custody.models import Handout, SwitchTick
from custody.models.states import State
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.hands import follow, send
from tests.cast import Cast

BOTH = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    scenes.handed_out(people)
    return people


def open_first(page: Page) -> None:
    follow(page, page.get_by_role("link", name="Registrera riktigt nummer"))


def register(page: Page, number: str) -> None:
    page.locator("#replace_wristband").fill("K064")
    page.get_by_label("Jag har sökt i Befreg").check()
    page.get_by_label("Det riktiga numret").fill(number)
    follow(page, page.get_by_role("button", name="Registrera", exact=True))


def test_a_number_is_checked_while_it_is_typed(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.wilma)
    open_first(page)
    field, said = page.get_by_label("Det riktiga numret"), page.locator("#check")
    field.press_sequentially("19450829K089")
    expect(said).to_contain_text("Kontrollsiffran")
    expect(page.get_by_label("Könet är ett annat")).to_be_hidden()
    field.fill("")
    field.press_sequentially(scenes.REAL_MAN)
    expect(said).to_contain_text("Könet")
    expect(page.get_by_label("Könet är ett annat")).to_be_visible()
    field.fill("")
    field.press_sequentially(scenes.REAL_WOMAN)
    expect(said).to_contain_text("kan registreras")
    assert Handout.objects.get().state == State.HANDED_OUT


def test_what_was_typed_before_the_scripts_came_is_checked_too(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.wilma)
    scripts: list[Route] = []
    page.route("**/htmx*.js", lambda route: scripts.append(route))  # noqa: PLW0108  it marks its handlers
    page.get_by_role("link", name="Registrera riktigt nummer").click()
    page.get_by_label("Det riktiga numret").press_sequentially(scenes.REAL_MAN)
    for script in scripts:
        script.continue_()
    expect(page.locator("#check")).to_contain_text("Könet")


def test_each_field_is_copied_for_raps(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.wilma)
    page.context.grant_permissions(["clipboard-write"])
    open_first(page)
    register(page, scenes.REAL_WOMAN)
    for label, value in (
        ("Nummer ur pärmen, som ska slås ihop", "20000101K064"),
        ("Riktigt nummer, som består", scenes.REAL_WOMAN),
    ):
        button = page.get_by_role("button", name=f": {label}")
        button.dblclick()
        expect(button).to_have_text(f"Kopierat: {label}")
        reference = page.get_by_label("RAPS-referens")
        reference.fill("")
        reference.press("Control+v")
        expect(reference).to_have_value(value)
        expect(button).to_have_text(f"Kopiera: {label}")


@pytest.mark.long
@BOTH
def test_closed_and_corrected(people: Cast, sit_down: Sit, javascript: bool) -> None:
    page = sit_down(people.wilma, javascript=javascript, expecting=("400",))
    open_first(page)
    register(page, scenes.REAL_MAN)
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Könet är ett annat").check()
    page.get_by_label("Orsak, om könen").fill("legitimation")
    follow(page, page.get_by_role("button", name="Registrera", exact=True))
    follow(page, page.get_by_role("button", name="Aviseringen är gjord"))
    assert Handout.objects.get().state == State.CLOSED
    page.get_by_text("Dra tillbaka aviseringen").first.click()
    page.get_by_label("Orsak").fill("fel nummer i RAPS")
    follow(page, page.get_by_role("button", name="Dra tillbaka aviseringen"))
    expect(page.get_by_text("fel nummer i RAPS").first).to_be_visible()
    assert Handout.objects.get().state == State.REPLACED


@pytest.mark.long
def test_a_scanner_confirms_the_number_and_the_rest_goes_by_keyboard(
    people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.wilma, expecting=("400",))
    follow(page, page.get_by_role("link", name="Bekräfta det hos patienten"))
    wrist = page.locator("#bedside_wristband")
    expect(wrist).to_be_focused()
    wrist.press_sequentially("20000101K080")
    send(page)
    expect(page.get_by_text("ID-bandet har ett annat nummer. Inget registrerades.")).to_be_visible()
    wrist.fill("")
    wrist.press_sequentially("]C120000101/K064")
    page.keyboard.press("Tab")  # as some scanners end
    page.keyboard.type("Sal 3")
    send(page)
    expect(page.get_by_text("patienten har det här numret på ID-bandet").first).to_be_visible()
    assert Handout.objects.get().bedside_by == "wilma"


@pytest.mark.long
def test_the_number_is_said_in_words_and_then_switched_over_to(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.wilma)
    open_first(page)
    page.get_by_label("Det riktiga numret").press_sequentially(scenes.REAL_WOMAN)
    expect(page.locator("#check")).to_contain_text("kvinna, född 29 augusti 1945")
    register(page, scenes.REAL_WOMAN)
    page.get_by_role("group", name="ID-bandet").get_by_label("Omställt").check()
    follow(page, page.get_by_role("button", name="Spara listan"))
    expect(page.get_by_role("group", name="ID-bandet")).to_contain_text("wilma")
    assert SwitchTick.objects.get().answer == SwitchTick.Answer.DONE
