"""A new ward nurse's way, from "Befreg doesn't answer" to the notice filed: every click and key.

``make pictures`` walks it in a drill of the demonstration and takes the pictures of
``docs/trial.md``; ``test_trial`` walks it in an outage, with the mouse and by keyboard alone, and
holds the figures of that document.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect

Look = Callable[[Page, str], None]
MOST_TABS = 60  # more, and what is sought can't be reached


class Cost(NamedTuple):
    """What a way takes, beside the letters of what is typed."""

    pages: int
    clicks: int
    keys: int

    def since(self, before: "Cost") -> "Cost":
        """Return what was added to an earlier cost."""
        return Cost(*(now - then for now, then in zip(self, before, strict=True)))


class Hand:
    """Does what a person does in a page, and counts it: with a mouse, or by keyboard alone."""

    def __init__(self, page: Page, *, mouse: bool) -> None:
        self.page, self.mouse = page, mouse
        self._clicks = self._keys = self._pages = 0

    @property
    def cost(self) -> Cost:
        """What it has taken so far."""
        return Cost(self._pages, self._clicks, self._keys)

    def follow(self, target: Locator) -> None:
        """Press a link or a button, and wait for the page that it leads to."""
        with self._leaving():
            self._use(target, "Enter")

    def tick(self, box: Locator) -> None:
        """Tick a box that isn't ticked."""
        self._use(box, "Space")

    def choose(self, choice: Locator, *, before: Locator) -> None:
        """Choose one of several; ``before``: the one that is chosen, just before it."""
        if self.mouse:
            self._use(choice, "")
        else:
            self._reach(before)
            self._press("ArrowRight")

    def write(self, field: Locator, text: str) -> None:
        """Type into a field; one that has the focus already needs no click."""
        if not _focused(field):
            self._use(field, "")
        self.page.keyboard.type(text)

    def send(self) -> None:
        """Send the form in which something was typed, and wait for the answer."""
        with self._leaving():
            self._press("Enter")

    def key(self, key: str) -> None:
        """Press a key of the page that leads to another."""
        with self._leaving():
            self._press(key)

    def _use(self, target: Locator, key: str) -> None:
        if self.mouse:
            target.click()
            self._clicks += 1
            return
        self._reach(target)
        if key:
            self._press(key)

    def _reach(self, target: Locator) -> None:
        """Tab to it: over the page's head by the link for that, unless the focus is past it."""
        expect(target).to_be_visible()
        if _is_fresh(self.page):
            self._press("Tab")
            self._press("Enter")
        for _ in range(MOST_TABS):
            if _focused(target):
                return
            self._press("Tab")
        raise AssertionError(f"Tab doesn't lead to {target}")

    def _press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self._keys += 1

    @contextmanager
    def _leaving(self) -> Iterator[None]:
        with self.page.expect_navigation():
            yield
        self._pages += 1


def _focused(target: Locator) -> bool:
    return bool(target.evaluate("element => element === document.activeElement"))


def _is_fresh(page: Page) -> bool:
    """Tell whether nothing has the focus, and the address leads nowhere within the page."""
    return bool(page.evaluate("document.activeElement === document.body && !location.hash"))


@dataclass(frozen=True)
class Case:
    """Who walks where: in a drill, with which numbers."""

    vgr_id: str
    password: str
    ward: str
    real_number: str
    drill: bool = False


def link(page: Page, name: str) -> Locator:
    """Return the first link of the page whose words hold ``name``."""
    return page.locator("main").get_by_role("link", name=name).first


def button(page: Page, name: str) -> Locator:
    """Return the first button of the page whose words hold ``name``."""
    return page.locator("main").get_by_role("button", name=name).first


def before_the_call(nurse: Hand, look: Look) -> None:
    """Befreg doesn't answer: without signing in, find what to do, whom to call, what to say."""
    page = nurse.page
    look(page, "trial-sign-in")
    nurse.follow(link(page, "Vad du gör nu"))
    expect(page.get_by_role("link", name="1258").first).to_be_visible()
    expect(page.get_by_text("Uppge vgr-id, klinik och avdelning").first).to_be_visible()
    look(page, "trial-routine")


