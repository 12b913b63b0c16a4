"""A workstation that several people share: it locks by itself, and keeps nothing of anybody."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from befreg_reserv.people.models import User
from befreg_reserv.people.signing_in.sessions import SessionStore
from custody.models import Handout
from tests import cast as casting
from tests import scenes
from tests.browser import axe
from tests.browser.chromium import LAUNCH_ARGS, require
from tests.browser.conftest import PASSWORD, Sit, give_password
from tests.cast import Cast
from tests.served import Served, serving, wait_until_idle

SECONDS = 4  # of idleness, in the tests that wait for it
PATIENCE_MS = (SECONDS + 20) * 1000
TOO_LONG = 330  # in those that don't
LOCKED = re.compile(r"/locked/")
# The former vgr-id, and the number that was shown, however it is written.
FORMER = re.compile(r"tilda|2000[-\s]*01[-\s]*01[-\s]*K[-\s]*0\s*6[-\s]*4", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>|&nbsp;")
PLANT = """async () => {
    localStorage.setItem("who", "tilda");
    sessionStorage.setItem("who", "tilda");
    await (await caches.open("of tilda")).put("/tilda", new Response("20000101K064"));
    await new Promise((done) => { indexedDB.open("tilda").onsuccess = done; });
}"""
KEPT = """async () => JSON.stringify([
    Object.entries(localStorage), Object.entries(sessionStorage), document.cookie,
    await indexedDB.databases(), await caches.keys(),
])"""
# What the browser's own cache has of a page, without asking the server.
CACHED = """async (path) => {
    const asked = { cache: "only-if-cached", mode: "same-origin" };
    return fetch(path, asked).then((got) => got.text(), () => "");
}"""
NOT_CACHED = ("ERR_CACHE_MISS", "status of 504")


@pytest.fixture(scope="module")
def hasty_server(django_db_setup: None, server_var: Path) -> Iterator[Served]:
    """A server that locks soon, and whose board asks each second."""
    hasty = {"IDLE_LOCK_SECONDS": str(SECONDS), "BOARD_REFRESH_SECONDS": "1"}
    with serving(server_var, hasty) as running:
        yield running


@pytest.fixture
def hasty(transactional_db: None, hasty_server: Served) -> Iterator[Served]:
    """Let the test's own server be the one that locks soon."""
    yield hasty_server
    wait_until_idle(hasty_server)


@pytest.fixture
def served(
    transactional_db: None, server: Served, request: pytest.FixtureRequest
) -> Iterator[Served]:
    """The server of the test: the usual one, unless it asks for ``hasty``."""
    if "hasty" in request.fixturenames:
        hasty_one: Served = request.getfixturevalue("hasty")
        yield hasty_one
    else:
        yield server
        wait_until_idle(server)


