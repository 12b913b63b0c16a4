"""The till in a real browser: the call by keys alone, the read-back, and whatever goes wrong."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from befreg_reserv.acts.event import Event
from befreg_reserv.audit.models import LogEntry
from befreg_reserv.people.models import Draft
from custody.calls import taking
from custody.logged import Logged
from custody.models import Handout, Quarantine
from outage import lifecycle
from outage.models import Outage
from tests import cast as casting
from tests import scenes
from tests.browser.conftest import Sit
from tests.browser.hands import follow, ready, send, until
from tests.cast import Cast
from tests.faults.inside import broken

MOST_PRESSES = 6
MOST_PRESSES_WITHOUT_SCRIPT = 12
# Without script, what a form does is what Django's client sees too.
BOTH = pytest.mark.parametrize(
    "javascript",
    [True, pytest.param(False, marks=pytest.mark.long)],
    ids=["javascript", "no javascript"],
)


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


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    return people


def call(page: Page, **said: str) -> None:
    """Take a call by hand, in any browser."""
    follow(page, filled(page, **said))


def filled(
    page: Page, ward: str = "Anestesikliniken / IVA", sex: str = "Kvinna", caller: str = "wilma"
) -> Locator:
    """Fill in the form of a call; return its button."""
    page.get_by_label(sex).check()
    page.get_by_label("vgr-id").fill(caller)
    page.locator("input[name=ward]").fill(ward)
    return page.get_by_role("button", name="Lämna ut ett nummer")


def new_call(page: Page) -> None:
    follow(page, page.get_by_role("link", name=re.compile("Nytt samtal")))


def last_four(page: Page) -> str:
    return page.locator(".last").inner_text().replace("\n", "")


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


@BOTH
def test_reload_back_and_double_press(people: Cast, sit_down: Sit, javascript: bool) -> None:
    page = sit_down(people.tilda, javascript=javascript)
    new_call(page)
    call(page)
    page.reload()
    page.go_back()
    page.get_by_label("Kvinna").check()
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("Anestesikliniken / IVA")
    page.get_by_role("button", name="Lämna ut ett nummer").dblclick()
    # Pages aren't kept, so back showed a new form, and it may be the same call.
    expect(page.get_by_role("heading", name="Är det samma samtal?")).to_be_visible()
    assert Handout.objects.count() == 1
    page.get_by_role("button", name="Nej, en annan patient").dblclick()
    page.wait_for_url("**/till/handouts/**")
    assert Handout.objects.count() == 2


def cut_answer(route: Route) -> None:
    """Let the server do what was asked, and its answer reach nobody."""
    route.fetch(max_redirects=0)
    route.abort("connectionreset")


def lose_answer(page: Page) -> None:
    """Send a call whose answer is lost, however often; the browser says so on a page of its own."""
    page.route("**/till/hand-out/", cut_answer)
    page.get_by_label("Kvinna").check()
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("Anestesikliniken / IVA")
    page.get_by_role("button", name="Lämna ut ett nummer").click(no_wait_after=True)
    expect(page).to_have_url(re.compile("chrome-error"))
    page.unroute("**/till/hand-out/")


@BOTH
def test_back_after_a_lost_answer_leads_to_the_number(
    people: Cast, sit_down: Sit, javascript: bool
) -> None:
    page = sit_down(people.tilda, javascript=javascript, expecting=["ERR_CONNECTION_RESET"])
    new_call(page)
    lose_answer(page)
    page.go_back()
    expect(page.get_by_role("heading", name="som du inte har sett")).to_be_visible()
    expect(page.get_by_role("link", name="Visa numret")).to_be_focused()
    send(page)
    assert last_four(page) == "K064"
    assert Handout.objects.count() == 1


@pytest.mark.long
@BOTH
def test_the_same_call_typed_again_after_a_lost_answer_is_asked_about(
    people: Cast, sit_down: Sit, javascript: bool
) -> None:
    page = sit_down(people.tilda, javascript=javascript, expecting=["ERR_CONNECTION_RESET"])
    new_call(page)
    lose_answer(page)
    page.goto("/till/")
    page.goto("/till/call/?new=1")
    call(page)
    page.keyboard.press("Enter")  # held a little too long: it answers nothing
    expect(page.get_by_role("heading", name="Är det samma samtal?")).to_be_focused()
    follow(page, page.get_by_role("link", name=re.compile("K064")))
    assert last_four(page) == "K064"
    assert Handout.objects.count() == 1


def test_a_call_without_an_answer_is_sent_again_by_the_page_itself(
    people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda, expecting=["status of 503"])
    new_call(page)
    button, held = filled(page), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/again*", hold)
    # The page counts its seconds only when the database answers again, however long that takes.
    with broken(), page.expect_navigation(wait_until="commit"):
        button.click()
    until(page, lambda: bool(held))
    held[0].continue_()
    page.wait_for_url("**/till/handouts/*/")
    assert last_four(page) == "K064"
    assert Handout.objects.count() == 1


@pytest.mark.long
def test_back_from_a_number_shows_a_form_without_the_former_patients_sex(
    people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    call(page, sex="Man")
    until(page, lambda: LogEntry.objects.filter(act=Logged.NUMBER_SHOWN).exists())
    page.go_back()
    expect(page.get_by_label("vgr-id")).to_have_value("")
    expect(page.locator("[name=sex]:checked")).to_have_count(0)


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


@pytest.mark.long
def test_a_call_that_was_begun_and_left_is_offered(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    page.get_by_label("vgr-id").fill("wilma")
    follow(page, page.get_by_role("link", name="Tillbaka till kassan"))
    until(page, Draft.objects.exists)
    page.keyboard.press("n")
    expect(page.get_by_role("link", name="Fortsätt med det")).to_be_focused()
    send(page)
    expect(page.get_by_label("vgr-id")).to_have_value("wilma")


def test_a_call_that_never_arrived_comes_back_with_its_key(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda, expecting=["ERR_CONNECTION_RESET"])
    new_call(page)
    key = page.locator("[name=request_key]").input_value()
    page.route("**/till/hand-out/", lambda route: route.abort("connectionreset"))
    page.get_by_label("Kvinna").check()
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").fill("IVA")
    page.get_by_role("button", name="Lämna ut ett nummer").click(no_wait_after=True)
    expect(page).to_have_url(re.compile("chrome-error"))
    page.unroute("**/till/hand-out/")
    page.go_back()
    expect(page.get_by_role("link", name="Fortsätt med det")).to_be_focused()
    send(page)
    expect(page.locator("[name=request_key]")).to_have_value(key)
    follow(page, page.get_by_role("button", name="Lämna ut ett nummer"))
    assert str(Handout.objects.get().request_key) == key
    follow(page, page.get_by_role("link", name=re.compile("Nästa samtal")))
    expect(page.get_by_label("vgr-id")).to_have_value("")


def test_a_begun_call_outlives_its_browser(people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    new_call(page)
    page.keyboard.press("k")
    page.get_by_label("vgr-id").fill("wilma")
    page.locator("input[name=ward]").focus()
    until(page, lambda: Draft.objects.filter(fields__caller="wilma").exists())
    page.evaluate("window.stop(); navigator.sendBeacon = () => false")  # as when it crashes
    anew = sit_down(people.tilda)
    anew.keyboard.press("n")
    expect(anew.get_by_role("link", name="Fortsätt med det")).to_be_focused()
    send(anew)
    expect(anew.get_by_label("vgr-id")).to_have_value("wilma")
    expect(anew.get_by_label("Kvinna")).to_be_checked()
    follow(anew, anew.get_by_role("button", name="Börja ett nytt samtal"))
    expect(anew.get_by_label("vgr-id")).to_have_value("")
    assert not Draft.objects.exists()