def the_call(till: Hand, case: Case, look: Look) -> str:
    """Take the nurse's call at the till's board; return the last four of the number."""
    page = till.page
    till.key("n")
    till.page.keyboard.press("k")
    till.page.keyboard.press("v")
    page.keyboard.type(case.vgr_id)
    page.keyboard.press("Tab")
    page.keyboard.type(case.ward)
    till.send()
    big = page.locator(".big .last")
    look(page, "trial-number")
    last: str = "".join(big.inner_text().split())
    till.write(page.locator("[name=typed]"), last)
    till.send()
    expect(page.get_by_role("status")).to_be_visible()
    return last


def signing_in(nurse: Hand, case: Case, look: Look) -> None:
    """Sign in from the routine, and find the number that the till has given."""
    page = nurse.page
    nurse.follow(link(page, "Har avdelningen fått ett nummer"))
    nurse.write(page.locator("[name=username]"), case.vgr_id)
    nurse.write(page.locator("[name=password]"), case.password)
    nurse.send()
    if case.drill:
        nurse.follow(link(page, "I övningar"))
    look(page, "trial-ward")


def at_the_patient(nurse: Hand, last: str, look: Look) -> None:
    """Read the wristband, and confirm that it has this number."""
    page = nurse.page
    nurse.follow(link(page, "Bekräfta det hos patienten"))
    nurse.write(page.locator("#bedside_wristband"), last)
    look(page, "trial-patient")
    nurse.send()
    expect(page.get_by_role("status")).to_contain_text("Bekräftat")


def real_number(nurse: Hand, case: Case, look: Look) -> None:
    """Befreg answers again: write the number that was created there."""
    page = nurse.page
    page.goto(page.url.partition("#")[0])  # left open meanwhile, or opened again
    nurse.tick(page.get_by_label("Jag har sökt i Befreg"))
    nurse.write(page.locator("#replace_number"), case.real_number)
    expect(page.locator("#check")).to_contain_text("kan registreras")
    look(page, "trial-real-number")
    nurse.send()


def notice(nurse: Hand, look: Look) -> None:
    """Say that RAPS has the notice."""
    look(nurse.page, "trial-notice")
    nurse.follow(button(nurse.page, "Aviseringen är gjord"))
    expect(nurse.page.get_by_role("status")).to_contain_text("avslutad")


def nothing_left(nurse: Hand, look: Look) -> None:
    """Tick off all that still has the emergency number, and see that nothing is left."""
    page = nurse.page
    for group in page.get_by_role("group").filter(has=page.get_by_label("Omställt")).all():
        nurse.choose(group.get_by_label("Omställt"), before=group.get_by_label("Kvar att göra"))
    nurse.follow(button(page, "Spara listan"))
    nurse.follow(link(page, "Inget annat är kvar"))
    expect(page.get_by_text("Inget är öppet")).to_be_visible()
    look(page, "trial-nothing-left")


def walk(
    nurse: Hand, till: Hand, case: Case, restart: Callable[[], object], look: Look
) -> dict[str, Cost]:
    """Walk the whole way, and return what each part of it cost the nurse.

    ``restart`` lets Befreg answer again; ``look`` is given each page worth a picture, and its name.
    """
    costs: dict[str, Cost] = {}

    @contextmanager
    def part(name: str) -> Iterator[None]:
        before = nurse.cost
        yield
        costs[name] = nurse.cost.since(before)

    with part("What to do, whom to call, what to say"):
        before_the_call(nurse, look)
    last = the_call(till, case, look)
    with part("Sign in, and see the number"):
        signing_in(nurse, case, look)
    with part("Confirm it at the patient"):
        at_the_patient(nurse, last, look)
    restart()
    with part("Befreg answers again: the real number"):
        real_number(nurse, case, look)
    with part("The notice is filed"):
        notice(nurse, look)
    with part("Six things switched over, nothing left"):
        nothing_left(nurse, look)
    return costs