@pytest.fixture(scope="module")
def browser(browser: Browser) -> Iterator[Browser]:
    """A Chromium that keeps pages for the back button, which Playwright's own setting forbids."""
    keeping = browser.browser_type.launch(
        executable_path=require(),
        args=LAUNCH_ARGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield keeping
    keeping.close()


@pytest.fixture
def people(transactional_db: None) -> Cast:
    people = casting.assemble()
    give_password(people.vidar)  # who comes without sitting down
    return people


@pytest.fixture
def handout(people: Cast) -> Handout:
    """The number 20000101 K 06 4, handed out to the ward of wilma and not of vidar."""
    scenes.lay_in("Pärm AKM", scenes.REAL, training=False)
    scenes.begin(people.tilda)
    return scenes.shown(scenes.handed_out(people))


def leave_alone(user: User) -> None:
    """Let a person's sessions stand idle for too long."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        if session.get("_auth_user_id") == str(user.pk):
            session["active_at"] -= TOO_LONG
            session.save()


def unlock(page: Page, vgr_id: str = "", password: str = PASSWORD) -> None:
    """Fill in the lock page: the vgr-id too if one is given."""
    if vgr_id:
        page.locator("[name=username]").fill(vgr_id)
    page.locator("[name=password]").fill(password)
    page.locator("[name=password]").press("Enter")


def begin_call(page: Page) -> None:
    """Write half of a call."""
    page.goto("/till/call/")
    page.locator("[name=sex][value=K]").check()
    page.locator("[name=caller]").fill("wilma")


def traces(*texts: str) -> list[str]:
    """Return what of the former user is found in pages, or in anything else."""
    return [found[0] for text in texts for found in FORMER.finditer(text + TAG.sub("", text))]


def back(page: Page, times: int) -> Iterator[str]:
    """Press the back button so often; yield what is shown."""
    for _ in range(times):
        page.go_back()
        page.wait_for_load_state()
        if page.url == "about:blank":  # before the beginning
            page.go_forward()
            return
        yield page.content()


# --- (a) it locks by itself ---------------------------------------------------------------


def test_an_idle_page_locks_by_itself_and_the_same_person_goes_on(
    hasty: Served, handout: Handout, people: Cast, sit_down: Sit
) -> None:
    till = sit_down(people.tilda)
    begin_call(till)
    till.wait_for_url(LOCKED, timeout=PATIENCE_MS)
    expect(till.locator("[name=username]")).to_have_value("tilda")
    expect(till.locator("[name=password]")).to_be_focused()
    till.keyboard.type(PASSWORD)
    till.keyboard.press("Enter")
    till.wait_for_url("**/till/call/?go_on=*")
    expect(till.locator("[name=caller]")).to_have_value("wilma")
    expect(till.locator("[name=sex][value=K]")).to_be_checked()


def test_typing_in_one_tab_keeps_all_tabs_open(
    hasty: Served, handout: Handout, people: Cast, sit_down: Sit
) -> None:
    first = sit_down(people.tilda)
    first.goto("/outage/")
    second = first.context.new_page()
    second.goto("/till/call/")
    for _ in range(SECONDS + 2):
        second.locator("[name=callback]").press("1")
        second.wait_for_timeout(1000)
    assert second.locator("[name=callback]").input_value() == "1" * (SECONDS + 2)
    assert "/outage/" in first.url
    for tab in (first, second):
        tab.wait_for_url(LOCKED, timeout=PATIENCE_MS)


def test_a_board_that_refreshes_itself_locks_even_without_our_script(
    hasty: Served, handout: Handout, people: Cast, sit_down: Sit
) -> None:
    till = sit_down(people.tilda)
    script = "text/javascript"
    till.context.route("**/idle*.js", lambda route: route.fulfill(body="", content_type=script))
    till.goto("/till/")
    till.wait_for_url(LOCKED, timeout=PATIENCE_MS)  # by the answer to htmx
    assert set(traces(till.content())) == {"tilda"}


def test_a_machine_that_slept_locks_when_somebody_wakes_it(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    till = sit_down(people.tilda)
    begin_call(till)
    leave_alone(people.tilda)
    till.context.clock.set_fixed_time(timezone.now() + timedelta(seconds=TOO_LONG))
    till.keyboard.press("a")
    till.wait_for_url(LOCKED)


@pytest.mark.long
def test_a_second_lock_page_opens_with_the_first(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    board = sit_down(people.tilda)
    other = board.context.new_page()
    other.goto("/outage/")
    leave_alone(people.tilda)
    board.reload()
    for tab in (board, other):  # which hears of it
        tab.wait_for_url(LOCKED)
    unlock(board)
    other.wait_for_url("**/outage/")


# --- (b) another person comes -------------------------------------------------------------


def look_around(page: Page, number: str) -> None:
    """See a number as the former user, and leave traces of all kinds."""
    page.goto(number)
    assert len(traces(page.content())) > 1
    page.evaluate(PLANT)
    assert traces(page.evaluate(KEPT))
    page.goto("/outage/")


def test_after_change_user_nothing_of_the_former_is_left(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda, expecting=NOT_CACHED)
    number = f"/till/handouts/{handout.pk}/"
    look_around(page, number)
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    expect(page.locator("[name=username]")).to_be_focused()
    shown = [page.content(), page.evaluate(KEPT), *back(page, 2)]
    page.goto("/")
    unlock(page, "vidar")
    page.wait_for_url("**/ward/")
    shown += [page.content(), page.evaluate(KEPT), str(page.context.cookies())]
    shown += [page.evaluate(CACHED, path) for path in (number, "/till/", "/outage/")]
    shown += [*back(page, 5), page.evaluate(KEPT)]
    assert traces(*shown) == []


def test_back_after_signing_out_shows_nothing_of_the_person(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda)
    look_around(page, f"/till/handouts/{handout.pk}/")
    page.locator("form[action='/sign-out/'] button").click()
    page.wait_for_url("**/sign-in/")
    assert traces(*back(page, 3), page.evaluate(KEPT)) == []


@pytest.mark.long
def test_without_the_header_the_browsers_stores_would_keep_it(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    def unclear(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        kept = {k: v for k, v in answer.headers.items() if k != "clear-site-data"}
        route.fulfill(response=answer, headers=kept)

    page = sit_down(people.tilda)
    look_around(page, f"/till/handouts/{handout.pk}/")
    page.context.route("**/lock/", unclear)
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    assert traces(page.evaluate(KEPT))


def test_the_former_users_other_tabs_go_too(handout: Handout, people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.tilda)
    hearing, asleep = page.context.new_page(), page.context.new_page()
    # A tab that the browser has put to sleep hears nothing, and shows itself when looked at.
    asleep.add_init_script("BroadcastChannel = class extends EventTarget { postMessage() {} }")
    for tab in (hearing, asleep):
        tab.goto(f"/till/handouts/{handout.pk}/")
    page.locator("#lock button").click()
    hearing.wait_for_url(LOCKED)
    assert traces(hearing.content()) == []
    unlock(page, "vidar")
    page.wait_for_url("**/ward/")
    assert traces(asleep.content())
    asleep.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    asleep.wait_for_url("**/ward/")
    assert traces(asleep.content()) == []


# --- in the registers, which are Django's own pages ---------------------------------------------


def registers_of(handout: Handout) -> list[str]:
    """Return pages of the registers that show the number: a list, a row, a window beside it."""
    row = f"/admin/custody/handout/{handout.pk}/"
    return ["/admin/custody/handout/", f"{row}change/", f"{row}change/?_popup=1", f"{row}history/"]


def shows_former(page: Page) -> bool:
    return page.locator("body").is_visible() and bool(of_register(page.content()))


def of_register(text: str) -> list[str]:
    """Return what of the administrator is seen, or of the handout with its people."""
    return [*traces(text), *re.findall("adele", text)]


@pytest.mark.long
def test_the_registers_in_other_tabs_go_too(handout: Handout, people: Cast, sit_down: Sit) -> None:
    page = sit_down(people.adele)
    tabs = [page.context.new_page() for _path in registers_of(handout)]
    for tab, path in zip(tabs, registers_of(handout), strict=True):
        tab.goto(path)
        assert shows_former(tab), path
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    for tab in tabs:
        tab.wait_for_url(LOCKED)
    unlock(page, "vidar")
    page.wait_for_url("**/ward/")
    for tab in tabs:
        tab.wait_for_url("**/ward/")
        assert [of_register(seen) for seen in back(tab, 2) if of_register(seen)] == []


@pytest.mark.long
def test_without_the_script_the_registers_would_stay(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.adele, expecting=["ERR_FAILED"])
    register = page.context.new_page()
    register.route("**/idle*.js", lambda route: route.abort())
    register.goto(registers_of(handout)[0])
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    unlock(page, "vidar")
    page.wait_for_url("**/ward/")
    assert shows_former(register)


@pytest.mark.long
def test_a_register_locks_by_itself_and_leads_back(
    hasty: Served, handout: Handout, people: Cast, sit_down: Sit
) -> None:
    people.adele.groups.add(*people.tilda.groups.all())  # the short limit is the till's
    page = sit_down(people.adele)
    page.goto(registers_of(handout)[0])
    page.wait_for_url(LOCKED, timeout=PATIENCE_MS)
    assert traces(page.content()) == []
    unlock(page)
    page.wait_for_url("**/admin/custody/handout/")


@pytest.mark.long
def test_axe_finds_nothing_wrong_with_the_lock_of_the_registers(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.adele)
    axe.install(page.context)
    found = []
    for path in registers_of(handout):
        page.goto(path)
        found += [str(each) for each in axe.violations(page) if "lock" in each.target]
    assert found == []


@pytest.mark.long
def test_the_registers_button_lets_another_person_come(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.adele)
    for path in registers_of(handout):
        page.goto(path)
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    unlock(page, "vidar")
    page.wait_for_url("**/ward/")
    assert [of_register(seen) for seen in back(page, 3) if of_register(seen)] == []


# --- (c) without JavaScript ---------------------------------------------------------------


@pytest.mark.long
def test_without_javascript_it_locks_at_the_next_request(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda, javascript=False)
    begin_call(page)
    page.locator("[name=ward]").fill("Anestesikliniken / IVA")
    leave_alone(people.tilda)
    page.locator("[name=ward]").press("Enter")
    page.wait_for_url(LOCKED)
    assert Handout.objects.count() == 1
    unlock(page, password="wrong one")
    expect(page.locator("[role=alert]")).to_be_visible()
    unlock(page)
    expect(page.locator("[name=caller]")).to_have_value("wilma")
    expect(page.locator("[name=ward]")).to_have_value("Anestesikliniken / IVA")


@pytest.mark.long
def test_without_javascript_nothing_is_left_either(
    handout: Handout, people: Cast, sit_down: Sit
) -> None:
    page = sit_down(people.tilda, javascript=False)
    page.goto(f"/till/handouts/{handout.pk}/")
    assert len(traces(page.content())) > 1
    page.locator("#lock button").click()
    page.wait_for_url(LOCKED)
    shown = [page.content(), *back(page, 1)]
    page.goto("/")
    unlock(page, "vidar")
    page.wait_for_url("**/ward/")
    shown += [page.content(), str(page.context.cookies()), *back(page, 4)]
    assert traces(*shown) == []
